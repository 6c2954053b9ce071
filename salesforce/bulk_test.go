package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/soql"
)

// fakeJob is an org with one job, whose result pages a test writes.
type fakeJob struct {
	mu      sync.Mutex
	records int
	pages   []http.HandlerFunc // by locator: "" is 0
	asked   []string           // what was called, in order
}

const fakeID = "750000000000001AAA"

func (f *fakeJob) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	path := strings.TrimPrefix(r.URL.Path, "/services/data/v67.0/jobs/query")
	f.asked = append(f.asked, r.Method+" "+strings.ReplaceAll(path, fakeID, "ID")+strings.TrimPrefix("?"+r.URL.RawQuery, "?"))
	f.mu.Unlock()
	job := fmt.Sprintf(`{"id":%q,"operation":"query","object":"A","state":"JobComplete","apiVersion":67.0,"numberRecordsProcessed":%d}`, fakeID, f.records)
	switch {
	case strings.HasSuffix(path, "/results"):
		n, _ := strconv.Atoi(r.URL.Query().Get("locator"))
		f.pages[n](w, r)
	case strings.HasSuffix(path, "/resultPages"):
		http.NotFound(w, r)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		_, _ = io.WriteString(w, job)
	}
}

func (f *fakeJob) calls() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.asked, ", ")
}

// csvPage answers the records [from, to).
func csvPage(from, to int, locator string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		csvHead(w, to-from, locator)
		_, _ = io.WriteString(w, csvBody(from, to))
	}
}

func csvHead(w http.ResponseWriter, n int, locator string) {
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(n))
	w.Header().Set("Sforce-Locator", locator)
}

func csvBody(from, to int) string {
	var b strings.Builder
	b.WriteString("\"Id\"\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "\"%d\"\n", i)
	}
	return b.String()
}

func fakeBulk(t *testing.T, f *fakeJob, opts BulkOptions) ([]string, error) {
	t.Helper()
	c := serve(t, f.ServeHTTP)
	c.poll, c.backOff = time.Millisecond, time.Millisecond
	opts.Columns = idOnly
	rows, err := c.BulkQuery(t.Context(), "SELECT Id FROM A", opts)
	if err != nil {
		t.Fatal(err)
	}
	return read(t.Context(), rows)
}

func TestABrokenDownloadIsTakenUpWhereItBroke(t *testing.T) {
	const records = 5000
	tries := 0
	f := &fakeJob{records: records, pages: []http.HandlerFunc{
		csvPage(0, 10, "1"),
		func(w http.ResponseWriter, r *http.Request) {
			tries++
			csvHead(w, records-10, "null")
			body := csvBody(10, records)
			if tries <= 7 { // more than the tries of a call, each a little farther
				_, _ = io.WriteString(w, body[:len(body)*tries/8])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, body)
		},
	}}
	got, err := fakeBulk(t, f, BulkOptions{})
	if err != nil || !slices.Equal(got, numbers(records)) {
		t.Errorf("%d records and %v, want %d, each once", len(got), err, records)
	}
	if tries != 8 {
		t.Errorf("%d tries, want 8", tries)
	}
}

func TestDownloadsThatBringNothingNewEnd(t *testing.T) {
	tries := 0
	f := &fakeJob{records: 100, pages: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		tries++
		csvHead(w, 100, "null")
		_, _ = io.WriteString(w, csvBody(0, 50))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}}}
	got, err := fakeBulk(t, f, BulkOptions{})
	if err == nil || tries > 5 {
		t.Errorf("%d records and %v after %d tries", len(got), err, tries)
	}
}

func TestAPageThatComesAgainWithOtherRecordsIsAnError(t *testing.T) {
	tries := 0
	f := &fakeJob{records: 4000, pages: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		tries++
		csvHead(w, 4000, "null")
		body := csvBody(0, 4000)
		if tries == 1 {
			_, _ = io.WriteString(w, body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, strings.Replace(body, "\"7\"\n", "\"8\"\n", 1))
	}}}
	if got, err := fakeBulk(t, f, BulkOptions{}); err == nil || !strings.Contains(err.Error(), "other records") {
		t.Errorf("%d records and %v", len(got), err)
	}
}

