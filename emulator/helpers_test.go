package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const root = "/services/data/v67.0"

func start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s := New(opts...)
	t.Cleanup(s.Close)
	return s
}

// do sends a request with a valid token and returns the answer and its body.
func do(t testing.TB, s *Server, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.AccessToken())
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

type page struct {
	TotalSize      int              `json:"totalSize"`
	Done           bool             `json:"done"`
	NextRecordsURL string           `json:"nextRecordsUrl"`
	Records        []map[string]any `json:"records"`
}

func queryPath(resource, soql string) string {
	return root + "/" + resource + "?q=" + url.QueryEscape(soql)
}

func getPage(t testing.TB, s *Server, path string, headers ...string) page {
	t.Helper()
	res, body := do(t, s, "GET", path, "", headers...)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, res.StatusCode, body)
	}
	var p page
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return p
}

// records returns all records of a statement, over all its pages.
func records(t testing.TB, s *Server, resource, soql string) []map[string]any {
	t.Helper()
	p := getPage(t, s, queryPath(resource, soql))
	all := p.Records
	for !p.Done {
		total := p.TotalSize
		if p = getPage(t, s, p.NextRecordsURL); p.TotalSize != total {
			t.Fatalf("totalSize changed from %d to %d", total, p.TotalSize)
		}
		all = append(all, p.Records...)
	}
	return all
}

// values returns one member of all records of a statement.
func values(t testing.TB, s *Server, soql, key string) []any {
	t.Helper()
	var out []any
	for _, record := range records(t, s, "query", soql) {
		out = append(out, record[key])
	}
	return out
}

// row is a record as the store holds it, by field name.
type row map[string]any

// stored returns the live records of an object that keep accepts.
func stored(t testing.TB, s *Server, object string, keep func(r row) bool) []row {
	t.Helper()
	o := s.Describe(object)
	var out []row
	s.Scan(object, false, func(record []any) bool {
		r := row{}
		for i, v := range record {
			r[o.Fields[i].Name] = v
		}
		if keep == nil || keep(r) {
			out = append(out, r)
		}
		return true
	})
	return out
}

func idsOf(rows []row) []string {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r["Id"].(string))
	}
	slices.Sort(ids)
	return ids
}

func idsFound(t testing.TB, s *Server, soql string) []string {
	t.Helper()
	var ids []string
	for _, v := range values(t, s, soql, "Id") {
		ids = append(ids, v.(string))
	}
	slices.Sort(ids)
	return ids
}

// failure sends a statement that must be refused.
func failure(t testing.TB, s *Server, soql string) apiError {
	t.Helper()
	res, body := do(t, s, "GET", queryPath("query", soql), "")
	var list []apiError
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 {
		t.Fatalf("%s: %d, not an error: %.300s", soql, res.StatusCode, body)
	}
	list[0].Status = res.StatusCode
	return list[0]
}
