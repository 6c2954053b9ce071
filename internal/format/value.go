package format

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
)

// Text returns a value as text formats show it; it is not for NULL.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return realText(v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		// From a local table only: an org's columns arrive as text.
		return v.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	panic("sfsql: database/sql returned a type that it does not document")
}

// realText returns the shortest digits that read back as the same number. A
// REAL keeps a fraction or an exponent, so that it shows as one.
func realText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	style := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e17) {
		style = 'e'
	}
	text := strconv.FormatFloat(f, style, -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// TextBytes returns how much memory the texts and BLOBs of a row take.
func TextBytes(values []any) (n int) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, bool:
		return true
	}
	return false
}
