package luagen

import (
	"fmt"
	"slices"
)

// statements makes up to n statements, fewer when the program's are used up.
func (g *gen) statements(n int) []*node {
	var made []*node
	for ; n > 0 && g.left > 0; n-- {
		g.left--
		made = append(made, g.statement())
		if g.chance(3) {
			made = append(made, g.show())
		}
	}
	return made
}

// show prints variables, most likely those that have just changed.
func (g *gen) show() *node {
	var names []*node
	for range g.number(1, 4) {
		if v := g.some(g.visible()); v != nil {
			names = append(names, expr(v.name))
		}
	}
	return stmt("out(", names, ")")
}

// block is statements in a scope of their own.
func (g *gen) block(n int) *node {
	var b *node
	g.scoped(func() { b = blockOf(g.statements(n)) })
	return b
}

func (g *gen) statement() *node {
	for {
		var s *node
		g.full(func() { s = g.attempt() })
		if s != nil {
			return s
		}
	}
}

// attempt makes a statement, or nil where the one it thought of cannot be.
func (g *gen) attempt() *node {
	switch g.rng.IntN(39) {
	case 0, 1, 2, 3, 4:
		return g.local()
	case 5, 6, 7:
		return g.assign()
	case 8, 9, 10:
		return g.assignMany()
	case 11, 12, 13:
		return g.localFunction()
	case 14:
		return g.recursion()
	case 15, 16:
		return g.ifs()
	case 17:
		return g.while()
	case 18:
		return g.repeat()
	case 19, 20:
		return g.numeric()
	case 21:
		return g.generic()
	case 22:
		return g.backward()
	case 23:
		return stmt("do", g.block(3), "end")
	case 24, 25:
		return g.keep()
	case 26:
		return g.leave()
	case 27:
		return g.protected()
	case 28, 29:
		return g.callStatement()
	case 30, 32:
		return g.assignItself()
	case 33:
		if g.fn.pureDepth == 0 && g.chance(2) {
			return g.leaveCaptured()
		}
	case 31:
		if g.fn.pureDepth == 0 {
			return stmt("flush()")
		}
		return nil
	case 34, 35, 36:
		return g.coroutineStatement()
	}
	return stmt("out(", g.arguments(g.depth()), ")")
}

func (g *gen) local() *node {
	switch g.rng.IntN(8) {
	case 0:
		e := g.tab(2)
		name := g.name()
		g.declare(name, tabKind)
		return stmt("local ", name, " = ", e)
	case 1:
		e := g.obj(2)
		name := g.name()
		g.declare(name, objKind)
		return stmt("local ", name, " = ", e)
	case 2:
		names := g.names(g.number(1, 4))
		s := stmt("local ", commas(names))
		for _, name := range names {
			g.declare(name, anyKind)
		}
		return s
	case 3:
		list := g.list(anyKind, g.rng.IntN(2), 2)
		list = append(list, g.multi(2))
		names := g.names(g.number(1, 4))
		for _, name := range names {
			g.declare(name, anyKind)
		}
		return stmt("local ", commas(names), " = ", list)
	}
	var list []*node
	var kinds []kind
	for range g.number(1, 3) {
		k := pick(g, anyKind, numKind, numKind, strKind)
		kinds = append(kinds, k)
		list = append(list, g.expr(k, g.depth()))
	}
	names := g.names(len(kinds))
	for i, k := range kinds {
		g.declare(names[i], k)
	}
	return stmt("local ", commas(names), " = ", list)
}

func commas(names []string) string {
	var s string
	for i, name := range names {
		if i > 0 {
			s += ", "
		}
		s += name
	}
	return s
}

// assign gives one variable or field a value, in which the variable itself is likely to
// occur.
func (g *gen) assign() *node {
	target, k := g.target(nil)
	if target == nil {
		return nil
	}
	return stmt(target, " = ", g.expr(k, g.depth()))
}

// assignMany gives several different targets values at once.
func (g *gen) assignMany() *node {
	var targets, values []*node
	var kinds []kind
	taken := make(map[string]bool)
	for range g.number(2, 4) {
		if target, k := g.target(taken); target != nil {
			targets, kinds = append(targets, target), append(kinds, k)
		}
	}
	for _, k := range kinds {
		values = append(values, g.expr(k, g.rng.IntN(3)))
	}
	if len(targets) == 0 {
		return nil
	}
	switch last := len(kinds) - 1; g.rng.IntN(4) {
	case 0: // the last targets take from one expression
		for last > 0 && kinds[last] == anyKind {
			last--
		}
		if last < len(kinds)-1 {
			values = append(values[:last+1], g.multi(2))
		}
	case 1: // values without a target
		values = append(values, g.multi(2))
	}
	return stmt(targets, " = ", values)
}

