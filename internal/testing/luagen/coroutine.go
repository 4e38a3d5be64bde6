package luagen

import "fmt"

// yielding is yield's signature for its callers: the values it is resumed with may be
// anything.
var yielding = &signature{vararg: true, results: []kind{anyKind, anyKind, anyKind, anyKind}, yields: true}

// yield suspends the coroutine, or is nil where that cannot be.
func (g *gen) yield(depth int) *node {
	if !g.fn.sig.yields || !g.effects || depth < -1 {
		return nil
	}
	if g.crossing && g.chance(3) {
		return g.crossingYield(depth - 1)
	}
	function := pick(g, "yield", "coroutine.yield", "coroutine.yield", "asker:yield", "ask")
	return expr(function, "(", g.arguments(depth-1), ")")
}

// crossingYield is a call within which a function yields whose caller is not Lua code: a
// metamethod of Y or Z, or the function of a pcall.
func (g *gen) crossingYield(depth int) *node {
	either := pick(g, "Y", "Z")
	switch g.rng.IntN(10) {
	case 0:
		return expr("id(", pick[any](g, expr(either, pick(g, " + ", " - ", " * ", " / ", " % ", " ^ "), g.num(depth)),
			expr(g.num(depth), pick(g, " + ", " - ", " * ", " / ", " % ", " ^ "), either), expr("-", either)), ")")
	case 1:
		return expr("id(", pick[any](g, expr(g.str(depth), " .. ", either), expr(either, " .. ", g.str(depth)),
			"Y .. Z",
			expr(g.str(0), " .. Y .. ", g.str(0), " .. Z .. 1"), "1 .. Y .. 2 .. 'x'"), ")")
	case 2:
		return expr("id(", either, g.key(depth), pick(g, "", ", nil", " or 1"), ")")
	case 3:
		compared := expr("Y", pick(g, " < ", " <= ", " > ", " >= ", " == ", " ~= "), "Z")
		return expr("id(", pick[any](g, compared, expr("not (", compared, ")"), expr(compared, " and 1 or 2")), ")")
	case 4:
		return expr(either, "(", g.arguments(depth), ")")
	case 5:
		return expr("tostring(", either, ")")
	case 6:
		return expr("said(xpcall(", pick(g, "ask", "yield", "Y", "tostring, Z", "pcall, id, yield"),
			g.moreArguments(depth), "))")
	case 7:
		return expr("said(pcall(pcall, ", pick(g, "ask", "yield", "error", "Z"), g.moreArguments(depth), "))")
	}
	return expr("said(pcall(", pick(g, "ask", "yield", "coroutine.yield", "Y", "Z", "tostring, Y"),
		g.moreArguments(depth), "))")
}

// crossingStatement yields within a function that is not called by Lua code. It does so
// in statements that are compiled in ways of their own.
func (g *gen) crossingStatement() *node {
	switch g.rng.IntN(8) {
	case 0:
		return stmt(pick(g, "Y", "Z"), g.key(1), " = ", g.any(1))
	case 1:
		return stmt("if Y ", pick(g, "<", "<=", ">", ">=", "==", "~="), " Z then", g.block(2), "else",
			g.block(2), "end")
	case 2:
		return stmt("repeat tick() until ", pick(g, "", "not "), "(Y ", pick(g, "<", "<=", "==", "~="), " Z)")
	case 3:
		return stmt("for v, w in ", pick(g, "Y", "Z"), g.moreArguments(1), " do tick() out(v, w) end")
	case 4:
		return stmt("try(", pick(g, "table.sort, {3, 1, 2}, ask", `string.gsub, "xy", "%w", ask`, "load, ask",
			"xpcall, error, ask"), ")")
	case 5:
		return stmt("local p, q = Y ", pick(g, "<", "=="), " Z, Z.x out(p, q)")
	}
	return g.protected()
}

