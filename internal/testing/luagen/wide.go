package luagen

import (
	"fmt"
	"strings"
)

// wide makes a statement that has more of something than fits into a byte, a batch or a
// habit of the compiler.
func (g *gen) wide() *node {
	var s *node
	g.scoped(func() {
		g.full(func() {
			s = pick(g, g.manyLocals, g.manyConstants, g.largeConstructor, g.longChain, g.manyParameters,
				g.manyUpvalues,
				g.deepLogic, g.deepFunctions, g.longElseif, g.longBody, g.manyMoves)()
		})
	})
	return s
}

// manyLocals leaves few registers for the code after it.
func (g *gen) manyLocals() *node {
	n := g.number(120, 180)
	body := []*node{}
	for i := range n {
		name := fmt.Sprint("v", i)
		e := g.numeral()
		if i > 0 && g.chance(3) {
			e = expr(fmt.Sprint("v", g.rng.IntN(i)), pick(g, " + ", " - ", " * "), fmt.Sprint(g.number(0, 9)))
		}
		body = append(body, stmt("local ", name, " = ", e))
		if g.chance(8) {
			other := fmt.Sprint("v", g.rng.IntN(i+1))
			body = append(body, stmt("keep(function() ", other, " = ", other, " + 1 return ", other, ", ", name,
				" end)"))
		}
		if i > 2 && g.chance(8) {
			body = append(body, stmt(fmt.Sprintf("v%d, v%d = v%d, v%d", i, i-2, i-2, i)))
		}
	}
	for range 6 {
		body = append(body, stmt("out(", g.ofMany(n), " .. ", g.literal(), ", ", g.ofMany(n), " < ", g.ofMany(n),
			" and ",
			g.ofMany(n), ", ", g.ofMany(n), " * 2, {", g.ofMany(n), "})"))
	}
	items := g.number(1, 70)
	list := []*node{}
	for range items {
		list = append(list, g.ofMany(n))
	}
	body = append(body, stmt("local t = {", list, ", ", g.multi(1), "}"),
		stmt(fmt.Sprintf("out(t[1], t[%d], t[%d], t[%d], t[50], t[51])", items, items+1, items+2)))
	return stmt("do", blockOf(append(body, stmt("flush()"),
		stmt("out(", g.ofMany(n), ", ", g.ofMany(n), ", ", g.ofMany(n), ")"))), "end")
}

func (g *gen) ofMany(n int) *node { return expr(fmt.Sprintf("I(v%d)", g.rng.IntN(n))) }

// manyConstants has more operands than an instruction can name.
func (g *gen) manyConstants() *node {
	body := []*node{stmt("local t, m = {}, 0")}
	n := g.number(250, 300)
	for i := range n {
		switch g.rng.IntN(4) {
		case 0:
			body = append(body, stmt(fmt.Sprintf("t.key%d = %d.5", i, i)))
		case 1:
			body = append(body, stmt(fmt.Sprintf("m = m + %d.25", i)))
		case 2:
			body = append(body, stmt(fmt.Sprintf("t.key%d = %q", i, fmt.Sprint("text", i))))
		default:
			body = append(body, stmt(fmt.Sprintf("t[%d.75] = m", i)))
		}
	}
	for range 12 {
		i := g.rng.IntN(n)
		body = append(body, pick(g,
			stmt(fmt.Sprintf("out(t.key%d, t[%d.75], t.key%d == %q, m == %d.25)", i, i, i, fmt.Sprint("text", i), i)),
			stmt(fmt.Sprintf("t.fun%d = function(self, a) return self.key%d, a end out(t:fun%d(%d.125))", i, i, i, i)),
			stmt(fmt.Sprintf("t.new%d, m = m - %d.5, t.key%d and %d.5 or %d.25", i, i, i, i, i)),
			stmt(fmt.Sprintf("if m < %d.5 or t.key%d == 'other%d' then out(%d.5 - m, 'yes%d') else out(m / "+
				"%d.5, t['key' "+
				".. %d]) end", i*i, i, i, i, i, i+1, i)),
			stmt(fmt.Sprintf("gs = 'new%d' gn = gn + %d.0625 out(gs, gn, global%d)", i, i, i)),
		))
	}
	return stmt("do", blockOf(body), "end")
}

func (g *gen) largeConstructor() *node {
	n := g.number(45, 160)
	parts := []any{"{"}
	positional := 0
	for i := range n {
		switch {
		case g.chance(6):
			parts = append(parts, expr(fmt.Sprintf("k%d = ", i), g.num(1)), ", ")
		case g.chance(12):
			parts = append(parts, expr(fmt.Sprintf("[%d] = ", 1000+i), g.any(1)), ", ")
		default:
			positional++
			parts = append(parts, g.num(1), ", ")
		}
	}
	if g.chance(2) {
		parts = append(parts, g.multi(1))
	}
	list := expr(append(parts, "}")...)
	body := []*node{stmt("local t = ", list)}
	for range 8 {
		i := g.rng.IntN(n)
		body = append(body, stmt(fmt.Sprintf("out(t[%d], t.k%d, t[%d], t[%d])", i, i, 1000+i,
			max(1, positional-g.rng.IntN(3)))))
	}
	return stmt("do", blockOf(append(body, stmt(fmt.Sprintf("out(t[%d], t[%d], t[%d], t[50], t[51], t[100], t[101])",
		positional, positional+1, positional+2)))), "end")
}

