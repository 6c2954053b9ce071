package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// orgDSN is a DSN for an org, by client credentials, with more of its keys.
func orgDSN(org *emulator.Server, more ...string) string {
	values := url.Values{"tls": {"off"}, "client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()}}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return "salesforce://" + strings.TrimPrefix(org.URL(), "http://") + "/?" + values.Encode()
}

// checked runs a check and writes its steps as lines.
func checked(t *testing.T, dsn string) ([]string, error) {
	t.Helper()
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	err = driver.Check(t.Context(), cfg, func(s driver.CheckStep) {
		switch {
		case s.OK:
			lines = append(lines, s.Name+" ok: "+s.Detail)
		case s.Skipped:
			lines = append(lines, s.Name+" skipped: "+s.Cause)
		default:
			lines = append(lines, s.Name+" failed: "+s.Cause+" -> "+s.Next)
		}
	})
	return lines, err
}

// expectLines compares lines by their beginnings.
func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	same := slices.EqualFunc(got, want, func(g, w string) bool {
		head, tail, cut := strings.Cut(w, "…")
		return g == w || cut && strings.HasPrefix(g, head) && strings.HasSuffix(g, tail)
	})
	if !same {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestCheckFindsAGoodOrgGood(t *testing.T) {
	org := emulator.New()
	defer org.Close()
	lines, err := checked(t, orgDSN(org))
	if err != nil {
		t.Error(err)
	}
	host := strings.TrimPrefix(org.URL(), "http://")
	expectLines(
		t, lines,
		"settings ok: auth client_credentials at "+host,
		"dns ok: 127.0.0.1 is an address",
		"tls ok: none: plain http to a loopback address",
		"token ok: the org answers at "+org.URL(),
		"version ok: 67.0; the org has 51.0 to 67.0",
		"identity ok: admin@example.com, user 005…, locale en_US",
		"scopes ok: api id",
		"api ok: enabled, … resources",
		"quota ok: 4999999 of 5000000 API calls left",
		"query ok: User has … ms",
	)
}

func TestCheckFindsTheBuiltInOrgGood(t *testing.T) {
	lines, err := checked(t, "salesforce://demo/")
	if err != nil || len(lines) != 10 {
		t.Errorf("%v\n%s", err, strings.Join(lines, "\n"))
	}
}

// Each fault is found by its own step, with a cause and a next step; what
// needs the step is skipped and what does not is still tried.
func TestCheckNamesTheStepThatFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  []emulator.Fault
		options []emulator.Option
		dsn     []string
		step    string
		cause   string
		next    string
		skipped int
		limit   bool
	}{
		{
			name: "a wrong secret", dsn: []string{"client_secret", "wrong"}, step: "token",
			cause: "invalid client credentials", next: "client_secret", skipped: 6,
		},
		{
			name: "an unknown app", dsn: []string{"client_id", "3MVGnone"}, step: "token",
			cause: "client identifier invalid", next: "client_id", skipped: 6,
		},
		{
			name: "no API", faults: []emulator.Fault{{Kind: "error", Status: 403, Code: "API_DISABLED_FOR_ORG", Endpoint: "resources", Times: -1}},
			step: "api", cause: "API_DISABLED_FOR_ORG", next: "API Enabled", skipped: 2,
		},
		{
			name: "an app that is not allowed", faults: []emulator.Fault{{Kind: "error", Status: 403, Code: "CLIENT_NOT_ACCESSIBLE_FOR_USER", Endpoint: "resources", Times: -1}},
			step: "api", cause: "CLIENT_NOT_ACCESSIBLE_FOR_USER", next: "approves the app", skipped: 2,
		},
		{
			name: "no access to the object", faults: []emulator.Fault{{Kind: "error", Status: 403, Code: "INSUFFICIENT_ACCESS", Endpoint: "query", Times: -1}},
			step: "query", cause: "INSUFFICIENT_ACCESS", next: "administrator",
		},
		{
			name: "no calls left", options: []emulator.Option{emulator.WithDailyLimit(0)},
			step: "api", cause: "REQUEST_LIMIT_EXCEEDED", next: "wait", skipped: 2, limit: true,
		},
		{
			name: "the last call", options: []emulator.Option{emulator.WithDailyLimit(1)},
			step: "quota", cause: "all 1 API calls", next: "wait", limit: true,
		},
		{
			name: "a version that the org does not have", dsn: []string{"api_version", "99.0"},
			step: "version", cause: "does not have API version 99.0", next: "from 51.0 to 67.0", skipped: 3,
		},
		{
			name: "no identity", faults: []emulator.Fault{{Kind: "error", Status: 403, Endpoint: "userinfo", Times: -1}},
			step: "identity", cause: "user info", next: "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			org := emulator.New(append(c.options, emulator.WithFaults(c.faults...))...)
			defer org.Close()
			lines, err := checked(t, orgDSN(org, c.dsn...))
			if !driver.IsLogin(err) || driver.IsLimit(err) != c.limit {
				t.Errorf("error %v: login %v, limit %v", err, driver.IsLogin(err), driver.IsLimit(err))
			}
			var failed []string
			skipped := 0
			for _, line := range lines {
				if strings.Contains(line, " failed: ") {
					failed = append(failed, line)
				}
				if strings.Contains(line, " skipped: skipped, because "+c.step) {
					skipped++
				}
			}
			if len(failed) == 0 || !strings.HasPrefix(failed[0], c.step+" failed: ") {
				t.Fatalf("failed: %q, want %s in\n%s", failed, c.step, strings.Join(lines, "\n"))
			}
			cause, next, _ := strings.Cut(failed[0], " -> ")
			if !strings.Contains(cause, c.cause) || !strings.Contains(next, c.next) || strings.Contains(cause, next) && next != "" {
				t.Errorf("cause %q, next %q", cause, next)
			}
			if skipped != c.skipped {
				t.Errorf("%d steps were skipped, want %d:\n%s", skipped, c.skipped, strings.Join(lines, "\n"))
			}
		})
	}
}

