package salesforce

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sfsql/sfsql/soql"
)

func col(kind soql.Kind, path ...string) soql.Column { return soql.Column{Path: path, Kind: kind} }

func decode(columns []soql.Column, text string) (*page, error) {
	d, err := newPageDecoder(columns)
	if err != nil {
		return nil, err
	}
	p := new(page)
	return p, d.decode(strings.NewReader(text), p)
}

// cell shows a cell of a page as text.
func cell(p *page, columns []soql.Column, row, c int) string {
	r := &reader{batch: &p.batch, base: row * p.width}
	switch {
	case r.Null(c):
		return "null"
	case columns[c].Kind == soql.KindInt, columns[c].Kind == soql.KindBool:
		return fmt.Sprint(r.Int64(c))
	case columns[c].Kind == soql.KindReal:
		return fmt.Sprint(r.Float64(c))
	}
	return string(r.Bytes(c))
}

func TestValuesBecomeTheirKind(t *testing.T) {
	cases := []struct {
		kind       soql.Kind
		json, want string
	}{
		{soql.KindText, `"a \"b\" \\ \/ \u00e4\n😀 \ud83d\ude00"`, "a \"b\" \\ / ä\n😀 😀"},
		{soql.KindText, `""`, "null"},
		{soql.KindText, `"\u0000"`, "null"},
		{soql.KindText, `"a\u0000b\u0000"`, "ab"},
		{soql.KindText, `"half \ud83d"`, "half \ufffd"},
		{soql.KindText, `12.50`, "12.50"},
		{soql.KindText, `null`, "null"},
		{soql.KindInt, `5`, "5"},
		{soql.KindInt, `5.0`, "5"},
		{soql.KindInt, `5E0`, "5"},
		{soql.KindInt, `1.39E8`, "139000000"},
		{soql.KindInt, `-0.0`, "0"},
		{soql.KindInt, `9007199254740993`, "9007199254740993"},
		{soql.KindInt, `9007199254740993.0`, "9007199254740993"},
		{soql.KindInt, `9223372036854775807`, "9223372036854775807"},
		{soql.KindInt, `-9.223372036854775808E18`, "-9223372036854775808"},
		{soql.KindReal, `1.39E8`, "1.39e+08"},
		{soql.KindReal, `300.0`, "300"},
		{soql.KindReal, `0.1`, "0.1"},
		{soql.KindReal, `1.7976931348623157E308`, "1.7976931348623157e+308"},
		{soql.KindReal, `4.9E-324`, "5e-324"},
		{soql.KindReal, `-0.0`, "0"},
		{soql.KindBool, `true`, "1"},
		{soql.KindBool, `false`, "0"},
		{soql.KindDate, `"2024-02-29"`, "2024-02-29"},
		{soql.KindDatetime, `"2024-09-24T03:26:07.123+0000"`, "2024-09-24T03:26:07.123Z"},
		{soql.KindDatetime, `"2024-09-24T03:26:07.123Z"`, "2024-09-24T03:26:07.123Z"},
		{soql.KindDatetime, `"2024-09-24T03:26:07.123+0530"`, "2024-09-23T21:56:07.123Z"},
		{soql.KindDatetime, `"2024-12-31T23:26:07-02:00"`, "2025-01-01T01:26:07.000Z"},
		{soql.KindTime, `"10:15:00.000Z"`, "10:15:00.000Z"},
		{soql.KindTime, `"10:15:00"`, "10:15:00.000Z"},
		{soql.KindJSON, `{ "city" : "K\u00f6ln", "lat":1.50 }`, `{"city":"K\u00f6ln","lat":1.50}`},
		{soql.KindJSON, `null`, "null"},
		{soql.KindAny, `"x"`, "x"},
		{soql.KindAny, `1.5E3`, "1.5E3"},
		{soql.KindAny, `true`, "true"},
	}
	for _, c := range cases {
		columns := []soql.Column{col(c.kind, "F")}
		p, err := decode(columns, `{"totalSize":1,"done":true,"records":[{"F":`+c.json+`}]}`)
		if err != nil {
			t.Errorf("kind %d of %s: %v", c.kind, c.json, err)
			continue
		}
		if got := cell(p, columns, 0, 0); got != c.want {
			t.Errorf("kind %d of %s is %q, want %q", c.kind, c.json, got, c.want)
		}
	}
}

