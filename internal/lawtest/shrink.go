package lawtest

// shrink returns the smallest statement that it finds for which fails is
// still true, after at most tries calls.
func shrink(s *statement, tries int, fails func(*statement) bool) *statement {
	for {
		smaller := false
		for _, c := range s.simpler() {
			if tries--; tries < 0 {
				return s
			}
			if fails(c) {
				s, smaller = c, true
				break
			}
		}
		if !smaller {
			return s
		}
	}
}

// simpler returns statements that lack one part each.
func (s *statement) simpler() []*statement {
	var out []*statement
	with := func(change func(*statement)) {
		c := *s
		change(&c)
		out = append(out, &c)
	}
	if s.where != nil {
		with(func(c *statement) { c.where = nil })
		for _, n := range s.where.simpler() {
			with(func(c *statement) { c.where = n })
		}
	}
	if s.params {
		with(func(c *statement) { c.params = false })
	}
	if s.limit >= 0 && s.mode != limited {
		with(func(c *statement) { c.limit, c.offset = -1, 0 })
	}
	if s.offset > 0 {
		with(func(c *statement) { c.offset = 0 })
	}
	if s.order != "" && s.limit < 0 {
		with(func(c *statement) { c.order, c.mode = "", rowsort })
	}
	return out
}

// simpler returns conditions that lack one part each.
func (n *node) simpler() []*node {
	if n.word == "" {
		return nil
	}
	out := append([]*node(nil), n.kids...)
	if len(n.kids) > 2 {
		for i := range n.kids {
			out = append(out, &node{word: n.word, kids: append(append([]*node(nil), n.kids[:i]...), n.kids[i+1:]...)})
		}
	}
	for i, kid := range n.kids {
		for _, k := range kid.simpler() {
			c := &node{word: n.word, kids: append([]*node(nil), n.kids...)}
			c.kids[i] = k
			out = append(out, c)
		}
	}
	return out
}
