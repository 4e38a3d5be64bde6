package syntax_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

func TestTree(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"", ""},
		{"a = 1", "(= [a] [1])"},
		{"a, b.c, d[e] = 1, nil", "(= [a (. b \"c\") (. d e)] [1 nil])"},
		{"local a", "(local [a] [])"},
		{"local a, b = true, false", "(local [a b] [true false])"},
		{"local f = function() end", "(local [f] [(function [] [])])"},
		{"local function f() return f end", "(local-function f (function [] [(return f)]))"},
		{"function f(a, b) end", "(define f (function [a b] []))"},
		{"function f(...) end", "(define f (function [...] []))"},
		{"function f(a, ...) return ... end", "(define f (function [a ...] [(return ...)]))"},
		{"function a.b.c() end", "(define (. (. a \"b\") \"c\") (function [] []))"},
		{"function a.b:c(x) end", "(define (. (. a \"b\") \"c\") (function [self x] []))"},
		{"do local a end", "(do (local [a] []))"},
		{"while a do b() end", "(while a (call b))"},
		{"while a do break end", "(while a break)"},
		{"repeat local a until a;", "(repeat (local [a] []) a)"},
		{"for i = 1, 2 do end", "(for i 1 2)"},
		{"for i = 1, 2, 3 do f(i) end", "(for i 1 2 3 (call f i))"},
		{"for k, v in a, b do f() end", "(for [k v] [a b] (call f))"},
		{"if a then b() end", "(if a [(call b)] [])"},
		{"if a then elseif b then elseif c then d() else e() end",
			"(if a [] [(if b [] [(if c [(call d)] [(call e)])])])"},
		{"::a:: ::b:: goto a", "(label a) (label b) (goto a)"},
		{"::a:: ::b:: do ::c:: end ::d::", "(label a) (label b) (do (label-at-end c)) (label-at-end d)"},
		{"do ::a:: ::b:: end", "(do (label-at-end a) (label-at-end b))"},
		{"do ::a::; ::b:: end", "(do (label a) (label-at-end b))"},
		{"do ::a:: ::b::; end", "(do (label a) (label b))"},
		{"do ::a:: return end", "(do (label a) (return))"},
		{"repeat ::a:: until b", "(repeat (label a) b)"},
		{"if a then ::b:: elseif c then ::d:: else ::e:: end",
			"(if a [(label-at-end b)] [(if c [(label-at-end d)] [(label-at-end e)])])"},
		{"return", "(return)"},
		{"return a, f();", "(return a (call f))"},
		{"do return end", "(do (return))"},

		{"goto = goto.goto", "(= [goto] [(. goto \"goto\")])"},
		{"goto:goto() x = {goto = goto, goto}", "(call (: goto goto)) (= [x] [{\"goto\"=goto goto}])"},
		{"for goto = 1, 2 do end", "(for goto 1 2)"},
		{"local function goto(goto) goto() end", "(local-function goto (function [goto] [(call goto)]))"},

		{"f() f{} f'x' f[[x]]", `(call f) (call f {}) (call f "x") (call f "x")`},
		{"a.b:c(1, 2):d{}'x'", `(call (call (: (call (: (. a "b") c) 1 2) d) {}) "x")`},
		{"a[1].b[c.d] = 1", `(= [(. (. (. a 1) "b") (. c "d"))] [1])`},
		{"f()\n;(a or b)()", "(call f) (call (or a b))"},
		{"('x'):rep(2)", `(call (: "x" rep) 2)`},
		{"(function() end)()", "(call (function [] []))"},
		{"(f)().x = 1", `(= [(. (call f) "x")] [1])`},

		{"return (f()), (...), (f), ((f())), f()", "(return (1 (call f)) (1 ...) f (1 (call f)) (call f))"},
		{"return a + b * c ^ -d .. 'x'", `(return (.. (+ a (* b (^ c (- d)))) "x"))`},
		{"return a - b - c, a ^ b ^ c, a .. b .. c", "(return (- (- a b) c) (^ a (^ b c)) (.. a b c))"},
		{"return -a ^ b, not a == b, #a + 1", "(return (- (^ a b)) (== (not a) b) (+ (# a) 1))"},
		{"return a .. (b .. c) .. d, (a .. b) .. c", "(return (.. a (.. b c) d) (.. (.. a b) c))"},
		{"return a .. (b .. (c .. d)), a .. (b .. c) + d", "(return (.. a b c d) (.. a (+ (.. b c) d)))"},
		{"return (a + b) * c", "(return (* (+ a b) c))"},
		{"return a or b and c == d, a and b or c", "(return (or a (and b (== c d))) (or (and a b) c))"},
		{"return a < b == c > d, a ~= b, a <= b, a >= b", "(return (> (== (< a b) c) d) (~= a b) (<= a b) (>= a b))"},
		{"return a / b % c", "(return (% (/ a b) c))"},

		{"return {}, {1}, {1,}, {1; 2,}", "(return {} {1} {1} {1 2})"},
		{"return {a = 1, ['b'] = 2, [c] = d, e, f()}", `(return {"a"=1 "b"=2 c=d e (call f)})`},
		{"return 0x1P-2, .5, 1., 0b11, 1e+5", "(return 0.25 0.5 1 3 100000)"},
		{"-- a\nx = --[[ b\n]] 1 --[==[ ]] ]=] ]==]", "(= [x] [1])"},
		{"--[=x\nreturn--", "(return)"},
		{"x = é_1", "(= [x] [é_1])"},
	} {
		t.Run(test.source, func(t *testing.T) {
			chunk, err := syntax.Parse([]byte(test.source), "s", syntax.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := (printer{}).chunk(chunk); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			for end := range test.source {
				wantSound(t, []byte(test.source[:end]))
			}
		})
	}
}

