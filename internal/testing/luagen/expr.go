package luagen

import "fmt"

// expr returns an expression of one value of the kind. depth bounds the nesting in it.
func (g *gen) expr(k kind, depth int) *node {
	switch k {
	case numKind:
		return g.num(depth)
	case strKind:
		return g.str(depth)
	case tabKind:
		return g.tab(depth)
	case objKind:
		return g.obj(depth)
	}
	return g.any(depth)
}

// variable reads one of the kind, or is nil.
func (g *gen) variable(k kind) *node {
	if v := g.some(g.readable(of(k))); v != nil {
		return expr(v.name)
	}
	return nil
}

func (g *gen) num(depth int) *node {
	if depth <= 0 || g.chance(4) {
		if v := g.variable(numKind); v != nil && !g.chance(3) {
			return v
		}
		return g.numeral()
	}
	a, b := func() *node { return g.num(depth - 1) }, func() *node { return g.num(depth - 1) }
	switch g.rng.IntN(18) {
	case 0, 1, 2, 3:
		return g.grouped(pick(g, expr(a(), pick(g, " + ", " - ", " * "), b()), expr(a(), " / (", b(), " + 0)")))
	case 4:
		return expr("(", a(), pick(g, " + ", " - ", " * ", " / "), g.numeral(), ")")
	case 5:
		return expr("(", g.numeral(), pick(g, " + 0", " - 1", " * 0", " / 0", " * -1", " / -2", " ^ 2", " ^ 0", " ^ -1",
			" ^ 0.5", " - 0.5"), ")")
	case 6:
		return expr("(- ", a(), ")")
	case 7: // the sum makes 0 of a -0
		return expr("(I(", a(), ") % ", pick(g, "3", "7", "-5", "2.5", "1"), " + 0)")
	case 8:
		return expr("(", pick(g, "7 % 3", "-7 % 3", "7 % -3", "5.5 % 2", "-4 % 2", "2 ^ 3", "2 ^ -1", "1 / -0",
			"2 ^ 3 ^ 0", "-2 ^ 2", "0 / 0", "1 / 0", "- 1 / 0", "6 / 4"), " + 0)")
	case 9:
		return expr("((", g.cond(depth-1), ") and ", a(), " or ", b(), ")")
	case 10:
		return expr("(", g.field(depth-1), " or ", a(), ")")
	case 11:
		return g.grouped(expr("#", g.str(0)))
	case 12:
		return expr("#{", g.list(numKind, g.number(0, 4), depth-1), "}")
	case 13:
		return expr(`select("#"`, g.moreArguments(depth-1), ")")
	case 14:
		return expr("math.max(I(", a(), "), I(", b(), "))")
	case 15:
		return expr("(function(a) tick() return a end)(", a(), ")")
	case 16:
		if o := g.variable(objKind); o != nil {
			return expr("(", pick[any](g, expr(o, " + ", a()), expr(a(), " - ", o), expr("- ", o),
				expr(o, " * ", o)), ")")
		}
	}
	if y := g.yield(depth - 1); y != nil && g.chance(2) {
		return expr("I(", y, ")")
	}
	if c := g.callOf(numKind, depth-1); c != nil {
		return c
	}
	return g.numeral()
}

// grouped puts parentheses around half of the expressions that need none between operands
// of the same kind.
func (g *gen) grouped(e *node) *node {
	if g.chance(3) {
		return e
	}
	return expr("(", e, ")")
}

func (g *gen) numeral() *node {
	return expr(pick(g, "0", "1", "2", "3", "4", "5", "10", "100", "255", "256", "257", "0.5", "1.5", "-1", "-0",
		"-2.5", "0x10", "1e3", ".25", "3.", "0xFF", "1e-2", "1000000"))
}

func (g *gen) str(depth int) *node {
	if depth <= 0 || g.chance(3) {
		if v := g.variable(strKind); v != nil && !g.chance(3) {
			return expr("S(", v, ")")
		}
		return g.literal()
	}
	switch g.rng.IntN(9) {
	case 0, 1, 2:
		return expr("(", g.chain(g.number(2, 5), depth-1), ")")
	case 3:
		return expr("(", g.chain(g.number(6, 14), 0), ")")
	case 4:
		return expr("((", g.cond(depth-1), ") and ", g.str(depth-1), " or ", g.str(depth-1), ")")
	case 5:
		return expr("(S(", g.str(depth-1), "):",
			pick(g, "upper()", "rep(2)", "sub(2)", `gsub("a", "b")`, "sub(1, -2)"), ")")
	case 6:
		if o := g.variable(objKind); o != nil {
			return expr("(", pick[any](g, expr(o, ` .. "k"`), expr(`"k" .. `, o), expr(`1 .. `, o, ` .. "x"`)), ")")
		}
	case 7:
		if y := g.yield(depth - 1); y != nil && g.chance(2) {
			return expr("S(", y, ")")
		}
		if c := g.callOf(strKind, depth-1); c != nil {
			return expr("S(", c, ")")
		}
	}
	return expr("tostring(I(", g.num(depth-1), "))")
}