func TestValuesThatDoNotFitTheirKindAreErrors(t *testing.T) {
	cases := map[soql.Kind][]string{
		soql.KindInt:      {`5.5`, `"5"`, `9223372036854775808`, `1E19`, `1E999999999`, `true`, `{}`},
		soql.KindReal:     {`"1.5"`, `1E400`, `true`, `[]`},
		soql.KindBool:     {`1`, `"true"`, `{}`},
		soql.KindDate:     {`"2024-2-3"`, `"2024-09-24T00:00:00.000Z"`, `20240101`},
		soql.KindDatetime: {`"2024-09-24"`, `"2024-13-24T03:26:07+00:00"`, `17`, `"x"`},
		soql.KindTime:     {`"25:00"`, `"noon"`},
		soql.KindText:     {`{"a":1}`, `[1]`},
		soql.KindAny:      {`{"a":1}`},
	}
	for kind, values := range cases {
		for _, v := range values {
			_, err := decode([]soql.Column{col(kind, "F__c")}, `{"totalSize":1,"done":true,"records":[{"F__c":`+v+`}]}`)
			if err == nil || !strings.Contains(err.Error(), "F__c") {
				t.Errorf("kind %d of %s: error is %v, want one that names the column", kind, v, err)
			}
		}
	}
}

func TestColumnsAreFoundInAnyOrderAndCase(t *testing.T) {
	columns := []soql.Column{
		col(soql.KindText, "account", "OWNER", "name"), col(soql.KindText, "ID"),
		col(soql.KindInt, "expr0"), col(soql.KindText, "Account", "Name"),
	}
	p, err := decode(columns, `{"records" : [
		{"attributes":{"type":"X","url":"/y"},"Id":"1","expr0":7,"Account":{"attributes":{"type":"Account"},"Name":"Acme","Owner":{"Name":"Ann"}}},
		{"Account":{"Owner":{"extra":[1,{"a":2}],"Name":"Bob"},"Name":"Zeta"},"surplus":{"Id":"no"},"EXPR0":null,"id":"2","attributes":null},
		{"\u0049d":"3","Account":null,"expr0":1},
		{"Id":"4","Account":{"Name":null,"Owner":null},"expr0":2}
	], "done" : true, "totalSize" : 4}`)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Ann", "1", "7", "Acme"}, {"Bob", "2", "null", "Zeta"}, {"null", "3", "1", "null"}, {"null", "4", "2", "null"}}
	for row, cells := range want {
		for c, w := range cells {
			if got := cell(p, columns, row, c); got != w {
				t.Errorf("row %d, column %v is %q, want %q", row, columns[c].Path, got, w)
			}
		}
	}
}

