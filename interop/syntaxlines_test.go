//go:build interop

package interop

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"

	"github.com/tidewire/tidewire/internal/luasyntax"
)

const layoutsPerStatement = 150

// The nodes of our trees are on the lines of the instructions that a real luajit makes of them, wherever the line breaks
// are. An instruction and a node are compared by what they do, such as "call 3": what LuaJIT folds, or puts into a
// template, does not occur in the statements.
func TestLinesInLuaJIT(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var sources []string
	for _, statement := range statements {
		sources = append(sources, statement)
		for range layoutsPerStatement {
			sources = append(sources, layout(random, statement))
		}
	}
	compared := 0
	for i, answer := range askLuaJIT(t, linesDriver, sources) {
		if strings.HasPrefix(answer, "s:") {
			t.Fatalf("%q: luajit %s", sources[i], answer)
		}
		chunk, err := luasyntax.Parse([]byte(sources[i]), "s")
		if err != nil {
			t.Fatalf("%q: %v", sources[i], err)
		}
		var ours effects
		ours.walk(reflect.ValueOf(chunk))
		theirs := strings.Fields(answer)
		slices.Sort(ours)
		slices.Sort(theirs)
		if !slices.Equal(ours, theirs) {
			t.Errorf("%q\nluajit %v\nours   %v", sources[i], theirs, ours)
		}
		compared += len(theirs)
	}
	t.Logf("%d sources, %d instructions", len(sources), compared)
}

// statements have a space wherever a line may break. Names that begin with l are local.
var statements = []string{
	"x = a + b * c - d",
	"x = a .. b.c .. d [ e ] .. f",
	"x = - a . b ^ # c . d",
	"x = not a . b",
	"x , y . z , w [ v ] = a . b , c",
	"x = a . b < c . d",
	"x = a . b == c . d",
	"x = a . b and c . d or e . f",
	"x = ( a . b ) . c + ( d )",
	"x = ( a and b . c ) . d",
	"x = { a = b , [ c . d ] = e . f , g = { h = i . j } }",
	"x = { [ a . b ] = f( c . d ) , g = h }",
	"f( a , b . c , d [ e ] )",
	"f( a . b )( c . d ).e( f )",
	"a . b : c( d , e . f ): g()",
	"a . b { c = d } . e ( f )",
	"x = f( ( a . b ) , ( g( c ) ) )",
	"return a . b , c",
	"return f( a . b )",
	"return a . b : c( d )",
	"return ( f( a ) )",
	"return a + b , f( c )",
	"local lx , ly = a , b . c",
	"local lx = f( a ) lx . y = lx . z",
	"local lx = a lx = lx + b",
	"if a . b then c() elseif d . e < f then g() else h() end",
	"while a . b do c() end",
	"repeat a() until b . c == d . e",
	"for lx = a . b , c , d . e do f( lx ) end",
	"for lx , ly in a . b , c do f( lx ) end",
	"for lx in pairs( a . b ) do f( lx ) end",
	"do a() ; b() end",
	"function f () g( a . b ) end",
	"function a . b . c () return d . e end",
	"function a . b : c ( lx ) return lx . d end",
	"local function lf ( lx ) return lx . a , b end lf( c )",
	"x = function ( lx , ... ) f( lx . y , a ) end",
	"f( function ( ) g( a . b ) end , c . d )",
	"goto lx a() :: lx :: b()",
	"x = a ^ b ^ c . d",
	"x = a . b <= c ~= d . e",
	"x = a >= b > c",
	"x . y . z = a . b . c . d",
	"x [ a . b ] [ c ] . d = e [ f [ g ] ]",
}

// layout breaks lines where a statement has spaces.
func layout(random *rand.Rand, statement string) string {
	var out strings.Builder
	pieces := strings.Fields(statement)
	for i, piece := range pieces {
		out.WriteString(piece)
		switch next := append(pieces, "")[i+1]; {
		case next == "(" && opensArguments(piece), random.IntN(3) > 0:
			out.WriteString(" ")
		default:
			out.WriteString("\n")
		}
	}
	return out.String()
}

// opensArguments reports whether a '(' behind a piece would be the ambiguous one if it began a line.
func opensArguments(piece string) bool {
	last := piece[len(piece)-1]
	return piece != "function" && piece != "return" && (last == '}' || last == ')' || last == ']' || 'a' <= last && last <= 'z')
}

