package planner

import "time"

// HashKnows reports whether HashKey is right for a collation.
func HashKnows(collation string) bool {
	switch collation {
	case "BINARY", "NOCASE", CollationID, CollationTime:
		return true
	}
	return false
}

// HashKey returns a text that is the same for all texts that a collation
// calls equal.
func HashKey(collation, s string) string {
	switch collation {
	case "NOCASE":
		return lowerASCII(s)
	case CollationID:
		if len(s) >= 15 {
			return s[:15]
		}
	case CollationTime:
		if t, ok := ParseInstant(s); ok {
			return "\x00" + t.Format(time.RFC3339Nano)
		}
	}
	return s
}

// lowerASCII folds as SQLite's NOCASE does.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
