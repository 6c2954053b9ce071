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
		slices.EqualFunc(a.Related, b.Related, equalRelated) &&
		a.Scope == b.Scope && equalExpr(a.Where, b.Where) && equalWith(a.With, b.With) &&
		slices.EqualFunc(a.GroupBy, b.GroupBy, equalOperand) && a.Grouping == b.Grouping &&
		equalExpr(a.Having, b.Having) &&
		slices.EqualFunc(a.OrderBy, b.OrderBy, equalOrder) &&
		equalCount(a.Limit, b.Limit) && equalCount(a.Offset, b.Offset) &&
		a.For == b.For && a.Update == b.Update && a.ForUpdate == b.ForUpdate && a.AllRows == b.AllRows
}

func equalRelated(a, b Related) bool { return a.Alias == b.Alias && slices.Equal(a.Path, b.Path) }

func equalWith(a, b *With) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Mode == b.Mode &&
		slices.EqualFunc(a.Categories, b.Categories, func(a, b DataCategory) bool {
			return a.Group == b.Group && a.Selector == b.Selector && slices.Equal(a.Names, b.Names)
		}) &&
		slices.EqualFunc(a.Visibility, b.Visibility, func(a, b Setting) bool {
			return a.Name == b.Name && a.Value.equal(b.Value)
		})
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
	case *Value:
		b, ok := b.(*Value)
		return ok && a.Literal.equal(b.Literal)
	case *FieldSet:
		b, ok := b.(*FieldSet)
		return ok && a.Name == b.Name
	case *Subquery:
		b, ok := b.(*Subquery)
		return ok && Equal(a.Query, b.Query)
	case *TypeOf:
		b, ok := b.(*TypeOf)
		return ok && equalTypeOf(a, b)
	}
	return a == b
}

func equalTypeOf(a, b *TypeOf) bool {
	equalField := func(a, b *Field) bool { return slices.Equal(a.Path, b.Path) }
	return slices.Equal(a.Path, b.Path) && slices.EqualFunc(a.Else, b.Else, equalField) &&
		slices.EqualFunc(a.Whens, b.Whens, func(a, b When) bool {
			return a.Object == b.Object && slices.EqualFunc(a.Fields, b.Fields, equalField)
		})
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
