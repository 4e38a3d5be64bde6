package syntax_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// The lines of nodes are those on which LuaJIT reports errors. TestLinesInLuaJIT of
// package interop holds many more to a real luajit. A node is written node@line, or
// node@line-lastLine if the two differ.
func TestLines(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"x = a\n+\nb", "(= [x@3-1] [(+ a@2-1 b@3)@3])@3"},
		{"x = -\na\n.b", "(= [x@3-1] [(- (. a@2 \"b\"@3)@3)@3])@3"},
		{"x = 'a'\n..\nb\n..\n'c'", "(= [x@5-1] [(.. \"a\"@1 b@4-3 \"c\"@5)@5])@5"},
		{"x = a ..\n(\nb ..\nc\n)", "(= [x@5-1] [(.. a@1 b@3 c@4)@4-5])@5"},
		{"x = (\na ..\nb\n) ..\nc", "(= [x@5-1] [(.. (.. a@2 b@3)@3-4 c@5)@5])@5"},
		{"x = 1 <\na\nand\nb", "(= [x@4-1] [(and (< 1@1 a@2)@2 b@4)@4])@4"},
		{"x = not\na\n;y = 1", "(= [x@2-1] [(not a@2)@2])@2 (= [y@3] [1@3])@3"},
		{"x = (\na\n)", "(= [x@3-1] [a@3])@3"},
		{"x = a\n.\nb\n.\nc", "(= [x@5-1] [(. (. a@1 \"b\"@3)@3 \"c\"@5)@5])@5"},
		{"x = a\n[\nb\n]", "(= [x@4-1] [(. a@1 b@3)@4])@4"},

		{"f(\na.b\n)", "(call f@1 (. a@2 \"b\"@2)@3-2)@1-3"},
		{"f(a\n,\nb\n,\n1)", "(call f@1 a@2-1 b@4-3 1@5)@1-5"},
		{"a\n.b(\n1)", "(call (. a@1 \"b\"@2)@2 1@3)@2-3"},
		{"a\n:b(\n1)", "(call (: a@2-1 b) 1@3)@2-3"},
		{"f\n{\n}", "(call f@1 {}@2-3)@2-3"},
		{"f\n[[\n]]", "(call f@1 \"\"@3)@3"},
		{"return f(\n1\n)", "(return (call f@1 1@2)@1-3)@3"},
		{"return\na\n", "(return a@2)@2"},

		{"a\n.b, c\n=\n1,\n2", "(= [(. a@1 \"b\"@2)@5-2 c@5-2] [1@4 2@5])@5"},
		{"x = {\n1,\n[a\n]\n=\nb\n,\nc\n=\nd\n}", "(= [x@11-1] [{1@2 a@3=b@6 \"c\"@9=d@10}@1-11])@11"},
		{"x = {[f(\n)] = (f(\n\n))}", "(= [x@4-1] [{(call f@1)@1-2=(1 (call f@2))@2-4}@1-4])@4"},

		{"if\na\nthen\nelseif b then\nend", "(if a@2 [] [(if b@4 [] [])@4-5])@1-5"},
		{"while\na\ndo\nend", "(while a@2)@1-4"},
		{"repeat\nuntil\na\n", "(repeat a@3)@1-2"},
		{"do\nend", "(do)@1-2"},
		{"for i =\na,\nb\ndo\nend", "(for i a@2 b@3)@4-5"},
		{"for i\nin\n\na\ndo\nend", "(for [i] [a@4])@4-6"},
		{"goto\nx", "(goto x)@2"},
		{"::\nx\n::", "(label-at-end x)@3"},
		{"\nbreak\n;", "break@2"},

		{"x = function\n(\n)\nend", "(= [x@4-1] [(function [] [])@2-4])@4"},
		{"x = (function()\nend\n)", "(= [x@3-1] [(function [] [])@1-2])@3"},
		{"function\nf\n(\n)\nend", "(define f@1-2 (function [] [])@1-5)@1-5"},
		{"function\na\n.b\n.c()\nend", "(define (. (. a@2 \"b\"@3)@3 \"c\"@4)@1-4 (function [] [])@1-5)@1-5"},
		{"function a\n.b\n:c()\nend", "(define (. (. a@1 \"b\"@2)@2 \"c\"@3)@1-3 (function [self] [])@1-4)@1-4"},
		{"local function\nf\n(\n)\nend", "(local-function f (function [] [])@3-5)@1-5"},

		{"-- a\r\n--[[\n\r\r]] x = [[\r\n\n]] y = 'a\\\r\nb\\z\n\n' z()",
			"(= [x@6-4] [\"\\n\"@6])@6 (= [y@9-6] [\"a\\nb\"@9])@9 (call z@9)@9"},
	} {
		t.Run(test.source, func(t *testing.T) {
			chunk, err := syntax.Parse([]byte(test.source), "s", syntax.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := (printer{lines: true}).chunk(chunk); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
