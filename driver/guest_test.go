package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// own opens a connection that this package knows nothing of.
func own(t *testing.T) *sql.Conn {
	t.Helper()
	db, err := sql.Open(ownDriver, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func org(t *testing.T, opts ...emulator.Option) *emulator.Server {
	t.Helper()
	s := emulator.New(append([]emulator.Option{emulator.WithPageSize(500)}, opts...)...)
	t.Cleanup(s.Close)
	return s
}

// Orgs on a connection of one's own join with its tables and with each other,
// go, and come again.
func TestOrgsOnAConnectionOfOnesOwn(t *testing.T) {
	ctx, conn := t.Context(), own(t)
	prod, uat := org(t, emulator.WithSeed(1)), org(t, emulator.WithSeed(2))
	if _, err := conn.ExecContext(ctx, "CREATE TABLE wanted (name TEXT); INSERT INTO wanted VALUES ('Energy'), ('Banking')"); err != nil {
		t.Fatal(err)
	}
	_, same := start(t, "", emulator.WithSeed(1))
	want := must(t, same, "SELECT Industry, count(*), min(Name) FROM Account WHERE Industry IN ('Energy', 'Banking') GROUP BY 1 ORDER BY 1")
	for range 2 {
		detachProd, err := driver.Attach(ctx, conn, "prod", dsn(prod, ""), "Account", "Contact")
		if err != nil {
			t.Fatal(err)
		}
		detachUAT, err := driver.Attach(ctx, conn, "uat", dsn(uat, "objects=Account"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := all(conn, "SELECT a.Industry, count(*), min(a.Name) FROM wanted w JOIN prod.Account a ON a.Industry = w.name GROUP BY 1 ORDER BY 1")
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, %v\nwant %q", got, err, want)
		}
		got, err = all(conn, "SELECT (SELECT count(*) FROM (SELECT Id, Name FROM prod.Account EXCEPT SELECT Id, Name FROM uat.Account)) > 0, (SELECT count(*) FROM uat.sf_objects)")
		if err != nil || got[0] != "1|1" {
			t.Errorf("got %q, %v", got, err)
		}
		if _, err := all(conn, "SELECT * FROM prod.Lead"); err == nil {
			t.Error("a table that nobody named is there")
		}
		rows, err := conn.QueryContext(ctx, "SELECT Id FROM prod.Account")
		if err != nil || !rows.Next() {
			t.Fatal(err)
		}
		_ = rows.Close()
		for _, detach := range []func() error{detachProd, detachUAT, detachProd} {
			if err := detach(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := all(conn, "SELECT Id FROM prod.Account"); err == nil {
			t.Error("a table is there after detach")
		}
	}
}

func TestAttachTellsWhatIsWrong(t *testing.T) {
	ctx, s := t.Context(), org(t)
	for _, tt := range []struct {
		conn    any
		dsn     string
		objects []string
		want    string
	}{
		{own(t), dsn(s, ""), nil, "name the sObjects"},
		{own(t), dsn(s, ""), []string{"Acount"}, "did you mean"},
		{own(t), "salesforce://x/?client_secret=s3cr3t&bad=1", nil, "no such key"},
		{own(t), strings.Replace(dsn(s, ""), "/?", "/file.db?", 1), nil, "local file"},
		{"text", dsn(s, ""), []string{"Account"}, "neither *sql.Conn nor driver.Conn"},
	} {
		_, err := driver.Attach(ctx, tt.conn, "org", tt.dsn, tt.objects...)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", tt.want, err)
		}
	}
}

// A scan that waits for the org ends with its statement's context, which the
// connection's own driver turns into an interrupt, and with Attach's.
func TestWaitingScansEndWithTheStatement(t *testing.T) {
	s, conn := org(t), own(t)
	base, end := context.WithCancel(t.Context())
	defer end()
	detach, err := driver.Attach(base, conn, "org", dsn(s, ""), "Account")
	if err != nil {
		t.Fatal(err)
	}
	s.SetFaults(emulator.Fault{Kind: emulator.FaultSlow, Delay: 5 * time.Minute, Endpoint: "query", Times: -1})
	for _, how := range []string{"statement", "attach"} {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		stop := cancel
		if how == "attach" {
			stop = end
		}
		time.AfterFunc(50*time.Millisecond, stop)
		rows, err := conn.QueryContext(ctx, "SELECT Id, Name FROM org.Account")
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			_ = rows.Close()
		}
		cancel()
		if took := time.Since(began); err == nil || took > 2*time.Minute {
			t.Errorf("%s: %v after %v", how, err, took)
		}
	}
	if err := detach(); err != nil {
		t.Error(err)
	}
}
