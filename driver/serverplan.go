package driver

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/salesforce"
)

// planRow is one of Salesforce's plans for a scan.
type planRow struct {
	rows driver.Value // that the leading operation returns; nil where unknown
	note string
}

// serverPlans asks Salesforce how it would run a scan. A query that it cannot
// explain costs a row with the reason; calls that have run out end the
// statement.
func (x *explanation) serverPlans(ctx context.Context, e planner.Explained) ([]planRow, error) {
	asked := e.Schema + ":" + e.Sample // two orgs have plans of their own
	if known, ok := x.asked[asked]; ok {
		return known, nil
	}
	plans, err := x.conn.place(e.Schema).org.client.Explain(ctx, e.Sample)
	var out []planRow
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isLimit(err) || IsLogin(err):
		return nil, err
	case err != nil:
		out = []planRow{{note: "server plan: not told: " + err.Error()}}
	case len(plans) == 0:
		out = []planRow{{note: "server plan: none"}}
	}
	for i, p := range plans {
		out = append(out, planRow{p.Cardinality, "server plan: " + planText(i, p)})
	}
	if e.Sampled && err == nil {
		out[0].note += "; sample values stand for those that come when the scan starts"
	}
	x.asked[asked] = out
	return out, nil
}

// planText describes a plan; the first is the one that Salesforce takes.
func planText(i int, p salesforce.Plan) string {
	var b strings.Builder
	if i > 0 {
		b.WriteString("or else ")
	}
	b.WriteString(p.LeadingOperationType)
	if len(p.Fields) > 0 {
		b.WriteString(" on " + strings.Join(p.Fields, ", "))
	}
	fmt.Fprintf(&b, ", relative cost %s, %d of %d records of %s",
		strconv.FormatFloat(p.RelativeCost, 'g', 4, 64), p.Cardinality, p.SObjectCardinality, p.SObjectType)
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "; %s (%s)", n.Description, strings.Join(n.Fields, ", "))
	}
	return b.String()
}
