package driver_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	_ "github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// orgProcess is set in a process that this test program starts to be the org,
// so that its memory and allocations are not the driver's.
const orgProcess = "SFSQL_TEST_ORG_SCALE"

// serveOrg runs an org until standard input ends. It prints its DSN.
func serveOrg(scale string) {
	n, err := strconv.Atoi(scale)
	if err != nil {
		panic(err)
	}
	s := emulator.New(emulator.WithPageSize(2000), emulator.WithScale(n))
	defer s.Close()
	fmt.Println(dsn(s, ""))
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
}

// otherProcess starts an org in a process of its own and returns its DSN.
func otherProcess(tb testing.TB, scale int) string {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orgProcess+"="+strconv.Itoa(scale))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// scanTyped reads a query to its end into typed variables and returns how many
// rows there were.
func scanTyped(tb testing.TB, db *sql.DB, query string) int {
	tb.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		tb.Fatal(err)
	}
	dest := make([]any, len(types))
	for i, t := range types {
		switch t.DatabaseTypeName() {
		case "INTEGER", "BIGINT":
			dest[i] = new(sql.NullInt64)
		case "REAL":
			dest[i] = new(sql.NullFloat64)
		case "BOOLEAN":
			dest[i] = new(sql.NullBool)
		case "DATE", "DATETIME":
			dest[i] = new(sql.NullTime)
		default:
			dest[i] = new(sql.NullString)
		}
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return n
}

// BenchmarkScan reads rows from the wire to Scan; one row is one iteration's
// unit in the metrics. The org runs in another process on the same machine.
func BenchmarkScan(b *testing.B) {
	wide := make([]string, 50)
	for i := range wide {
		wide[i] = fmt.Sprintf("F%03d__c", i+1)
	}
	for _, bm := range []struct {
		name, query string
	}{
		{"5columns", "SELECT Id, Name, NumberOfEmployees, AnnualRevenue, CreatedDate FROM Account"},
		{"50columns", "SELECT " + strings.Join(wide, ", ") + " FROM Wide__c"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			db, err := sql.Open("salesforce", otherProcess(b, 20))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			scanTyped(b, db, bm.query) // describes, and makes the org's rows
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n := 0
			for b.Loop() {
				n += scanTyped(b, db, bm.query)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/row")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// peakRSS returns the most memory that this process has held, in bytes, where
// the system tells it.
func peakRSS() (int64, bool) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(b), "VmHWM:")
	if !ok {
		return 0, false
	}
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kb << 10, err == nil
}

// BenchmarkMillionRows streams a million rows and reports the most memory that
// the process held, and how much of it came after the first 50,000 rows.
func BenchmarkMillionRows(b *testing.B) {
	db, err := sql.Open("salesforce", otherProcess(b, 1030))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const query = "SELECT Id, Name, NumberOfEmployees, AnnualRevenue, CreatedDate FROM Account"
	for b.Loop() {
		few := scanTyped(b, db, query+" LIMIT 50000")
		start, _ := peakRSS()
		many := scanTyped(b, db, query)
		peak, ok := peakRSS()
		if few != 50000 || many < 1_000_000 {
			b.Fatalf("%d and %d rows", few, many)
		}
		if ok {
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(peak-start)/(1<<20), "growth-MiB")
		}
		b.ReportMetric(float64(many), "rows")
	}
}
