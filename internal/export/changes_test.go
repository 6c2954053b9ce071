package export

import (
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
)

// clock is an org's time, which a test moves on.
type clock struct{ now time.Time }

func (c *clock) tick(d time.Duration) { c.now = c.now.Add(d) }

func newChangingOrg(t *testing.T, options ...emulator.Option) (*emulator.Server, *clock) {
	c := &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	return newOrg(t, append(options, emulator.WithClock(func() time.Time { return c.now }))...), c
}

// changed runs an export of changes and returns its rows, one text each, by
// what comes first: the Id.
func changed(t *testing.T, o Options) []string {
	t.Helper()
	o.Format, o.Out = "csv", t.TempDir()
	result := mustRun(t, o)
	var out []string
	for _, f := range result.Files {
		rows, _ := readers["csv"](t, filepath.Join(o.Out, f.File), f.Object)
		for _, row := range rows {
			out = append(out, strings.Join(row, "|"))
		}
	}
	slices.Sort(out)
	return out
}

// Each run brings what has changed since the one before, once: also what has
// changed twice in a second, at the mark itself, or has been deleted.
func TestChangesAreExactlyThoseSinceTheLastTime(t *testing.T) {
	for _, lookback := range []time.Duration{0, 10 * time.Minute} {
		org, clock := newChangingOrg(t)
		db := openOrg(t, org, "&deleted=true")
		o := Options{
			DB: db, Org: "o", Objects: []string{"Account", "Lead"}, Columns: []string{"Id", "Name"},
			StateFile: filepath.Join(t.TempDir(), "state.json"), Lookback: lookback,
		}
		first := changed(t, o)
		all := len(want(t, db, "SELECT Id FROM Account")) + len(want(t, db, "SELECT Id FROM Lead"))
		if len(first) != all {
			t.Fatalf("the first run has %d rows, want %d", len(first), all)
		}
		ids := want(t, db, "SELECT Id FROM Lead WHERE NOT IsDeleted AND NOT IsConverted ORDER BY Id LIMIT 5")
		id := func(i int) string { return ids[i][0].(string) }
		expect := func(what string, rows ...string) {
			t.Helper()
			slices.Sort(rows)
			var got []string
			for _, row := range changed(t, o) {
				got = append(got, row[:strings.LastIndex(row, "|")]) // without the stamp
			}
			if !slices.Equal(got, rows) {
				t.Errorf("look-back %v, %s: %q, want %q", lookback, what, got, rows)
			}
		}
		nameOf := func(i int) string {
			return want(t, db, "SELECT Name FROM Lead WHERE Id = '"+id(i)+"'")[0][0].(string)
		}
		expect("nothing")
		clock.tick(time.Minute)
		rest(t, org, "PATCH", "Lead/"+id(0), map[string]any{"LastName": "One"})
		created := rest(t, org, "POST", "Account", map[string]any{"Name": "New"})["id"].(string)
		expect("a change and a new record", id(0)+"|"+nameOf(0)+"|0", created+"|New|0")
		rest(t, org, "PATCH", "Lead/"+id(1), map[string]any{"LastName": "Same second"})
		expect("at the mark itself", id(1)+"|"+nameOf(1)+"|0")
		rest(t, org, "PATCH", "Lead/"+id(1), map[string]any{"LastName": "Same second again"})
		expect("twice in a second", id(1)+"|"+nameOf(1)+"|0")
		clock.tick(time.Hour)
		name := nameOf(2)
		rest(t, org, "DELETE", "Lead/"+id(2), nil)
		rest(t, org, "DELETE", "Account/"+created, nil)
		expect("deleted", id(2)+"|"+name+"|1", created+"|New|1")
		expect("nothing again")
	}
}

