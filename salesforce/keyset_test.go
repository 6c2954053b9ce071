package salesforce

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

var byID = QueryOptions{Columns: leadColumns, UniqueIDs: true}

func leadRows(ctx context.Context, c *Client, text string, opts QueryOptions) ([]string, error) {
	rows, err := c.Query(ctx, text, opts)
	if err != nil {
		return nil, err
	}
	return collect(ctx, rows, opts.Columns)
}

// queries are the statements that an org was asked, counts apart.
func queries(org *emulator.Server) (records, counts []string) {
	for _, q := range org.Stats().Queries {
		if strings.HasPrefix(q, "SELECT COUNT()") {
			counts = append(counts, q)
		} else {
			records = append(records, q)
		}
	}
	return records, counts
}

func TestALostLocatorIsGoneOnByID(t *testing.T) {
	for _, c := range []struct {
		text   string
		counts int
		fails  bool
	}{
		{leadQuery, 1, false},
		{leadQuery + " WHERE Name != null OR Id != null", 1, false},
		{leadQuery + " ORDER BY Id", 0, false},
		{leadQuery + " ORDER BY Id DESC NULLS LAST", 0, false},
		{leadQuery + " ORDER BY Id LIMIT 333", 0, false},
		{leadQuery + " ORDER BY Id DESC LIMIT 200", 0, false},
		{leadQuery + " LIMIT 200", 1, true}, // the count goes beyond the limit
		{leadQuery + " ORDER BY CreatedDate, Id", 0, true},
		{leadQuery + " LIMIT 300 OFFSET 5", 0, true},
	} {
		org, cl := emulated(t, emulator.WithPageSize(100))
		want, err := leadRows(t.Context(), cl, c.text, byID)
		if err != nil {
			t.Fatal(err)
		}
		org.ResetStats()
		org.SetFaults(emulator.Fault{Kind: emulator.FaultLostLocator, After: 0})
		got, err := leadRows(t.Context(), cl, c.text, byID)
		var e *Error
		switch {
		case c.fails:
			if c.text != leadQuery+" LIMIT 200" && (!errors.As(err, &e) || e.Code != "INVALID_QUERY_LOCATOR") {
				t.Errorf("%s: error is %v, want INVALID_QUERY_LOCATOR", c.text, err)
			}
			continue
		case err != nil || !slices.Equal(got, want):
			t.Errorf("%s: %d records and %v, want %d", c.text, len(got), err, len(want))
		}
		if _, counts := queries(org); len(counts) != c.counts {
			t.Errorf("%s: counted by %q, want %d statements", c.text, counts, c.counts)
		}
	}
}

func TestWithoutUniqueIDsALostLocatorIsTheError(t *testing.T) {
	for _, opts := range []QueryOptions{{Columns: leadColumns}, {Columns: leadColumns[1:], UniqueIDs: true}} {
		org, c := emulated(t, emulator.WithPageSize(100))
		org.SetFaults(emulator.Fault{Kind: emulator.FaultLostLocator})
		text := leadQuery
		if len(opts.Columns) < 3 {
			text = "SELECT Name, CreatedDate FROM Lead"
		}
		got, err := leadRows(t.Context(), c, text, opts)
		if err == nil || !strings.Contains(err.Error(), "INVALID_QUERY_LOCATOR") {
			t.Errorf("%d records and %v, want INVALID_QUERY_LOCATOR", len(got), err)
		}
	}
}