func TestStrings(t *testing.T) {
	for source, want := range map[string]string{
		`"a'b"`:                          "a'b",
		`'a"b'`:                          `a"b`,
		`"\a\b\f\n\r\t\v\\\"\'"`:         "\a\b\f\n\r\t\v\\\"'",
		`"\65\0659\0\255"`:               "A\x419\x00\xff",
		`"\x41\xfF"`:                     "A\xff",
		`"\u{48}\u{20AC}\u{000010ffff}"`: "H€\U0010ffff",
		"\"a\\z \t\r\n\v\f\n b\"":        "ab",
		"'a\\z'":                         "a",
		"'a\\\nb\\\r\nc\\\rd\\\n\re'":    "a\nb\nc\nd\ne",
		"'\x00\x80\xff'":                 "\x00\x80\xff",
		"[[a]b]]":                        "a]b",
		"[[\na\n]]":                      "a\n",
		"[[\r\n\r\na\rb\n\rc\n\n]]":      "\na\nb\nc\n\n",
		"[==[a]]b]=]c]]==]":              "a]]b]=]c]",
		`[[\n]]`:                         `\n`,
		"[[]]":                           "",
	} {
		chunk, err := syntax.Parse([]byte("return "+source), "s", syntax.Options{})
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if got := chunk.Main.Body[0].(*syntax.Return).Values[0].(*syntax.String).Value; got != want {
			t.Errorf("%q: got %q, want %q", source, got, want)
		}
	}
}

