package driver

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sfsql/sfsql/vtab"
)

// limitsView and jobsView are read from the org each time, so that they show
// how things stand.
func (o *org) limitsView() *vtab.View {
	return &vtab.View{
		Declaration: `CREATE TABLE sf_limits (name TEXT COLLATE NOCASE, max INTEGER, remaining INTEGER, used INTEGER)`,
		KeyColumn:   -1,
		Rows:        o.limitRows,
	}
}

func (o *org) jobsView() *vtab.View {
	return &vtab.View{
		Declaration: `CREATE TABLE sf_jobs (
  id TEXT COLLATE SFID, operation TEXT, object TEXT COLLATE NOCASE, state TEXT, created_by_id TEXT COLLATE SFID,
  created_date DATETIME TEXT COLLATE SFTIME, system_modstamp DATETIME TEXT COLLATE SFTIME,
  api_version TEXT, job_type TEXT, concurrency_mode TEXT)`,
		KeyColumn: -1,
		Rows:      o.jobRows,
	}
}

// limitRows lists the org's limits by name.
func (o *org) limitRows(ctx context.Context, _ []string) ([][]any, error) {
	limits, err := o.client.Limits(ctx)
	if err != nil {
		return nil, err
	}
	out := make([][]any, 0, len(limits))
	for i, name := range slices.Sorted(maps.Keys(limits)) {
		l := limits[name]
		out = append(out, []any{int64(i), name, l.Max, l.Remaining, l.Max - l.Remaining})
	}
	return out, nil
}

// jobRows lists the org's Bulk jobs, whoever made them.
func (o *org) jobRows(ctx context.Context, _ []string) ([][]any, error) {
	jobs, err := o.client.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	out := make([][]any, len(jobs))
	for i, j := range jobs {
		out[i] = []any{
			int64(i), j.ID, orNull(j.Operation), orNull(j.Object), orNull(j.State), orNull(j.CreatedByID),
			instant(j.CreatedDate), instant(j.SystemModstamp), orNull(j.APIVersion), orNull(j.JobType), orNull(j.ConcurrencyMode),
		}
	}
	return out, nil
}

// instant writes a datetime as columns have it.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
