package planner

import (
	"fmt"
	"strings"
	"testing"
)

var kindNames = [...]string{"space", "word", "name", "string", "blob", "number", "param", "symbol", "illegal"}

// lexed shows the tokens of a text but white space.
func lexed(sql string) string {
	var words []string
	for _, t := range significant(Lex(sql)) {
		words = append(words, kindNames[t.Kind]+":"+t.Text)
	}
	return strings.Join(words, " ")
}

func TestTokensAreSQLites(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"SELECT a.b", "word:SELECT word:a symbol:. word:b"},
		{"a$1 _b Größe", "word:a$1 word:_b word:Größe"},
		{`"a ""b""" [Case] ` + "`c``d`", `name:"a ""b""" name:[Case] name:` + "`c``d`"},
		{"'it''s' ''", "string:'it''s' string:''"},
		{`'a\'`, `string:'a\'`},
		{"x'0aFF' X''", "blob:x'0aFF' blob:X''"},
		{"xy 'a'", "word:xy string:'a'"},
		{"1 1.5 .5 1. 1e9 1.5E-3 0x1F 1_000", "number:1 number:1.5 number:.5 number:1. number:1e9 number:1.5E-3 number:0x1F number:1_000"},
		{"1e 1e+ 1abc", "number:1e number:1e symbol:+ number:1abc"},
		{"? ?12 :name @name $name", "param:? param:?12 param::name param:@name param:$name"},
		{": a", "illegal:: word:a"},
		{"a||b->c->>d<<e>>f<=g>=h<>i!=j==k=l", "word:a symbol:|| word:b symbol:-> word:c symbol:->> word:d symbol:<< word:e symbol:>> word:f symbol:<= word:g symbol:>= word:h symbol:<> word:i symbol:!= word:j symbol:== word:k symbol:= word:l"},
		{"a-- rest ' of line\nb", "word:a word:b"},
		{"a--", "word:a"},
		{"a/* ' \n \" */b", "word:a word:b"},
		{"a/*/ b */c", "word:a word:c"},
		{"a /* open", "word:a"},
		{"\ufeffa \ufeff\ufeff (\ufeffb)", "word:a symbol:( word:b symbol:)"},
		{"a\ufeff 1\ufeff", "word:a\ufeff number:1\ufeff"},
		{"1-1", "number:1 symbol:- number:1"},
		{"'open", "illegal:'open"},
		{`"open`, `illegal:"open`},
		{"[open", "illegal:[open"},
		{"x'open", "illegal:x'open"},
		{"(,;)*", "symbol:( symbol:, symbol:; symbol:) symbol:*"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := lexed(tt.sql); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

func TestTokensTellWhatTheyName(t *testing.T) {
	for sql, want := range map[string]string{`"a ""b"""`: `a "b"`, "[a ]": "a ", "`a``b`": "a`b", "Order": "Order", `""`: ""} {
		if got := Lex(sql)[0].Name(); got != want {
			t.Errorf("%s names %q, want %q", sql, got, want)
		}
	}
	if got := Lex("'it''s'")[0].StringValue(); got != "it's" {
		t.Errorf("got %q", got)
	}
	if tok := Lex("seLect")[0]; !tok.Is("SELECT") || tok.Is("SELEC") {
		t.Error("words are compared by case")
	}
	if Lex(`"SELECT"`)[0].Is("SELECT") {
		t.Error("a quoted name is a keyword")
	}
}

// FuzzLex checks that the tokens put together are the text, in order, and
// that none is empty: the lexer ends.
func FuzzLex(f *testing.F) {
	for _, s := range []string{
		"SELECT * FROM [a] WHERE b = 'c''d' -- e\n", "/*", "x'", "1.e+", "\xff\x00", `"`, "$::", "->>", "0x", "??1", "'\u2028'",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		var b strings.Builder
		for i, tok := range Lex(sql) {
			if tok.Text == "" || tok.Pos != b.Len() || int(tok.Kind) >= len(kindNames) {
				t.Fatalf("token %d is %+v after %q", i, tok, b.String())
			}
			b.WriteString(tok.Text)
			_ = tok.Name()
			if tok.Kind == StringToken {
				_ = tok.StringValue()
			}
		}
		if b.String() != sql {
			t.Fatalf("the tokens are %q", b.String())
		}
		// What reads the tokens must end, too.
		_ = TableRefs(sql)
		for _, c := range SOQLCalls(sql) {
			if c.Start < 0 || c.End > len(sql) || c.Start >= c.End {
				t.Fatalf("a call from %d to %d", c.Start, c.End)
			}
		}
		_ = fmt.Sprint(Analyze(sql))
	})
}