func TestBulkResultsThatOnlyLookWholeAreErrors(t *testing.T) {
	header := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			csvHead(w, 5, "null")
			w.Header().Del(name)
			_, _ = io.WriteString(w, csvBody(0, 5))
		}
	}
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			csvHead(w, 5, "null")
			_, _ = io.WriteString(w, body)
		}
	}
	cases := map[string]struct {
		pages []http.HandlerFunc
		want  string
	}{
		"no count":          {[]http.HandlerFunc{header("Sforce-NumberOfRecords")}, "lacks the header Sforce-NumberOfRecords"},
		"no locator":        {[]http.HandlerFunc{header("Sforce-Locator")}, "lacks the header Sforce-Locator"},
		"short result":      {[]http.HandlerFunc{csvPage(0, 3, "1"), csvPage(3, 4, "null")}, "4 records came of 5"},
		"long result":       {[]http.HandlerFunc{csvPage(0, 3, "1"), csvPage(3, 9, "null")}, "more records come (9) than the job has (5)"},
		"names itself":      {[]http.HandlerFunc{csvPage(0, 3, "1"), csvPage(3, 4, "1")}, "names itself"},
		"empty pages":       {[]http.HandlerFunc{csvPage(0, 5, "1"), csvPage(0, 0, "2"), csvPage(0, 0, "3"), csvPage(0, 0, "4"), csvPage(0, 0, "5")}, "without a record"},
		"short page":        {[]http.HandlerFunc{text(csvBody(0, 4))}, "should have 5"},
		"long page":         {[]http.HandlerFunc{text(csvBody(0, 6))}, "should have 5"},
		"no body":           {[]http.HandlerFunc{text("")}, "ends too early"},
		"another column":    {[]http.HandlerFunc{text("\"Name\"\n")}, "was not asked for"},
		"a web page":        {[]http.HandlerFunc{text("<html>Log in")}, "a web page came"},
		"malformed records": {[]http.HandlerFunc{text("\"Id\"\n\"0\"\n\"1\"x\n")}, "malformed CSV in record 2"},
		"cut in a field":    {[]http.HandlerFunc{text("\"Id\"\n\"0\"\n\"1")}, "ends too early"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fakeJob{records: 5, pages: c.pages}
			got, err := fakeBulk(t, f, BulkOptions{})
			var bad *AnswerError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d records and %v, want %q", len(got), err, c.want)
			}
			if !strings.HasSuffix(f.calls(), "DELETE /ID") {
				t.Errorf("the job is not deleted: %s", f.calls())
			}
		})
	}
}

// Nothing hidden: creation, status, pages, one delete.
func TestTheCallsOfABulkQuery(t *testing.T) {
	for _, c := range []struct {
		opts  BulkOptions
		pages int
		want  string
	}{
		{BulkOptions{}, 1, "POST , GET /ID, GET /ID/results, DELETE /ID"},
		{BulkOptions{Parallel: 5}, 1, "POST , GET /ID, GET /ID/results, DELETE /ID"},
		{BulkOptions{}, 3, "POST , GET /ID, GET /ID/results, GET /ID/resultslocator=1, GET /ID/resultslocator=2, DELETE /ID"},
		{BulkOptions{PageRows: 9}, 2, "POST , GET /ID, GET /ID/resultsmaxRecords=9, GET /ID/resultslocator=1&maxRecords=9, DELETE /ID"},
		// An org without resultPages is read page by page.
		{BulkOptions{Parallel: 2}, 2, "POST , GET /ID, GET /ID/results, GET /ID/resultPages, GET /ID/resultslocator=1, DELETE /ID"},
	} {
		f := &fakeJob{records: 10 * c.pages}
		for i := range c.pages {
			next := strconv.Itoa(i + 1)
			if i == c.pages-1 {
				next = "null"
			}
			f.pages = append(f.pages, csvPage(10*i, 10*i+10, next))
		}
		got, err := fakeBulk(t, f, c.opts)
		if err != nil || !slices.Equal(got, numbers(f.records)) {
			t.Errorf("%+v: %d records and %v", c.opts, len(got), err)
		}
		if f.calls() != c.want {
			t.Errorf("%+v: the calls are\n%s, want\n%s", c.opts, f.calls(), c.want)
		}
	}
}