// All bytes but the quote, the backslash and the line breaks are read as they are.
func TestStringBytes(t *testing.T) {
	for b := range 256 {
		if strings.ContainsRune("'\\\r\n", rune(b)) {
			continue
		}
		source := []byte{'f', '\'', byte(b), '\''}
		chunk, err := syntax.Parse(source, "s", syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		argument := chunk.Main.Body[0].(*syntax.CallStmt).Call.Args[0].(*syntax.String)
		if argument.Value != string([]byte{byte(b)}) {
			t.Errorf("byte %d: got %q", b, argument.Value)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"x =", "1: unexpected symbol near '<eof>'"},
		{"x =\n\n", "3: unexpected symbol near '<eof>'"},
		{"x y", "1: '=' expected near 'y'"},
		{"x", "1: '=' expected near '<eof>'"},
		{";", "1: unexpected symbol near ';'"},
		{"x = 1;;", "1: unexpected symbol near ';'"},
		{"return;;", "1: '<eof>' expected near ';'"},
		{"return return", "1: unexpected symbol near 'return'"},
		{"return 1 2", "1: '<eof>' expected near '2'"},
		{"end", "1: '<eof>' expected near 'end'"},
		{"while true do break local x end", "1: 'end' expected near 'local'"},
		{"if x then", "1: 'end' expected near '<eof>'"},
		{"if x\nthen\n", "3: 'end' expected (to close 'if' at line 1) near '<eof>'"},
		{"if x then else elseif", "1: 'end' expected near 'elseif'"},
		{"if a = b then end", "1: 'then' expected near '='"},
		{"\nrepeat\nx()", "3: 'until' expected (to close 'repeat' at line 2) near '<eof>'"},
		{"f(\n\n x y", "3: ')' expected (to close '(' at line 1) near 'y'"},
		{"x = {\n1", "2: '}' expected (to close '{' at line 1) near '<eof>'"},
		{"x = [[\n]] function f()\n", "3: 'end' expected (to close 'function' at line 2) near '<eof>'"},
		{"x[\n1\n", "3: ']' expected near '<eof>'"},
		{"for", "1: '<name>' expected near '<eof>'"},
		{"for i", "1: '=' or 'in' expected near '<eof>'"},
		{"for i = 1 do end", "1: ',' expected near 'do'"},
		{"for i, j = 1", "1: 'in' expected near '='"},
		{"function f(1)", "1: <name> or '...' expected near '1'"},
		{"function f(a,", "1: <name> or '...' expected near '<eof>'"},
		{"function f(..., a)", "1: ')' expected near ','"},
		{"function a:b.c()", "1: '(' expected near '.'"},
		{"local function end", "1: '<name>' expected near 'end'"},
		{"local a.b = 1", "1: unexpected symbol near '.'"},
		{"x.end = 1", "1: '<name>' expected near 'end'"},
		{"x = {end = 1}", "1: unexpected symbol near 'end'"},
		{"goto goto", "1: '=' expected near 'goto'"},
		{"::1::", "1: '<name>' expected near '1'"},
		{"::a", "1: '::' expected near '<eof>'"},
		{"a.b:c = 1", "1: function arguments expected near '='"},
		{"f\n(x)", "2: ambiguous syntax (function call x new statement) near '('"},
		{"(a) = 1", "1: syntax error near '='"},
		{"a, (b) = 1", "1: syntax error near '='"},
		{"a, f() = 1", "1: syntax error near '='"},
		{"f() = 1", "1: unexpected symbol near '='"},
		{"(f())", "1: syntax error near '<eof>'"},
		{"'x':rep(3)", "1: unexpected symbol near ''x''"},
		{"function f() return ... end", "1: cannot use '...' outside a vararg function near '...'"},
		{"function f(...) return function() return ... end end", "1: cannot use '...' outside a vararg function " +
			"near '...'"},

		{"x = 'open", "1: unfinished string near '<eof>'"},
		{"x = \"a\nb\"", "1: unfinished string near '\"a'"},
		{"x = 'a\\0b\n", "1: unfinished string near ''a'"},
		{"x = 'a\\z\n\n", "3: unfinished string near '<eof>'"},
		{"x = '\\", "1: unfinished string near '<eof>'"},
		{"x = [[open\n", "2: unfinished long string near '<eof>'"},
		{"--[==[ open\r\n]=]", "2: unfinished long comment near '<eof>'"},
		{"x = [==", "1: invalid long string delimiter near '[=='"},
		{"x = '\\400'", "1: invalid escape sequence near '''"},
		{"x = 'a\\q'", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\x4g'", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\u41'", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\u{}'", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\u{41", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\u{110000}'", "1: invalid escape sequence near ''a'"},
		{"x = 'a\\u{d800}'", "1: invalid escape sequence near ''a'"},
		{"x = 3x", "1: malformed number near '3x'"},
		{"x = 1..2", "1: malformed number near '1..2'"},
		{"x = 1e+", "1: malformed number near '1e+'"},
		{"x = 0x", "1: malformed number near '0x'"},
		{"x = 1LL", "1: malformed number near '1LL'"},
		{"x = {a 1LL}", "1: malformed number near '1LL'"}, // in the token looked ahead to
		{"local [==[\r\na\r\nb]==]", "3: '<name>' expected near '[==[a\nb]==]'"},
		{"local 'a\x00b'", "1: '<name>' expected near ''a'"},
		{"x = @", "1: unexpected symbol near '@'"},
		{"x = a ~ b", "1: unexpected symbol near '~'"},
		{"x = \x01", "1: unexpected symbol near 'char(1)'"},
		{"x = \x7f", "1: unexpected symbol near 'char(127)'"},
		{"x = \x00", "1: unexpected symbol"},
		{"x \x00 y", "1: '=' expected"},
	} {
		chunk, err := syntax.Parse([]byte(test.source), "s", syntax.Options{})
		if err == nil || chunk != nil {
			t.Errorf("%q was accepted", test.source)
			continue
		}
		if got := err.Error(); got != "s:"+test.want {
			t.Errorf("%q\ngot  %s\nwant s:%s", test.source, got, test.want)
		}
	}
}

func TestErrorType(t *testing.T) {
	_, err := syntax.Parse([]byte("\nx y"), "bot.lua", syntax.Options{})
	var failure *syntax.Error
	want := syntax.Error{Name: "bot.lua", Line: 2, Message: "'=' expected near 'y'"}
	if !errors.As(err, &failure) || *failure != want {
		t.Errorf("got %#v", err)
	}
}

// FuzzParse: whatever the source, it is either refused with a line of its own, or each
// node of its tree has one.
func FuzzParse(f *testing.F) {
	for _, source := range []string{
		"local function f(a, ...) return ... end",
		"for i = 1, 2 do t[i].x = f{y = i, [z] = 'w'} end",
		"if a then goto b elseif not c then ::b:: else repeat until -d ^ #e .. [[f]] end",
		"x = (a and b or c == d):e '\\x41\\u{20AC}\\z\r\n\\65' --[==[\n]==]",
		"while 0x1p4 <= 1e-3 do break end return",
	} {
		f.Add([]byte(source))
	}
	f.Fuzz(wantSound)
}

// wantSound fails unless the results of Parse for source are as its contract promises for
// any source.
func wantSound(t *testing.T, source []byte) {
	const enough = 10_000 // bytes: the printer joins strings, a chain takes it the square of its length
	if len(source) > enough {
		return
	}
	lines := 1 + strings.Count(string(source), "\n") + strings.Count(string(source), "\r")
	wantLine := func(line int) {
		if line < 1 || line > lines {
			t.Errorf("%q: line %d of at most %d", source, line, lines)
		}
	}
	options, charged := limit(math.MaxInt)
	chunk, err := syntax.Parse(source, "s", options)
	if most := slab + 200*len(source); *charged > most {
		t.Errorf("%q: %d bytes charged, at most %d expected", source, *charged, most)
	}
	if err == nil {
		printer{lines: true, line: wantLine}.chunk(chunk)
		return
	}
	var failure *syntax.Error
	if !errors.As(err, &failure) || chunk != nil || failure.Message == "" {
		t.Errorf("%q: got %v, %#v", source, chunk, err)
		return
	}
	wantLine(failure.Line)
}
