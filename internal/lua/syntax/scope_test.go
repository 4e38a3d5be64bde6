package syntax_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// Names that mean a local show the line of its declaration, a:3. Declarations are marked
// with ^ if a function within theirs refers to them, with = if they are assigned to.
func TestNames(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"x = x", "(= [x] [x])"},
		{"local x\nx = x", "(local [x=] []) (= [x:1] [x:1])"},
		{"local x\nlocal x = x\nf(x)", "(local [x] []) (local [x] [x:1]) (call f x:2)"},
		{"local x = x", "(local [x] [x])"},
		{"local a,\nb,\na = a\nf(a, b)", "(local [a b a] [a]) (call f a:3 b:2)"},
		{"local function f() f() end", "(local-function f^ (function [] [(call f:1)]))"},
		{"local f = function() f() end", "(local [f] [(function [] [(call f)])])"},
		{"local f\nfunction f() f() end", "(local [f^=] []) (define f:1 (function [] [(call f:1)]))"},
		{"local t\nfunction t.f() end t.x, t[t] = t",
			`(local [t] []) (define (. t:1 "f") (function [] [])) (= [(. t:1 "x") (. t:1 t:1)] [t:1])`},
		{"local t\nfunction t:f(a)\nreturn self, a, t end f(self)",
			`(local [t^] []) (define (. t:1 "f") (function [self a] [(return self:2 a:2 t:1)])) (call f self)`},
		{"local self\nfunction a:f(self)\nself = 1 end",
			`(local [self] []) (define (. a "f") (function [self self=] [(= [self:2] [1])]))`},
		{"f(function(a, a,\na) return a end)", "(call f (function [a a a] [(return a:2)]))"},
		{"f(function(a)\nreturn function()\na = a end end)",
			"(call f (function [a^=] [(return (function [] [(= [a:1] [a:1])]))]))"},
		{"local a\nfunction f()\nlocal a\nreturn function() return a end end g(a)",
			"(local [a] []) (define f (function [] [(local [a^] []) (return (function [] [(return a:3)]))])) " +
				"(call g a:1)"},
		{"function f(a)\nreturn a end f(a)", "(define f (function [a] [(return a:1)])) (call f a)"},

		{"do\nlocal x\nf(x) end f(x)", "(do (local [x] []) (call f x:2)) (call f x)"},
		{"local x\ndo\nlocal x do\nlocal x\nf(x) end f(x) end f(x)",
			"(local [x] []) (do (local [x] []) (do (local [x] []) (call f x:4)) (call f x:3)) (call f x:1)"},
		{"while x do\nlocal x\nf(x) end f(x)", "(while x (local [x] []) (call f x:2)) (call f x)"},
		{"if x then\nlocal x\nelseif x then\nlocal x else f(x) end f(x)",
			"(if x [(local [x] [])] [(if x [(local [x] [])] [(call f x)])]) (call f x)"},
		{"repeat\nlocal x\nuntil x f(x)", "(repeat (local [x] []) x:2) (call f x)"},
		{"repeat\nlocal x\nuntil f(function() return x end)",
			"(repeat (local [x^] []) (call f (function [] [(return x:2)])))"},
		{"repeat\nlocal x until y\nrepeat until x", "(repeat (local [x] []) y) (repeat x)"},

		{"for i = i, i, i do\nf(i) end f(i)", "(for i i i i (call f i:1)) (call f i)"},
		{"for i = 1, 2 do i = i end", "(for i= 1 2 (= [i:1] [i:1]))"},
		{"for i = 1, 2 do\nlocal i = i\ng = function() i = 1 end end",
			"(for i 1 2 (local [i^=] [i:1]) (= [g] [(function [] [(= [i:2] [1])])]))"},
		{"for k,\nv in k, v do f(k, v) end f(k, v)", "(for [k v] [k v] (call f k:1 v:2)) (call f k v)"},
		{"for k, v in f do v = function() return k end end", "(for [k^ v=] [f] (= [v:1] [(function [] [(return " +
			"k:1)])]))"},

		{"local x, y = function()\nlocal x, z\nreturn x end, x\nf(x, y, z)",
			"(local [x y] [(function [] [(local [x z] []) (return x:2)]) x]) (call f x:1 y:1 z)"},
		{"local x\nf{x = x, [x] = x, x.x, x = function() end}",
			`(local [x] []) (call f {"x"=x:1 x:1=x:1 (. x:1 "x") "x"=(function [] [])})`},
		{"local x\nx:x(x)\ngoto x ::x:: f(x)", "(local [x] []) (call (: x:1 x) x:1) (goto x) (label x) (call f x:1)"},
		{"local goto\ngoto = goto", "(local [goto=] []) (= [goto:1] [goto:1])"},
	} {
		t.Run(test.source, func(t *testing.T) {
			chunk, err := syntax.Parse([]byte(test.source), "s", syntax.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := (printer{locals: true}).chunk(chunk); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			for end := range test.source {
				wantSound(t, []byte(test.source[:end]))
			}
		})
	}
}

// Each function knows the one around it, and each local the function that declares it.
func TestFunctions(t *testing.T) {
	source := "local a\nlocal function f(b)\nlocal c = function() local d end\nend\n-- end"
	chunk, err := syntax.Parse([]byte(source), "bot.lua", syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	main := chunk.Main
	if chunk.Name != "bot.lua" || !main.IsVararg || main.Params != nil || main.Parent != nil ||
		main.Line() != 0 || main.LastLine() != 5 {
		t.Errorf("got %q, %+v", chunk.Name, main)
	}
	a, f := main.Body[0].(*syntax.LocalStmt), main.Body[1].(*syntax.LocalFunction)
	c := f.Func.Body[0].(*syntax.LocalStmt)
	inner := c.Values[0].(*syntax.Function)
	d := inner.Body[0].(*syntax.LocalStmt)
	for _, of := range []struct {
		name      string
		got, want *syntax.Function
	}{
		{"a", a.Locals[0].Func, main}, {"f", f.Local.Func, main}, {"b", f.Func.Params[0].Func, f.Func},
		{"c", c.Locals[0].Func, f.Func}, {"d", d.Locals[0].Func, inner},
		{"f's parent", f.Func.Parent, main}, {"its parent", inner.Parent, f.Func},
	} {
		if of.got != of.want {
			t.Errorf("%s is of the function at line %d, want %d", of.name, of.got.Line(), of.want.Line())
		}
	}
}

// Many locals, of one name or of many, side by side or within each other, take no more
// time each than a few do.
func TestManyLocals(t *testing.T) {
	const count, bound = 100_000, 5 * time.Second
	for name, source := range detector.SomeOf(map[string]string{
		"of one name":    strings.Repeat("local a ", count) + "a = a",
		"in one list":    "local a" + strings.Repeat(",a", count) + " = a",
		"parameters":     "function f(a" + strings.Repeat(",a", count) + ") return a end",
		"in many blocks": "local a, b, c " + strings.Repeat("do local a = b end ", count),
		"of many names": func() string {
			var out strings.Builder
			for i := range count {
				fmt.Fprintf(&out, "local a%d ", i)
			}
			return out.String() + "a = a0"
		}(),
	}) {
		start := time.Now()
		if _, err := syntax.Parse([]byte(source), "s", syntax.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > bound {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
