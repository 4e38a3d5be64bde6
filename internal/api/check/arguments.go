package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// judgeArguments looks at how many arguments a call of one of our functions has, of which
// types, and at the names and words in them, as far as they can be seen.
func (s *script) judgeArguments(c call, name string, params []luaapi.Param) []Finding {
	findings := s.judgeTypes(c, name, params)
	for i, param := range params {
		arg := valueAt(c.expr.Args, i)
		if arg == nil {
			break
		}
		if param.Callbacks != nil {
			findings = append(findings, s.callbacks(param.Callbacks, arg)...)
		}
		if param.Options != nil {
			findings = append(findings, s.options(param.Options, param.Heading, arg)...)
		}
		findings = append(findings, s.words(param.Name, param.Type, arg)...)
	}
	return findings
}

// judgeTypes looks at the number of arguments, and at their types.
func (s *script) judgeTypes(c call, name string, params []luaapi.Param) []Finding {
	args := c.expr.Args
	least, most := bounds(params)
	given := len(args)
	open := given > 0 && severalValues(args[given-1]) // how many there are is not to be seen
	if open {
		given--
	}
	switch {
	case given < least && !open:
		return []Finding{c.finding("%s lacks its argument %d, '%s': write %s", name, given+1, params[given].Name,
			signature(name, params))}
	case most >= 0 && given > most && !onlyNil(args[most:given]):
		return []Finding{c.finding("%s gets %s, and takes %d: write %s", name, counted(given), most,
			signature(name, params))}
	}
	for i := range min(given, len(params)) {
		if params[i].Name == "..." {
			break
		}
		if s.fits(args[i], params, i) {
			continue
		}
		if i+1 < len(args) && i+1 < len(params) && s.fits(args[i], params, i+1) && s.fits(args[i+1], params, i) {
			return []Finding{s.at(args[i]).finding("arguments %d and %d of %s are swapped: write %s", i+1, i+2, name,
				signature(name, params))}
		}
		return []Finding{s.at(args[i]).finding("argument %d of %s, '%s', is %s: %s expected", i+1, name,
			params[i].Name, withArticle(s.kindOf(args[i])), expected(params[i]))}
	}
	return nil
}

// bounds are how many arguments parameters want at least, and at most; -1 for any number.
func bounds(params []luaapi.Param) (least, most int) {
	for i, p := range params {
		if p.Name == "..." {
			return least, -1
		}
		if !p.Optional {
			least = i + 1
		}
	}
	return least, len(params)
}

// severalValues reports whether an expression at the end of a list may give any number of
// values.
func severalValues(expr syntax.Expr) bool {
	switch expr := expr.(type) {
	case *syntax.Call:
		return !expr.Single
	case *syntax.Vararg:
		return !expr.Single
	}
	return false
}

func onlyNil(args []syntax.Expr) bool {
	for _, arg := range args {
		if _, isNil := arg.(*syntax.Nil); !isNil {
			return false
		}
	}
	return true
}

func counted(arguments int) string {
	if arguments == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", arguments)
}

// signature is how a call is written: f(a [, b]).
func signature(name string, params []luaapi.Param) string {
	var b strings.Builder
	b.WriteString(name + "(")
	optional := 0
	for i, p := range params {
		switch {
		case p.Optional && i > 0:
			b.WriteString(" [, ")
		case p.Optional:
			b.WriteString("[")
		case i > 0:
			b.WriteString(", ")
		}
		if p.Optional {
			optional++
		}
		b.WriteString(p.Name)
	}
	b.WriteString(strings.Repeat("]", optional) + ")")
	return b.String()
}

// kind is the type of a value, as Lua calls it; "" if it is not to be seen.
type kind string

