package salesforce

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// An answer that would have to be in memory as a whole may be shorter than one
// that is read as it comes; neither is endless.
func TestNoAnswerIsEndless(t *testing.T) {
	for _, tt := range []struct {
		call *call
		most int64
	}{
		{&call{}, maxWhole},
		{&call{raw: true}, maxAnswer},
		{&call{stream: true}, maxAnswer},
	} {
		r := newCapped(tt.call, endless{})
		r.left = 1000 // the rest was read
		n, err := io.Copy(io.Discard, r)
		if n > 1000 || err == nil || !strings.Contains(err.Error(), "longer than") || r.most != tt.most {
			t.Errorf("%+v: %d bytes, %v, at most %d", tt.call, n, err, r.most)
		}
	}
	_, err := io.ReadAll(newCapped(&call{}, strings.NewReader("all of it")))
	if err != nil && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return min(len(p), 100), nil }