// Where the server's order is another, what was read are not all records up to
// the last Id, and going on behind it would lose some.
func TestAnotherOrderIsNotGoneOnByID(t *testing.T) {
	org, c := emulated(t, emulator.WithPageSize(100))
	rows, err := c.Query(t.Context(), leadQuery+" ORDER BY Name", byID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if err := rows.settle(t.Context()); err != nil { // the first page is there
		t.Fatal(err)
	}
	// A statement without ORDER BY may be answered in any order, which the
	// emulated org cannot be made to do: the client is told that there was none.
	rows.keys = newKeyset(leadQuery, byID)
	if err := rows.noteIDs(rows.cur); err != nil {
		t.Fatal(err)
	}
	org.SetFaults(emulator.Fault{Kind: emulator.FaultLostLocator})
	got, err := collect(t.Context(), rows, leadColumns)
	if err == nil || !strings.Contains(err.Error(), "INVALID_QUERY_LOCATOR") {
		t.Errorf("%d records and %v, want INVALID_QUERY_LOCATOR", len(got), err)
	}
}

func TestAResultOutlivesItsSession(t *testing.T) {
	org, c := emulated(t, emulator.WithPageSize(100), emulator.WithQuirks(emulator.Quirks{LocatorsEndWithSession: true}))
	want, err := leadRows(t.Context(), c, leadQuery, byID)
	if err != nil {
		t.Fatal(err)
	}
	org.SetFaults(emulator.Fault{Kind: emulator.FaultExpireSession, Endpoint: "queryMore", After: 2})
	got, err := leadRows(t.Context(), c, leadQuery, byID)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d records and %v, want %d", len(got), err, len(want))
	}
}

// A join holds an outer result open while it begins inner ones, here twenty
// deep; all come out whole, and nobody waits for one who waits for him.
func TestNestedResultsDoNotWaitForEachOther(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		opts QueryOptions
	}{
		"by Id":      {leadQuery, QueryOptions{Columns: leadColumns, UniqueIDs: true, NoPrefetch: true}},
		"prefetched": {leadQuery, byID},
	} {
		t.Run(name, func(t *testing.T) {
			_, cl := emulated(t, emulator.WithPageSize(100))
			begin := time.Now()
			want, err := leadRows(t.Context(), cl, c.text, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			alone := time.Since(begin)
			begin = time.Now()
			var open []*Rows
			for range 20 {
				rows, err := cl.Query(t.Context(), c.text, c.opts)
				if err != nil {
					t.Fatal(err)
				}
				open = append(open, rows)
			}
			for i, rows := range slices.Backward(open) {
				got, err := collect(t.Context(), rows, leadColumns)
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("result %d: %d records and %v, want %d", i, len(got), err, len(want))
				}
			}
			if took := time.Since(begin); took > 20*time.Second+100*alone { // a busy machine slows both
				t.Errorf("it took %v, and one result %v", took, alone)
			}
			if n := len(cl.locators.held); n != 0 {
				t.Errorf("%d places are still taken", n)
			}
		})
	}
}

// Results that cannot go on by Id wait for a place as long as others move.
func TestResultsWaitForAPlaceWhileOthersMove(t *testing.T) {
	org, c := emulated(t, emulator.WithPageSize(50))
	opts := QueryOptions{Columns: leadColumns}
	want, err := leadRows(t.Context(), c, leadQuery, opts)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			got, err := leadRows(t.Context(), c, leadQuery, opts)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("result %d: %d records and %v, want %d", i, len(got), err, len(want))
			}
		})
	}
	wg.Wait()
	if records, _ := queries(org); len(records) != 31 {
		t.Errorf("%d statements were sent, want 31", len(records))
	}
}

