//go:build !windows

package export

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// wait waits for a process and kills it at a moment, if it is still there.
func wait(t *testing.T, cmd *exec.Cmd, stderr *strings.Builder, after time.Duration) (killed bool) {
	t.Helper()
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		return true
	}
	t.Fatal(err, stderr)
	return false
}

// An export of 200,000 rows is killed at random moments, again and again, until
// it ends; the files are those of one that nothing disturbed.
func TestKilledExportsResume(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	address, token := startOrg(t)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i, format := range Formats {
		o := settings{
			Org: "o", Objects: []string{"OpportunityLineItem"}, Columns: []string{"Id", "Name", "Quantity", "UnitPrice", "ServiceDate", "CreatedDate", "IsDeleted"},
			Format: format, Out: t.TempDir(), Threshold: 20_000,
		}
		api := "&api=rest"
		if format == "jsonl" {
			api = "&api=bulk"
		}
		k := &killing{t: t, dsn: dsnOf(address, token, api), options: o, random: random}
		k.undisturbed()
		for want := kills * (i + 1) / len(Formats); k.kills < want-kills*i/len(Formats); {
			k.round()
		}
		t.Logf("%s%s: killed %d times in %d exports of %v", format, api, k.kills, k.rounds, k.took)
	}
}

type killing struct {
	t       *testing.T
	dsn     string
	options settings
	random  *rand.Rand

	took          time.Duration
	file          string
	rows          [][]string
	kills, rounds int
}

// undisturbed makes the file that all others must be like.
func (k *killing) undisturbed() {
	begin := time.Now()
	cmd, stderr := startExport(k.t, task{DSN: k.dsn, Options: k.options})
	if wait(k.t, cmd, stderr, 5*time.Minute) {
		k.t.Fatal("it takes too long")
	}
	k.took = time.Since(begin)
	k.file, k.rows = k.read(k.options.Out)
	if len(k.rows) != 200_000 {
		k.t.Fatalf("%d rows, want 200,000", len(k.rows))
	}
}

func (k *killing) name() string { return "OpportunityLineItem." + k.options.Format }

func (k *killing) read(folder string) (string, [][]string) {
	rows, _ := readers[k.options.Format](k.t, filepath.Join(folder, k.name()), "OpportunityLineItem")
	content, err := os.ReadFile(filepath.Join(folder, k.name()))
	if err != nil {
		k.t.Fatal(err)
	}
	return string(content), rows
}

// round kills one export until it ends. Each gets more time than the one
// before, lest a machine that has become busy kill all before they do anything.
func (k *killing) round() {
	k.rounds++
	o := k.options
	o.Out, o.Resume = k.t.TempDir(), true
	most := k.took * 2 / 3
	for killed := true; killed; most += most / 20 {
		cmd, stderr := startExport(k.t, task{DSN: k.dsn, Options: o})
		killed = wait(k.t, cmd, stderr, time.Duration(k.random.Int64N(int64(most))))
		if killed {
			k.kills++
		}
		if _, err := os.Stat(filepath.Join(o.Out, k.name())); err == nil {
			k.compare(o.Out) // what has the name is whole
		}
	}
	if left := files(k.t, o.Out); len(left) != 2 {
		k.t.Errorf("%s: left are %v", k.name(), slices.Collect(maps.Keys(left)))
	}
	k.compare(o.Out)
}

func (k *killing) compare(folder string) {
	content, rows := k.read(folder)
	if k.options.Format != "parquet" && k.options.Format != "sqlite" && content != k.file {
		k.t.Errorf("%s: the file differs", k.name())
	}
	same(k.t, k.name(), rows, k.rows)
}