// target returns a target of an assignment that is not taken yet. No two fields of a
// table are assigned at once unless their names show that they differ.
func (g *gen) target(taken map[string]bool) (*node, kind) {
	if g.chance(3) && g.fn.pureDepth == 0 {
		if key := pick(g, "x", "y", "z", "[]", "[]"); !taken["."+key] {
			if t := g.variable(tabKind); t != nil {
				mark(taken, "."+key)
				if key == "[]" {
					if i := g.variable(numKind); i != nil && g.chance(2) {
						return expr(t, "[", i, "]"), numKind
					}
					return expr(t, "[", pick(g, expr(fmt.Sprint(g.number(1, 6))), expr("K(", g.num(1), ")")), "]"),
						numKind
				}
				return expr(t, ".", key), numKind
			}
		}
	}
	v := g.some(g.assignable(func(v *variable) bool { return v.kind <= objKind && !taken[v.name] }))
	if v == nil {
		return nil, 0
	}
	mark(taken, v.name)
	return expr(v.name), v.kind
}

func mark(taken map[string]bool, name string) {
	if taken != nil {
		taken[name] = true
	}
}

// assignItself gives a variable a value that is made of itself, and shows it.
func (g *gen) assignItself() *node {
	v := g.some(g.assignable(of(anyKind)))
	if v == nil || g.effects && v.shared {
		return nil
	}
	value := pick(g,
		expr("id(", expr(v.name), ", ", g.any(1), ")"),
		expr("two(", expr(v.name), ")"),
		expr(expr(v.name), " and ", g.any(1)),
		expr("not ", expr(v.name), " or ", expr(v.name)),
		expr(g.any(1), pick(g, " or ", " and "), expr(v.name)),
		expr(pick(g, "ga", "gb", "id(ga)", "(none())", "T(nil)", "id(1)"), pick(g, " or ", " and "), expr(v.name)),
		expr("(", g.comparison(1), ") and ", expr(v.name)),
		expr("(", g.any(0), " or ", expr(v.name), ") and (", expr(v.name), " or ", g.any(0), ")"),
		g.comparison(1),
		expr(expr(v.name), " == ", g.any(1)),
	)
	return stmt(v.name, " = ", value, " out(", v.name, ")")
}

// leaveCaptured leaves a loop or a turn of it, out of some blocks, while a closure holds
// a local variable; other variables then get its register.
func (g *gen) leaveCaptured() *node {
	exit := pick(g, "break", "goto again", "goto done")
	block := pick(g, "do", "if i then", "while i do", "for _ = 1, 1 do", "repeat", "do do")
	end := map[string]string{"repeat": "until i", "do do": "end end", "while i do": "break end"}[block]
	if end == "" {
		end = "end"
	}
	leave := stmt("if i == ", fmt.Sprint(g.number(1, 3)), " then ", exit, " end")
	return stmt("do for i = 1, 3 do tick()", blockOf([]*node{
		stmt("local y = i * 10"),
		pick(g, stmt("do end"), stmt("keep(function() y = y + 1 return y end)")),
		stmt(block, blockOf([]*node{
			stmt("local x, w = i, y"),
			pick(g, stmt("do end"), stmt("keep(function() x = x + 1 return x, w, i end)")),
			leave,
			pick(g, stmt("do end"), stmt("x = x * 100")),
		}), end),
		stmt("local p, q = 'p', 'q'"),
		stmt("out(p, q, y)"),
		stmt("::again::"),
	}), "end ::done:: end do local r, s, t, u, v, w, x, y = 1, 2, 3, 4, 5, 6, 7, 8 ", pick(g, "flush()", "out(r, y)"),
		" end")
}

func (g *gen) ifs() *node {
	parts := []any{"if ", g.cond(g.depth()), " then", g.block(3)}
	for range g.rng.IntN(3) {
		parts = append(parts, "elseif ", g.cond(2), " then", g.block(2))
	}
	if g.chance(2) {
		parts = append(parts, "else", g.block(3))
	}
	return stmt(append(parts, "end")...)
}

// body is a loop's, with a label at its end for those inside to go on with.
func (g *gen) body(n int, before func()) *node {
	label := fmt.Sprint("next", len(g.fn.loops)+1)
	g.fn.loops = append(g.fn.loops, loop{label: label})
	defer func() { g.fn.loops = g.fn.loops[:len(g.fn.loops)-1] }()
	var b *node
	g.scoped(func() {
		if before != nil {
			before()
		}
		made := append([]*node{stmt("tick()")}, g.statements(n)...)
		b = blockOf(append(made, stmt("::"+label+"::")))
	})
	return b
}

