package format

import (
	"bufio"
	"html"
)

// htmlFormat writes one table element, for a page or for pasting.
type htmlFormat struct {
	w      *bufio.Writer
	header bool
	null   string
}

// Begin implements Writer.
func (f *htmlFormat) Begin(columns []Column) error {
	if _, err := f.w.WriteString("<table>\n"); err != nil || !f.header {
		return err
	}
	return f.line("th", names(columns))
}

// Row implements Writer.
func (f *htmlFormat) Row(values []any) error {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = f.null
		if v != nil {
			cells[i] = Text(v)
		}
	}
	return f.line("td", cells)
}

func (f *htmlFormat) line(element string, cells []string) error {
	line := "<tr>"
	for _, cell := range cells {
		line += "<" + element + ">" + html.EscapeString(cell) + "</" + element + ">"
	}
	_, err := f.w.WriteString(line + "</tr>\n")
	return err
}

// End implements Writer.
func (f *htmlFormat) End() error {
	_, err := f.w.WriteString("</table>\n")
	return err
}
