package code_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// names is a list of n names that are all different.
func names(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("a%d", i)
	}
	return strings.Join(list, ", ")
}

// Code that cannot be compiled, in LuaJIT's words. The package of the syntax tests its
// own limits.
func TestErrors(t *testing.T) {
	locals := func(n int) string { return "local " + names(n) + "\n" }
	sum := func(n int) string { return strings.ReplaceAll(names(n), ", ", "+") }
	for _, c := range detector.Some([]struct{ name, source, want string }{
		{"break outside", "break", "1: no loop to break"},
		{"break in a function in a loop", "while x do\nlocal f = function() break end end", "2: no loop to break"},
		{"no label", "\ngoto a", "2: undefined label 'a'"},
		{"a label in a block beside", "do goto a end do ::a:: end", "1: undefined label 'a'"},
		{"a label of the function around", "::a:: local f = function()\ngoto a end", "2: undefined label 'a'"},
		{"a label twice", "::a::\n::a::", "2: duplicate label 'a'"},
		{"a label in a block within", "::a:: do ::a:: end", ""},
		{"into a local", "goto a\nlocal x ::a:: x = 1", "1: <goto a> jumps into the scope of local 'x'"},
		{"into a local, out of a block", "do goto a end\nlocal x ::a:: print(x)", "1: <goto a> jumps into the scope " +
			"of local 'x'"},
		{"to the end of the block", "goto a local x ::a::", ""},
		{"to the end of the block, labels behind", "goto a local x ::a:: ::b::", ""},
		{"to the end of the block, a semicolon behind", "do goto a local x ::a::; end", "1: <goto a> jumps into the " +
			"scope of local 'x'"},
		{"to the end of repeat", "repeat goto a\nlocal x ::a:: until x", "1: <goto a> jumps into the scope of " +
			"local 'x'"},

		{"200 locals", locals(200), ""},
		{"201 locals", locals(201), "1: main function has more than 200 local variables"},
		{"201 locals of a function", "\nfunction f() " + locals(201) + " end", "2: function at line 2 has more than " +
			"200 local variables"},
		{"200 locals in two blocks", locals(199) + "do local x end do local y end", ""},
		{"hidden locals of a loop", locals(197) + "for i = 1, 2 do end", "2: main function has more than 200 local " +
			"variables"},
		{"201 parameters", "function f(" + names(201) + ") end", "1: function at line 1 has more than 200 local " +
			"variables"},
		{"60 upvalues", locals(60) + "function f()\nreturn " + sum(60) + " end", ""},
		{"61 upvalues", locals(61) + "function f()\nreturn " + sum(61) + " end", "3: function at line 2 has " +
			"more than " +
			"60 upvalues"},
		{"61 upvalues through a function", locals(61) + "function f()\nreturn function() return " + sum(61) +
			" end end",
			"3: function at line 2 has more than 60 upvalues"},
		{"too many arguments", "f(" + strings.Repeat("a, ", 300) + "a)", "1: function or expression too complex"},
		{"too many results", "local " + names(199) + " = f() a = {" + strings.Repeat("{", 60) +
			strings.Repeat("}", 60) +
			"}", "1: function or expression too complex"},
		{"a long loop", "for i = 1, 2 do\n" + strings.Repeat("t[1] = t[2]\n", 50_000) + "end",
			"50002: control structure too long"},
		{"a long loop of another kind", "while true do\n" + strings.Repeat("t[1] = t[2]\n", 50_000) + "end", ""},
		{"many jumps that wait", strings.Repeat("if x then goto a end ", 1<<14) + "::a::", ""},
		{"too many jumps that wait", "\n" + strings.Repeat("if x then goto a end ", 1<<14+1) + "::a::",
			"2: main function has more than 16384 open jumps"},
	}) {
		t.Run(c.name, func(t *testing.T) {
			chunk, err := syntax.Parse([]byte(c.source), "x", syntax.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = code.Compile(chunk, code.Options{Source: "=x"})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%.60q: %v", c.source, err)
			case c.want != "" && (err == nil || err.Error() != "x:"+c.want):
				t.Errorf("%.60q: %v, want %s", c.source, err, c.want)
			}
		})
	}
}

// A charge that is refused ends the compilation with its error, wherever that is.
func TestChargeRefused(t *testing.T) {
	source := "local t = {" + strings.Repeat("function(a) return a + b.c, 'x', 1.5 end, ", 300) + "}"
	chunk, err := syntax.Parse([]byte(source), "x", syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	total, calls := 0, 0
	if _, err := code.Compile(chunk, code.Options{Charge: func(bytes int) error { total += bytes; calls++; return nil }}); err != nil {
		t.Fatal(err)
	}
	if total < 300*500 || calls < 10 {
		t.Errorf("%d bytes in %d charges for 300 functions", total, calls)
	}
	refused := errors.New("refused")
	for allowed := range calls {
		left := allowed
		_, err := code.Compile(chunk, code.Options{Charge: func(int) error {
			if left--; left < 0 {
				return refused
			}
			return nil
		}})
		if err != refused {
			t.Fatalf("after %d charges: error %v", allowed, err)
		}
	}
}
