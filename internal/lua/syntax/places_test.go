package syntax_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// Place gets the first byte of each name, literal, function, constructor and operation
// with one operand.
func TestPlaces(t *testing.T) {
	source := "\n local id = a.b [ \"c\" ]:d(-1, not x, #y, {k = nil, [ 2] = true, 'p'},\n" +
		"function(...) return ... end, [[q]]) function e.f:g() end local function h() end e\"\\x41\""
	var got []string
	_, err := syntax.Parse([]byte(source), "s", syntax.Options{Place: func(expr syntax.Expr, start int) {
		got = append(got, fmt.Sprintf("%.4s %s", strings.TrimPrefix(fmt.Sprintf("%T", expr), "*syntax."),
			strings.Trim(source[start:min(start+3, len(source))], " \n")))
	}})
	want := `Name a.b, Stri b [, Stri "c", Numb 1,, Minu -1,, Name x,, Not not, Name y,, Leng #y,, Tabl {k, Stri k =, ` +
		`Nil nil, Numb 2], True tru, Stri 'p', Vara ..., Func fun, Stri [[q, Name e.f, Stri f:g, Stri g(), Name e"\, ` +
		`Stri "\x`
	if got := strings.Join(got, ", "); err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

// An error that names a token has the column of its first byte, if it is on the line of
// the error.
func TestColumnsOfErrors(t *testing.T) {
	for source, want := range map[string]string{
		"x y":                                  "1:3: '=' expected near 'y'",
		"\r\n  x = = 1":                        "2:7: unexpected symbol near '='",
		"\x01 = 1":                             "1:1: unexpected symbol near 'char(1)'",
		"print(":                               "1:7: unexpected symbol near '<eof>'",
		"if x then\n\n":                        "3:1: 'end' expected (to close 'if' at line 1) near '<eof>'",
		"\tx = 'abc":                           "1:6: unfinished string near '<eof>'",
		"x = 'abc\n":                           "1:5: unfinished string near ''abc'",
		"x = 1z":                               "1:5: malformed number near '1z'",
		"x = [==[\n\n":                         "3:0: unfinished long string near '<eof>'",
		"return 1 [[\n]]":                      "2:0: '<eof>' expected near '[[]]'",
		"return ...,function() return ... end": "1:30: cannot use '...' outside a vararg function near '...'",
	} {
		_, err := syntax.Parse([]byte(source), "s", syntax.Options{Place: func(syntax.Expr, int) {}})
		var wrong *syntax.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if got := fmt.Sprintf("%d:%d: %s", wrong.Line, wrong.Column, wrong.Message); got != want {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
	}
}