// kindOf is the type that an expression certainly has.
func (s *script) kindOf(expr syntax.Expr) kind {
	switch expr := expr.(type) {
	case *syntax.Nil:
		return "nil"
	case *syntax.True, *syntax.False, *syntax.Not, *syntax.Compare:
		return "boolean"
	case *syntax.Number:
		return "number"
	case *syntax.Minus:
		return s.kindOf(expr.Operand) // of a number it is one; a metamethod needs a table
	case *syntax.String:
		return "string"
	case *syntax.Function:
		return "function"
	case *syntax.Table:
		return "table"
	case *syntax.Name:
		v := s.variable(expr)
		if v.global && len(v.values) == 0 && luaapi.IsFunction(v.name) {
			return "function"
		}
		return s.kindOfAll(v.values)
	}
	return ""
}

// kindOfAll is the type of a variable that holds one of some values. It has to be seen in
// literals: a variable is followed once.
func (s *script) kindOfAll(values []syntax.Expr) (all kind) {
	for i, value := range values {
		switch value.(type) {
		case *syntax.Number, *syntax.String, *syntax.Function:
		default:
			return "" // tables, too: one may get a metatable that makes it callable
		}
		one := s.kindOf(value)
		if i > 0 && one != all {
			return ""
		}
		all = one
	}
	return all
}

// fits reports whether an argument may stand for a parameter.
func (s *script) fits(arg syntax.Expr, params []luaapi.Param, i int) bool {
	is := s.kindOf(arg)
	switch {
	case is == "":
		return true
	case is == "nil":
		return params[i].Optional || params[i].Type == "any"
	case is == "function" && params[i].Optional:
		for _, later := range params[i+1:] { // what is optional may be left out before a function
			if strings.HasPrefix(later.Type, "fun(") {
				return true
			}
		}
	}
	if isTable(params[i]) {
		return is == "table"
	}
	for piece := range alternatives(params[i].Type) {
		if takes(piece, is, arg) {
			return true
		}
	}
	return false
}

// isTable reports whether a parameter is a table of our description.
func isTable(p luaapi.Param) bool { return p.Options != nil || p.Callbacks != nil }

// alternatives yields the types in a|b|c.
func alternatives(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		depth, begin := 0, 0
		for i, c := range text {
			switch c {
			case '<', '(', '{':
				depth++
			case '>', ')', '}':
				depth--
			case '|':
				if depth == 0 {
					if !yield(text[begin:i]) {
						return
					}
					begin = i + 1
				}
			}
		}
		yield(text[begin:])
	}
}

// takes reports whether a parameter of a type of the Lua language server takes a value.
// As in Lua a number is good for a string, and a string that spells a number for a
// number. Types that it does not know, and booleans, take everything.
func takes(text string, is kind, arg syntax.Expr) bool {
	switch {
	case text == "string":
		return is == "string" || is == "number"
	case text == "number" || text == "integer":
		return is == "number" || is == "string" && spellsNumber(arg)
	case text == "function", strings.HasPrefix(text, "fun("):
		return is == "function" || is == "table"
	case text == "table":
		return is == "table"
	case text == luaapi.HandleType:
		return false
	}
	return true
}

// spellsNumber reports whether a string may be used as a number; one in a variable is not
// looked at.
func spellsNumber(arg syntax.Expr) bool {
	text, literal := stringOf(arg)
	if !literal {
		return true
	}
	text = strings.ToLower(strings.TrimSpace(text))
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || strings.HasPrefix(strings.TrimLeft(text, "+-"), "0x")
}

// expected is the type of a parameter in the words of Lua's errors.
func expected(p luaapi.Param) string {
	if isTable(p) {
		return "table"
	}
	var words []string
	for piece := range alternatives(p.Type) {
		switch {
		case piece == "integer":
			piece = "number"
		case strings.HasPrefix(piece, "fun("):
			piece = "function"
		case piece == luaapi.HandleType:
			piece = "handle"
		case strings.HasPrefix(piece, "tidewire."):
			piece = "table"
		}
		words = append(words, piece)
	}
	return strings.Join(words, " or ")
}

func withArticle(is kind) string {
	if is == "nil" {
		return "nil"
	}
	return "a " + string(is)
}
