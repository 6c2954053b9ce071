package salesforce

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/sfsql/sfsql/soql"
)

var benchKinds = []soql.Kind{soql.KindText, soql.KindReal, soql.KindDatetime, soql.KindText, soql.KindBool, soql.KindInt}

// benchPage is a page as the server sends it, and the columns that read it.
func benchPage(rows, cols int) ([]byte, []soql.Column) {
	columns := make([]soql.Column, cols)
	for c := range columns {
		columns[c] = soql.Column{Path: []string{fmt.Sprintf("F%03d__c", c)}, Kind: benchKinds[c%len(benchKinds)]}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"totalSize":%d,"done":true,"records":[`, rows)
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"attributes":{"type":"Account","url":"/services/data/v67.0/sobjects/Account/001000000%06dAAA"}`, r)
		for c := range cols {
			fmt.Fprintf(&b, `,"F%03d__c":%s`, c, []string{
				fmt.Sprintf(`"a text of row %d, \"quoted\""`, r), fmt.Sprintf("%d.25", r),
				`"2024-09-24T03:26:07.000+0000"`, "null", "true", fmt.Sprint(r),
			}[c%len(benchKinds)])
		}
		b.WriteByte('}')
	}
	b.WriteString(`]}`)
	return b.Bytes(), columns
}

func BenchmarkDecode(b *testing.B) {
	for _, cols := range []int{5, 10, 50} {
		b.Run(fmt.Sprintf("columns=%d", cols), func(b *testing.B) {
			const rows = 2000
			data, columns := benchPage(rows, cols)
			d, err := newPageDecoder(columns)
			if err != nil {
				b.Fatal(err)
			}
			var p page
			r := bytes.NewReader(nil)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(data)
				if err := d.decode(r, &p); err != nil {
					b.Fatal(err)
				}
			}
			perRow := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / rows
			b.ReportMetric(perRow, "ns/row")
			b.ReportMetric(1e9/perRow, "rows/s")
		})
	}
}

// BenchmarkQuery reads pages as a program does, from packed bytes to values.
func BenchmarkQuery(b *testing.B) {
	const rows, cols = 2000, 10
	data, columns := benchPage(rows, cols)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(data)
	_ = z.Close()
	c, err := New(Config{Tokens: &logins{instance: "https://acme.test"}, HTTPClient: &http.Client{Transport: roundTrip(
		func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{"Content-Encoding": {"gzip"}},
				Body: io.NopCloser(bytes.NewReader(packed.Bytes())),
			}, nil
		})}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.Query(b.Context(), "SELECT 10 FROM A", QueryOptions{Columns: columns})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for r.Next(b.Context()) {
			n += len(r.Bytes(0))
		}
		if r.Err() != nil || n == 0 {
			b.Fatal(r.Err())
		}
		_ = r.Close()
	}
	perRow := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / rows
	b.ReportMetric(perRow, "ns/row")
	b.ReportMetric(1e9/perRow, "rows/s")
}
