package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	gosalesforce "github.com/k-capehart/go-salesforce/v3"

	_ "github.com/sfsql/sfsql/driver"
)

// target is an org and how to get in.
type target struct{ url, token string }

// client reads the query to its end. Before begin it may do what every program
// does once: log in, describe.
type client func(ctx context.Context, org target, begin func()) (rows int, err error)

var clients = map[string]client{
	"sfsql-rest":         driverClient("api=rest"),
	"sfsql-bulk":         driverClient("api=bulk"),
	"sfsql-rest-machine": driverClient("api=rest&shortcut=off"),
	"sfsql-bulk-machine": driverClient("api=bulk&shortcut=off"),
	"gosalesforce-rest":  goSalesforceREST,
	"gosalesforce-bulk":  goSalesforceBulk,
	"floor-rest":         floorREST,
	"floor-bulk":         floorBulk,
}

// row is what the driver's rows are scanned into.
type row struct {
	id, name, stage     string
	account             sql.NullString
	amount, probability sql.NullFloat64
	closing, created    time.Time
	closed              bool
	year                int64
}

func (r *row) scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.name, &r.account, &r.stage, &r.amount, &r.probability, &r.closing, &r.closed, &r.created, &r.year)
}

// openDriver opens the driver and has it describe the object.
func openDriver(ctx context.Context, org target, options string) (*sql.DB, error) {
	v := url.Values{"access_token": {org.token}, "instance_url": {org.url}, "tls": {"off"}}
	db, err := sql.Open("salesforce", "salesforce://"+strings.TrimPrefix(org.url, "http://")+"/?"+v.Encode()+"&"+options)
	if err != nil {
		return nil, err
	}
	prepared, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, prepared.Close()
}

func driverClient(options string) client {
	return func(ctx context.Context, org target, begin func()) (n int, err error) {
		db, err := openDriver(ctx, org, options)
		if err != nil {
			return 0, err
		}
		defer db.Close()
		begin()
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for r := new(row); rows.Next(); n++ {
			if err := r.scan(rows); err != nil {
				return 0, err
			}
		}
		return n, rows.Err()
	}
}

// opportunity is a record as go-salesforce decodes Bulk's CSV, with the types
// that the driver's rows are scanned into.
type opportunity struct {
	ID          string    `csv:"Id"`
	Name        string    `csv:"Name"`
	AccountID   *string   `csv:"AccountId,omitempty"`
	StageName   string    `csv:"StageName"`
	Amount      *float64  `csv:"Amount,omitempty"`
	Probability *float64  `csv:"Probability,omitempty"`
	CloseDate   day       `csv:"CloseDate"`
	IsClosed    bool      `csv:"IsClosed"`
	CreatedDate time.Time `csv:"CreatedDate"`
	FiscalYear  int64     `csv:"FiscalYear"`
}

// day is a date, which a time.Time does not read by itself.
type day struct{ time.Time }

// UnmarshalText reads YYYY-MM-DD.
func (d *day) UnmarshalText(text []byte) (err error) {
	d.Time, err = time.Parse(time.DateOnly, string(text))
	return err
}

// restOpportunity is a record as go-salesforce decodes JSON. It cannot decode
// into a time.Time there, so dates stay text.
type restOpportunity struct {
	ID, Name    string
	AccountID   *string
	StageName   string
	Amount      *float64
	Probability *float64
	CloseDate   string
	IsClosed    bool
	CreatedDate string
	FiscalYear  int64
}

func openGoSalesforce(org target) (*gosalesforce.Salesforce, error) {
	return gosalesforce.Init(gosalesforce.Creds{Domain: org.url, AccessToken: org.token}, gosalesforce.WithHTTPTimeout(time.Hour))
}

func goSalesforceREST(_ context.Context, org target, begin func()) (int, error) {
	sf, err := openGoSalesforce(org)
	if err != nil {
		return 0, err
	}
	begin()
	var out []restOpportunity
	err = sf.Query(query, &out)
	return len(out), err
}

func goSalesforceBulk(_ context.Context, org target, begin func()) (n int, err error) {
	sf, err := openGoSalesforce(org)
	if err != nil {
		return 0, err
	}
	begin()
	it, err := sf.QueryBulkIterator(query)
	if err != nil {
		return 0, err
	}
	for it.Next() {
		var out []opportunity
		if err := it.Decode(&out); err != nil {
			return 0, err
		}
		n += len(out)
	}
	return n, it.Error()
}

// get asks the org as any Go program would.
func get(ctx context.Context, org target, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, org.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+org.token)
	resp, err := http.DefaultClient.Do(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", path, resp.Status), resp.Body.Close())
	}
	return resp, err
}

const firstPage = version + "/query?q="

// floorREST reads the tokens of the same pages, and makes nothing of them.
func floorREST(ctx context.Context, org target, begin func()) (n int, err error) {
	if err := fetchPage(ctx, org); err != nil {
		return 0, err
	}
	begin()
	dec := jsontext.NewDecoder(strings.NewReader(""))
	for path := firstPage + url.QueryEscape(query); path != ""; {
		resp, err := get(ctx, org, path)
		if err != nil {
			return 0, err
		}
		dec.Reset(resp.Body)
		next, rows, err := tokens(dec)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return 0, err
		}
		path, n = next, n+rows
	}
	return n, nil
}

func tokens(dec *jsontext.Decoder) (next string, rows int, err error) {
	for isNext := false; ; {
		t, err := dec.ReadToken()
		switch {
		case err == io.EOF:
			return next, rows, nil
		case err != nil:
			return "", 0, err
		case t.Kind() == '{' && dec.StackDepth() == 3:
			rows++
		case isNext:
			next, isNext = t.String(), false
		case t.Kind() == '"' && dec.StackDepth() == 1:
			isNext = t.String() == "nextRecordsUrl"
		}
	}
}

// fetchPage reads the first page, and makes nothing of it.
func fetchPage(ctx context.Context, org target) error {
	resp, err := get(ctx, org, firstPage+url.QueryEscape(query))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// floorBulk reads the fields of the same result with package csv.
func floorBulk(ctx context.Context, org target, begin func()) (n int, err error) {
	job, err := makeJob(ctx, org)
	if err != nil {
		return 0, err
	}
	begin()
	for locator := ""; locator != "null"; {
		resp, err := get(ctx, org, version+"/jobs/query/"+job+"/results?locator="+locator)
		if err != nil {
			return 0, err
		}
		rows, err := fields(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return 0, err
		}
		locator, n = resp.Header.Get("Sforce-Locator"), n+rows-1 // without the header
	}
	return n, nil
}

func fields(body io.Reader) (rows int, err error) {
	r := csv.NewReader(bufio.NewReader(body))
	r.ReuseRecord = true
	for ; ; rows++ {
		switch _, err := r.Read(); {
		case err == io.EOF:
			return rows, nil
		case err != nil:
			return 0, err
		}
	}
}

// makeJob creates a job, whose result this org has at once.
func makeJob(ctx context.Context, org target) (string, error) {
	body, err := json.Marshal(map[string]string{"operation": "query", "query": query})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, org.url+version+"/jobs/query", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+org.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var job struct{ ID string }
	return job.ID, json.NewDecoder(resp.Body).Decode(&job)
}
