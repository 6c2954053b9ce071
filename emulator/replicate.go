package emulator

import (
	"net/http"
	"strings"
	"time"
)

// replicationDays is how far back getUpdated and getDeleted reach.
const replicationDays = 30

type updates struct {
	IDs               []string `json:"ids"`
	LatestDateCovered string   `json:"latestDateCovered"`
}

type deletions struct {
	DeletedRecords        []deletion `json:"deletedRecords"`
	EarliestDateAvailable string     `json:"earliestDateAvailable"`
	LatestDateCovered     string     `json:"latestDateCovered"`
}

type deletion struct {
	DeletedDate string `json:"deletedDate"`
	ID          string `json:"id"`
}

// replicate serves /sobjects/X/updated and /sobjects/X/deleted: what changed
// between two times. Seconds do not count.
func (c *call) replicate(w *response, r *http.Request, o *Object, what string) error {
	c.count(what)
	if !reads(r) {
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
	stamps := t.column(place).(*wholeColumn).rows
	within := func(row int) bool { return stamps[row] >= start.UnixMilli() && stamps[row] < end.UnixMilli() }
	if what == "updated" {
		w.json(http.StatusOK, updates{IDs: t.updated(within), LatestDateCovered: wireTime(end)})
		return nil
	}
	w.json(http.StatusOK, deletions{
		DeletedRecords: t.removed(within, stamps), EarliestDateAvailable: wireTime(c.oldestReplicated()), LatestDateCovered: wireTime(end),
	})
	return nil
}

func (t *table) updated(within func(row int) bool) []string {
	ids, hidden := []string{}, t.hidden(false)
	for row := range t.size {
		if within(row) && (hidden == nil || !hidden(row)) {
			ids = append(ids, string(t.obj.appendID18(nil, row)))
		}
	}
	return ids
}

// removed lists the rows in the recycle bin.
func (t *table) removed(within func(row int) bool, stamps []int64) []deletion {
	gone, hidden, purged := []deletion{}, t.hidden(false), t.hidden(true)
	if hidden == nil {
		return gone
	}
	for row := range t.size {
		if within(row) && hidden(row) && (purged == nil || !purged(row)) {
			gone = append(gone, deletion{wireTime(time.UnixMilli(stamps[row])), string(t.obj.appendID18(nil, row))})
		}
	}
	return gone
}

func wireTime(t time.Time) string { return string(appendInstant(nil, t.UnixMilli(), "+0000")) }

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