func TestBulkCallsOfAnOrg(t *testing.T) {
	org, c := emulated(t, emulator.WithBulkPageSize(60))
	for _, parallel := range []int{1, 5} {
		org.ResetStats()
		var parts, bytes, records atomic.Int64
		var states []string
		rows, err := c.BulkQuery(t.Context(), leadQuery, BulkOptions{
			Columns: leadColumns, Parallel: parallel,
			OnJob: func(j Job) { states = append(states, j.State) },
			OnPage: func(p PageInfo) {
				parts.Add(1)
				bytes.Add(p.Bytes)
				records.Add(p.Rows)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := collect(t.Context(), rows, leadColumns)
		if err != nil || int64(len(got)) != rows.Total() {
			t.Fatalf("%d records of %d: %v", len(got), rows.Total(), err)
		}
		pages := (len(got) + 59) / 60
		lists := 0
		if parallel > 1 {
			lists = (pages + 4) / 5
		}
		stats := org.Stats()
		if n := stats.ByPath["job"]; n != 3 { // creation, status, delete
			t.Errorf("%d calls about the job, want 3", n)
		}
		if n := stats.ByPath["results"]; n != pages+lists {
			t.Errorf("%d calls for results, want %d pages and %d lists", n, pages, lists)
		}
		if records.Load() != rows.Total() || bytes.Load() == 0 || int(parts.Load()) < pages {
			t.Errorf("progress told of %d records, %d bytes, %d parts", records.Load(), bytes.Load(), parts.Load())
		}
		if want := []string{JobUploadComplete, JobComplete}; !slices.Equal(states, want) {
			t.Errorf("states are %v, want %v", states, want)
		}
	}
}

func TestBulkQuirksOfAnOrg(t *testing.T) {
	_, c := emulated(t, emulator.WithBulkPageSize(100), emulator.WithQuirks(emulator.Quirks{EmptyBulkBody: true, ResultLinkNames: true}))
	want := restRows(t, c, leadQuery, leadColumns, false)
	got, err := bulkRows(t.Context(), c, leadQuery, BulkOptions{Columns: leadColumns, Parallel: 4})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "Lead", got, want)
	if got, err := bulkRows(t.Context(), c, leadQuery+" WHERE Id = null", BulkOptions{Columns: leadColumns}); err != nil || len(got) != 0 {
		t.Errorf("%d records and %v, want none", len(got), err)
	}
}

func TestAnOrderIsKept(t *testing.T) {
	_, c := emulated(t, emulator.WithBulkPageSize(50))
	rows, err := c.BulkQuery(t.Context(), leadQuery+" ORDER BY Id DESC", BulkOptions{Columns: leadColumns, Parallel: 5})
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t.Context(), rows)
	if slices.Reverse(got); err != nil || !slices.IsSorted(got) || len(got) < 500 {
		t.Errorf("%d records out of order, %v", len(got), err)
	}
}

func TestBulkRefusals(t *testing.T) {
	_, c := emulated(t)
	for _, x := range []struct {
		text    string
		refused bool
	}{
		{"SELECT COUNT(Id) FROM Lead", true},
		{"SELECT Id FROM Lead OFFSET 5", true},
		{"SELECT Address FROM Lead", true},
		{"SELECT VersionData FROM ContentVersion", true},
		{"SELECT Nope FROM Lead", false},
		{"SELECT Id FROM Nope", false},
	} {
		_, err := c.BulkQuery(t.Context(), x.text, BulkOptions{Columns: idOnly})
		var e *Error
		if !errors.As(err, &e) || IsBulkRefusal(err) != x.refused {
			t.Errorf("%s: %v, a refusal: %v", x.text, err, IsBulkRefusal(err))
		}
	}
	for _, columns := range [][]soql.Column{nil, {col(soql.KindJSON, "Address")}} {
		if _, err := c.BulkQuery(t.Context(), leadQuery, BulkOptions{Columns: columns}); !IsBulkRefusal(err) {
			t.Errorf("%v: %v is no refusal", columns, err)
		}
	}
	_, err := c.Query(t.Context(), "SELECT Id FROM Nope", QueryOptions{Columns: idOnly})
	if IsBulkRefusal(err) {
		t.Errorf("%v passes for a refusal of Bulk", err)
	}
	noJobs(t, c)
}

func TestACapOfBulkIsARefusalWithItsRule(t *testing.T) {
	_, c := emulated(t, emulator.WithBulkCaps(emulator.BulkCaps{QueryJobs: 1}))
	if _, err := bulkRows(t.Context(), c, leadQuery, BulkOptions{Columns: leadColumns}); err != nil {
		t.Fatal(err)
	}
	_, err := c.BulkQuery(t.Context(), leadQuery, BulkOptions{Columns: leadColumns})
	if !IsBulkRefusal(err) || !strings.Contains(err.Error(), "24 hours later") {
		t.Errorf("error is %v", err)
	}
}

func TestJobsAreListedAbortedAndDeleted(t *testing.T) {
	_, c := emulated(t, emulator.WithBulkDelay(time.Hour))
	var made []string
	for range 3 {
		job, err := c.createJob(t.Context(), leadQuery, false)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, job.ID)
	}
	jobs, err := c.Jobs(t.Context())
	if err != nil || len(jobs) != 3 {
		t.Fatalf("%d jobs: %v", len(jobs), err)
	}
	for i, j := range jobs {
		if j.ID != made[i] || j.Object != "Lead" || j.Operation != "query" || j.State != JobUploadComplete || j.APIVersion != "67.0" ||
			time.Since(j.CreatedDate).Abs() > time.Minute || j.RecordsProcessed != -1 {
			t.Errorf("job %+v", j)
		}
		if err := c.DeleteJob(t.Context(), j.ID); !wrongState(err) {
			t.Errorf("a job that runs is deleted: %v", err)
		}
		if err := c.AbortJob(t.Context(), j.ID); err != nil {
			t.Error(err)
		}
		if err := c.DeleteJob(t.Context(), j.ID); err != nil {
			t.Error(err)
		}
	}
	noJobs(t, c)
}

