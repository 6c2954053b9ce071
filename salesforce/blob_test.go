package salesforce

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAFileIsReadAsItIs(t *testing.T) {
	const path = "/services/data/v67.0/sobjects/ContentVersion/068/VersionData"
	for _, file := range []string{"", "\x00\xff\xfe", "<html>a file that is a web page</html>", "{"} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				t.Errorf("got %s", r.URL)
			}
			_, _ = io.WriteString(w, file)
		})
		if got, err := c.Blob(t.Context(), path); err != nil || string(got) != file {
			t.Errorf("%q, %v, want %q", got, err, file)
		}
	}
}

func TestAFileThatIsCutIsAnError(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "short")
	})
	_, err := c.Blob(t.Context(), "/services/data/v67.0/x")
	var bad *AnswerError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "ends too early") {
		t.Errorf("error is %v", err)
	}
}
