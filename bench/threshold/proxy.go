package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// proxy makes an org slow.
type proxy struct {
	server *httptest.Server
	url    string
}

func newProxy(org string, page time.Duration) (*proxy, error) {
	target, err := url.Parse(org)
	if err != nil {
		return nil, err
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.FlushInterval = -1
	forward.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, "/results") {
			r.Body = &throttled{ReadCloser: r.Body, rate: throughput, begin: time.Now()}
		}
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := smallCall
		if strings.Contains(r.URL.Path, "/query") && !strings.Contains(r.URL.Path, "/jobs/") {
			wait = page
		}
		time.Sleep(wait)
		forward.ServeHTTP(w, r)
	}))
	return &proxy{server: server, url: server.URL}, nil
}

func (p *proxy) close() { p.server.Close() }

// throttled reads no faster than a rate.
type throttled struct {
	io.ReadCloser
	rate  float64 // bytes a second
	begin time.Time
	n     float64
}

func (t *throttled) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.n += float64(n)
	due := t.begin.Add(time.Duration(t.n / t.rate * float64(time.Second)))
	time.Sleep(time.Until(due))
	return n, err
}

// statement selects ten columns of so many contacts.
func statement(rows int) (string, []soql.Column) {
	q := &soql.Query{From: soql.From{Object: "Contact"}}
	limit := int64(rows)
	q.Limit = &limit
	var cols []soql.Column
	for _, name := range strings.Fields(columns) {
		q.Select = append(q.Select, soql.SelectItem{Expr: soql.NewField(name)})
		cols = append(cols, soql.Column{Path: []string{name}})
	}
	return q.String(), cols
}