const linesDriver = `
local util, names = require "jit.util", require("jit.vmdef").bcnames
local kinds = {
  GGET = "global", GSET = "setglobal", TGETV = "index", TGETS = "index", TSETV = "setindex", TSETS = "setindex", CALL = "call",
  CALLM = "call", CALLT = "call", CALLMT = "call", ITERC = "call", ITERN = "call", FORI = "for", ADDVV = "arithmetic",
  SUBVV = "arithmetic", MULVV = "arithmetic", DIVVV = "arithmetic", MODVV = "arithmetic", POW = "arithmetic", UNM = "arithmetic",
  CAT = "concat", LEN = "length", NOT = "not", ISLT = "compare", ISGE = "compare", ISLE = "compare", ISGT = "compare",
  ISEQV = "compare", ISNEV = "compare",
}
local function effects(f, out)
  for pc = 1, math.huge do
    local instruction = util.funcbc(f, pc)
    if not instruction then break end
    local at = bit.band(instruction, 255) * 6
    local kind = kinds[names:sub(at + 1, at + 6):gsub(" ", "")]
    if kind then out[#out + 1] = kind .. "@" .. util.funcinfo(f, pc).currentline end
  end
  local info = util.funcinfo(f)
  out[#out + 1] = info.linedefined > 0 and "function@" .. info.linedefined .. "-" .. info.lastlinedefined or nil
  for n = -1, -math.huge, -1 do
    local inner = util.funck(f, n)
    if inner == nil then break end
    if type(inner) == "proto" then effects(inner, out) end
  end
  return out
end
for length in io.lines() do
  local f, answer = loadstring(io.read(tonumber(length)), "=s")
  answer = answer or table.concat(effects(f, {}), " ")
  io.write(#answer, "\n", answer)
end`

// effects are what the nodes of a tree do, with their lines, in the words of linesDriver.
type effects []string

func (e *effects) add(kind string, line int) { *e = append(*e, fmt.Sprintf("%s@%d", kind, line)) }

// walk goes over all nodes below value.
func (e *effects) walk(value reflect.Value) {
	switch value.Kind() {
	case reflect.Interface, reflect.Pointer:
		if value.IsNil() {
			return
		}
		if value.Kind() == reflect.Pointer && e.node(value.Interface()) {
			return
		}
		e.walk(value.Elem())
	case reflect.Slice:
		for i := range value.Len() {
			e.walk(value.Index(i))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				e.walk(value.Field(i))
			}
		}
	}
}

// node notes what a node does itself. It reports true if it has also walked what is below.
func (e *effects) node(node any) bool {
	switch n := node.(type) {
	case *ast.IdentExpr:
		if !strings.HasPrefix(n.Value, "l") {
			e.add("global", n.Line())
		}
	case *ast.AttrGetExpr:
		e.add("index", n.Line())
	case *ast.ArithmeticOpExpr:
		e.add("arithmetic", n.Line())
	case *ast.UnaryMinusOpExpr:
		e.add("arithmetic", n.Line())
	case *ast.UnaryLenOpExpr:
		e.add("length", n.Line())
	case *ast.UnaryNotOpExpr:
		e.add("not", n.Line())
	case *ast.RelationalOpExpr:
		e.add("compare", n.Line())
	case *ast.NumberForStmt:
		e.add("for", n.Line())
	case *ast.GenericForStmt:
		e.add("call", n.Line())
	case *ast.FunctionExpr:
		*e = append(*e, fmt.Sprintf("function@%d-%d", n.Line(), n.LastLine()))
	case *ast.StringConcatOpExpr:
		e.concat(n)
		return true
	case *ast.FuncCallExpr:
		e.add("call", n.Line())
		if n.Method != "" {
			e.add("index", n.Line())
		}
	case *ast.TableExpr:
		for _, field := range n.Fields {
			e.add("setindex", field.Value.LastLine())
		}
	case *ast.AssignStmt:
		e.targets(n.Lhs...)
		e.walk(reflect.ValueOf(n.Rhs))
		return true
	case *ast.FuncDefStmt:
		e.definition(n)
		return true
	case *ast.ReturnStmt:
		return e.tailCall(n)
	}
	return false
}

// concat notes a chain of them once: it is one instruction.
func (e *effects) concat(chain *ast.StringConcatOpExpr) {
	e.add("concat", chain.Line())
	for {
		e.walk(reflect.ValueOf(chain.Lhs))
		next, ok := chain.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			e.walk(reflect.ValueOf(chain.Rhs))
			return
		}
		chain = next
	}
}

func (e *effects) targets(list ...ast.Expr) {
	for _, target := range list {
		switch target := target.(type) {
		case *ast.AttrGetExpr:
			e.add("setindex", target.Line())
			e.walk(reflect.ValueOf(target.Object))
			e.walk(reflect.ValueOf(target.Key))
		case *ast.IdentExpr:
			if !strings.HasPrefix(target.Value, "l") {
				e.add("setglobal", target.Line())
			}
		}
	}
}

func (e *effects) definition(definition *ast.FuncDefStmt) {
	if definition.Name.Receiver != nil {
		e.add("setindex", definition.Line())
		e.walk(reflect.ValueOf(definition.Name.Receiver))
	} else {
		e.targets(definition.Name.Func)
	}
	e.walk(reflect.ValueOf(definition.Func))
}

// tailCall notes the call of a return of one call, which is the return's instruction.
func (e *effects) tailCall(statement *ast.ReturnStmt) bool {
	if len(statement.Exprs) != 1 {
		return false
	}
	call, ok := statement.Exprs[0].(*ast.FuncCallExpr)
	if !ok || call.AdjustRet {
		return false
	}
	e.add("call", statement.Line())
	if call.Method != "" {
		e.add("index", call.Line())
	}
	e.walk(reflect.ValueOf(call.Func))
	e.walk(reflect.ValueOf(call.Receiver))
	e.walk(reflect.ValueOf(call.Args))
	return true
}