// counter declares a variable that bounds a loop.
func (g *gen) counter() string {
	name := g.fresh("n")
	g.vars = append(g.vars, &variable{name: name, kind: numKind, depth: g.fn.depth, fixed: true, shared: true})
	return name
}

func (g *gen) while() *node {
	var s *node
	g.scoped(func() {
		n := g.counter()
		c := g.cond(g.depth())
		count := stmt(n, " = ", n, " + 1")
		s = stmt("do local ", n, " = 0 while ", n, " < ", fmt.Sprint(g.number(1, 5)),
			pick(g, expr(" and ", expr("(", c, ")")), expr("")), " do ", count,
			g.body(4, nil), "end end")
	})
	return s
}

// repeat has its statements in a block of their own where they go on with the next turn:
// a goto may not jump over the declaration of a local variable that the condition could
// see.
func (g *gen) repeat() *node {
	var s *node
	g.scoped(func() {
		n := g.counter()
		head := fmt.Sprintf("do local %s = 0 repeat %s = %s + 1 ", n, n, n)
		limit := expr(n, " >= ", fmt.Sprint(g.number(1, 5)))
		if g.chance(3) {
			s = stmt(head, "do", g.body(4, nil), "end until ", limit, " end")
			return
		}
		g.fn.loops = append(g.fn.loops, loop{})
		defer func() { g.fn.loops = g.fn.loops[:len(g.fn.loops)-1] }()
		g.scoped(func() {
			body := blockOf(append([]*node{stmt("tick()")}, g.statements(4)...))
			until := limit
			g.full(func() {
				until = pick(g, limit, expr(limit, " or ", g.cond(2)), expr(limit, " or ", g.comparison(1)))
			})
			s = stmt(head, body, "until ", until, " end")
		})
	})
	return s
}

func (g *gen) numeric() *node {
	name := g.name()
	limits := pick[any](g, "1, 3", "1, 4", "3, 1, -1", "1, 2, 0.5", "0, 1, 0.25", "2, 1", "5, 1, -2", "-1, 1",
		"1, 0, -0.25", "0x1, 3", "1, 1",
		expr("1, K(", g.num(1), ")"), expr("K(", g.num(1), "), 4"),
		expr("I(", g.num(1), ") % 3, 3, ", expr("K(", g.num(1), ")")))
	return stmt("for ", name, " = ", limits, " do", g.body(4, func() { g.declare(name, numKind) }), "end")
}

func (g *gen) generic() *node {
	names := g.names(g.number(1, 3))
	over := func(n *node, kinds ...kind) *node {
		return stmt("for ", commas(names), " in ", n, " do", g.body(4, func() {
			for i, name := range names {
				if i == 0 { // the loop ends with the first one
					g.vars = append(g.vars, &variable{name: name, kind: kinds[0], depth: g.fn.depth, fixed: true})
					continue
				}
				g.declare(name, kinds[min(i, len(kinds)-1)])
			}
		}), "end")
	}
	if g.fn.sig.yields && g.chance(2) {
		if g.chance(3) {
			return over(expr(pick(g, "yield", "coroutine.yield", "ask"), g.moreArguments(1)), anyKind)
		}
		return over(g.yieldingIterator(), numKind, anyKind)
	}
	switch g.rng.IntN(6) {
	case 0:
		return over(expr("ipairs({", g.list(strKind, g.number(1, 4), 1), "})"), numKind, anyKind)
	case 1:
		return over(expr("pairs({", g.list(numKind, 1, 1), "})"), numKind, anyKind)
	case 2:
		return over(expr(`("k1,k2,k3"):gmatch("%w+")`), strKind, anyKind)
	case 3:
		n := g.fresh("n")
		return stmt("do local ", n, " = 0 ", over(expr("function() ", n, " = ", n, " + 1 if ", n,
			" < 4 then return ", n,
			", ", n, " * 2 end end"), numKind, anyKind), " end")
	}
	if g.chance(3) {
		return over(expr("coroutine.wrap(function(...) for z = 1, ", fmt.Sprint(g.number(0, 3)),
			" do tick() coroutine.yield(z, ...) end end)"), numKind, anyKind)
	}
	return over(expr("function(s, c) if c < s then return c + 1, s end end, ", fmt.Sprint(g.number(0, 4)), ", 0",
		pick(g, "", ", nil", ", 1, 2")), numKind, anyKind)
}