// A transaction that shows late bears a time before the mark.
func TestLookbackFindsWhatShowsLate(t *testing.T) {
	org, clock := newChangingOrg(t)
	db := openOrg(t, org, "&deleted=true")
	o := Options{DB: db, Objects: []string{"Lead"}, Columns: []string{"Id"}, StateFile: filepath.Join(t.TempDir(), "s"), Lookback: 10 * time.Minute}
	clock.tick(time.Hour)
	rest(t, org, "POST", "Lead", map[string]any{"LastName": "A", "Company": "A"})
	changed(t, o)
	clock.tick(-5 * time.Minute)
	late := rest(t, org, "POST", "Lead", map[string]any{"LastName": "B", "Company": "B"})["id"].(string)
	clock.tick(time.Hour)
	if got := changed(t, o); len(got) != 1 || !strings.HasPrefix(got[0], late) {
		t.Errorf("%q, want the record that showed late", got)
	}
}

// What changes while an export runs comes the next time at the latest.
func TestChangesDuringAnExportComeTheNextTime(t *testing.T) {
	org, clock := newChangingOrg(t)
	db := openOrg(t, org, "&deleted=true")
	ids := want(t, db, "SELECT Id FROM Contact WHERE NOT IsDeleted ORDER BY Id")
	early, later := ids[3][0].(string), ids[len(ids)-3][0].(string)
	o := Options{DB: db, Objects: []string{"Contact"}, Columns: []string{"LastName", "Id"}, StateFile: filepath.Join(t.TempDir(), "s"), Threshold: 500}
	touched := false
	during := o
	during.Report = func(e Event) {
		if e.Rows > 1000 && !touched {
			touched = true
			clock.tick(time.Hour)
			rest(t, org, "PATCH", "Contact/"+early, map[string]any{"LastName": "Early"})
			clock.tick(time.Hour)
			rest(t, org, "PATCH", "Contact/"+later, map[string]any{"LastName": "Later"})
		}
	}
	first := changed(t, during)
	if !touched || slices.ContainsFunc(first, func(row string) bool { return strings.HasPrefix(row, "Early|") }) {
		t.Fatal("the change came too early to tell anything")
	}
	if !slices.ContainsFunc(first, func(row string) bool { return strings.HasPrefix(row, "Later|") }) {
		t.Error("the later record's range had not been read")
	}
	if got := changed(t, o); !slices.ContainsFunc(got, func(row string) bool { return strings.HasPrefix(row, "Early|"+early) }) {
		t.Errorf("%q: the change of %s is lost", got, early)
	}
}

func TestSinceAsksForChangesWithoutAState(t *testing.T) {
	org, clock := newChangingOrg(t)
	db := openOrg(t, org, "&deleted=true")
	ids := want(t, db, "SELECT Id FROM Lead WHERE NOT IsDeleted ORDER BY Id LIMIT 1")
	clock.tick(time.Hour)
	rest(t, org, "PATCH", "Lead/"+ids[0][0].(string), map[string]any{"LastName": "X"})
	o := Options{DB: db, Objects: []string{"Lead"}, Columns: []string{"Id"}, Since: clock.now.Add(-time.Minute)}
	if got := changed(t, o); len(got) != 1 || !strings.HasPrefix(got[0], ids[0][0].(string)+"|0") {
		t.Errorf("%q", got)
	}
}

