package salesforce

import "context"

// Version is an API version that the instance serves.
type Version struct {
	Label   string `json:"label"`   // Summer '26
	Version string `json:"version"` // 67.0
	URL     string `json:"url"`
}

// Versions lists the API versions of the instance, oldest first. Salesforce
// answers this without a token, so none is sent; a login happens only where
// nothing else says which instance to ask.
func (c *Client) Versions(ctx context.Context) ([]Version, error) {
	var answer []Version
	err := c.do(ctx, &call{op: "versions", ref: "/services/data", anonymous: true, read: into(&answer)})
	return answer, err
}