func (g *gen) literal() *node {
	return expr(pick(g, `""`, `"a"`, `'b'`, `"x"`, `"y"`, `"key"`, `"10"`, `"a\nb"`, `"\65\0661"`, `[[long]]`,
		`[==[l]]g]==]`, `'"'`))
}

// chain is a concatenation. At most one operand is a variable of unknown length, so that
// strings grow slowly.
func (g *gen) chain(operands, depth int) *node {
	parts := []any{}
	for i := range operands {
		if i > 0 {
			parts = append(parts, " .. ")
		}
		switch {
		case i == 0 && g.chance(2) && g.variable(strKind) != nil:
			parts = append(parts, g.variable(strKind))
		case g.chance(3):
			parts = append(parts, pick(g, expr("1"), expr("20"), expr("I(", g.num(depth), ")"),
				expr("K(", g.num(depth), ")")))
		default:
			parts = append(parts, g.str(depth))
		}
	}
	return expr(parts...)
}

// any is a value that may be nil, a boolean, a number or a string.
func (g *gen) any(depth int) *node {
	if depth <= 0 || g.chance(5) {
		if v := g.variable(pick(g, anyKind, anyKind, anyKind, numKind, strKind)); v != nil && !g.chance(3) {
			return v
		}
		return pick(g, expr("nil"), expr("true"), expr("false"), expr("nil"), expr("false"), g.numeral(), g.literal())
	}
	switch g.rng.IntN(15) {
	case 0, 1, 2, 3, 4:
		return g.logic(depth)
	case 5:
		return g.comparison(depth - 1)
	case 6:
		return expr("not ", g.operand(depth-1))
	case 7:
		return g.num(depth - 1)
	case 8:
		return g.str(depth - 1)
	case 9:
		return g.field(depth - 1)
	case 10:
		if g.chance(2) {
			return g.multi(depth - 1) // one value where it is not the last of a list
		}
		return expr("(", g.multi(depth-1), ")")
	case 11:
		if o := g.variable(objKind); o != nil {
			return pick[*node](g, expr(o, ".v"), expr(o, ".other"), expr(o, "[", g.num(0), "]"),
				expr("(", o, "(", g.any(depth-1), "))"),
				expr("(", o, pick(g, " == ", " < ", " <= ", " > ", " >= ", " ~= "), g.obj(0), ")"))
		}
	case 12:
		if g.chance(2) {
			return g.thread()
		}
	}
	if c := g.callOf(anyKind, depth-1); c != nil {
		return c
	}
	return g.logic(depth)
}

// logic has parentheses now and then only: "and" and "or" take anything.
func (g *gen) logic(depth int) *node {
	e := expr(g.operand(depth-1), pick(g, " and ", " or "), g.operand(depth-1))
	if g.chance(3) {
		e = expr(e, pick(g, " and ", " or "), g.operand(depth-1))
	}
	if g.chance(2) {
		return e
	}
	return expr("(", e, ")")
}

func (g *gen) operand(depth int) *node {
	switch g.rng.IntN(6) {
	case 0:
		return expr("not ", expr("(", g.any(depth), ")"))
	case 1:
		return g.comparison(depth)
	case 2:
		return expr("T(", g.any(depth), ")")
	}
	return g.any(depth)
}

func (g *gen) comparison(depth int) *node {
	order := pick(g, " < ", " <= ", " > ", " >= ", " == ", " ~= ")
	same := pick(g, " == ", " ~= ")
	switch g.rng.IntN(5) {
	case 0, 1:
		return expr("(", g.num(depth), order, g.num(depth), ")")
	case 2:
		return expr("(", g.str(depth), order, g.str(depth), ")")
	case 3:
		return expr("(", g.any(0), same, pick(g, expr("nil"), expr("true"), expr("false"), g.numeral(),
			g.literal()), ")")
	}
	return expr("((", g.any(depth), ")", same, "(", g.any(depth), "))")
}

// cond returns an expression for a condition.
func (g *gen) cond(depth int) *node {
	switch g.rng.IntN(4) {
	case 0:
		return g.comparison(depth)
	case 1:
		return g.any(depth)
	case 2:
		return expr("not ", g.operand(depth))
	}
	return g.logic(depth)
}

// field reads a table's field, which is a number or nil; a constructor's where nothing
// that is shared may be read.
func (g *gen) field(depth int) *node {
	if t := g.variable(tabKind); t != nil && !g.effects {
		return expr(t, g.key(depth))
	}
	return expr("({", g.list(numKind, g.number(1, 3), depth), "})", g.key(depth))
}

func (g *gen) key(depth int) *node {
	switch g.rng.IntN(4) {
	case 0, 1:
		return expr(pick(g, ".x", ".y", ".z", `["x"]`))
	case 2:
		if i := g.variable(numKind); i != nil {
			return expr("[", i, "]")
		}
		return expr("[", fmt.Sprint(g.number(1, 6)), "]")
	}
	return expr("[K(", g.num(depth), ")]")
}