// A job that might be another program's is left alone.
func TestOnlyAnUndoubtedOrphanIsRemoved(t *testing.T) {
	for _, others := range []int{0, 1} {
		org, c := emulated(t, emulator.WithBulkDelay(time.Hour))
		another := dialed(t, org, Config{})
		for range others {
			if _, err := another.createJob(t.Context(), leadQuery, false); err != nil {
				t.Fatal(err)
			}
		}
		mine, err := c.createJob(t.Context(), leadQuery, false) // known to the client
		if err != nil {
			t.Fatal(err)
		}
		c.jobs.add(mine.ID)
		c.tries = 1
		org.SetFaults(emulator.Fault{Kind: emulator.FaultTruncate, Endpoint: "job"})
		if _, err := c.createJob(t.Context(), leadQuery, false); err == nil {
			t.Fatal("a lost answer is a job")
		}
		jobs, err := c.Jobs(t.Context())
		if want := 1 + 2*others; err != nil || len(jobs) != want {
			t.Errorf("beside %d jobs of others, %d are left, want %d (%v)", others, len(jobs), want, err)
		}
	}
}

// TestBulkMemoryDoesNotGrowWithTheResult reads one page of 20 and of 200 MB.
func TestBulkMemoryDoesNotGrowWithTheResult(t *testing.T) {
	peak := func(lines int) uint64 {
		line := []byte(`"` + strings.Repeat("x", 998) + "\"\n")
		f := &fakeJob{records: lines, pages: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			csvHead(w, lines, "null")
			_, _ = io.WriteString(w, "\"Id\"\n")
			chunk := bytes.Repeat(line, 100)
			for range lines / 100 {
				_, _ = w.Write(chunk)
			}
		}}}
		c := serve(t, f.ServeHTTP)
		c.poll = time.Millisecond
		rows, err := c.BulkQuery(t.Context(), "SELECT Id FROM A", BulkOptions{Columns: idOnly})
		if err != nil {
			t.Fatal(err)
		}
		var most uint64
		var m runtime.MemStats
		n := 0
		for rows.Next(context.Background()) {
			if n++; n%5000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || n != lines {
			t.Fatalf("%d records: %v", n, err)
		}
		return most
	}
	small, big := peak(20_000), peak(200_000)
	if big > small+8<<20 {
		t.Errorf("200 MB take %d MiB of heap, 20 MB take %d", big>>20, small>>20)
	}
}

