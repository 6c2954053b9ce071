package emulator

import (
	"net/http"
	"strings"
	"time"
)

// replicationDays is how far back getUpdated and getDeleted reach.
const replicationDays = 30

// replicate serves /sobjects/X/updated and /sobjects/X/deleted: what changed
// between two times. Seconds do not count.
func (c *call) replicate(w *response, r *http.Request, o *Object, what string) error {
	c.count(what)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed(r.Method, "HEAD,GET")
	}
	place, ok := o.field("SystemModstamp")
	if !ok || !o.Queryable {
		return fail(http.StatusBadRequest, "INVALID_TYPE_FOR_OPERATION", "object type %s is not replicable", o.Name)
	}
	start, end, err := c.period(r)
	if err != nil {
		return err
	}
	t := c.store.table(o)
	stamps := t.column(place).(*wholeColumn)
	within := func(row int) bool { return stamps.rows[row] >= start.UnixMilli() && stamps.rows[row] < end.UnixMilli() }
	covered := string(appendInstant(nil, end.UnixMilli(), "+0000"))
	hidden, purged := t.hidden(false), t.hidden(true)
	if what == "updated" {
		ids := []string{}
		for row := range t.size {
			if (hidden == nil || !hidden(row)) && within(row) {
				ids = append(ids, string(appendID18(nil, o.KeyPrefix, row)))
			}
		}
		w.json(http.StatusOK, map[string]any{"ids": ids, "latestDateCovered": covered})
		return nil
	}
	type deletion struct {
		DeletedDate string `json:"deletedDate"`
		ID          string `json:"id"`
	}
	gone := []deletion{}
	for row := range t.size {
		if hidden != nil && hidden(row) && (purged == nil || !purged(row)) && within(row) {
			gone = append(gone, deletion{string(appendInstant(nil, stamps.rows[row], "+0000")), string(appendID18(nil, o.KeyPrefix, row))})
		}
	}
	w.json(http.StatusOK, map[string]any{
		"deletedRecords": gone, "earliestDateAvailable": string(appendInstant(nil, c.oldestReplicated().UnixMilli(), "+0000")),
		"latestDateCovered": covered,
	})
	return nil
}

func (c *call) oldestReplicated() time.Time {
	return c.db.clock().UTC().Truncate(time.Minute).AddDate(0, 0, -replicationDays)
}

func (c *call) period(r *http.Request) (start, end time.Time, err error) {
	for name, at := range map[string]*time.Time{"start": &start, "end": &end} {
		text := strings.ReplaceAll(r.URL.Query().Get(name), " ", "+") // a plus sign that the client left unencoded
		millis, ok := takeMoment("datetime", text)
		if !ok || millis == nil {
			return start, end, fail(http.StatusBadRequest, "MALFORMED_QUERY", "%s is not a valid date: %s", name, text)
		}
		*at = time.UnixMilli(millis.(int64)).UTC().Truncate(time.Minute)
	}
	switch {
	case !start.Before(end):
		return start, end, fail(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "startDate (%s) must be at least one minute before endDate (%s)",
			start.Format(time.RFC3339), end.Format(time.RFC3339))
	case start.Before(c.oldestReplicated()):
		return start, end, fail(http.StatusBadRequest, "INVALID_REPLICATION_DATE", "startDate cannot be more than %d days ago", replicationDays)
	}
	return start, end, nil
}