func TestWaitingForAPlaceEndsWithTheContext(t *testing.T) {
	var l locators
	for range mostLocators {
		if err := l.take(t.Context(), new(Rows)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.take(ctx, new(Rows)); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	// Nobody moves: the ninth goes ahead.
	if err := l.take(t.Context(), new(Rows)); err != nil || len(l.held) != mostLocators+1 {
		t.Errorf("%d places and %v", len(l.held), err)
	}
}

func TestAStatementThatTakesTooLongIsReadInParts(t *testing.T) {
	plain, open := emulated(t, emulator.WithPageSize(100))
	_ = plain
	for _, text := range []string{leadQuery, leadQuery + " ORDER BY Id", leadQuery + " ORDER BY Id DESC", leadQuery + " WHERE Name > 'F' OR Name = null"} {
		want, err := leadRows(t.Context(), open, text, byID)
		if err != nil {
			t.Fatal(err)
		}
		org, c := emulated(t, emulator.WithPageSize(100), emulator.WithQuirks(emulator.Quirks{MostRows: 90}))
		for _, opts := range []QueryOptions{byID, {Columns: leadColumns, UniqueIDs: true, NoPrefetch: true}} {
			org.ResetStats()
			rows, err := c.Query(t.Context(), text, opts)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			var inOrder []string
			for rows.Next(t.Context()) {
				inOrder = append(inOrder, textOf(rows, leadColumns))
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if strings.Contains(text, "ORDER BY") && strings.HasSuffix(text, "DESC") {
				slices.Reverse(inOrder)
			}
			if strings.Contains(text, "ORDER BY") && !slices.IsSorted(inOrder) {
				t.Errorf("%s: the parts come out of order", text)
			}
			slices.Sort(inOrder)
			if !slices.Equal(inOrder, want) {
				t.Errorf("%s: %d records, want %d", text, len(inOrder), len(want))
			}
			if records, _ := queries(org); len(records) > 60 {
				t.Errorf("%s: %d statements were sent", text, len(records))
			}
		}
		// What cannot be divided says what to do.
		_, err = leadRows(t.Context(), c, text, QueryOptions{Columns: leadColumns})
		if err == nil || !strings.Contains(err.Error(), "QUERY_TIMEOUT); filter more narrowly") {
			t.Errorf("%s: error is %v", text, err)
		}
	}
}

// The parts of a range are the range: each Id is in one of them.
func TestEveryIDIsInOnePart(t *testing.T) {
	whole, err := wholeRange("001000000000Abc", "001000000zzzAbc")
	if err != nil {
		t.Fatal(err)
	}
	in := func(id string, r idRange) bool { return (r.from == "" || id >= r.from) && (r.to == "" || id < r.to) }
	parts := []idRange{whole}
	for depth := range deepestParts {
		var finer []idRange
		for _, p := range parts {
			split, err := p.split()
			if err != nil {
				t.Fatalf("depth %d: %v", depth, err)
			}
			finer = append(finer, split...)
		}
		parts = finer
		for _, id := range []string{"000000000000000", "001000000000Abc", "001000000zzzAbc", "00100000000ZZZZ", "zzzzzzzzzzzzzzz", parts[1].from} {
			n := 0
			for _, p := range parts {
				if in(id, p) {
					n++
				}
			}
			if n != 1 {
				t.Fatalf("depth %d: %s is in %d parts", depth, id, n)
			}
		}
	}
	if _, err := parts[0].split(); err == nil {
		t.Error("there is no end to dividing")
	}
	for _, ends := range [][2]string{{"", ""}, {"001000000000000", "003000000000000"}, {"001-00000000000", "001000000000000"}} {
		if _, err := wholeRange(ends[0], ends[1]); err == nil {
			t.Errorf("%v is divided", ends)
		}
	}
	if got := base62(big.NewInt(61+62*10), 4); got != "00Az" {
		t.Errorf("base 62 is %s", got)
	}
}

// FuzzBase62: any place in the Ids is found again.
func FuzzBase62(f *testing.F) {
	f.Add("000000000Abz")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := fromBase62(s)
		if ok && base62(n, len(s)) != s {
			t.Errorf("%q comes back as %q", s, base62(n, len(s)))
		}
	})
}

func TestOnlySoundStatementsGoOnByID(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT Id FROM A":                            "SELECT Id FROM A WHERE Id>'001' ORDER BY Id LIMIT 9",
		"SELECT Id FROM A WHERE B = 1 OR C = 2":       "SELECT Id FROM A WHERE (B=1 OR C=2) AND Id>'001' ORDER BY Id LIMIT 9",
		"SELECT Id FROM A ORDER BY Id DESC LIMIT 500": "SELECT Id FROM A WHERE Id<'001' ORDER BY Id DESC LIMIT 9",
		"SELECT Id FROM A USING SCOPE mine":           "SELECT Id FROM A USING SCOPE mine WHERE Id>'001' ORDER BY Id LIMIT 9",
		"SELECT COUNT() FROM A":                       "",
		"SELECT Id, COUNT(B) FROM A GROUP BY Id":      "",
		"SELECT Id FROM A ORDER BY B":                 "",
		"SELECT Id FROM A ORDER BY Id, B":             "",
		"SELECT Id FROM A ORDER BY B.Id":              "",
		"SELECT Id FROM A LIMIT 5 OFFSET 2":           "",
		"SELECT Id FROM A FOR VIEW":                   "",
		"SELECT Id, (SELECT Id FROM Bs) FROM A":       "",
		"SELECT Id FROM":                              "",
	} {
		k := newKeyset(text, QueryOptions{UniqueIDs: true, Columns: idOnly})
		got := ""
		if k != nil {
			k.last = []byte("001")
			got = k.after(9)
		}
		if got != want {
			t.Errorf("%s goes on as %q, want %q", text, got, want)
		}
		if newKeyset(text, QueryOptions{Columns: idOnly}) != nil {
			t.Errorf("%s goes on by Ids that may not be unique", text)
		}
	}
}

