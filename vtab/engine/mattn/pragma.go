//go:build sfsql_mattn

package mattn

import (
	"fmt"
	"net/url"
	"strings"
)

// cutPragmas takes the parameters _pragma=name(value) off a URI. Modernc's
// driver runs them by itself; mattn's has a parameter of its own for each
// that it knows.
func cutPragmas(name string) (uri string, pragmas []string, err error) {
	uri, query, ok := strings.Cut(name, "?")
	if !ok {
		return name, nil, nil
	}
	var rest []string
	for _, pair := range strings.Split(query, "&") {
		value, ok := strings.CutPrefix(pair, "_pragma=")
		if !ok {
			rest = append(rest, pair)
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			return "", nil, fmt.Errorf("vtab: opening the local database: _pragma: %w", err)
		}
		pragmas = append(pragmas, value)
	}
	if len(rest) > 0 {
		uri += "?" + strings.Join(rest, "&")
	}
	return uri, pragmas, nil
}
