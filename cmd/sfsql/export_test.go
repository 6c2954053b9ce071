package main

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// What --all leaves out is told with --quiet, too: the exit status is that of
// success.
func TestExportTellsWhatItLeavesOut(t *testing.T) {
	org := emulator.New(emulator.WithRestrictedObjects())
	t.Cleanup(org.Close)
	values := url.Values{"tls": {"off"}, "client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()}, "objects": {"Lead,ContentDocumentLink"}}
	dsn := "salesforce://" + strings.TrimPrefix(org.URL(), "http://") + "/?" + values.Encode()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"export", "--all", "--quiet", "--org", dsn, "--out", t.TempDir()}, strings.NewReader(""), &stdout, &stderr)
	if status != exitOK || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("status %d: %s", status, &stderr)
	}
	if want := "sfsql: ContentDocumentLink is left out: salesforce: query: "; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("%q, want %q", stderr.String(), want)
	}
}
