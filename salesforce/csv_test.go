package salesforce

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sfsql/sfsql/soql"
)

// decodeCSV reads a whole page into one batch.
func decodeCSV(columns []soql.Column, r io.Reader) (*batch, error) {
	d := newCSVDecoder(columns)
	b := new(batch)
	b.reset(len(columns))
	if err := d.open(r); err != nil {
		return nil, err
	}
	for {
		switch err := d.next(b); {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		}
	}
}

// csvCellText shows a cell as the test of REST's cells does.
func csvCellText(b *batch, columns []soql.Column, row, c int) string {
	return cell(&page{batch: *b}, columns, row, c)
}

func TestCSVValuesBecomeTheirKind(t *testing.T) {
	cases := []struct {
		kind      soql.Kind
		csv, want string
	}{
		{soql.KindText, `"a ""b"" ä😀"`, `a "b" ä😀`},
		{soql.KindText, `""""`, `"`},
		{soql.KindText, `""`, "null"},
		{soql.KindText, ``, "null"},
		{soql.KindText, "\"one\r\ntwo\nthree\rfour, five\"", "one\r\ntwo\nthree\rfour, five"},
		{soql.KindText, "\"a\x00b\x00\"", "ab"},
		{soql.KindText, "\"\x00\"", "null"},
		{soql.KindText, "\"a\xff\xfeb\"", "a\ufffd\ufffdb"},
		{soql.KindText, `bare`, "bare"},
		{soql.KindText, `"null"`, "null"}, // the text
		{soql.KindInt, `"5"`, "5"},
		{soql.KindInt, `"5.0"`, "5"},
		{soql.KindInt, `"1.39E8"`, "139000000"},
		{soql.KindInt, `"-9.223372036854775808E18"`, "-9223372036854775808"},
		{soql.KindReal, `"1.39E8"`, "1.39e+08"},
		{soql.KindReal, `"9.9213206E7"`, "9.9213206e+07"},
		{soql.KindReal, `"-0.0"`, "0"},
		{soql.KindReal, `""`, "null"},
		{soql.KindBool, `"true"`, "1"},
		{soql.KindBool, `"false"`, "0"},
		{soql.KindDate, `"2024-02-29"`, "2024-02-29"},
		{soql.KindDatetime, `"2024-09-24T03:26:07.123Z"`, "2024-09-24T03:26:07.123Z"},
		{soql.KindDatetime, `"2024-09-24T03:26:07.123+0000"`, "2024-09-24T03:26:07.123Z"},
		{soql.KindTime, `"10:15:00.000Z"`, "10:15:00.000Z"},
		{soql.KindAny, `"1.5E3"`, "1.5E3"},
	}
	for _, c := range cases {
		columns := []soql.Column{col(soql.KindText, "A"), col(c.kind, "F")}
		for _, end := range []string{"\n", "\r\n"} {
			text := `"A","F"` + end + `"x",` + c.csv + end + `"y",` + c.csv + end
			b, err := decodeCSV(columns, strings.NewReader(text))
			if err != nil {
				t.Errorf("kind %d of %q: %v", c.kind, c.csv, err)
				continue
			}
			for row := range 2 {
				if got := csvCellText(b, columns, row, 1); got != c.want {
					t.Errorf("kind %d of %q is %q, want %q", c.kind, c.csv, got, c.want)
				}
			}
		}
	}
}

