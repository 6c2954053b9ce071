package salesforce

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
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