// Objects without SystemModstamp tell what is new by what they have, or all of
// it, and say so: in the manifest, or where there is none as an event.
func TestChangesOfObjectsWithoutSystemModstamp(t *testing.T) {
	org := newOrg(t, emulator.WithRestrictedObjects())
	db := openOrg(t, org, "&deleted=true")
	days := want(t, db, "SELECT DISTINCT CreatedDate FROM AccountHistory ORDER BY 1")
	since, err := time.Parse(time.RFC3339, days[len(days)/2][0].(string))
	if err != nil {
		t.Fatal(err)
	}
	count := func(from string) int { return len(want(t, db, "SELECT Id FROM "+from)) }
	for _, tt := range []struct {
		object, column, note string
		rows                 int
	}{
		{"AccountHistory", "CreatedDate", "CreatedDate tells what is new and not what has changed", count("AccountHistory WHERE CreatedDate >= '" + stamp(since) + "'")},
		{"UserPermissionAccess", "", "no date tells what is new: the file holds every record", count("UserPermissionAccess")},
		{"Log__b", "", "the file holds every record: asking for the latest CreatedDate", count("Log__b")},
	} {
		o := Options{DB: db, Objects: []string{tt.object}, Out: t.TempDir(), Since: since}
		f := mustRun(t, o).Files[0]
		if int(f.Rows) != tt.rows || f.HighColumn != tt.column || !strings.HasPrefix(f.Note, tt.note) {
			t.Errorf("%s: %d rows by %q, %q; want %d", tt.object, f.Rows, f.HighColumn, f.Note, tt.rows)
		}
		var notes []string
		o.Out, o.Format, o.Report = "-", "jsonl", func(e Event) { notes = append(notes, e.Reason) }
		var out strings.Builder
		if err := Stream(t.Context(), o, &out); err != nil {
			t.Fatal(err)
		}
		if rows := strings.Count(out.String(), "\n"); rows != tt.rows || len(notes) != 1 || notes[0] != f.Note {
			t.Errorf("%s: a stream of %d rows, %q", tt.object, rows, notes)
		}
	}
}

// A name that has become another org's, as a sandbox's does, is found out: marks
// of the one would hide changes of the other.
func TestStateKnowsItsOrgById(t *testing.T) {
	org, _ := newChangingOrg(t)
	o := Options{DB: openOrg(t, org, "&deleted=true"), Org: "a", Objects: []string{"Lead"}, Out: t.TempDir(), StateFile: filepath.Join(t.TempDir(), "s")}
	mustRun(t, o)
	var s State
	if _, err := readJSON(o.StateFile, &s); err != nil || !strings.HasPrefix(s.OrgID, "00D") {
		t.Fatalf("the state has the org's Id %q, %v", s.OrgID, err)
	}
	mustRun(t, o)
	s.OrgID = "00D000000000001AAA"
	if err := writeJSON(o.StateFile, s); err != nil {
		t.Fatal(err)
	}
	var usage *UsageError
	if _, err := Run(t.Context(), o); !errors.As(err, &usage) || !strings.Contains(err.Error(), s.OrgID) {
		t.Errorf("%v, want an error about the org", err)
	}
}

func TestStateBelongsToItsOrgAndFilter(t *testing.T) {
	org, _ := newChangingOrg(t)
	db := openOrg(t, org, "&deleted=true")
	o := Options{DB: db, Org: "a", Objects: []string{"Lead"}, Out: t.TempDir(), StateFile: filepath.Join(t.TempDir(), "s")}
	mustRun(t, o)
	other, filtered := o, o
	other.Org = "b"
	filtered.Where = "Company <> ''"
	for _, o := range []Options{other, filtered} {
		var usage *UsageError
		if _, err := Run(t.Context(), o); !errors.As(err, &usage) {
			t.Errorf("%v, want an error about the state", err)
		}
	}
}