func TestCSVThatCannotBeTrustedIsAnError(t *testing.T) {
	columns := []soql.Column{col(soql.KindText, "Id"), col(soql.KindText, "Account", "Name"), col(soql.KindReal, "N")}
	const head = `"Id","Account.Name","N"` + "\n"
	cases := map[string]string{
		"lacks column N":                   `"Id","Account.Name"` + "\n",
		`has a column "Extra"`:             `"Id","Account.Name","N","Extra"` + "\n",
		"has column ID twice":              `"Id","Account.Name","N","ID"` + "\n",
		"not the 3 fields":                 head + `"1","x"` + "\n",
		"has not the 3 fields":             head + `"1","x","2","3"` + "\n",
		"something follows the quote":      head + `"1"x,"x","2"` + "\n",
		"a quote stands within":            head + `1"x,"x","2"` + "\n",
		"unexpected EOF":                   head + `"1","x`,
		"EOF":                              head + `"1",`,
		"column N: 0x10 is not a number":   head + `"1","x","0x10"` + "\n",
		"column N: 1_0 is not a number":    head + `"1","x","1_0"` + "\n",
		"column N: NaN is not a number":    head + `"1","x","NaN"` + "\n",
		"column N: 1/2 is not a number":    head + `"1","x","1/2"` + "\n",
		"column N: +1 is not a number":     head + `"1","x","+1"` + "\n",
		"column N: 1. is not a number":     head + `"1","x","1."` + "\n",
		"column N: 1E400 is out of range":  head + `"1","x","1E400"` + "\n",
		"column N:  1 is not a number":     head + `"1","x"," 1"` + "\n",
		"column N: - is not a number":      head + `"1","x","-"` + "\n",
		"column N: 1e is not a number":     head + `"1","x","1e"` + "\n",
		"record 2: something follows the":  head + `"1","x","1"` + "\n" + `"2"",x`,
		"column N: \"\"1 is not a number":  head + `"1","x","""1"` + "\n",
		"longer than 16777216 bytes":       head + `"1","` + strings.Repeat("x", longestField+1),
		"record 1: a quote stands within ": head + "1\r2\",",
	}
	for want, text := range cases {
		_, err := decodeCSV(columns, strings.NewReader(text))
		if err == nil {
			t.Errorf("%q is accepted, want an error about %s", clip([]byte(text)), want)
		} else if !strings.Contains(err.Error(), want) && !strings.Contains(want, "record 2") {
			t.Errorf("%q: error is %v, want %q", clip([]byte(text)), err, want)
		}
	}
}

func TestCSVColumnsAreFoundInAnyOrderAndCase(t *testing.T) {
	columns := []soql.Column{col(soql.KindText, "account", "NAME"), col(soql.KindInt, "n"), col(soql.KindText, "Id"), col(soql.KindText, "N")}
	b, err := decodeCSV(columns, strings.NewReader("\"Id\",\"N\",\"Account.Name\"\n\n\"1\",\"7\",\"Acme\"\n\"2\",\"\",\"\"\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for row, cells := range [][]string{{"Acme", "7", "1", "7"}, {"null", "null", "2", "null"}} {
		for c, want := range cells {
			if got := csvCellText(b, columns, row, c); got != want {
				t.Errorf("row %d, column %d is %q, want %q", row, c, got, want)
			}
		}
	}
	if b.rows != 2 {
		t.Errorf("%d rows, want 2", b.rows)
	}
}

// TestCSVIsReadWhereverBuffersEnd sends bytes one by one and a field longer
// than the buffer.
func TestCSVIsReadWhereverBuffersEnd(t *testing.T) {
	columns := []soql.Column{col(soql.KindText, "A"), col(soql.KindText, "B")}
	long := strings.Repeat(`ä""😀`+"\r\n", firstBuffer/8)
	text := "\"A\",\"B\"\r\n\"1\",\"" + long + "\"\r\n\"\",\"z\"\r\n"
	for name, r := range map[string]io.Reader{
		"byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		"with its end": iotest.DataErrReader(strings.NewReader(text)),
		"by halves":    iotest.HalfReader(strings.NewReader(text)),
	} {
		b, err := decodeCSV(columns, r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := csvCellText(b, columns, 0, 1); got != strings.ReplaceAll(long, `""`, `"`) {
			t.Errorf("%s: the long field came out with %d bytes", name, len(got))
		}
		if got := csvCellText(b, columns, 1, 1); b.rows != 2 || got != "z" {
			t.Errorf("%s: %d rows, the last ends with %q", name, b.rows, got)
		}
	}
	if _, err := decodeCSV(columns, iotest.TimeoutReader(strings.NewReader(text))); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("error is %v, want the reader's", err)
	}
}

// The checksum is of the bytes alone, however they came, and skipping over
// records counts like decoding them.
func TestTheChecksumOfAPageIsThatOfItsBytes(t *testing.T) {
	data, columns := benchCSV(500, 10)
	sums := func(r io.Reader, skip int64) (at []uint32) {
		d := newCSVDecoder(columns)
		if err := d.open(r); err != nil {
			t.Fatal(err)
		}
		if err := d.skip(skip); err != nil {
			t.Fatal(err)
		}
		var b batch
		b.reset(len(columns))
		for n := skip; ; n++ {
			if n == 300 || n == 500 {
				at = append(at, d.checksum())
			}
			if d.next(&b) != nil {
				return at
			}
		}
	}
	want := sums(bytes.NewReader(data), 0)
	for _, skip := range []int64{0, 1, 299, 300} {
		got := sums(iotest.HalfReader(bytes.NewReader(data)), skip)
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("after %d records passed over, checksums are %x, want %x", skip, got, want)
		}
	}
	other := bytes.Replace(data, []byte("row 17,"), []byte("row 71,"), 1)
	if got := sums(bytes.NewReader(other), 0); got[0] == want[0] {
		t.Error("another page has the same checksum")
	}
}

