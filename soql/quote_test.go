package soql

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestQuoteString(t *testing.T) {
	tests := []struct{ value, want string }{
		{"", `''`},
		{"O'Neil", `'O\'Neil'`},
		{`a\b`, `'a\\b'`},
		{`\'`, `'\\\''`},
		{`say "hi"`, `'say "hi"'`},
		{"a\nb\rc\td\be\ff", `'a\nb\rc\td\be\ff'`},
		{"a\x00b\x01\x7f", `'a\u0000b\u0001\u007F'`},
		{"50%_", `'50%_'`},
		{"héllo 😀 \u2028\ufffd", "'héllo 😀 \u2028\ufffd'"},
		{"a\xffb\xc3", `'a\xFFb\xC3'`},
	}
	for _, tt := range tests {
		if got := QuoteString(tt.value); got != tt.want {
			t.Errorf("QuoteString(%q) = %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestEveryEscapeIsDecoded(t *testing.T) {
	tests := []struct{ text, want string }{
		{`\n\N\r\R\t\T\b\B\f\F`, "\n\n\r\r\t\t\b\b\f\f"},
		{`\"\'\\`, `"'\`},
		{`\u0041\u00e9\u20AC`, "Aé€"},
		{`\uD83D\uDE00`, "😀"},
		{`\u0000`, "\x00"},
		{`\\n`, `\n`},
		{"raw\nline", "raw\nline"},
	}
	for _, tt := range tests {
		if got := parseValue(t, "='"+tt.text+"'").Text; got != tt.want {
			t.Errorf("'%s' is %q, want %q", tt.text, got, tt.want)
		}
	}
}

// A pattern keeps what tells a wildcard from the character, and nothing else.
func TestPatternsKeepTheirEscapes(t *testing.T) {
	tests := []struct{ text, value, print string }{
		{`50\%\_%_`, `50\%\_%_`, `50\%\_%_`},
		{`a\\%`, `a\\%`, `a\\%`},
		{`a\u005C%`, `a\\%`, `a\\%`},
		{`O\'Neil\n%`, "O'Neil\n%", `O\'Neil\n%`},
		{`\u0025`, `%`, `%`},
	}
	for _, tt := range tests {
		l := parseValue(t, " LIKE '"+tt.text+"'")
		if l.Text != tt.value {
			t.Errorf("LIKE '%s' has the text %q, want %q", tt.text, l.Text, tt.value)
		}
		c := &Comparison{Left: NewField("Name"), Op: LIKE, Value: l}
		if want := "Name LIKE '" + tt.print + "'"; c.String() != want {
			t.Errorf("LIKE '%s' prints %s, want %s", tt.text, c, want)
		}
	}
	lone := &Comparison{Left: NewField("Name"), Op: LIKE, Value: String(`a\b\`)}
	if want := `Name LIKE 'a\\b\\'`; lone.String() != want {
		t.Errorf("a lone backslash prints %s, want %s", lone, want)
	}
}

// parseValue reads what stands on the right of an operator.
func parseValue(t *testing.T, comparison string) Literal {
	t.Helper()
	q, err := Parse("SELECT Id FROM X WHERE Name" + comparison)
	if err != nil {
		t.Fatal(err)
	}
	return q.Where.(*Comparison).Value
}

// This checks that any text that Quotable accepts is one literal with the same
// value, alone and among others, and that any other text is refused: nothing
// in it ever escapes from its quotes.
func FuzzQuoteString(f *testing.F) {
	for _, s := range []string{"", "x", "O'Neil", `\`, `\'`, `' OR Name != '`, "a\x00b", "\xff'", "😀\n\t", `\u0027`, `\_\%`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := "SELECT Id FROM X WHERE a IN('x'," + QuoteString(s) + ",'y')"
		if !utf8.ValidString(text) {
			t.Fatalf("the literal of %q is not valid UTF-8", s)
		}
		q, err := Parse(text)
		if !Quotable(s) {
			if err == nil {
				t.Fatalf("%q is not quotable, but its literal is read", s)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if values := q.Where.(*In).Values; len(values) != 3 || values[1].Text != s || strings.Contains(text, "\x00") {
			t.Fatalf("%q is read as %v", s, values)
		}
	})
}

// This checks that no pattern ends its literal early, and that what a pattern
// is read back as prints the same.
func FuzzQuotePattern(f *testing.F) {
	for _, s := range []string{"", "x%", `\_\%\\`, `\`, `\'`, `\\'`, `' OR Name != '`, "a\x00", `\u0027`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || utf16Len(s) > MaxString/2 { // each lone backslash becomes two
			return
		}
		text := (&Comparison{Left: NewField("a"), Op: LIKE, Value: String(s)}).String()
		q, err := Parse("SELECT Id FROM X WHERE " + text + " AND b=1")
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		l, ok := q.Where.(*Logical)
		if !ok || len(l.Terms) != 2 || l.Terms[0].String() != text {
			t.Fatalf("%q prints %s, which is read as %s", s, text, q.Where)
		}
	})
}