// TestRESTMeetsEveryFault: on the first and on further pages a fault ends in
// the right records or in an error that tells what went wrong.
func TestRESTMeetsEveryFault(t *testing.T) {
	for _, kind := range emulator.FaultKinds() {
		for _, after := range []int{0, 2} {
			fault := emulator.Fault{Kind: kind, Endpoint: "query", Delay: 10 * time.Millisecond}
			if after > 0 {
				fault.Endpoint, fault.After = "queryMore", after
			}
			if kind == emulator.FaultError {
				fault.Status, fault.Code = 403, "API_DISABLED_FOR_ORG"
			}
			if fault.Validate() != nil {
				continue // it has a place of its own
			}
			t.Run(fault.String(), func(t *testing.T) {
				t.Parallel()
				want := refusals[kind]
				switch kind {
				case emulator.FaultQueryTimeout:
					want = "" // read in parts, or gone on by Id
				case emulator.FaultDeletedRows:
					want = "fewer records came"
				}
				meetREST(t, fault, want)
			})
		}
	}
}

func meetREST(t *testing.T, fault emulator.Fault, want string) {
	org, c := emulated(t, emulator.WithPageSize(80))
	all := restRows(t, c, leadQuery, leadColumns, false)
	for _, opts := range []QueryOptions{byID, {Columns: leadColumns, UniqueIDs: true, NoPrefetch: true}} {
		org.SetFaults(fault)
		got, err := leadRows(t.Context(), c, leadQuery, opts)
		org.SetFaults()
		switch {
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d records and %v, want an error about %s", len(got), err, want)
			}
		case err != nil:
			t.Error(err)
		case !slices.Equal(got, all):
			t.Errorf("%d records, want %d", len(got), len(all))
		}
	}
}

// Pages by Id that are full are never the end, though the server says done.
func TestAFullPageByIDIsNotTheEnd(t *testing.T) {
	org, c := emulated(t, emulator.WithPageSize(150))
	opts := QueryOptions{Columns: leadColumns, UniqueIDs: true, BatchSize: 150}
	for _, text := range []string{leadQuery, leadQuery + " ORDER BY Id LIMIT 450", leadQuery + " ORDER BY Id LIMIT 451"} {
		org.SetFaults()
		want, err := leadRows(t.Context(), c, text, opts)
		if err != nil {
			t.Fatal(err)
		}
		org.SetFaults(emulator.Fault{Kind: emulator.FaultLostLocator})
		org.ResetStats()
		got, err := leadRows(t.Context(), c, text, opts)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d records and %v, want %d", text, len(got), err, len(want))
		}
		if n := org.Stats().ByPath["queryMore"]; n != 1 { // the one that was lost
			t.Errorf("%s: %d pages by locator, want 1", text, n)
		}
	}
}

func TestThePlaceOfTheLongestIdleResultIsGivenUp(t *testing.T) {
	var l locators
	var held []*Rows
	for range mostLocators {
		r := new(Rows)
		held = append(held, r)
		if err := l.take(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{2, 3, 5} {
		held[i].mayYield.Store(true)
	}
	l.use(held[2])
	late := new(Rows)
	if _, ok := l.try(late); !ok || len(l.held) != mostLocators || !slices.Contains(l.held, late) {
		t.Fatalf("%d places after a ninth result", len(l.held))
	}
	for i, r := range held {
		if r.yielded.Load() != (i == 3) {
			t.Errorf("result %d has given up its place: %v", i, r.yielded.Load())
		}
	}
}
