package salesforce

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/soql"
)

// benchCSV is a result page as the server sends it, with the values of
// benchPage, and the columns that read it.
func benchCSV(rows, cols int) ([]byte, []soql.Column) {
	columns := make([]soql.Column, cols)
	var b bytes.Buffer
	for c := range columns {
		columns[c] = soql.Column{Path: []string{fmt.Sprintf("F%03d__c", c)}, Kind: benchKinds[c%len(benchKinds)]}
		if c > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"F%03d__c"`, c)
	}
	b.WriteByte('\n')
	for r := range rows {
		for c := range cols {
			if c > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%s"`, []string{
				fmt.Sprintf(`a text of row %d, ""quoted""`, r), fmt.Sprintf("%d.25", r),
				`2024-09-24T03:26:07.000Z`, "", "true", fmt.Sprint(r),
			}[c%len(benchKinds)])
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), columns
}

// BenchmarkDecodeCSV sets the decoder, which makes values, beside the tokenizer
// of the standard library alone.
func BenchmarkDecodeCSV(b *testing.B) {
	const rows = 20000
	for _, cols := range []int{5, 10, 50} {
		data, columns := benchCSV(rows, cols)
		report := func(b *testing.B) {
			perRow := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / rows
			b.ReportMetric(perRow, "ns/row")
			b.ReportMetric(1e9/perRow, "rows/s")
		}
		b.Run(fmt.Sprintf("columns=%d/values", cols), func(b *testing.B) {
			d := newCSVDecoder(columns)
			var part batch
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.open(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
				n := 0
				for more := true; more; {
					part.reset(cols)
					for more && part.rows < 2000 {
						more = d.next(&part) == nil
					}
					n += part.rows
					d.checksum()
				}
				if n != rows {
					b.Fatal(n)
				}
			}
			report(b)
		})
		b.Run(fmt.Sprintf("columns=%d/encoding-csv", cols), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(data))
				r.ReuseRecord = true
				n := -1
				for ; ; n++ {
					if _, err := r.Read(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				if n != rows {
					b.Fatal(n)
				}
			}
			report(b)
		})
	}
}

// BenchmarkBulkQuery reads a job's result as a program does, from packed bytes
// to values, all calls included. The job has five pages of 20,000 records.
func BenchmarkBulkQuery(b *testing.B) {
	const pages, rows, cols = 5, 20000, 10
	data, columns := benchCSV(rows, cols)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(data)
	_ = z.Close()
	answer := func(status int, body string) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	}
	job := fmt.Sprintf(`{"id":%q,"state":"JobComplete","numberRecordsProcessed":%d}`, fakeID, pages*rows)
	c, err := New(Config{BulkPoll: 1, Tokens: &logins{instance: "https://acme.test"}, HTTPClient: &http.Client{Transport: roundTrip(
		func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/results"):
				resp := answer(200, "")
				resp.Body = io.NopCloser(bytes.NewReader(packed.Bytes()))
				page, _ := strconv.Atoi(r.URL.Query().Get("locator"))
				locator := strconv.Itoa(page + 1)
				if page == pages-1 {
					locator = noLocator
				}
				for key, v := range map[string]string{
					"Content-Encoding": "gzip", "Sforce-Locator": locator, "Sforce-NumberOfRecords": strconv.Itoa(rows),
				} {
					resp.Header.Set(key, v)
				}
				return resp, nil
			case r.Method == http.MethodDelete:
				return answer(204, ""), nil
			}
			return answer(200, job), nil
		})}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.BulkQuery(b.Context(), "SELECT 10 FROM A", BulkOptions{Columns: columns})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for r.Next(b.Context()) {
			n += len(r.Bytes(0))
		}
		if err := errors.Join(r.Err(), r.Close()); err != nil || n == 0 {
			b.Fatal(err)
		}
	}
	perRow := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / (pages * rows)
	b.ReportMetric(perRow, "ns/row")
	b.ReportMetric(1e9/perRow, "rows/s")
}
