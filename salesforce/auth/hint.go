package auth

import "errors"

// Hint returns what to do about an error, in a sentence, or "" where nothing
// is known. It knows refused logins, hosts that cannot be reached, and any
// error with a method Next() string.
func Hint(err error) string {
	var known interface{ Next() string }
	if errors.As(err, &known) {
		return known.Next()
	}
	return ""
}

// Next returns what to do about the refusal, or "".
func (e *Error) Next() string { return hints[e.Code] }

// Notices returns what a user should know of a source that works: a flow that
// will end, a refresh token that could not be kept.
func Notices(s Source) []string {
	if n, ok := s.(interface{ notices() []string }); ok {
		return n.notices()
	}
	return nil
}