func (g *gen) longChain() *node {
	return stmt("out(", g.chain(g.number(9, 70), 1), ")")
}

func (g *gen) manyParameters() *node {
	n := g.number(20, 60)
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("p", i))
	}
	body := []*node{stmt(names[0], ", ", names[n-1], " = ", names[n-1], ", ", names[0]),
		stmt(names[1], " = id(", names[2], ", ", names[1], ")"),
		stmt("return ", strings.Join(names[:n/2], ", "), ", ...")}
	return stmt("out((function(", strings.Join(names, ", "), ", ...)", blockOf(body), "end)(",
		g.list(anyKind, g.number(n-5, n+5), 1), ", ", g.multi(1), "))")
}

func (g *gen) manyUpvalues() *node {
	n := g.number(30, 58)
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("v", i))
	}
	first := g.rng.IntN(n - 1)
	body := []*node{stmt("local ", strings.Join(names, ", "), " = ", g.list(numKind, n, 1))}
	body = append(body, stmt("local function all() tick()", blockOf([]*node{
		stmt(names[first], ", ", names[first+1], " = ", names[first+1], ", ", names[first]),
		stmt("return I(", strings.Join(names, ") + I("), ")"),
	}), "end"))
	body = append(body, stmt("out(all(), ", names[n-1], ")"), stmt(names[n-1], " = 7"),
		stmt("out(all(), ", names[first], ")"))
	return stmt("do", blockOf(body), "end")
}

// deepLogic is "and", "or" and "not" many levels deep, as a value, as a condition and as
// an argument.
func (g *gen) deepLogic() *node {
	e := g.any(1)
	for range g.number(8, 20) {
		e = expr("(", pick(g, expr(e, pick(g, " and ", " or "), g.operand(1)),
			expr(g.operand(1), pick(g, " and ", " or "), e), expr("not ", e), expr(e, " == ", g.any(0)),
			expr("id(", e, ")")), ")")
	}
	return stmt("do local z = ", e, " out(z, ", e, ") if ", e, " then out('yes') else out('no') end while ", e,
		" do out('in') break end end")
}

// deepFunctions has an upvalue that is handed through many functions.
func (g *gen) deepFunctions() *node {
	n := g.number(4, 12)
	s := fmt.Sprint("local d0 = ", g.number(1, 9), " out(")
	for i := 1; i <= n; i++ {
		s += fmt.Sprintf("(function(...) local d%d = d%d + 1 keep(function() d%d = d%d * 2 return d0, d%d end) return "+
			"d%d, ", i, i-1, i/2, i/2, i, i)
	}
	s += "d0" + strings.Repeat(", ... end)(d0, 1)", n) + ")"
	return stmt("do ", s, " flush() flush() out(d0) end")
}

func (g *gen) longElseif() *node {
	n := g.number(20, 60)
	parts := []any{fmt.Sprintf("for z = 0, %d, %d do tick() ", n, g.number(3, 9)), "if z == ", expr("-1"), " then",
		blockOf([]*node{stmt("out(1)")})}
	for i := range n {
		parts = append(parts, fmt.Sprintf("elseif z == %d ", i), pick(g, expr("and "), expr("or ")), g.cond(1), " then",
			blockOf([]*node{stmt(fmt.Sprintf("out('case', %d)", i))}))
	}
	return stmt(append(parts, "else out('else') end end")...)
}

// longBody has jumps over a few hundred instructions.
func (g *gen) longBody() *node {
	body := []*node{stmt("local m = z")}
	for i := range g.number(100, 200) {
		body = append(body, stmt("m = (m + ", fmt.Sprint(i), ") % 1000"))
		if g.chance(40) {
			body = append(body, pick(g, stmt("if m > 900 then break end"), stmt("if m > 800 then goto last end"),
				stmt("keep(function() m = m + 1 return m, z end)")))
		}
	}
	return stmt("do for z = 1, 3 do tick() do", blockOf(append(body, stmt("out(z, m)"))), "end ::last:: end end")
}

// manyMoves is a list of moves between variables, more than an optimizer may want to
// join.
func (g *gen) manyMoves() *node {
	names := []string{"a", "b", "c", "d"}
	body := []*node{stmt("local a, b, c, d, e = 1, 2, 3, 4, 5")}
	for range g.number(10, 240) { // which exchange two, so that the values stay different
		pair := g.rng.Perm(len(names))
		a, b := names[pair[0]], names[pair[1]]
		body = append(body, stmt("e = ", a), stmt(a, " = ", b), stmt(b, " = e"))
		if g.chance(500) {
			body = append(body, stmt("if ", a, " == ", b, " then", blockOf([]*node{stmt("a = 9")}), "end"))
		}
	}
	return stmt("do", blockOf(append(body, stmt("out(a, b, c, d, e)"))), "end")
}
