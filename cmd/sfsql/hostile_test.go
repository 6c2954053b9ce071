//go:build unix

package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sfsql/sfsql/emulator"
)

// steering is what a text may hold to steer the terminal of who looks: colours
// and a cleared screen, the title, a link, the clipboard, C1 controls, a line
// written over, letters in another order.
var steering = []string{
	"\x1b[31m", "\x1b[2J", "\x1b]0;title\a", "\x1b]8;;http://example.org\x1b\\", "\x1b]52;c;aGk=\a",
	"\u009b31m", "\u009d52;c;aGk=\u009c", "\u0085", "\rover", "\bover", "\x7f", "\u202e", "\u2066",
}

// hostileOrg has such texts wherever an org may choose its own, and returns the
// DSN.
func hostileOrg(t *testing.T) string {
	t.Helper()
	all := strings.Join(steering, "x")
	quoted := func(text string) string {
		out, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	var rows strings.Builder
	out := csv.NewWriter(&rows)
	_ = out.Write([]string{"Name", "Kind__c"}) // a builder takes all
	for _, s := range steering {
		_ = out.Write([]string{"a" + s + "b", "Value " + all})
	}
	out.Flush()
	org := emulator.New(emulator.WithData(fstest.MapFS{
		"Trap__c.json": {Data: fmt.Appendf(nil, `{"name":"Trap__c","label":%[1]s,"labelPlural":%[1]s,"keyPrefix":"a0u","custom":true,"queryable":true,"fields":[
			{"name":"Id","label":%[1]s,"type":"id","length":18,"filterable":true,"sortable":true,"groupable":true,"idLookup":true},
			{"name":"Name","label":%[1]s,"type":"string","length":250,"nameField":true,"filterable":true,"sortable":true},
			{"name":"Kind__c","label":%[1]s,"type":"picklist","length":255,"filterable":true,"picklistValues":[{"value":%[2]s,"label":%[1]s,"active":true}]}]}`,
			quoted("Label "+all), quoted("Value "+all))},
		"Trap__c.csv": {Data: []byte(rows.String())},
	}))
	t.Cleanup(org.Close)
	keys := url.Values{"access_token": {org.AccessToken()}, "tls": {"off"}}
	return "salesforce://" + strings.TrimPrefix(org.URL(), "http://") + "/?" + keys.Encode()
}

// No text of an org's reaches a terminal as what steers it, in any format.
func TestTextOfAnOrgDoesNotSteerTheTerminal(t *testing.T) {
	c := open(t, t.TempDir(), []string{"NO_COLOR=1", "SFSQL_DSN=" + hostileOrg(t)})
	c.ps1 = "127>"
	for _, mode := range []string{"table", "line", "markdown", "csv", "json", "jsonl", "insert", "html"} {
		c.enter(".mode " + mode)
		c.enter("SELECT Name, Kind__c FROM Trap__c;")
	}
	c.enter(".mode table")
	for _, command := range []string{
		".tables trap", ".schema Trap__c", ".schema Trap__c picklists", ".fields Trap__c", ".relationships Trap__c", ".limits api", ".jobs",
		".stats on", "SELECT Kind__c FROM Trap__c GROUP BY 1;", ".soql",
		"EXPLAIN SOQL SELECT Id FROM Trap__c WHERE Name = 'a' || char(27, 155) || '[31m';",
		"SELECT * FROM soql('SELECT Id FROM Trap__c WHERE ' || char(27, 155));",
		"SELECT json_extract('{}', '$' || char(27, 155));",
	} {
		c.enter(command)
	}
	c.ready()
	c.send("SELECT  FROM Trap__c" + strings.Repeat("\x1b[D", 13))
	c.tab("Kind__c")
	c.send("\x07")
	c.send("\x03")
	c.settle()
	written := c.written()
	if !strings.Contains(written, `\x1b[31m`) {
		t.Error("no escape was shown as text")
	}
	// What the program may write itself is not among these.
	for _, s := range []string{"\x1b]", "\x1b[31m", "\u009b", "\u009d", "\u009c", "\u0085", "\rover", "\bover", "\x7f", "\u202e", "\u2066"} {
		if i := strings.Index(written, s); i >= 0 {
			t.Errorf("%q reaches the terminal: %q", s, written[max(0, i-60):min(len(written), i+60)])
		}
	}
}

// Into a pipe and into files csv and json are what the org has, to the byte.
func TestTextOfAnOrgIsWholeInAPipe(t *testing.T) {
	t.Setenv("SFSQL_DSN", hostileOrg(t))
	const query = "SELECT Name FROM Trap__c ORDER BY Id"
	text, err := exec.Command("sfsql", "--mode", "csv", query).Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "traps.csv")
	if err := exec.Command("sfsql", "-o", file, query).Run(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steering {
		if want := "a" + s + "b"; !strings.Contains(string(text), want) || !strings.Contains(string(kept), want) {
			t.Errorf("csv has no %q", want)
		}
	}
	text, err = exec.Command("sfsql", "--mode", "json", query).Output()
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Name string }
	if err := json.Unmarshal(text, &rows); err != nil || len(rows) != len(steering) {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	for i, s := range steering {
		if got, want := rows[i].Name, "a"+s+"b"; got != want {
			t.Errorf("json has %q, the org %q", got, want)
		}
	}
}