// Exports of changes are killed while the org changes. Whoever takes in the
// files in their order has the org's records, and the state is never ahead.
func TestKilledExportsOfChangesLoseNothing(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	address, token := startOrg(t)
	dsn := dsnOf(address, token, "&deleted=true")
	db := openDSN(t, dsn)
	folder := t.TempDir()
	o := settings{
		Org: "o", Objects: []string{"Lead", "Campaign"}, Columns: []string{"Id", "Name"}, Format: "csv", Out: folder,
		StateFile: filepath.Join(t.TempDir(), "state.json"), Threshold: 5000, Resume: true, Lookback: 2 * time.Second,
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	c := &changer{t: t, address: address, token: token, random: random}
	for _, row := range want(t, db, "SELECT Id FROM Lead WHERE NOT IsDeleted AND NOT IsConverted LIMIT 200") {
		c.ids = append(c.ids, row[0].(string))
	}
	kills := 0
	took := 3 * time.Second
	for range rounds {
		c.change()
		for more := random.IntN(4); more >= 0; more-- {
			begin, after := time.Now(), time.Duration(random.Int64N(int64(took)))
			if more == 0 {
				after = 5 * time.Minute
			}
			cmd, stderr := startExport(t, task{DSN: dsn, Options: o})
			if wait(t, cmd, stderr, after) {
				kills++
				c.change()
			} else {
				took = time.Since(begin)
			}
			notAhead(t, folder, o.StateFile, db)
		}
	}
	if cmd, stderr := startExport(t, task{DSN: dsn, Options: o}); wait(t, cmd, stderr, 5*time.Minute) {
		t.Fatal("it takes too long")
	}
	got := takeIn(t, folder)
	for _, object := range o.Objects {
		for _, row := range want(t, db, "SELECT Id, Name, IsDeleted, SystemModstamp FROM "+object) {
			id := row[0].(string)
			if text := strings.Join(texts([][]any{row}, "")[0], "|"); got[id] != text {
				t.Errorf("%s: %q, want %q", object, got[id], text)
			}
			delete(got, id)
		}
	}
	if len(got) > 0 {
		t.Errorf("%d records that the org does not have", len(got))
	}
	t.Logf("killed %d times in %d exports", kills, rounds)
}

// takeIn reads files of changes in their order.
func takeIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	out := map[string]string{}
	for _, name := range names {
		rows, _ := readers["csv"](t, name, "")
		for _, row := range rows {
			out[row[0]] = strings.Join(row, "|")
		}
	}
	return out
}

// notAhead checks that all that is older than a mark is in the files. What is
// as old may have come since.
func notAhead(t *testing.T, folder, path string, db *sql.DB) {
	t.Helper()
	var s State
	if _, err := readJSON(path, &s); err != nil {
		t.Fatal(err)
	}
	got := takeIn(t, folder)
	for object, mark := range s.Objects {
		for _, row := range want(t, db, "SELECT Id, Name, IsDeleted, SystemModstamp FROM "+object+" WHERE SystemModstamp < "+quoteText(mark.High)) {
			if text := strings.Join(texts([][]any{row}, "")[0], "|"); got[row[0].(string)] != text {
				t.Errorf("%s: the state is at %s, and %q is in no file", object, mark.High, text)
			}
		}
	}
}

// changer changes, makes and deletes records of the org in another process.
type changer struct {
	t              *testing.T
	address, token string
	random         *rand.Rand
	ids            []string
	n              int
}

func (c *changer) change() {
	for range 3 {
		c.n++
		name := map[string]any{"LastName": "Changed " + time.Duration(c.n).String()}
		switch i := c.random.IntN(len(c.ids)); c.random.IntN(4) {
		case 0:
			name["Company"] = "C"
			c.send("POST", "Lead", name)
		case 1:
			c.send("DELETE", "Lead/"+c.ids[i], nil)
			c.ids = slices.Delete(c.ids, i, i+1)
		default:
			c.send("PATCH", "Lead/"+c.ids[i], name)
		}
	}
}

func (c *changer) send(method, path string, body any) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.address+"/services/data/v67.0/sobjects/"+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %d", method, path, answer.StatusCode)
	}
}
