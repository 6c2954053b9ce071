package lawtest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// sentTexts collects the distinct statements that reach the orgs, as other
// parsers may want to see them.
type sentTexts struct {
	mu    sync.Mutex
	texts map[string]bool
}

var sent sentTexts

// look notes the statements of a request and leaves it as it was.
func (s *sentTexts) look(r *http.Request) {
	s.add(r.URL.Query())
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/composite") {
		return
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var composite struct {
		CompositeRequest []struct {
			URL string `json:"url"`
		} `json:"compositeRequest"`
	}
	if err != nil || json.Unmarshal(body, &composite) != nil {
		return // the org says what is wrong with it
	}
	for _, sub := range composite.CompositeRequest {
		if u, err := url.Parse(sub.URL); err == nil {
			s.add(u.Query())
		}
	}
}

func (s *sentTexts) add(params url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	for _, name := range []string{"q", "explain"} {
		if text := params.Get(name); text != "" {
			s.texts[text] = true
		}
	}
}

// write writes a JSON string a line, sorted.
func (s *sentTexts) write(file string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for _, text := range slices.Sorted(maps.Keys(s.texts)) {
		if err := lines.Encode(text); err != nil {
			return err
		}
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

func TestSentTexts(t *testing.T) {
	var s sentTexts
	ask := func(method, target, body string) {
		t.Helper()
		r, err := http.NewRequest(method, target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		s.look(r)
		if left, err := io.ReadAll(r.Body); err != nil || string(left) != body {
			t.Errorf("the body became %q: %v", left, err)
		}
	}
	ask("GET", "/services/data/v67.0/query?q=SELECT+Id+FROM+B+WHERE+C%3C3", "")
	ask("GET", "/services/data/v67.0/query?q=SELECT+Id+FROM+B+WHERE+C%3C3", "")
	ask("GET", "/services/data/v67.0/query?explain=SELECT+Id+FROM+C", "")
	ask("POST", "/services/data/v67.0/composite", `{"compositeRequest":[{"url":"/services/data/v67.0/queryAll?q=SELECT+Id+FROM+A"}]}`)
	ask("POST", "/services/data/v67.0/composite", `{`)
	file := t.TempDir() + "/sent"
	if err := s.write(file); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	want := "\"SELECT Id FROM A\"\n\"SELECT Id FROM B WHERE C<3\"\n\"SELECT Id FROM C\"\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