// resume resumes a coroutine, or is nil. Its results are a boolean and values that may be
// anything.
func (g *gen) resume(depth int) *node {
	co := g.some(g.readable(func(v *variable) bool {
		return v.kind == coKind && g.effects &&
			v.depth >= g.fn.pureDepth
	}))
	if co == nil || depth < -1 {
		return nil
	}
	return expr("said(coroutine.resume(", append([]*node{expr(co.name)}, g.arguments(depth-1)...), "))")
}

// thread is an expression about the running coroutine or another one.
func (g *gen) thread() *node {
	if co := g.variable(coKind); co != nil {
		return pick(g, expr("(coroutine.running() == ", co, ")"), expr("coroutine.status(", co, ")"), co)
	}
	return expr(pick(g, "coroutine.running()", "coroutine.isyieldable()", "(coroutine.running() == nil)"))
}

// coroutineStatement makes a coroutine, and often one that runs to its end.
func (g *gen) coroutineStatement() *node {
	switch g.rng.IntN(12) {
	case 0, 1, 2, 3:
		return stmt("drive(", fmt.Sprint(g.number(1, 7)), ", function", g.coroutineBody(), g.moreArguments(1), ")")
	case 4:
		return g.driveKnown()
	case 5, 6, 7:
		return g.localCoroutine()
	case 8:
		return g.localWrap()
	case 9:
		return stmt("try(coroutine.wrap(function", g.coroutineBody(), ")", g.moreArguments(1), ")")
	case 10:
		return stmt("drive(2, ", pick(g, "yield", "ask", "coroutine.wrap(ask)", "coroutine.wrap(yield)", "select, 2",
			"pcall, error, '#6'", "error, '#7'", "id", "none"), g.moreArguments(1), ")")
	}
	if co := g.variable(coKind); co != nil {
		return stmt("out(coroutine.status(", co, "), coroutine.running() == ", co, ")")
	}
	return nil
}

// coroutineBody is a coroutine's function, from its parameters on.
func (g *gen) coroutineBody() *node {
	s := &signature{vararg: !g.chance(3), yields: true}
	for range g.rng.IntN(4) {
		s.params = append(s.params, anyKind)
	}
	for range g.rng.IntN(4) {
		s.results = append(s.results, anyKind)
	}
	return g.function(s)
}

// driveKnown runs a function that yields and that has a name, or is nil.
func (g *gen) driveKnown() *node {
	v := g.some(g.readable(func(v *variable) bool {
		return v.kind == funKind && v.sig.yields &&
			v.depth >= g.fn.pureDepth
	}))
	if v == nil {
		return nil
	}
	return stmt("drive(", append([]*node{expr(fmt.Sprint(g.number(1, 7))), expr(v.name)},
		g.argumentsFor(v.sig, 1)...), ")")
}

// localCoroutine declares a coroutine, whose name is often taken for itself, and resumes
// it once.
func (g *gen) localCoroutine() *node {
	name := g.name()
	co := &variable{name: name, kind: coKind, fixed: true, depth: g.fn.depth}
	head := "local " + name + " = "
	var body *node
	if g.chance(3) {
		head = "local " + name + " " + name + " = "
		g.vars = append(g.vars, co)
		body = g.coroutineBody()
	} else {
		body = g.coroutineBody()
		g.vars = append(g.vars, co)
	}
	return stmt(head, "coroutine.create(function", body, ") step(", name, g.moreArguments(1), ")")
}

// localWrap declares a function that resumes a coroutine that returns never, so that any
// call of it has results.
func (g *gen) localWrap() *node {
	body := g.coroutineBody()
	name := g.name()
	v := g.declare(name, funKind)
	v.sig = &signature{vararg: true, results: yielding.results}
	return stmt("local ", name, " = coroutine.wrap(function(...) local function turn", body,
		" while true do tick() yield(turn(...)) end end)")
}

