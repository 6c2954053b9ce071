package soql

import (
	"slices"
	"testing"
)

func TestScannerCutsTokens(t *testing.T) {
	tests := []struct {
		src   string
		kinds []tokenKind
		texts []string
	}{
		{"", nil, nil},
		{" \t\r\n\f\v ", nil, nil},
		{"Id", []tokenKind{tokName}, []string{"Id"}},
		{"a.b__r.C_c", []tokenKind{tokName}, []string{"a.b__r.C_c"}},
		{"_x", []tokenKind{tokName}, []string{"_x"}},
		{"a,b", []tokenKind{tokName, tokComma, tokName}, []string{"a", ",", "b"}},
		{"f(x)", []tokenKind{tokName, tokLeft, tokName, tokRight}, []string{"f", "(", "x", ")"}},
		{"a=1", []tokenKind{tokName, tokOp, tokNumber}, []string{"a", "=", "1"}},
		{"a<-1", []tokenKind{tokName, tokOp, tokNumber}, []string{"a", "<", "-1"}},
		{"a<>.5", []tokenKind{tokName, tokOp, tokNumber}, []string{"a", "<>", ".5"}},
		{"a!=+1.25", []tokenKind{tokName, tokOp, tokNumber}, []string{"a", "!=", "+1.25"}},
		{"<= >= < >", []tokenKind{tokOp, tokOp, tokOp, tokOp}, []string{"<=", ">=", "<", ">"}},
		{"'it''s'", []tokenKind{tokString, tokString}, []string{"it", "s"}},
		{`'it\'s'`, []tokenKind{tokString}, []string{`it\'s`}},
		{`'\\'`, []tokenKind{tokString}, []string{`\\`}},
		{"'два'", []tokenKind{tokString}, []string{"два"}},
		{"'a\nb'", []tokenKind{tokString}, []string{"a\nb"}},
		{"2024-01-31", []tokenKind{tokDate}, []string{"2024-01-31"}},
		{"2024-01-31T10:00:00Z", []tokenKind{tokDatetime}, []string{"2024-01-31T10:00:00Z"}},
		{"2024-01-31T10:00:00+01:00)", []tokenKind{tokDatetime, tokRight}, []string{"2024-01-31T10:00:00+01:00", ")"}},
		{"10:15:00.000Z", []tokenKind{tokTime}, []string{"10:15:00.000Z"}},
		{"LAST_N_DAYS:30", []tokenKind{tokName, tokColon, tokNumber}, []string{"LAST_N_DAYS", ":", "30"}},
	}
	for _, tt := range tests {
		s := scanner{src: tt.src}
		var kinds []tokenKind
		var texts []string
		for tok := s.next(); tok.kind != tokEnd; tok = s.next() {
			if tok.kind == tokBad {
				t.Errorf("%q: %v", tt.src, tok.err)
				break
			}
			kinds, texts = append(kinds, tok.kind), append(texts, tok.text)
		}
		if !slices.Equal(kinds, tt.kinds) || !slices.Equal(texts, tt.texts) {
			t.Errorf("%q: got %v %q, want %v %q", tt.src, kinds, texts, tt.kinds, tt.texts)
		}
	}
}

func TestScannerRefuses(t *testing.T) {
	tests := []struct {
		src string
		pos Pos
		msg string
	}{
		{"'open", 0, "the string that begins here has no closing quote"},
		{`'open\'`, 0, "the string that begins here has no closing quote"},
		{"'a\x00b'", 2, `a string cannot hold a NUL character, write \u0000`},
		{`"x"`, 0, "text stands in single quotes, not in double ones"},
		{"*", 0, "there is no * in SOQL, name the fields"},
		{"/* x */", 0, "a statement cannot hold comments"},
		{"-- x", 0, "a statement cannot hold comments"},
		{"// x", 0, "a statement cannot hold comments"},
		{";", 0, "unexpected character"},
		{"\u00a0", 0, "unexpected character"},
		{"é", 0, "unexpected character"},
		{"!", 0, "unexpected character"},
		{".", 0, "unexpected character"},
		{"-", 0, "unexpected character"},
		{"1e5", 0, "a number cannot have an exponent, write all its digits"},
		{"-1.5E+10", 0, "a number cannot have an exponent, write all its digits"},
		{"5.", 0, "expected a number such as 12, -1.5 or .5"},
		{"1.2.3", 0, "expected a number such as 12, -1.5 or .5"},
		{"12abc", 0, "expected a number such as 12, -1.5 or .5"},
		{"2024-1-5", 0, "expected a date such as 2024-01-31 or a datetime such as 2024-01-31T10:00:00Z"},
		{"2024-01-31x", 0, "expected a date such as 2024-01-31 or a datetime such as 2024-01-31T10:00:00Z"},
	}
	for _, tt := range tests {
		s := scanner{src: tt.src}
		tok := s.next()
		if tok.kind != tokBad || tok.err.Pos != tt.pos || tok.err.Msg != tt.msg {
			t.Errorf("%q: got %v, want %q at %d", tt.src, tok, tt.msg, tt.pos)
		}
	}
}
