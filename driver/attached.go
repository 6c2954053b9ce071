package driver

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sfsql/sfsql/internal/profile"
)

// schemaForm is what a schema may be called in a DSN: what SQL need not quote.
var schemaForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// readAttached reads schema:org pairs, separated by commas. An org is one that
// is saved, or the built-in one: a DSN within a DSN would hide its secrets from
// whatever masks them.
func readAttached(c *Config, v string) error {
	c.Attach = nil
	for _, pair := range strings.Split(v, ",") {
		schema, org, ok := strings.Cut(strings.TrimSpace(pair), ":")
		name, _, _ := strings.Cut(org, "?")
		if !ok || !schemaForm.MatchString(schema) || name != demoHost && profile.CheckName(name) != nil {
			return &DSNError{
				Key: "attach", Msg: "a pair is not valid", // not quoted: it may be a DSN with secrets
				Valid: []string{"SCHEMA:ORG pairs separated by commas, such as uat:acme-uat,old:demo"},
			}
		}
		for _, other := range c.Attach {
			if strings.EqualFold(other.Schema, schema) {
				return &DSNError{Key: "attach", Msg: fmt.Sprintf("the schema %s is given twice", schema)}
			}
		}
		c.Attach = append(c.Attach, Attached{schema, org})
	}
	return nil
}

func writeAttached(c *Config) string {
	var pairs []string
	for _, a := range c.Attach {
		pairs = append(pairs, a.Schema+":"+a.Org)
	}
	return strings.Join(pairs, ",")
}