func TestAColumnMayBeAskedForTwice(t *testing.T) {
	columns := []soql.Column{col(soql.KindText, "N"), col(soql.KindReal, "n")}
	p, err := decode(columns, `{"totalSize":1,"done":true,"records":[{"N":1.50}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := cell(p, columns, 0, 0), cell(p, columns, 0, 1); a != "1.50" || b != "1.5" {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestPathsThatContradictAreRefused(t *testing.T) {
	for _, columns := range [][]soql.Column{
		{col(soql.KindJSON, "Address"), col(soql.KindText, "Address", "city")},
		{col(soql.KindText)},
	} {
		if _, err := newPageDecoder(columns); err == nil {
			t.Errorf("%v is accepted", columns)
		}
	}
}

func TestAnswersThatCannotBeTrustedAreErrors(t *testing.T) {
	record := `{"Id":"1","Account":{"Name":"x"}}`
	cases := map[string]string{
		"lacks column Account.Name":  `{"totalSize":1,"done":true,"records":[{"Id":"1","Account":{"Other":1}}]}`,
		"lacks column Id":            `{"totalSize":2,"done":true,"records":[` + record + `,{"Account":null}]}`,
		"column Id comes twice":      `{"totalSize":1,"done":true,"records":[{"Id":"1","ID":"2","Account":null}]}`,
		"lacks totalSize":            `{"done":true,"records":[]}`,
		"lacks records":              `{"totalSize":0,"done":true}`,
		"records twice":              `{"totalSize":0,"done":true,"records":[],"records":[]}`,
		"does not say whether":       `{"totalSize":1,"records":[` + record + `]}`,
		"names no next page":         `{"totalSize":2,"done":false,"records":[` + record + `]}`,
		"done and names a next page": `{"totalSize":1,"done":true,"nextRecordsUrl":"/x","records":[` + record + `]}`,
		"totalSize is -1":            `{"totalSize":-1,"done":true,"records":[]}`,
		"totalSize is \"1\"":         `{"totalSize":"1","done":true,"records":[]}`,
		"done is not a boolean":      `{"totalSize":1,"done":"yes","records":[]}`,
		"nextRecordsUrl is not":      `{"totalSize":1,"done":false,"nextRecordsUrl":7,"records":[]}`,
		"records is not an array":    `{"totalSize":1,"done":true,"records":{}}`,
		"record is not an object":    `{"totalSize":1,"done":true,"records":[null]}`,
		"Account is not an object":   `{"totalSize":1,"done":true,"records":[{"Id":"1","Account":"x"}]}`,
		"answer is not an object":    `[]`,
		"follows the end":            `{"totalSize":0,"done":true,"records":[]} {}`,
		"invalid character":          `{"totalSize":0,"done":true,"records":[]}}`,
	}
	columns := []soql.Column{col(soql.KindText, "Id"), col(soql.KindText, "Account", "Name")}
	for want, text := range cases {
		if _, err := decode(columns, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", text, err, want)
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	data, columns := benchPage(3, 7)
	for n := range data {
		if _, err := decode(columns, string(data[:n])); err == nil {
			t.Fatalf("the first %d bytes of %d pass for a page", n, len(data))
		}
	}
	if _, err := decode(columns, string(data)); err != nil {
		t.Fatalf("the whole page: %v", err)
	}
}

func TestABrokenPageLeavesTheDecoderUsable(t *testing.T) {
	d, err := newPageDecoder(idOnly)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	if err := d.decode(strings.NewReader(pageJSON(9, 0, 9, "")[:100]), &p); err == nil {
		t.Fatal("half a page passes")
	}
	if err := d.decode(iotest.OneByteReader(strings.NewReader(pageJSON(2, 0, 2, ""))), &p); err != nil || p.rows != 2 {
		t.Errorf("%d rows, %v", p.rows, err)
	}
}

func TestDecodingAllocatesNothingPerRow(t *testing.T) {
	data, columns := benchPage(2000, 10)
	d, err := newPageDecoder(columns)
	if err != nil {
		t.Fatal(err)
	}
	var p page
	r := strings.NewReader("")
	text := string(data)
	allocs := testing.AllocsPerRun(5, func() {
		r.Reset(text)
		if err := d.decode(r, &p); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 20 {
		t.Errorf("%v allocations for 2,000 rows", allocs)
	}
}

// The property: what the page decoder accepts, encoding/json accepts too, with
// the same number of records, total and end; and the text of a plain column is
// the same.
func FuzzPageDecoder(f *testing.F) {
	data, _ := benchPage(2, 3)
	f.Add(string(data))
	f.Add(pageJSON(5, 0, 2, locator(1)))
	f.Add(`{"totalSize":1,"done":true,"records":[{"Id":"\ud800\u0000","Account":{"Name":null}}]}`)
	f.Add(`{"totalSize":1,"records":[{"Id":1e5,"N":1.0e2,"D":"2024-01-01T00:00:00.000+0000","J":{"a":[1]},"Account":null}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, columns := range [][]soql.Column{
			idOnly,
			{col(soql.KindAny, "Id"), col(soql.KindInt, "N"), col(soql.KindDatetime, "D"), col(soql.KindJSON, "J"), col(soql.KindText, "Account", "Name")},
		} {
			p, err := decode(columns, text)
			if err != nil {
				continue
			}
			var want struct {
				TotalSize json.Number
				Records   []json.RawMessage
			}
			dec := json.NewDecoder(strings.NewReader(text))
			if err := dec.Decode(&want); err != nil {
				t.Fatalf("encoding/json refuses: %v", err)
			}
			if _, err := dec.Token(); err != io.EOF {
				t.Fatalf("something follows: %v", err)
			}
			if len(want.Records) != p.rows {
				t.Fatalf("%d records, want %d", p.rows, len(want.Records))
			}
			for row := range p.rows {
				for c := range columns {
					if got := cell(p, columns, row, c); columns[c].Kind == soql.KindText && strings.ContainsRune(got, 0) {
						t.Fatalf("NUL in %q", got)
					}
				}
			}
		}
	})
}

func TestRealsKeepTheirBits(t *testing.T) {
	for _, f := range []float64{0.1, 1.0 / 3, 139000000, 99213206, 1.6147805824397e13, math.MaxFloat64, 2.2250738585072014e-308} {
		columns := []soql.Column{col(soql.KindReal, "R")}
		p, err := decode(columns, fmt.Sprintf(`{"totalSize":1,"done":true,"records":[{"R":%.17E}]}`, f))
		if err != nil || (&reader{batch: &p.batch}).Float64(0) != f {
			t.Errorf("%v: %v", f, err)
		}
	}
}