// Objects fail alone. What Salesforce gives only piece by piece is told of
// where all are asked for, and an error where it is named.
func TestOneObjectFailsAlone(t *testing.T) {
	org := newOrg(t, emulator.WithRestrictedObjects())
	db := openOrg(t, org, "")
	folder := t.TempDir()
	result := mustRun(t, Options{DB: db, All: true, Out: folder, Parallel: 4})
	var left []string
	for _, m := range result.Skipped {
		left = append(left, m.Object)
	}
	if !slices.Contains(left, "ContentDocumentLink") {
		t.Errorf("left out are %v, want ContentDocumentLink among them", left)
	}
	names := want(t, db, "SELECT name FROM sf_objects WHERE queryable")
	if len(result.Files)+len(result.Skipped) != len(names) {
		t.Errorf("%d files and %d objects left out of %d", len(result.Files), len(result.Skipped), len(names))
	}

	folder = t.TempDir()
	o := Options{DB: db, Objects: []string{"Lead", "ContentDocumentLink", "Account"}, Out: folder}
	result, err := Run(t.Context(), o)
	var failed *FailedError
	var cause *salesforce.Error
	if !errors.As(err, &failed) || len(failed.Failures) != 1 || failed.Failures[0].Object != "ContentDocumentLink" || !errors.As(err, &cause) {
		t.Fatalf("%v", err)
	}
	if len(result.Files) != 2 || len(result.Failed) != 1 || result.Complete {
		t.Errorf("%+v", result.Manifest)
	}
	for _, text := range []string{err.Error(), result.Failed[0].Reason} {
		if strings.Contains(text, "ContentDocumentLink: ContentDocumentLink:") || strings.HasPrefix(text, "ContentDocumentLink:") {
			t.Errorf("%q names the object twice", text)
		}
	}
	if !Resumable(o) {
		t.Error("what failed cannot be tried again")
	}
	if _, err := os.Stat(filepath.Join(folder, "Account.csv")); err != nil {
		t.Error(err)
	}
}

// An object whose plainest question is answered is not left out: what was
// refused is the export's own statement, and that is a failure.
func TestOnlyWhatIsNeverGivenIsLeftOut(t *testing.T) {
	org := newOrg(t, emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Query().Get("q"), "LastName") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`[{"errorCode":"MALFORMED_QUERY","message":"unexpected token"}]`))
		return true
	}))
	result, err := Run(t.Context(), Options{DB: openOrg(t, org, "&objects=Lead,Account"), All: true, Out: t.TempDir()})
	var failed *FailedError
	if !errors.As(err, &failed) || len(failed.Failures) != 1 || failed.Failures[0].Object != "Lead" {
		t.Fatalf("%v, want an error about Lead", err)
	}
	if len(result.Files) != 1 || len(result.Skipped) != 0 || result.Complete {
		t.Errorf("%+v", result.Manifest)
	}
}

// A typing error leaves nothing behind.
func TestNothingIsLeftOfAnExportThatCouldNotBegin(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	for _, o := range []Options{
		{Objects: []string{"Nope"}},
		{Objects: []string{"Lead"}, Columns: []string{"Nope"}},
		{Objects: []string{"Lead"}, Where: "Nope = 1"},
		{Query: "SELECT"},
	} {
		o.DB, o.Out = db, t.TempDir()
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
		if left := files(t, o.Out); len(left) > 0 {
			t.Errorf("%v: left are %v", o, slices.Collect(maps.Keys(left)))
		}
	}
}

// A resumed export asks the same.
func TestResumeRefusesAnotherExport(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	o := Options{DB: db, Objects: []string{"Contact"}, Out: t.TempDir(), Threshold: 500}
	breakOff(t, o, 1000)
	other := o
	other.Resume, other.Where = true, "Id > ''"
	var usage *UsageError
	if _, err := Run(t.Context(), other); !errors.As(err, &usage) || !strings.Contains(err.Error(), "where") {
		t.Errorf("%v, want an error about where", err)
	}
	mustRun(t, o) // and anew without being asked to resume
	if left := files(t, o.Out); len(left) != 2 {
		t.Errorf("left are %v", slices.Collect(maps.Keys(left)))
	}
}

func TestOptionsThatContradict(t *testing.T) {
	for i, o := range []Options{
		{},
		{All: true, Objects: []string{"A"}},
		{Query: "SELECT 1", Where: "x"},
		{Query: "SELECT 1", StateFile: "s"},
		{All: true, Format: "xml"},
		{All: true, Lookback: -1},
	} {
		var usage *UsageError
		if _, err := Run(t.Context(), o); !errors.As(err, &usage) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
