package salesforce

import "context"

// UserInfo is the running user.
type UserInfo struct {
	UserID         string `json:"user_id"`
	OrganizationID string `json:"organization_id"`
	Username       string `json:"preferred_username"`
	Locale         string `json:"locale"`   // such as en_US
	Language       string `json:"language"` // of labels and messages
	TimeZone       string `json:"zoneinfo"` // such as America/Los_Angeles
}

// UserInfo returns the running user.
func (c *Client) UserInfo(ctx context.Context) (UserInfo, error) {
	var info UserInfo
	err := c.do(ctx, &call{op: "user info", ref: "/services/oauth2/userinfo", read: into(&info)})
	return info, err
}