func TestPlainTextIsASCIIWithoutNUL(t *testing.T) {
	for n := range 20 {
		for at := range n {
			for c := range 256 {
				v := bytes.Repeat([]byte{1}, n)
				v[at] = byte(c)
				if want := c > 0 && c < 0x80; isPlain(v) != want {
					t.Fatalf("%q is plain: %v", v, !want)
				}
			}
		}
	}
}

// FuzzCSV: what encoding/csv reads, the decoder reads alike, and it refuses
// what encoding/csv refuses. They differ in line breaks within quotes, which
// encoding/csv changes, and in a page that ends after a comma or
// within a line end, which to the decoder has been cut.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("\"a\",\"b\"\r\n\"1\",\"x\"\"y\"\n"), uint8(1))
	f.Add([]byte("\"a\"\n\"\"\n\n\"é\r\n,\"\n"), uint8(3))
	f.Add([]byte("a,b\n1,\n,2"), uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, chunk uint8) {
		if len(data) > 4<<10 || bytes.HasSuffix(data, []byte(",")) || bytes.HasSuffix(data, []byte("\r")) {
			return
		}
		got, err := fieldsOf(&chunkReader{data, int(chunk)%16 + 1})
		std := csv.NewReader(bytes.NewReader(data))
		std.FieldsPerRecord = -1
		want, stdErr := std.ReadAll()
		if (err == nil) != (stdErr == nil) {
			t.Fatalf("%q: error is %v, encoding/csv's %v", data, err, stdErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d records, encoding/csv has %d", data, len(got), len(want))
		}
		for i := range want {
			a, b := strings.Join(got[i], "\x1f"), strings.Join(want[i], "\x1f")
			if strings.ReplaceAll(a, "\r\n", "\n") != b {
				t.Fatalf("%q: record %d is %q, encoding/csv has %q", data, i, a, b)
			}
		}
	})
}

// fieldsOf tokenizes without a header.
func fieldsOf(r io.Reader) (records [][]string, err error) {
	d := newCSVDecoder(nil)
	d.buf = make([]byte, 8)
	d.src = r
	for {
		if err := d.skipEmptyLines(); err == io.EOF {
			return records, nil
		} else if err != nil {
			return nil, err
		}
		var record []string
		for last := false; !last; {
			var v []byte
			if v, last, err = d.field(); err != nil {
				return nil, err
			}
			record = append(record, string(unquoted(nil, v)))
		}
		records = append(records, record)
	}
}

// chunkReader gives so many bytes at a time.
type chunkReader struct {
	data []byte
	n    int
}

func (r *chunkReader) Read(p []byte) (int, error) {
	n := copy(p, r.data[:min(r.n, len(r.data))])
	r.data = r.data[n:]
	if len(r.data) == 0 {
		return n, io.EOF
	}
	return n, nil
}
