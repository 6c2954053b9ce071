package lawtest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// generated are the variants under which every generated statement runs.
var generated = []string{"page200", "page2000-machine", "page2000-nopushdown", "page200-nopushdown", "bulk", "threshold1", "threshold300-ragged"}

const (
	shortRun = 2_000
	raceRun  = 60
	fullRun  = 100_000
	workers  = 2
	// enough failures tell what is wrong; each costs a shrinking.
	enough = 8
)

// TestGeneratedStatements runs statements that nobody wrote.
func TestGeneratedStatements(t *testing.T) {
	t.Parallel()
	n := shortRun
	switch {
	case *full:
		n = fullRun
	case raceDetector:
		n = raceRun
	}
	t.Logf("seed %d, %d statements (repeat one with -lawseed %[1]d -lawat n)", *seed, n)
	worlds := make([]*world, len(generated))
	for i, name := range generated {
		worlds[i] = newWorld(t, variantNamed(name))
	}
	g := newGenerator(*seed, studied(t, worlds[0]))
	if *only >= 0 {
		t.Logf("%+v", g.at(*only).entry())
		judge(t, worlds, connectAll(t, worlds), g, *only)
		return
	}
	var next, failures, filled, failed atomic.Int64
	t.Run("workers", func(t *testing.T) {
		for range workers {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				conns := connectAll(t, worlds)
				for {
					i := int(next.Add(1)) - 1
					if i >= n || failures.Load() >= enough {
						return
					}
					want, ok := judge(t, worlds, conns, g, i)
					if !ok {
						failures.Add(1)
					}
					if len(want.rows) > 0 {
						filled.Add(1)
					}
					if want.err != nil {
						failed.Add(1)
					}
				}
			})
		}
	})
	t.Logf("%d statements, %d with rows, %d that fail on both sides", n, filled.Load(), failed.Load())
	if failures.Load() == 0 && (filled.Load() < int64(n)/3 || failed.Load() > int64(n)/20) {
		t.Errorf("the statements say too little: of %d only %d have rows, %d fail", n, filled.Load(), failed.Load())
	}
	for i, w := range worlds {
		w.checkPushdown(t, variantNamed(generated[i]))
		w.checkShortcuts(t, variantNamed(generated[i]), fewestGenerated(variantNamed(generated[i]), int64(n)))
		w.checkWays(t, variantNamed(generated[i]))
	}
}

// fewestGenerated is how many of n statements must leave SQLite's machine out
// under a variant. Those with Bulk run a third of them.
func fewestGenerated(v variant, n int64) int64 {
	if v.bulk != 0 && !*full {
		return n / 60
	}
	return n / 25
}

func connectAll(t *testing.T, worlds []*world) []sides {
	out := make([]sides, len(worlds))
	for i, w := range worlds {
		out[i] = w.connect(t)
	}
	return out
}

// studied returns the tables with the columns that statements are made over.
func studied(t *testing.T, w *world) []source {
	t.Helper()
	return studyOf(t, w, map[string]string{
		"Everything__c": "",
		"Account":       "Name Type Industry AnnualRevenue NumberOfEmployees Rating ParentId OwnerId CreatedDate IsPartner BillingCity LastActivityDate Description",
		"Contact":       "Name AccountId Email Birthdate CreatedDate ReportsToId HasOptedOutOfEmail Title",
		"Task":          "Subject Status ActivityDate WhatId WhoId IsClosed CallDurationInSeconds",
		"Wide__c":       "Name F001__c F003__c F004__c F070__c F075__c F098__c F099__c F128__c F150__c F200__c F247__c F300__c",
		"User":          "Name IsActive ManagerId CreatedDate Email",
		"Order":         "Status EffectiveDate TotalAmount AccountId OrderNumber",
		"Empty__c":      "Text__c Number__c Lookup__c",
	})
}

// studyOf returns tables with the named columns, all where none is named.
func studyOf(t *testing.T, w *world, fields map[string]string) []source {
	t.Helper()
	var out []source
	for _, name := range objects {
		list, ok := fields[name]
		if !ok {
			continue
		}
		keep := func(field string) bool {
			return list == "" || strings.Contains(" "+list+" ", " "+field+" ")
		}
		s, err := study(context.Background(), w.oracle, w.org.Describe(name), keep)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// judge runs statement i under every variant.
func judge(t *testing.T, worlds []*world, conns []sides, g *generator, i int) (want answer, ok bool) {
	t.Helper()
	s := g.at(i)
	e := s.entry()
	ours, theirs := e.statement()
	want = ask(context.Background(), conns[0].oracle, theirs, oracleArgs(e.args))
	ok = true
	for k, w := range worlds {
		if !*full && *only < 0 && i%3 != k%3 && variantNamed(generated[k]).bulk != 0 {
			continue // one of the three ways with Bulk for each, but all in a full run
		}
		w.diagnosis.RLock()
		began := time.Now()
		got := ask(w.ways.listen(), conns[k].driver, ours, e.args)
		took := time.Since(began)
		w.diagnosis.RUnlock()
		if took > slow {
			t.Logf("statement %d took %v under %s: %s", i, took, generated[k], ours)
		}
		if differ(e.mode, got, want, e.limit, e.offset) == "" {
			continue
		}
		report(t, w, conns[k], fmt.Sprintf("seed %d, statement %d, %s", g.seed, i, generated[k]), s)
		return want, false
	}
	return want, true
}

// report shrinks a statement that breaks the law, and shows it.
func report(t *testing.T, w *world, c sides, where string, s *statement) {
	t.Helper()
	breaks := func(s *statement) (answer, answer, string) {
		e := s.entry()
		ours, theirs := e.statement()
		want := ask(context.Background(), c.oracle, theirs, oracleArgs(e.args))
		got := ask(context.Background(), c.driver, ours, e.args)
		return got, want, differ(e.mode, got, want, e.limit, e.offset)
	}
	original := s.entry()
	small := shrink(s, 150, func(s *statement) bool {
		_, _, reason := breaks(s)
		return reason != ""
	})
	got, want, reason := breaks(small)
	e := small.entry()
	ours, _ := e.statement()
	first, _ := original.statement()
	t.Errorf("%s:\n  %s\n  args %v\n  shrunk from %s %v\n  %s\n  driver: %s\n  SQLite: %s\n  asked:\n    %s",
		where, ours, shown(e.args), first, shown(original.args), reason, got, want, strings.Join(w.asked(c.driver, ours, e.args), "\n    "))
}

func shown(args []any) []string {
	out := make([]string, len(args))
	for i, v := range args {
		out[i] = show(v)
	}
	return out
}
