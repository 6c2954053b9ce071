//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"
)

// Measures of the drawing, in its own units. A text says how long it is, so
// that every fixed-width font fits.
const (
	cellWidth  = 8
	cellHeight = 18
	margin     = 16
	baseline   = 14 // of a row's text, below its top
)

const recordingTitle = "A session in sfsql"

const recordingDescription = "Keys are typed at the prompt of sfsql, and what it answers is shown: a join of two objects with its columns " +
	"completed by Tab, the SOQL that was sent for it, a table whose name is a word of SQL, .schema, a row as lines, a plan, a result written " +
	"into a workbook, and an export of two objects."

// drawing makes an SVG that needs no script and no font of its own: all frames
// stand side by side behind a window, and CSS moves them past it. A row of text
// is written once, wherever it shows.
type drawing struct {
	defs   bytes.Buffer
	film   bytes.Buffer
	frames bytes.Buffer // the CSS
	rows   map[string]string
	blocks map[string]string
}

func drawRecording(kept []frame) []byte {
	var frames []frame
	for _, f := range kept {
		frames = append(frames, f.typing()...)
	}
	d := &drawing{rows: map[string]string{}, blocks: map[string]string{}}
	total := time.Duration(0)
	for _, f := range frames {
		total += f.holds
	}
	at := time.Duration(0)
	for i, f := range frames {
		d.frame(i, f)
		fmt.Fprintf(&d.frames, "%.3f%%{transform:translateX(%dpx)}", 100*float64(at)/float64(total), -i*windowWidth)
		at += f.holds
	}
	var out bytes.Buffer
	width, height := windowWidth+2*margin, windowHeight+2*margin
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="t d">`, width, height)
	fmt.Fprintf(&out, "<title id=\"t\">%s</title><desc id=\"d\">%s</desc>\n", recordingTitle, recordingDescription)
	fmt.Fprintf(&out, "<style>%s@keyframes film{%s}", recordingStyle, d.frames.String())
	fmt.Fprintf(&out, ".film{animation:film %.2fs step-end infinite}", total.Seconds())
	fmt.Fprintf(&out, "@media(prefers-reduced-motion:reduce){.film{animation:none;transform:translateX(%dpx)}}</style>\n", -(len(frames)-1)*windowWidth)
	fmt.Fprintf(&out, "<defs>\n<rect id=\"c\" width=\"%d\" height=\"%d\" fill=\"#8fa3b8\"/>\n%s</defs>\n", cellWidth, cellHeight, d.defs.String())
	fmt.Fprintf(&out, `<rect width="%d" height="%d" rx="8" fill="#10151c"/>`+"\n", width, height)
	fmt.Fprintf(&out, `<svg x="%d" y="%[1]d" width="%d" height="%d"><g class="film">`+"\n", margin, windowWidth, windowHeight)
	out.Write(d.film.Bytes())
	out.WriteString("</g></svg>\n</svg>\n")
	return out.Bytes()
}

const (
	windowWidth  = recordingColumns * cellWidth
	windowHeight = recordingLines * cellHeight
)

const recordingStyle = "text{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d5dbe3}" +
	".b{font-weight:bold}"

// palette has the sixteen colours of a terminal.
var palette = [16]string{
	"#39424e", "#f47067", "#7ccf8a", "#dfb45c", "#6cb6ff", "#d2a8ff", "#69d2d6", "#b4bcc6",
	"#8b98a6", "#ff938a", "#9be3a7", "#f0cb7d", "#96cbff", "#e2c5ff", "#93e3e6", "#f4f7fa",
}

func colour(c vt10x.Color, fallback string) string {
	switch {
	case c < 16:
		return palette[c]
	case c >= 232 && c < 256: // greys
		level := 8 + 10*(int(c)-232)
		return fmt.Sprintf("#%02x%02[1]x%02[1]x", level)
	case c < 256: // a cube of six levels
		part := func(n vt10x.Color) int { return max(0, 55+40*int(n)) * int(min(n, 1)) }
		n := c - 16
		return fmt.Sprintf("#%02x%02x%02x", part(n/36), part(n/6%6), part(n%6))
	}
	return fallback
}

// frame adds a frame: what stands above the cursor's row is a block, which the
// frames of typing share.
func (d *drawing) frame(i int, f frame) {
	fmt.Fprintf(&d.film, `<g transform="translate(%d)">`, i*windowWidth)
	var above strings.Builder
	for y := range f.y {
		above.WriteString(d.use(f.rows[y], y))
	}
	if uses := above.String(); uses != "" {
		id, known := d.blocks[uses]
		if !known {
			id = fmt.Sprintf("b%d", len(d.blocks))
			d.blocks[uses] = id
			fmt.Fprintf(&d.defs, "<g id=\"%s\">%s</g>\n", id, uses)
		}
		fmt.Fprintf(&d.film, `<use href="#%s"/>`, id)
	}
	for y := f.y; y < len(f.rows); y++ {
		d.film.WriteString(d.use(f.rows[y], y))
	}
	fmt.Fprintf(&d.film, `<use href="#c" x="%d" y="%d"/>`, f.x*cellWidth, f.y*cellHeight)
	d.film.WriteString("</g>\n")
}

// use refers to a row's text, which is defined where it is new.
func (d *drawing) use(row []vt10x.Glyph, y int) string {
	drawn := drawRow(row)
	if drawn == "" {
		return ""
	}
	id, known := d.rows[drawn]
	if !known {
		id = fmt.Sprintf("r%d", len(d.rows))
		d.rows[drawn] = id
		fmt.Fprintf(&d.defs, "<g id=\"%s\">%s</g>\n", id, drawn)
	}
	return fmt.Sprintf(`<use href="#%s" y="%d"/>`, id, y*cellHeight)
}

// drawRow draws the cells of a row, those that look alike together.
func drawRow(row []vt10x.Glyph) string {
	end := len(row)
	for end > 0 && cmp.Or(row[end-1].Char, ' ') == ' ' && row[end-1].BG == vt10x.DefaultBG {
		end--
	}
	var back, text strings.Builder
	for x := 0; x < end; {
		n := x + 1
		for n < end && alike(row[n], row[x]) {
			n++
		}
		if bg := row[x].BG; bg != vt10x.DefaultBG {
			fmt.Fprintf(&back, `<rect x="%d" width="%d" height="%d" fill="%s"/>`, x*cellWidth, (n-x)*cellWidth, cellHeight, colour(bg, "#d5dbe3"))
		}
		text.WriteString(drawRun(row[x:n]))
		x = n
	}
	if strings.TrimSpace(text.String()) == "" {
		return back.String()
	}
	return fmt.Sprintf(`%s<text y="%d" textLength="%d">%s</text>`, back.String(), baseline, end*cellWidth, text.String())
}

// The bit that vt10x sets for bold.
const glyphBold = 1 << 2

func alike(a, b vt10x.Glyph) bool {
	return a.FG == b.FG && a.BG == b.BG && a.Mode&glyphBold == b.Mode&glyphBold
}

func drawRun(run []vt10x.Glyph) string {
	var plain strings.Builder
	for _, g := range run {
		plain.WriteRune(cmp.Or(g.Char, ' '))
	}
	var escaped bytes.Buffer
	// Spaces that do not break are kept wherever it is shown. A buffer takes all.
	_ = xml.EscapeText(&escaped, []byte(strings.ReplaceAll(plain.String(), " ", noBreak)))
	attributes := ""
	if run[0].FG != vt10x.DefaultFG {
		attributes += fmt.Sprintf(` fill="%s"`, colour(run[0].FG, "#10151c"))
	}
	if run[0].Mode&glyphBold != 0 {
		attributes += ` class="b"`
	}
	if attributes == "" || strings.TrimSpace(plain.String()) == "" {
		return escaped.String()
	}
	return "<tspan" + attributes + ">" + escaped.String() + "</tspan>"
}

const noBreak = "\u00a0"

// element is any element of an SVG.
type element struct {
	XMLName  xml.Name
	ID       string    `xml:"id,attr"`
	Class    string    `xml:"class,attr"`
	Href     string    `xml:"href,attr"`
	Y        int       `xml:"y,attr"`
	Inner    string    `xml:",innerxml"`
	Children []element `xml:",any"`
}

// recordedScreens reads the texts of a recording's frames.
func recordedScreens(t *testing.T, text []byte) []string {
	t.Helper()
	var root element
	if err := xml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	named := map[string]element{}
	var film element
	var visit func(element)
	visit = func(e element) {
		if e.ID != "" {
			named[e.ID] = e
		}
		if e.Class == "film" {
			film = e
		}
		for _, child := range e.Children {
			visit(child)
		}
	}
	visit(root)
	var out []string
	for _, frame := range film.Children {
		rows := make([]string, recordingLines)
		readRows(frame, 0, named, rows)
		if screen := strings.Join(rows, "\n"); len(out) == 0 || out[len(out)-1] != screen {
			out = append(out, screen)
		}
	}
	return out
}

var tags = regexp.MustCompile("<[^>]*>")

// readRows writes the texts of an element into the rows that it shows in.
func readRows(e element, y int, named map[string]element, rows []string) {
	switch e.XMLName.Local {
	case "use":
		readRows(named[strings.TrimPrefix(e.Href, "#")], y+e.Y, named, rows)
	case "text":
		rows[y/cellHeight] += strings.ReplaceAll(html.UnescapeString(tags.ReplaceAllString(e.Inner, "")), noBreak, " ")
	default:
		for _, child := range e.Children {
			readRows(child, y, named, rows)
		}
	}
}
