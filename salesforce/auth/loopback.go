package auth

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// arrival is a browser that came back, and how to tell it the outcome.
type arrival struct {
	answer  url.Values
	outcome chan<- error // takes one value
}

// listen waits on the loopback address for the browser to come back. Nothing
// of it is left when it returns.
func (s *signIn) listen(ctx context.Context) (*Grant, error) {
	listener, err := s.loopback(ctx)
	if err != nil {
		return nil, err
	}
	// No more than one: what comes later belongs to nobody.
	arrivals := make(chan arrival, 1)
	end := serve(ctx, listener, s.handler(arrivals))
	defer end()
	if err := s.cfg.Open(s.address()); err != nil {
		return nil, fmt.Errorf("auth: showing the page to sign in on: %w", err)
	}
	select {
	case a := <-arrivals:
		grant, err := s.redeem(ctx, a.answer)
		a.outcome <- err
		return grant, err
	case <-ctx.Done():
		return nil, fmt.Errorf("auth: waiting for the browser: %w", ctx.Err())
	}
}

// serve answers browsers until the function that it returns is called.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) (end func()) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends by Shutdown; a broken listener shows as a sign-in that takes too long
	}()
	return func() {
		// The page with the outcome has a moment to reach the browser.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // there is nobody left to tell
		}
		<-served
	}
}

// loopback listens where the redirect leads, on this machine's own address
// only.
func (s *signIn) loopback(ctx context.Context) (net.Listener, error) {
	host, port := s.redirect.Hostname(), s.redirect.Port()
	if net.ParseIP(host) == nil {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "80"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("auth: waiting for the browser on port %s, which may be in use (another port must be registered as the app's callback URL): %w", port, err)
	}
	return listener, nil
}

// handler takes the browser that comes back from this sign-in, and turns
// others away: whoever knows the port could end the sign-in otherwise.
func (s *signIn) handler(arrivals chan<- arrival) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := s.redirect.Path
		if path == "" {
			path = "/"
		}
		answer := r.URL.Query()
		switch {
		case r.Method != http.MethodGet || r.URL.Path != path:
			http.NotFound(w, r)
			return
		case !s.answers(answer):
			writePage(w, http.StatusBadRequest, errors.New("this page belongs to another sign-in; finish in the newest tab"))
			return
		}
		outcome := make(chan error, 1)
		select {
		case arrivals <- arrival{answer, outcome}:
		default:
			writePage(w, http.StatusConflict, errors.New("this sign-in has come to its end already"))
			return
		}
		select {
		case err := <-outcome:
			writePage(w, http.StatusOK, err)
		case <-r.Context().Done():
		}
	})
}

var landingPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{if .}}Not signed in{{else}}Signed in{{end}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f6f9; color: #16325c; }
main { max-width: 32em; margin: 1em; padding: 2em 2.5em; background: #fff; border-radius: 12px; box-shadow: 0 2px 12px rgb(0 0 0 / .08); }
h1 { margin: 0 0 .4em; font-size: 1.5em; } p { margin: .4em 0 0; overflow-wrap: anywhere; }
.mark { font-size: 2em; color: {{if .}}#ba0517{{else}}#2e844a{{end}}; }
@media (prefers-color-scheme: dark) { body { background: #10151c; color: #e5eaf0; } main { background: #1b232d; } }
</style></head><body><main>
{{if .}}<div class="mark">✗</div><h1>Not signed in</h1><p>{{.}}</p>
{{else}}<div class="mark">✓</div><h1>Signed in to Salesforce</h1><p>You can close this window and go back to where you came from.</p>
{{end}}</main></body></html>
`))

// writePage tells the user the outcome. The page loads nothing, and does not
// pass its address on, which has the code in it.
func writePage(w http.ResponseWriter, status int, outcome error) {
	problem := ""
	if outcome != nil {
		problem = outcome.Error()
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_ = landingPage.Execute(w, problem) // the browser may be gone
}
