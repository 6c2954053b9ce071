package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

const checkLong = `Try an org step by step: settings, DNS, TLS, token, API version, identity, scopes,
API access, quota, and one query. Each step shows what was found (✓), or why it
failed (✗) and what to do about it; what could not be tried is marked with –.
It makes a handful of calls and changes nothing. docs/connect.md has the errors
with their causes.`

const checkExamples = `  sfsql check prod
  sfsql check --org 'salesforce://acme/?client_id=…&client_secret_file=secret.txt'
  sfsql check --json | jq .ok`

func (p *program) checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check [ORG]",
		Short:   "try an org step by step and explain what is missing",
		Long:    checkLong,
		Example: checkExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && p.org != "" {
				return usagef("sfsql check takes one ORG")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			org := p.org
			if len(args) == 1 {
				org = args[0]
			}
			return p.check(cmd.Context(), org, asJSON)
		},
	}
	cmd.Flags().StringVar(&p.org, "org", "", orgUsage)
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	cmd.Flags().BoolVarP(&p.quiet, "quiet", "q", false, "show only what failed")
	return cmd
}

func (p *program) check(ctx context.Context, org string, asJSON bool) error {
	dsn, err := p.orgDSN(org)
	if err != nil {
		return err
	}
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		return err
	}
	found := findings{details: map[string]string{}}
	var writeErr error
	err = driver.Check(ctx, cfg, func(s driver.CheckStep) {
		if found.note(s); !asJSON && writeErr == nil {
			writeErr = p.writeStep(s)
		}
	})
	if asJSON {
		writeErr = p.writeJSON(checkReport{OK: err == nil, Steps: stepsOf(found.steps)})
	}
	switch {
	case writeErr != nil:
		return writeErr
	case err != nil && found.failed != nil:
		return &checkError{step: *found.failed, err: err, shown: !asJSON}
	}
	return err
}

// checkReport is what check --json prints.
type checkReport struct {
	OK    bool       `json:"ok"`
	Steps []stepJSON `json:"steps"`
}

type stepJSON struct {
	Step   string   `json:"step"`
	Result string   `json:"result"` // ok, failed, skipped
	Detail string   `json:"detail,omitempty"`
	Cause  string   `json:"cause,omitempty"`
	Next   string   `json:"next,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

func stepsOf(steps []driver.CheckStep) []stepJSON {
	out := []stepJSON{}
	for _, s := range steps {
		j := stepJSON{Step: s.Name, Result: "failed", Detail: s.Detail, Cause: s.Cause, Next: s.Next, Notes: s.Notes}
		switch {
		case s.OK:
			j.Result = "ok"
		case s.Skipped:
			j.Result = "skipped"
		}
		out = append(out, j)
	}
	return out
}

// writeStep shows a step as soon as it is known.
func (p *program) writeStep(s driver.CheckStep) error {
	var b strings.Builder
	line := func(mark, name, text string) { fmt.Fprintf(&b, "%s %-9s %s\n", mark, name, format.Harmless(text)) }
	switch {
	case p.quiet && (s.OK || s.Skipped):
		return nil
	case s.OK:
		line("✓", s.Name, s.Detail)
	case s.Skipped:
		line("–", s.Name, s.Cause)
	default:
		line("✗", s.Name, s.Cause)
		if s.Next != "" {
			line(" ", "", "next: "+s.Next)
		}
	}
	for _, note := range s.Notes {
		line(" ", "", "note: "+note)
	}
	return p.print(b.String())
}

// checkError says which step of a check failed.
type checkError struct {
	step  driver.CheckStep
	err   error // the driver's, which rules the exit status
	shown bool  // the cause and the next step have been printed
}

func (e *checkError) Error() string {
	if e.shown {
		return "the check failed: " + e.step.Name
	}
	return e.step.Name + ": " + e.step.Cause
}

func (e *checkError) Unwrap() error { return e.err }

// next is the next step, where it was not printed yet.
func (e *checkError) next() string {
	if e.shown {
		return ""
	}
	return e.step.Next
}
