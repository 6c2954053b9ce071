package emulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStateOutlivesTheServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "org.db")
	opts := []Option{WithState(file), WithData(filesOf("House__c.json", house, "House__c.csv", houses))}
	s := New(opts...)
	for _, r := range []struct{ method, path, body string }{
		{"POST", "/sobjects/Account", `{"Name":"Kept \u2028 \"1\"","AnnualRevenue":12345,"NumberOfEmployees":7}`},
		{"POST", "/sobjects/Everything__c", `{"Double__c":0.1234,"DateTime__c":"2024-02-03T04:05:06.789Z","Checkbox__c":true}`},
		{"PATCH", "/sobjects/House__c/a00Dn00000AbCdE", `{"Rooms__c":9.5}`},
		{"POST", "/composite/tree/Account", `{"records":[{"attributes":{"type":"Account","referenceId":"a"},"Name":"Tree",` +
			`"Contacts":{"records":[{"attributes":{"type":"Contact","referenceId":"b"},"LastName":"Leaf"}]}}]}`},
		{"POST", "/composite/tree/Account", `{"records":[{"attributes":{"type":"Account","referenceId":"a"},"Name":"Undone","Nope":1}]}`},
		{"DELETE", "/sobjects/Lead/" + idsFound(t, s, "SELECT Id FROM Lead LIMIT 1")[0], ""},
	} {
		if res, body := do(t, s, r.method, root+r.path, r.body); (res.StatusCode >= 300) != strings.Contains(r.body, "Undone") {
			t.Fatalf("%s: %s", r.path, body)
		}
	}
	want := everything(s)
	s.Close()
	for range 2 { // a start changes nothing
		again := New(opts...)
		if everything(again) != want {
			t.Error("the org came back otherwise")
		}
		again.Close()
	}
}

func everything(s *Server) string {
	var b strings.Builder
	for _, name := range []string{"Account", "Contact", "Lead", "Everything__c", "House__c"} {
		b.WriteString(scanned(s, name, false))
		b.WriteString(scanned(s, name, true))
	}
	return b.String()
}

// TestKilledProcessesKeepWhatWasAnswered: the file of a server that was never
// closed, as it was when the answer came, holds the record.
func TestKilledProcessesKeepWhatWasAnswered(t *testing.T) {
	dir := t.TempDir()
	s := start(t, WithState(filepath.Join(dir, "org.db")))
	do(t, s, "POST", root+"/sobjects/Lead", `{"LastName":"Survivor","Company":"x"}`)
	copied := t.TempDir()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, f.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, WithState(filepath.Join(copied, "org.db")))
	if got := idsFound(t, again, "SELECT Id FROM Lead WHERE LastName = 'Survivor'"); len(got) != 1 {
		t.Errorf("%d records", len(got))
	}
}

func TestStateOfAnotherOrgIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "org.db")
	New(WithState(file)).Close()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, opts := range map[string][]Option{
		"is of seed 1, not 2":        {WithState(file), WithSeed(2)},
		"is of scale 1, not 3":       {WithState(file), WithScale(3)},
		"other objects or data":      {WithState(file), WithRestrictedObjects()},
		"it must be a state file":    {WithState(other)},
		"opening the state /nowhere": {WithState("/nowhere/else")},
	} {
		s, err := Start(opts...)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	open := start(t, WithState(file))
	if s, err := Start(WithState(file)); err == nil {
		s.Close()
		t.Errorf("%s has the file too", open.URL())
	}
}

func TestWhatCannotBeKeptFails(t *testing.T) {
	s := start(t, WithState(filepath.Join(t.TempDir(), "org.db")))
	if err := s.db.state.db.Close(); err != nil {
		t.Fatal(err)
	}
	if res, body := do(t, s, "POST", root+"/sobjects/Lead", `{"LastName":"Lost","Company":"x"}`); res.StatusCode < 400 {
		t.Error(body)
	}
	if got := idsFound(t, s, "SELECT Id FROM Lead WHERE LastName = 'Lost'"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
