package shell

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// Param is a value for :name, @name or $name in statements.
type Param struct {
	Name  string // without : @ $
	Value any
}

// ParseParam reads name=value. A value is a number where that number is
// written out the same way; NULL is NULL; single quotes make text of anything.
func ParseParam(text string) (Param, error) {
	name, value, ok := strings.Cut(text, "=")
	name = paramName(name)
	if !ok || name == "" {
		return Param{}, fmt.Errorf("a parameter is name=value, such as industry=Energy")
	}
	return Param{name, paramValue(value)}, nil
}

func paramName(text string) string { return strings.TrimLeft(text, ":@$") }

// paramValue reads a value as people mean it: 007 and 1e3 are text, for a
// number would not come back as it was written.
func paramValue(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == text {
		return f
	}
	if strings.EqualFold(text, "null") {
		return nil
	}
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		return strings.ReplaceAll(text[1:n-1], "''", "'")
	}
	return text
}

// arguments returns the values of the parameters that a statement names.
func (s *Shell) arguments(text string) ([]any, error) {
	var out []any
	seen := map[string]bool{}
	for _, name := range paramsOf(text) {
		if seen[name] {
			continue
		}
		seen[name] = true
		value, ok := s.params[name]
		if !ok {
			return nil, fmt.Errorf("the parameter %s has no value: .parameter set %[1]s VALUE, or --param %[1]s=VALUE", name)
		}
		out = append(out, sql.Named(name, value))
	}
	return out, nil
}

// paramsOf returns the names of a statement's parameters.
func paramsOf(text string) (out []string) {
	prefixed := false
	for pos := 0; pos < len(text); {
		size, kind := nextToken(text[pos:])
		token := text[pos : pos+size]
		switch {
		case kind == tokenWord && prefixed:
			out = append(out, token)
		case kind == tokenWord && token[0] == '$' && size > 1:
			out = append(out, token[1:])
		}
		prefixed = token == ":" || token == "@"
		pos += size
	}
	return out
}
