package soql

import "slices"

// Equal reports whether two statements are the same but for their positions,
// and for the nesting of ANDs in ANDs and ORs in ORs. Names compare as
// written, and numbers by their text.
func Equal(a, b *Query) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.EqualFunc(a.Select, b.Select, equalItem) &&
		a.From.Object == b.From.Object && a.From.Alias == b.From.Alias &&
		equalExpr(a.Where, b.Where) &&
		slices.EqualFunc(a.GroupBy, b.GroupBy, equalOperand) &&
		equalExpr(a.Having, b.Having) &&
		slices.EqualFunc(a.OrderBy, b.OrderBy, equalOrder) &&
		equalCount(a.Limit, b.Limit) && equalCount(a.Offset, b.Offset)
}

func equalCount(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func equalItem(a, b SelectItem) bool {
	return a.Alias == b.Alias && equalOperand(a.Expr, b.Expr)
}

func equalOrder(a, b Order) bool {
	return a.Desc == b.Desc && a.Nulls == b.Nulls && equalOperand(a.Expr, b.Expr)
}

func equalOperand(a, b Operand) bool {
	switch a := a.(type) {
	case *Field:
		b, ok := b.(*Field)
		return ok && slices.Equal(a.Path, b.Path)
	case *Call:
		b, ok := b.(*Call)
		return ok && a.Name == b.Name && slices.EqualFunc(a.Args, b.Args, equalOperand)
	}
	return a == b
}

func equalExpr(a, b Expr) bool {
	a, b = unwrap(a), unwrap(b)
	switch a := a.(type) {
	case *Logical:
		b, ok := b.(*Logical)
		return ok && a.Or == b.Or &&
			slices.EqualFunc(flatten(a.Or, a.Terms), flatten(b.Or, b.Terms), equalExpr)
	case *Not:
		b, ok := b.(*Not)
		return ok && equalExpr(a.X, b.X)
	case *Comparison:
		b, ok := b.(*Comparison)
		return ok && a.Op == b.Op && equalOperand(a.Left, b.Left) && a.Value.equal(b.Value)
	case *In:
		b, ok := b.(*In)
		return ok && a.Not == b.Not && equalOperand(a.Left, b.Left) &&
			slices.EqualFunc(a.Values, b.Values, Literal.equal) && Equal(a.Sub, b.Sub)
	case *Includes:
		b, ok := b.(*Includes)
		return ok && a.Excludes == b.Excludes && equalOperand(a.Left, b.Left) &&
			slices.EqualFunc(a.Values, b.Values, Literal.equal)
	}
	return a == b
}
