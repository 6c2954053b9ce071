package salesforce

import "context"

// Resources lists what the API version offers, as paths by name. It is the
// cheapest call that Salesforce answers only to a session that may use the API.
func (c *Client) Resources(ctx context.Context) (map[string]string, error) {
	var answer map[string]any // a few entries are no paths
	if err := c.do(ctx, &call{op: "resources", ref: c.rest("/"), read: into(&answer)}); err != nil {
		return nil, err
	}
	paths := make(map[string]string, len(answer))
	for name, value := range answer {
		if path, ok := value.(string); ok {
			paths[name] = path
		}
	}
	return paths, nil
}
