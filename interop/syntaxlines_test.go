//go:build interop

package interop

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

const layoutsPerStatement = 150

// The nodes of our trees are on the lines of the instructions that a real luajit compiles
// for them, wherever the line breaks are. An instruction and a node are compared by their
// effect, such as "call 3". Expressions that LuaJIT folds, or puts into a template, do
// not occur in the statements.
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
		chunk, err := syntax.Parse([]byte(sources[i]), "s", syntax.Options{})
		if err != nil {
			t.Fatalf("%q: %v", sources[i], err)
		}
		var ours effects
		ours.walk(reflect.ValueOf(chunk.Main.Body))
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

// statements have a space wherever a line may break.
var statements = []string{
	"x = a + b * c - d",
	"x = a .. b.c .. d [ e ] .. f",
	"x = a .. ( b.c .. ( d [ e ] .. f ) )",
	"x = ( a .. b.c ) .. ( d [ e ] ) .. ( f .. g )",
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

// opensArguments reports whether a '(' after a piece would be the ambiguous one if it
// began a line.
func opensArguments(piece string) bool {
	last := piece[len(piece)-1]
	return piece != "function" && piece != "return" &&
		(last == '}' || last == ')' || last == ']' || 'a' <= last && last <= 'z')
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

// effects are those of a tree's nodes, with their lines, in the words of linesDriver.
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

// node notes a node's own effects. It reports true if it has also walked the nodes below.
func (e *effects) node(node any) bool {
	switch n := node.(type) {
	case *syntax.Local:
		return true
	case *syntax.Name:
		if n.Local == nil {
			e.add("global", n.Line())
		}
		return true
	case *syntax.Index:
		e.add("index", n.Line())
	case *syntax.Arith:
		e.add("arithmetic", n.Line())
	case *syntax.Minus:
		e.add("arithmetic", n.Line())
	case *syntax.Length:
		e.add("length", n.Line())
	case *syntax.Not:
		e.add("not", n.Line())
	case *syntax.Compare:
		e.add("compare", n.Line())
	case *syntax.Concat:
		e.add("concat", n.Line())
	case *syntax.NumericFor:
		e.add("for", n.Line())
	case *syntax.GenericFor:
		e.add("call", n.Line())
	case *syntax.Function:
		*e = append(*e, fmt.Sprintf("function@%d-%d", n.Line(), n.LastLine()))
		e.walk(reflect.ValueOf(n.Body)) // and not its parent
		return true
	case *syntax.Call:
		e.add("call", n.Line())
		if n.Receiver != nil {
			e.add("index", n.Line())
		}
	case *syntax.Table:
		for _, field := range n.Fields {
			e.add("setindex", field.Value.LastLine())
		}
	case *syntax.Assign:
		e.targets(n.Targets...)
		e.walk(reflect.ValueOf(n.Values))
		return true
	case *syntax.FunctionStmt:
		e.targets(n.Target)
		e.walk(reflect.ValueOf(n.Func))
		return true
	case *syntax.Return:
		return e.tailCall(n)
	}
	return false
}

func (e *effects) targets(list ...syntax.Expr) {
	for _, target := range list {
		switch target := target.(type) {
		case *syntax.Index:
			e.add("setindex", target.Line())
			e.walk(reflect.ValueOf(target.Object))
			e.walk(reflect.ValueOf(target.Key))
		case *syntax.Name:
			if target.Local == nil {
				e.add("setglobal", target.Line())
			}
		}
	}
}

// tailCall notes the call of a return of one call, which is the return's instruction.
func (e *effects) tailCall(statement *syntax.Return) bool {
	if len(statement.Values) != 1 {
		return false
	}
	call, ok := statement.Values[0].(*syntax.Call)
	if !ok || call.Single {
		return false
	}
	e.add("call", statement.Line())
	if call.Receiver != nil {
		e.add("index", call.Line())
	}
	e.walk(reflect.ValueOf(call.Func))
	e.walk(reflect.ValueOf(call.Receiver))
	e.walk(reflect.ValueOf(call.Args))
	return true
}
