package luagen

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A kind describes a value while the program is made, so that most operations succeed.
type kind uint8

const (
	anyKind kind = iota // nil, a boolean, a number or a string
	numKind
	strKind
	tabKind // a table with numbers, or nothing, in 1 to 6, x, y and z
	objKind // a table of the prelude's object
	funKind
	modKind    // a table with methods
	coKind     // a coroutine
	hiddenKind // values that nothing is done with
)

// A variable is a local variable, or a global one at depth 0.
type variable struct {
	name    string
	kind    kind
	sig     *signature            // of funKind
	methods map[string]*signature // of modKind
	depth   int                   // the number of functions around it
	shared  bool                  // functions inside its own may assign to it; it is then not read beside their calls
	fixed   bool                  // it is never assigned to
}

// A signature is a function as its callers see it.
type signature struct {
	params  []kind
	vararg  bool
	results []kind
	pure    bool // it assigns to no variable and no table from outside
	yields  bool // it may yield; only functions that may do so, too, call it
}

// A function is the state of one whose body is being made.
type function struct {
	outer     *function
	sig       *signature
	depth     int
	pureDepth int // of the outermost pure function around, or this one; 0 if there is none
	loops     []loop
}

// A loop is one around the statement being made, within the same function.
type loop struct{ label string } // at its body's end; "" if there is none

// A gen makes one program.
type gen struct {
	rng     *rand.Rand
	vars    []*variable // those in scope, innermost last, hidden ones included
	fn      *function
	left    int  // statements that the program may still get
	effects bool // the full expression being made may call impure functions, and then reads nothing that is shared
	unique  int

	crossing bool // coroutines yield across more than Lua code: see NewCrossing
}

// program is a chunk that run calls with five arguments.
func (g *gen) program() *node {
	g.left = 15 + g.rng.IntN(30)
	for _, v := range []variable{{name: "gn", kind: numKind}, {name: "gm", kind: numKind}, {name: "gs", kind: strKind},
		{name: "ga"}, {name: "gb"}} {
		v.shared = true
		g.vars = append(g.vars, &v)
	}
	g.fn = &function{sig: &signature{vararg: true}, depth: 1}
	stmts := []*node{stmt("local a, b, c, i, j, t = nil, false, (...), 1, 2, {3, 4, 5}")}
	for _, name := range []string{"a", "b", "c"} {
		g.declare(name, anyKind)
	}
	g.declare("i", numKind)
	g.declare("j", numKind)
	g.declare("t", tabKind)
	stmts = append(stmts, g.statements(g.left)...)
	g.left = g.number(3, 10)
	g.full(func() {
		if s := g.coroutineStatement(); s != nil {
			stmts = append(stmts, s)
		}
	})
	if g.chance(6) {
		stmts = append(stmts, g.wide())
	}
	stmts = append(stmts, stmt("flush()"), stmt("out(gn, gm, gs, ga, gb", g.tailOfAll(), ")"))
	return blockOf(stmts)
}

// tailOfAll lists the variables in scope at the end.
func (g *gen) tailOfAll() *node {
	parts := []any{}
	for _, v := range g.visible() {
		if v.depth > 0 {
			parts = append(parts, ", ", expr(v.name))
		}
	}
	return expr(parts...)
}

// one in n.
func (g *gen) chance(n int) bool { return g.rng.IntN(n) == 0 }

func pick[T any](g *gen, from ...T) T { return from[g.rng.IntN(len(from))] }

// number is from low to high.
func (g *gen) number(low, high int) int { return low + g.rng.IntN(high-low+1) }

// fresh is a name that occurs once in the program.
func (g *gen) fresh(prefix string) string {
	g.unique++
	return fmt.Sprint(prefix, g.unique)
}

// depth is the depth to which an expression nests: a fault in shallow ones is easily
// hidden in deep ones.
func (g *gen) depth() int { return pick(g, 1, 1, 2, 3) }

// name is one of few, so that variables hide others.
func (g *gen) name() string {
	return pick(g, "a", "b", "c", "d", "e", "f", "h", "i", "j", "k", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x")
}

// names are all different.
func (g *gen) names(n int) []string {
	var names []string
	for len(names) < n {
		if name := g.name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// declare brings a variable into scope.
func (g *gen) declare(name string, k kind) *variable {
	v := &variable{name: name, kind: k, depth: g.fn.depth, shared: g.chance(2)}
	g.vars = append(g.vars, v)
	return v
}

// scoped calls f and then ends the scope of the variables that f declared.
func (g *gen) scoped(f func()) {
	outer := len(g.vars)
	f()
	g.vars = g.vars[:outer]
}

// visible returns the variables that are not hidden, innermost first.
func (g *gen) visible() []*variable {
	var found []*variable
	seen := make(map[string]bool)
	for _, v := range slices.Backward(g.vars) {
		if !seen[v.name] {
			seen[v.name] = true
			found = append(found, v)
		}
	}
	return found
}

// readable returns the variables that may be read here.
func (g *gen) readable(want func(*variable) bool) []*variable {
	return slices.DeleteFunc(g.visible(), func(v *variable) bool { return g.effects && v.shared || !want(v) })
}

// assignable returns the variables that may be assigned to here.
func (g *gen) assignable(want func(*variable) bool) []*variable {
	return slices.DeleteFunc(g.visible(), func(v *variable) bool {
		return v.fixed || v.depth < g.fn.depth && !v.shared || v.depth < g.fn.pureDepth || !want(v)
	})
}

// of wants variables of one kind.
func of(k kind) func(*variable) bool { return func(v *variable) bool { return v.kind == k } }

// some picks one, most often one of the innermost; nil if there is none.
func (g *gen) some(from []*variable) *variable {
	switch {
	case len(from) == 0:
		return nil
	case g.chance(3):
		return from[g.rng.IntN(min(len(from), 4))]
	}
	return pick(g, from...)
}

// full makes a full expression, or several of one statement, in which either shared
// variables are read or anything is called.
func (g *gen) full(f func()) {
	outer := g.effects
	g.effects = g.chance(3) || g.fn.sig.yields && g.chance(2)
	f()
	g.effects = outer
}
