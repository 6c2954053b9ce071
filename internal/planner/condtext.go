package planner

import (
	"strconv"
	"strings"
)

// text writes a resolved condition as SQL, for people.
func (c *Cond) text(t *Table) string {
	var b strings.Builder
	c.write(&b, t, false)
	return b.String()
}

func (c *Cond) write(b *strings.Builder, t *Table, inner bool) {
	switch c.Kind {
	case CondAnd, CondOr:
		word := map[CondKind]string{CondAnd: " AND ", CondOr: " OR "}[c.Kind]
		if inner {
			b.WriteByte('(')
		}
		for i, kid := range c.Kids {
			if i > 0 {
				b.WriteString(word)
			}
			kid.write(b, t, true)
		}
		if inner {
			b.WriteByte(')')
		}
	case CondNot:
		b.WriteString("NOT ")
		c.Kids[0].write(b, t, true)
	case CondUnknown:
		b.WriteString("…")
	default:
		b.WriteString(c.leaf(t))
	}
}

// maxShown is how many values of a list people are shown.
const maxShown = 5

func (c *Cond) leaf(t *Table) string {
	left := c.Left.text(t)
	var right []string
	for i, o := range c.Right {
		if i == maxShown {
			right = append(right, "…")
			break
		}
		right = append(right, o.text(t))
	}
	switch c.Kind {
	case CondCompare:
		return left + " " + c.Op.String() + " " + right[0]
	case CondIn:
		return left + " IN (" + strings.Join(right, ", ") + ")"
	case CondBetween:
		return left + " BETWEEN " + strings.Join(right, " AND ")
	case CondLike:
		return left + " LIKE " + strings.Join(right, " ESCAPE ")
	case CondGlob:
		return left + " GLOB " + right[0]
	case CondIsTruth:
		return left + " IS " + map[bool]string{true: "TRUE", false: "FALSE"}[c.Right[0].Value.Int != 0]
	}
	return left
}

func (o Operand) text(t *Table) string {
	out := "…"
	switch o.Kind {
	case ColumnOperand:
		out = t.Columns[o.Column].Field.Name
	case ValueOperand:
		out = o.Value.String()
	case ParamOperand:
		out = o.Text
		if out == "" || o.Text[0] >= '0' && o.Text[0] <= '9' {
			out = "?" + strconv.Itoa(o.Param)
		}
	case CallOperand:
		args := make([]string, len(o.Args))
		for i, a := range o.Args {
			args[i] = a.text(t)
		}
		out = o.Text + "(" + strings.Join(args, ", ") + ")"
	}
	if o.Collation != "" {
		out += " COLLATE " + o.Collation
	}
	return out
}
