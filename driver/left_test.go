package driver_test

import (
	"bytes"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// A Bulk job that the org does not let go is no error of the rows, which are
// all there; the logger hears of it, once.
func TestLoggerHearsOfAJobThatIsLeft(t *testing.T) {
	org := emulator.New()
	defer org.Close()
	refuse := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse && r.Method == http.MethodDelete {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`[{"errorCode":"INSUFFICIENT_ACCESS","message":"not yours"}]`))
			return
		}
		org.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	v := url.Values{"access_token": {org.AccessToken()}, "instance_url": {server.URL}, "tls": {"off"}, "api": {"bulk"}}
	var log bytes.Buffer
	db := logged(t, "salesforce://"+strings.TrimPrefix(server.URL, "http://")+"/?"+v.Encode(), &log)
	defer db.Close()
	for _, want := range []int{1, 0} {
		log.Reset()
		rows, err := all(db, "SELECT Id, Name FROM Contact")
		if err != nil || len(rows) == 0 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if got := strings.Count(log.String(), "is left in the org: "); got != want {
			t.Errorf("%d jobs are told of, want %d: %s", got, want, log.String())
		}
		refuse = false
	}
}

// logged opens a DSN whose logger writes to log.
func logged(t *testing.T, dsn string, log io.Writer) *sql.DB {
	t.Helper()
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(connector)
}
