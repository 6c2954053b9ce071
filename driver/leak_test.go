package driver_test

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestOrgsLeaveNothing logs in to orgs, attaches them and ends them in each
// way, with real exchanges: what package vtab's test does ten thousand times
// without. The orgs are another process's, so that its memory does not count.
func TestOrgsLeaveNothing(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 30
	}
	const pools = 270 // objects that pools may hold at one count and not at the other, however many lives are between
	dsn := otherProcess(t, 1)
	const query = "SELECT a.Id FROM prod.Account a JOIN uat.Account b ON b.Id = a.Id WHERE a.NumberOfEmployees > 9000"
	stays := own(t)
	read := func(t *testing.T, conn *sql.Conn) {
		t.Helper()
		if got, err := all(conn, query); err != nil || len(got) == 0 {
			t.Fatalf("%d rows, %v", len(got), err)
		}
	}
	for name, live := range map[string]func(t *testing.T){
		"attached by statements": func(t *testing.T) {
			db, err := sql.Open("salesforce", dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			run(t, conn, "ATTACH '"+dsn+"' AS prod", "ATTACH '"+dsn+"' AS uat")
			read(t, conn)
		},
		"guests of a connection that stays": func(t *testing.T) {
			prod, uat := attach(t, stays, "prod", dsn, "Account"), attach(t, stays, "uat", dsn, "Account")
			read(t, stays)
			if err := prod(); err != nil {
				t.Fatal(err)
			}
			if err := uat(); err != nil {
				t.Fatal(err)
			}
		},
		"guests of a connection that is closed": func(t *testing.T) {
			dc := ownRaw(t)
			attach(t, dc, "prod", dsn, "Account")
			attach(t, dc, "uat", dsn, "Account")
			rows, err := dc.(sqldriver.QueryerContext).QueryContext(t.Context(), query, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = rows.Close()
			if err := dc.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			count := func() (goroutines int, objects int64) {
				for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > 12 && time.Now().Before(end); {
					time.Sleep(20 * time.Millisecond) // those of closed sockets end a little later
				}
				runtime.GC()
				debug.FreeOSMemory()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return runtime.NumGoroutine(), int64(m.HeapObjects)
			}
			for range n/10 + 5 {
				live(t)
			}
			goroutines, objects := count()
			for range n {
				live(t)
			}
			moreGoroutines, moreObjects := count()
			t.Logf("%d times: %+d goroutines, %+d objects", n, moreGoroutines-goroutines, moreObjects-objects)
			if moreGoroutines > goroutines+n/20 {
				t.Errorf("%d goroutines, %d before", moreGoroutines, goroutines)
			}
			if moreObjects > objects+int64(n)+pools { // an org, a connection or a schema that stays is hundreds each time
				t.Errorf("%d times left %d objects", n, moreObjects-objects)
			}
		})
	}
}