// yieldingIterator is a loop's expressions whose iterator yields.
func (g *gen) yieldingIterator() *node {
	limit := fmt.Sprint(g.number(0, 4))
	return pick(g,
		expr("function(s, c) tick() if c < s then out(yield(c, s)) return c + 1, yield() end end, ", limit, ", 0"),
		expr("function(s, c) tick() yield(c) if c < s then return c + 1, ask(c) end end, ", limit, ", 0"),
		expr("function(s, c) local t = {yield(s, c)} if c < s then return c + 1, t[1], t[2] end return yield() and "+
			"nil end, ", limit, ", 0"),
		expr("(function(...) return ... end)(function(s, c) tick() if yield(c) ~= 1 and c < s then return c + 1, "+
			"yield(c, s) end end, ", limit, ", 0, yield())"),
	)
}

// yieldingRecursion is the parameters and the body of a function that calls itself and
// yields. The last one runs itself as a coroutine.
func (g *gen) yieldingRecursion(name string) string {
	return pick(g,
		"(n, ...) tick() if n <= 0 then return yield(...) end return "+name+"(n - 1, yield(n, ...)) end",
		"(n, a, ...) tick() local b = yield(n) if n == 0 then return a, ... end return ("+name+
			"(n - 1, yield(a, ...))), b end",
		"(n, a) tick() local k = function() a = n return a end if n == 0 then yield() return a end local b = "+name+
			"(n - 1, yield(a)) return b, k(), yield(b) end",
		"(n, ...) tick() if n <= 0 then return yield(n, ...) end for v, x in coroutine.wrap("+name+
			"), n - 1, n do tick() yield(v, x, ...) end end",
	)
}

// yieldingStatements always yield, in statements that are compiled in ways of their own.
// Now and then they fail after that, or have more of something than usual.
func (g *gen) yieldingStatements() []*node {
	effects := g.effects
	g.effects = true
	defer func() { g.effects = effects }()
	var made []*node
	for range g.number(1, 2) {
		made = append(made, g.yieldingStatement())
		made = append(made, g.statements(g.rng.IntN(3))...)
	}
	switch g.rng.IntN(30) {
	case 0, 1, 2, 3, 4, 5:
		made = append(made, stmt("if ", g.cond(1), " then error(",
			pick(g, `"#8"`, `"0#9", 0`, `{code = 4}`, `nil`, `false`), ") end"))
	case 6:
		made = append(made, g.wide())
	}
	return made
}

func (g *gen) yieldingStatement() *node {
	if g.crossing && g.chance(3) {
		return g.crossingStatement()
	}
	y := g.yield(1)
	switch g.rng.IntN(10) {
	case 0, 1, 2:
		names := g.names(g.number(1, 4))
		s := stmt("local ", commas(names), " = ", pick(g, y, expr("(", y, ")"), expr(g.any(1), ", ", y)), " out(",
			commas(names), ")")
		for _, name := range names {
			g.declare(name, anyKind)
		}
		return s
	case 3:
		v, w := g.some(g.assignable(of(anyKind))), g.some(g.assignable(of(anyKind)))
		if v != nil && v.name != w.name {
			return stmt(v.name, ", ", w.name, " = ", pick(g, y, expr(y, ", ", g.any(1)), expr(g.any(1), ", ", y)),
				" out(",
				v.name, ", ", w.name, ")")
		}
	case 4:
		return stmt("do local t = {", g.any(1), ", ", y, ", ", g.any(1), ", x = ", g.yield(0), ", ", g.yield(1),
			"} out(t[1], t[2], t[3], t[4], t[5], t[6], t.x) end")
	case 5:
		return stmt("while ", y, " do", g.body(2, nil), "end")
	case 6:
		return stmt("repeat tick() local z = ", y, " until not z or ", g.yield(0))
	case 7:
		return stmt("do local z = 0 local function get() z = z + 1 return z, ", g.literal(),
			" end keep(get) out(get(), ",
			y, ", z, get()) end")
	case 8:
		return stmt("if ", y, " then", g.block(2), "elseif ", g.yield(0), " == ", g.any(0), " then", g.block(1), "end")
	}
	return stmt("out(", g.any(1), ", ", y, ")")
}