// backward is a loop of labels and gotos.
func (g *gen) backward() *node {
	var s *node
	g.scoped(func() {
		n, label := g.counter(), g.fresh("top")
		loops := g.fn.loops
		g.fn.loops = slices.Clone(loops)
		body := []*node{stmt("local ", n, " = 0"), stmt("::" + label + "::"), stmt(n, " = ", n, " + 1"), stmt("tick()")}
		body = append(body, g.statements(4)...)
		g.fn.loops = loops
		test := expr(n, " < ", fmt.Sprint(g.number(1, 4)))
		g.full(func() {
			if g.chance(2) {
				test = expr(test, " and ", g.cond(1))
			}
		})
		s = stmt("do", blockOf(append(body, stmt("if ", test, " then goto ", label, " end"))), "end")
	})
	return s
}

// keep lays by a closure, which often changes its upvalues.
func (g *gen) keep() *node {
	outer := g.fn
	s := &signature{params: []kind{numKind}, results: []kind{anyKind, anyKind}}
	if v := g.some(g.assignable(func(v *variable) bool {
		return v.shared && v.kind <= numKind &&
			v.depth > 0
	})); v != nil && g.chance(2) && outer.pureDepth == 0 {
		value := expr(v.name, " + 1")
		if v.kind == anyKind {
			value = expr(v.name, pick(g, " and ", " or "), expr("1"))
		}
		other := expr("nil")
		if w := g.some(g.visible()); w != nil && w.depth > 0 {
			other = expr(w.name)
		}
		return stmt("keep(function() ", stmt(v.name, " = ", value), " return ", expr(v.name), ", ", other, " end)")
	}
	return stmt("keep(function", g.function(s), ")")
}

// leave leaves the block: the rest of the block is dead, except for the block's
// condition.
func (g *gen) leave() *node {
	exits := []*node{}
	if len(g.fn.loops) > 0 {
		exits = append(exits, stmt("break"))
	}
	for _, l := range g.fn.loops {
		if l.label != "" {
			exits = append(exits, stmt("goto "+l.label))
		}
	}
	if g.chance(3) || len(exits) == 0 {
		effects := g.effects
		exits = []*node{g.returns()}
		g.effects = effects
	}
	exit := pick(g, exits...)
	if g.chance(4) && g.fn.depth > 1 {
		return stmt("do ", exit, " end")
	}
	return stmt("if ", g.cond(g.depth()), " then", blockOf([]*node{exit}), "end")
}

// protected calls a function that may fail.
func (g *gen) protected() *node {
	fails := pick(g,
		stmt("error(", pick(g, `"#1"`, `"0#2", 0`, `{code = 3}`, `nil`, `false`), ")"),
		stmt("local z = nil + 1"), stmt("local z = (nil).x"), stmt("none()()"), stmt("local z = {} .. 'x'"),
		stmt("local z = 1 < 'x'"),
		stmt("error('#4')"), stmt("out(pcall(error, ", expr(`"#5"`), "))"))
	s := &signature{vararg: g.chance(2), pure: g.fn.pureDepth > 0, params: []kind{anyKind, anyKind}[:g.rng.IntN(3)],
		results: []kind{anyKind}}
	try := "try"
	if g.crossing && g.fn.sig.yields {
		s.yields, s.pure = true, false
		try = pick(g, "try", "try", "tryWith")
	}
	f := g.function(s)
	if s.yields || g.chance(2) {
		return stmt(try, "(function", f, g.moreArguments(1), ")")
	}
	return stmt("try(function(...) ", stmt("local z, y = ..."), " if ", g.protectedCond(), " then ", fails,
		" end return z, y end", g.moreArguments(1), ")")
}

// protectedCond may read nothing that the caller's varargs are.
func (g *gen) protectedCond() *node {
	if v := g.variable(pick(g, anyKind, numKind)); v != nil {
		return v
	}
	return expr("true")
}

func (g *gen) callStatement() *node {
	switch g.rng.IntN(6) {
	case 0:
		return stmt(pick(g, `out"text"`, `T[[text]]`, `out{}`, `dump{1, x = 2}`, `do end ("x"):rep(2)`,
			`local _ = ("x"):rep(3)`))
	case 1:
		if t := g.variable(tabKind); t != nil {
			return stmt("dump(", t, ")")
		}
	case 2:
		if o := g.variable(objKind); o != nil {
			return pick(g, stmt(o, ".", pick(g, "x", "y"), " = ", g.any(2)), stmt(o, "(", g.arguments(1), ")"))
		}
	case 3:
		v := g.some(g.assignable(of(funKind)))
		if v != nil {
			return stmt(v.name, " = function", g.another(v.sig))
		}
	}
	if c := g.call(func(*signature) bool { return true }, 2); c != nil {
		return stmt(c)
	}
	return nil
}
