package soql

// NewField returns a field, or a path over parents that ends in one.
func NewField(path ...string) *Field { return &Field{Path: path} }

// And returns the terms joined by AND. Terms that are ANDs themselves are
// flattened, and nil terms, which stand for no condition, are left out: of no
// terms it makes nil, of one that term.
func And(terms ...Expr) Expr {
	var kept []Expr
	for _, t := range terms {
		if t != nil {
			kept = append(kept, t)
		}
	}
	return join(false, kept)
}

// Or returns the terms joined by OR, flattened like [And]. A nil term stands
// for no condition, which every row meets, so the whole is nil with it. Of no
// terms Or makes nil too: a caller to whom that means "no row" asks nothing.
func Or(terms ...Expr) Expr {
	for _, t := range terms {
		if t == nil {
			return nil
		}
	}
	return join(true, terms)
}

// join flattens what has the same connective: AND and OR are associative.
func join(or bool, terms []Expr) Expr {
	flat := flatten(or, terms)
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return &Logical{Or: or, Terms: flat, Pos: flat[0].Position()}
}

// flatten returns the terms with those of the same connective opened. A
// Logical of a single term is that term, whatever its connective.
func flatten(or bool, terms []Expr) []Expr {
	flat := make([]Expr, 0, len(terms))
	for _, t := range terms {
		if l, ok := unwrap(t).(*Logical); ok && l.Or == or {
			flat = append(flat, flatten(or, l.Terms)...)
		} else {
			flat = append(flat, unwrap(t))
		}
	}
	return flat
}

// unwrap opens Logicals of a single term, which a program may have built.
func unwrap(e Expr) Expr {
	for {
		l, ok := e.(*Logical)
		if !ok || len(l.Terms) != 1 {
			return e
		}
		e = l.Terms[0]
	}
}

// Walk calls visit for e and, where visit returns true, for the conditions
// below it, in the order of the text. It does not enter sub-selects.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	switch e := e.(type) {
	case *Logical:
		for _, t := range e.Terms {
			Walk(t, visit)
		}
	case *Not:
		Walk(e.X, visit)
	}
}

// nesting counts the levels of AND, OR and NOT.
func nesting(e Expr) int {
	deepest := 0
	switch e := e.(type) {
	case *Logical:
		for _, t := range e.Terms {
			deepest = max(deepest, nesting(t))
		}
	case *Not:
		deepest = nesting(e.X)
	default:
		return 0
	}
	return deepest + 1
}
