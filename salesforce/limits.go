package salesforce

import (
	"context"
	"net/url"
	"strings"
)

// Limit is one of the org's limits.
type Limit struct {
	Max       int64 `json:"Max"`
	Remaining int64 `json:"Remaining"`
}

// Limits returns the org's limits by name, such as DailyApiRequests.
func (c *Client) Limits(ctx context.Context) (map[string]Limit, error) {
	var answer map[string]Limit
	err := c.do(ctx, &call{op: "limits", ref: c.rest("/limits"), read: into(&answer)})
	return answer, err
}

// RecordCount returns about how many records sObjects have; no names means
// all sObjects. The numbers are cached by Salesforce and leave out the recycle
// bin: a statistic and never the answer to COUNT. An sObject that is missing
// from the result is empty, unknown, or not counted.
func (c *Client) RecordCount(ctx context.Context, names ...string) (map[string]int64, error) {
	var answer struct {
		SObjects []struct {
			Count int64  `json:"count"`
			Name  string `json:"name"`
		} `json:"sObjects"`
	}
	resource := "/limits/recordCount"
	if len(names) > 0 {
		resource += "?sObjects=" + url.QueryEscape(strings.Join(names, ","))
	}
	if err := c.get(ctx, &call{op: "record count", ref: c.rest(resource), read: into(&answer)}); err != nil {
		return nil, err
	}
	counts := make(map[string]int64, len(answer.SObjects))
	for _, o := range answer.SObjects {
		counts[o.Name] = o.Count
	}
	return counts, nil
}