// A job whose creation is given up while its answer is on the way is removed.
func TestACreationThatIsCancelledLeavesNoJob(t *testing.T) {
	org, c := emulated(t, emulator.WithBulkDelay(time.Hour))
	made := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/jobs/query") {
			org.Handler().ServeHTTP(w, r)
			return
		}
		org.Handler().ServeHTTP(httptest.NewRecorder(), r)
		close(made)
		<-r.Context().Done()
	}))
	defer slow.Close()
	lagging := dialed(t, org, Config{InstanceURL: slow.URL})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-made
		cancel()
	}()
	if _, err := lagging.BulkQuery(ctx, leadQuery, BulkOptions{Columns: leadColumns}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	noJobs(t, c)
}

func TestAJobIsAskedForLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const polls = 9
		var asked []time.Time
		state := JobInProgress
		c := memory(t, func(r *http.Request) (*http.Response, error) {
			switch {
			case r.Method == http.MethodPost:
				asked = append(asked, time.Now())
			case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, fakeID):
				if asked = append(asked, time.Now()); len(asked) > polls {
					state = JobFailed
				}
			}
			return reply(200, fmt.Sprintf(`{"id":%q,"state":%q,"errorMessage":"no luck"}`, fakeID, state)), nil
		})
		rows, err := c.BulkQuery(t.Context(), "SELECT Id FROM A", BulkOptions{Columns: idOnly})
		if err != nil {
			t.Fatal(err)
		}
		var failed *JobError
		if _, err := read(t.Context(), rows); !errors.As(err, &failed) || failed.Job.ErrorMessage != "no luck" {
			t.Errorf("error is %v, want the job's", err)
		}
		for i, want := range []float64{0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10} {
			if got := asked[i+1].Sub(asked[i]).Seconds(); got != want {
				t.Errorf("question %d comes after %v s, want %v", i+1, got, want)
			}
		}
	})
}

// A reader that takes its time is no silent server: the timeout is for each
// wait alone. A server that is silent is.
func TestTheTimeoutOfADownloadIsForEachWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := false
		c := memory(t, func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/results") {
				return reply(200, fmt.Sprintf(`{"id":%q,"state":"JobComplete","numberRecordsProcessed":60000}`, fakeID)), nil
			}
			resp := reply(200, "")
			resp.Header.Set("Sforce-NumberOfRecords", "60000")
			resp.Header.Set("Sforce-Locator", "null")
			resp.Body = io.NopCloser(&slowBody{ctx: r.Context(), text: csvBody(0, 60000), silent: silent})
			return resp, nil
		})
		c.tries = 1
		for _, silent = range []bool{false, true} {
			rows, err := c.BulkQuery(t.Context(), "SELECT Id FROM A", BulkOptions{Columns: idOnly})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next(t.Context()) {
				if n++; n%20000 == 0 {
					time.Sleep(time.Hour)
				}
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
			if silent != errors.Is(rows.Err(), os.ErrDeadlineExceeded) || !silent && n != 60000 {
				t.Errorf("silent: %v: %d records and %v", silent, n, rows.Err())
			}
		}
	})
}

// slowBody gives 1,000 bytes every minute, and where it is silent nothing
// after the first half.
type slowBody struct {
	ctx    context.Context
	text   string
	at     int
	silent bool
}

func (s *slowBody) Read(p []byte) (int, error) {
	wait := time.Minute
	if s.silent && s.at > len(s.text)/2 {
		wait = time.Hour
	}
	if err := pause(s.ctx, wait); err != nil {
		return 0, err
	}
	n := copy(p[:min(len(p), 1000)], s.text[s.at:])
	if s.at += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