func (g *gen) tab(depth int) *node {
	if v := g.variable(tabKind); v != nil && g.chance(3) {
		return v
	}
	parts := []any{"{"}
	keys := []string{"x", "y", `["z"]`} // each once: the order of a constructor's assignments is not defined
	for range g.number(0, 6) {
		if g.chance(3) && len(keys) > 0 {
			parts = append(parts, keys[0], " = ", g.num(depth-1), pick(g, ", ", "; "))
			keys = keys[1:]
		} else {
			parts = append(parts, g.num(depth-1), ", ")
		}
	}
	switch g.rng.IntN(3) {
	case 0:
		parts = append(parts, expr("two(", g.num(depth-1), ")"))
	case 1:
		parts = append(parts, expr("unpack({", g.list(numKind, g.number(1, 4), 0), "})"))
	}
	return expr(append(parts, "}")...)
}

func (g *gen) obj(depth int) *node {
	if v := g.variable(objKind); v != nil && g.chance(2) {
		return v
	}
	return expr("object(", g.num(depth-1), ")")
}

// list is n expressions of a kind.
func (g *gen) list(k kind, n, depth int) []*node {
	list := make([]*node, n)
	for i := range list {
		list[i] = g.expr(k, depth)
	}
	return list
}

// moreArguments is a list after a first argument, with a comma in front.
func (g *gen) moreArguments(depth int) *node {
	parts := []any{}
	for range g.rng.IntN(3) {
		parts = append(parts, ", ", g.any(depth))
	}
	if g.chance(2) || len(parts) == 0 {
		parts = append(parts, ", ", g.multi(depth))
	}
	return expr(parts...)
}

// arguments is a list of any length.
func (g *gen) arguments(depth int) []*node {
	list := g.list(anyKind, g.rng.IntN(4), depth)
	if g.chance(2) {
		list = append(list, g.multi(depth))
	}
	return list
}

// multi is an expression of any number of values.
func (g *gen) multi(depth int) *node {
	switch g.rng.IntN(10) {
	case 0, 1:
		if g.fn.sig.vararg {
			return expr("...")
		}
	case 2:
		return expr("two(", g.any(depth-1), ")")
	case 3:
		return expr("none()")
	case 4:
		return expr("id(", g.arguments(depth-1), ")")
	case 5:
		n := g.number(1, 5)
		return expr("unpack({", g.list(anyKind, n, depth-1), "}, 1, ", fmt.Sprint(n), ")")
	case 6:
		return expr("select(", fmt.Sprint(g.number(1, 3)), g.moreArguments(depth-1), ")")
	case 7:
		if r := g.resume(depth - 1); r != nil {
			return r
		}
	case 8:
		if y := g.yield(depth - 1); y != nil {
			return expr("unpack({", y, "}, 1, ", fmt.Sprint(g.number(1, 5)), ")")
		}
	}
	if c := g.call(func(*signature) bool { return true }, depth-1); c != nil {
		return c
	}
	return expr("T(", g.any(depth-1), ")")
}

// callOf calls a function whose first result is of the kind, or is nil. The caller need
// not adjust it: parentheses do so half of the time, and otherwise the place of the call
// takes a single value.
func (g *gen) callOf(k kind, depth int) *node {
	c := g.call(func(s *signature) bool {
		if k == anyKind {
			return len(s.results) == 0 || s.results[0] <= strKind
		}
		return len(s.results) > 0 && s.results[0] == k
	}, depth)
	if c != nil && g.chance(2) {
		return expr("(", c, ")")
	}
	return c
}

// call calls a function or a method that is wanted and that may be called here, or is
// nil.
func (g *gen) call(want func(*signature) bool, depth int) *node {
	if want(yielding) && g.chance(2) {
		if y := g.yield(depth); y != nil {
			return y
		}
	}
	callable := func(v *variable, s *signature) bool {
		return want(s) && (s.pure || g.effects && v.depth >= g.fn.pureDepth) && (!s.yields || g.fn.sig.yields)
	}
	v := g.some(g.readable(func(v *variable) bool {
		switch v.kind {
		case funKind:
			return callable(v, v.sig)
		case modKind:
			return callable(v, v.methods["m"])
		}
		return false
	}))
	switch {
	case v == nil || depth < -1:
		return nil
	case v.kind == funKind:
		return expr(v.name, "(", g.argumentsFor(v.sig, depth), ")")
	case g.chance(3):
		return expr(v.name, ".m(", append([]*node{expr(v.name)}, g.argumentsFor(v.methods["m"], depth)...), ")")
	}
	return expr(v.name, ":m(", g.argumentsFor(v.methods["m"], depth), ")")
}

// argumentsFor are at least those that s needs.
func (g *gen) argumentsFor(s *signature, depth int) []*node {
	var list []*node
	for _, k := range s.params {
		list = append(list, g.expr(k, depth))
	}
	for len(list) > 0 && s.params[len(list)-1] == anyKind && g.chance(4) {
		list = list[:len(list)-1]
		if g.chance(2) && len(list) == len(s.params)-1 {
			return append(list, g.multi(depth-1))
		}
	}
	if len(list) == len(s.params) && g.chance(3) {
		list = append(list, g.arguments(depth-1)...)
	}
	return list
}
