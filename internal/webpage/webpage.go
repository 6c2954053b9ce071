// Package webpage makes words of the pages that answer where data was asked
// for: Salesforce's edge, proxies and mistyped hosts speak HTML.
package webpage

import "strings"

// looked is how many bytes of a page are read for its words.
const looked = 4096

// Text returns the words at the beginning of a page without its tags, at most
// so many characters of them, and an ellipsis where there were more.
func Text(page []byte, most int) string {
	var b strings.Builder
	inTag := false
	for _, r := range strings.ToValidUTF8(string(page[:min(len(page), looked)]), "") {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>' && inTag:
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