func TestCheckTellsAHostThatIsNotThere(t *testing.T) {
	lines, err := checked(t, "salesforce://acme-dev-ed.invalid/?client_id=a&client_secret=topsecret")
	if !driver.IsLogin(err) || strings.Contains(fmt.Sprint(err, lines), "topsecret") {
		t.Errorf("%v %q", err, lines)
	}
	if len(lines) != 10 || !strings.HasPrefix(lines[1], "dns failed: ") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
}

// A token whose app gave it no scope api can be had, and is good for nothing.
func TestCheckTellsAMissingScope(t *testing.T) {
	org := emulator.New(emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/services/oauth2/introspect" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"active":true,"scope":"id refresh_token","client_id":"x"}`)
		return true
	}))
	defer org.Close()
	lines, err := checked(t, orgDSN(org))
	if err == nil || !strings.HasPrefix(lines[6], "scopes failed: the session lacks the scope api") || !strings.Contains(lines[6], "OAuth scopes") {
		t.Errorf("%v\n%s", err, strings.Join(lines, "\n"))
	}
}

func TestCheckStopsWithItsContext(t *testing.T) {
	org := emulator.New()
	defer org.Close()
	cfg, err := driver.ParseDSN(orgDSN(org))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = driver.Check(ctx, cfg, func(s driver.CheckStep) {
		if s.Name == "token" {
			cancel()
		}
	})
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestPingProvesTheSession(t *testing.T) {
	org := emulator.New()
	defer org.Close()
	db, err := sql.Open("salesforce", orgDSN(org))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	before := org.Stats().Requests
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	if n := org.Stats().Requests - before; n != 1 {
		t.Errorf("a ping made %d requests", n)
	}
	org.SetFaults(emulator.Fault{Kind: "error", Status: 403, Code: "API_DISABLED_FOR_ORG", Times: -1})
	err = db.Ping()
	if !driver.IsLogin(err) || !strings.Contains(err.Error(), "API Enabled") {
		t.Errorf("got %v", err)
	}
}

// An org that is a release behind is spoken to in its own version.
func TestTheVersionIsTheNewestThatBothSidesKnow(t *testing.T) {
	org := emulator.New(emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/services/data":
			fmt.Fprint(w, `[{"label":"Spring","version":"65.0","url":""},{"label":"Spring","version":"66.0","url":""}]`)
		case strings.HasPrefix(r.URL.Path, "/services/data/v67.0"):
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]`)
		default:
			return false
		}
		return true
	}))
	defer org.Close()
	lines, err := checked(t, orgDSN(org))
	if err != nil || lines[4] != "version ok: 66.0; the org has 65.0 to 66.0" {
		t.Errorf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	for dsn, works := range map[string]bool{orgDSN(org): true, orgDSN(org, "api_version", "67.0"): false} {
		db, err := sql.Open("salesforce", dsn)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRow("SELECT count(*) FROM Account").Scan(&n); (err == nil && n > 0) != works {
			t.Errorf("%d, %v", n, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
