package luagen

import "strings"

// signature makes one up.
func (g *gen) signature() *signature {
	s := &signature{vararg: g.chance(3), pure: g.chance(2) || g.fn.pureDepth > 0 && g.chance(2)}
	for range g.rng.IntN(4) {
		s.params = append(s.params, pick(g, anyKind, anyKind, numKind, numKind, strKind))
	}
	for range g.rng.IntN(4) {
		s.results = append(s.results, pick(g, anyKind, numKind, numKind, strKind))
	}
	if g.chance(8) || g.fn.sig.yields && g.chance(3) {
		s.yields, s.pure = true, false
	}
	return s
}

// function is a function expression, from its parameters on. Its statements count against
// the statements left for the program.
func (g *gen) function(s *signature, self ...string) *node {
	f := &function{outer: g.fn, sig: s, depth: g.fn.depth + 1, pureDepth: g.fn.pureDepth}
	if s.pure {
		f.pureDepth = f.depth
	}
	outerEffects := g.effects
	g.effects = false
	defer func() { g.fn, g.effects = f.outer, outerEffects }()

	var made *node
	g.scoped(func() {
		g.fn = f
		names := g.names(len(s.params))
		for i, name := range names {
			g.declare(name, s.params[i])
		}
		params := append(append([]string{}, self...), names...)
		if s.vararg {
			params = append(params, "...")
		}
		body := append([]*node{stmt("tick()")}, g.statements(g.rng.IntN(4))...)
		if s.yields {
			body = append(body, g.yieldingStatements()...)
		}
		made = expr("(", strings.Join(params, ", "), ")", blockOf(append(body, g.returns())), "end")
	})
	return made
}

// returns is a return statement that keeps the signature's promise.
func (g *gen) returns() *node {
	var s *node
	g.full(func() {
		results := g.fn.sig.results
		if len(results) == 0 {
			if g.chance(2) {
				s = stmt("return")
			} else {
				s = stmt("return ", g.multi(1))
			}
			return
		}
		if tail := g.tailCall(results); tail != nil && g.chance(2) {
			s = stmt("return ", tail)
			return
		}
		var list []*node
		for _, k := range results {
			list = append(list, g.expr(k, 2))
		}
		if g.chance(4) {
			list = append(list, g.multi(1))
		}
		s = stmt("return ", list)
	})
	return s
}

// tailCall calls a function that has these results, or is nil.
func (g *gen) tailCall(results []kind) *node {
	return g.call(func(s *signature) bool {
		if len(s.results) < len(results) {
			return false
		}
		for i, k := range results {
			if s.results[i] != k && k != anyKind {
				return false
			}
		}
		return true
	}, 1)
}

// localFunction declares a function in one of the ways that there are.
func (g *gen) localFunction() *node {
	s := g.signature()
	name := g.name()
	switch g.rng.IntN(4) {
	case 0:
		body := g.function(s)
		v := g.declare(name, funKind)
		v.sig = s
		return stmt("local ", name, " = function", body)
	case 1: // the name is in scope, but the body does not know it
		g.vars = append(g.vars, g.hidden(name))
		body := g.function(s)
		g.vars = g.vars[:len(g.vars)-1]
		v := g.declare(name, funKind)
		v.sig = s
		return stmt("local function ", name, body)
	}
	if g.fn.pureDepth == 0 && g.chance(2) {
		return g.globalFunction(s)
	}
	return g.module(name)
}

// globalFunction is one that is known by a global name or by a path of fields.
func (g *gen) globalFunction(s *signature) *node {
	name := g.fresh("fun")
	body := g.function(s)
	path := name
	head := ""
	if g.chance(2) {
		path = name + ".inner.fun"
		head = name + " = {inner = {}} "
	}
	g.vars = append(g.vars, &variable{name: path, kind: funKind, sig: s, fixed: true, depth: g.fn.depth})
	return stmt(head, "function ", path, body)
}

// module is a table with a method m, which has a field n of its own to add to.
func (g *gen) module(name string) *node {
	s := g.signature()
	v := &variable{name: name, kind: modKind, fixed: true, depth: g.fn.depth, methods: map[string]*signature{"m": s}}
	if g.chance(2) {
		body := g.function(s, "self")
		g.vars = append(g.vars, v)
		return stmt("local ", name, " = {n = 1, m = function", body, "}")
	}
	g.vars = append(g.vars, g.hidden(name))
	head, self := name+":m", []string(nil)
	if g.chance(2) {
		head, self = name+".m", []string{"self"}
	}
	body := g.function(s, self...)
	g.vars[len(g.vars)-1] = v
	return stmt("local ", name, " = {n = 1} function ", head, body)
}

// hidden keeps the code in its scope from using its name.
func (g *gen) hidden(name string) *variable {
	return &variable{name: name, kind: hiddenKind, fixed: true, depth: g.fn.depth}
}

// another is a function expression for a variable that holds a function. It knows none of
// the variables around it: one might call the variable, and a function that calls itself
// without a bound grows the stack, whose size is not the same everywhere.
func (g *gen) another(s *signature) *node {
	var made *node
	g.scoped(func() {
		for _, v := range g.visible() {
			if v.kind == funKind || v.kind == modKind {
				g.vars = append(g.vars, g.hidden(v.name))
			}
		}
		made = g.function(s)
	})
	return made
}

// recursion is a function that calls itself a bounded number of times, with or without a
// tail call.
func (g *gen) recursion() *node {
	name := g.name()
	var s *node
	g.full(func() {
		start := expr("(", pick(g, "0", "1", "3", "6"), g.moreArguments(1), ")")
		if g.fn.sig.yields && !g.chance(3) {
			s = stmt("local function ", name, g.yieldingRecursion(name), " out(", name, start, ")")
			return
		}
		s = stmt("local function ", name, pick(g,
			"(n, ...) tick() if n <= 0 then return ... end return "+name+"(n - 1, n, ...) end",
			"(n, a, ...) tick() if n == 0 then return a, ... end return ("+name+"(n - 1, ...)), a end",
			"(n, a) tick() local k = function() return a end if n == 0 then return a end a = n local b = "+name+
				"(n - 1, a) return b, k() end",
		), " out(", name, start, ")")
	})
	g.vars = append(g.vars, g.hidden(name))
	return s
}
