package lawtest

import (
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

const (
	shortJoins = 120
	fullJoins  = 5_000
	shortSemis = 20
	fullSemis  = 2_000
)

// joinVariants are the ways in which a join's inner side may be read: its
// parents along with it, by keys, kept whole, or one by one.
var joinVariants = []variant{
	{name: "plain", pages: 2000},
	{name: "3 rows kept", pages: 2000, dsn: "keep_rows=3"},
	{name: "40 rows kept, no paths", pages: 200, dsn: "keep_rows=40&pushdown_without=path"},
	{name: "batches alone", pages: 2000, dsn: "pushdown_without=path,pathfilter,keep"},
	{name: "a call for each key", pages: 2000, dsn: "pushdown_without=path,batch,keep"},
	{name: "deleted", pages: 2000, dsn: "deleted=true", shape: shape{deleted: true}},
	{name: "startdate", pages: 2000, dsn: "start_date=2022-06-01T12:00:00Z", shape: shape{startDate: "2022-06-01T12:00:00Z"}},
	{name: "binary", pages: 2000, dsn: "text=binary", shape: shape{textBinary: true}},
}

// TestJoins runs joins along lookups under every way of reading them.
func TestJoins(t *testing.T) {
	if raceDetector {
		return // the joins are no more concurrent than other statements
	}
	n := shortJoins
	if *full {
		n = fullJoins
	}
	for i, v := range joinVariants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, v)
			g := newGenerator(*seed+uint64(100*i)+7, studied(t, w))
			g.joins, g.plain = true, strings.Contains(v.dsn, "keep_rows=3")
			conns := connectAll(t, []*world{w})
			n, rows := n, 0
			if strings.Contains(v.dsn, "keep") { // a call for a few rows, or for each
				n /= 6
			}
			for k, failures := 0, 0; k < n && failures < 3; k++ {
				want, ok := judge(t, []*world{w}, conns, g, k)
				if !ok {
					failures++
				}
				rows += len(want.rows)
			}
			t.Logf("%d joins with %d rows", n, rows)
			if rows < n {
				t.Error("there are too few rows to tell anything")
			}
		})
	}
}

// semiVariants are the ways in which the two sides of a semi-join are read,
// and what their tables hold.
var semiVariants = []variant{
	{name: "plain", pages: 2000},
	{name: "deleted", pages: 2000, dsn: "deleted=true", shape: shape{deleted: true}},
	{name: "startdate", pages: 2000, dsn: "start_date=2022-06-01T12:00:00Z", shape: shape{startDate: "2022-06-01T12:00:00Z"}},
	{name: "binary", pages: 2000, dsn: "text=binary", shape: shape{textBinary: true}},
	{name: "40 rows kept", pages: 2000, dsn: "keep_rows=40&pushdown_without=path"},
	{name: "nulls skipped", pages: 2000, quirks: emulator.Quirks{NotEqualSkipsNulls: true, NotInSkipsNulls: true}},
}

// semiFields are the columns that conditions of semi-joins are made over.
var semiFields = map[string]string{
	"Account":        "Rating NumberOfEmployees IsPartner OwnerId CreatedDate ParentId",
	"Contact":        "AccountId HasOptedOutOfEmail ReportsToId OwnerId CreatedDate Birthdate Title",
	"Case":           "ContactId AccountId OwnerId IsClosed IsEscalated Priority CreatedDate ClosedDate",
	"CampaignMember": "ContactId CampaignId HasResponded CreatedDate",
	"Opportunity":    "AccountId IsWon Amount CloseDate OwnerId",
	"Task":           "WhoId WhatId IsClosed",
	"User":           "IsActive ManagerId",
	"Everything__c":  "Lookup__c Int__c Checkbox__c Text__c",
}

// TestSemis runs statements with subqueries over relatives.
func TestSemis(t *testing.T) {
	if raceDetector {
		return
	}
	n := shortSemis
	if *full {
		n = fullSemis
	}
	for i, v := range semiVariants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, v)
			g := newGenerator(*seed+uint64(100*i)+7, studyOf(t, w, semiFields))
			g.semis = true
			conns := connectAll(t, []*world{w})
			rows, failed := 0, 0
			for k, failures := 0, 0; k < n && failures < 3; k++ {
				want, ok := judge(t, []*world{w}, conns, g, k)
				if !ok {
					failures++
				}
				if want.err != nil {
					failed++
				}
				rows += len(want.rows)
			}
			sent := 0
			for _, q := range w.org.Stats().Queries {
				if strings.Contains(q, "IN(SELECT ") {
					sent++
				}
			}
			t.Logf("%d statements with %d rows, %d fail on both sides, %d sub-selects were sent", n, rows, failed, sent)
			if rows < n || failed > n/10 || *full && sent == 0 && !v.shape.deleted {
				t.Error("the statements say too little")
			}
		})
	}
}
