package luacode

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// crowded is from how many registers in use on the items of a constructor are stored one by one: nested constructors
// would otherwise take those of a batch each, lua.FieldsPerFlush.
const crowded = maxRegisters / 5

// constructor is a table constructor while it is compiled.
type constructor struct {
	f      *function
	table  int // its register
	items  int // how many have no key, so far
	wait   int // how many of these wait in the registers behind the table's
	single bool
}

func (f *function) table(e *ast.TableExpr, target int) {
	free := f.lend(target)
	c := constructor{f: f, table: f.take(e.Line(), 1)}
	create := f.emit(e.Line(), 0)
	c.single = c.table > crowded && !endsOpen(e)
	for i, field := range e.Fields {
		c.field(field, i == len(e.Fields)-1)
	}
	c.flush(e.Line(), c.wait)
	keyed := len(e.Fields) - c.items
	f.proto.Code[create] = abc(lua.OP_NEWTABLE, c.table, min(c.items, maxBC), min(keyed, maxBC))
	if c.table != target {
		f.emit(e.Line(), abc(lua.OP_MOVE, target, c.table, 0))
	}
	f.free = free
}

// endsOpen reports whether the last item stands for all results of a call. The VM stores these behind whole batches
// only, so that such constructors in one another may be too complex where LuaJIT's are not.
func endsOpen(e *ast.TableExpr) bool {
	if len(e.Fields) == 0 {
		return false
	}
	last := e.Fields[len(e.Fields)-1]
	return last.Key == nil && hasManyResults(last.Value)
}

func (c *constructor) field(field *ast.Field, last bool) {
	f := c.f
	line := field.Value.LastLine()
	switch {
	case field.Key != nil:
		free := f.free
		key, value := f.operandK(field.Key), f.operandK(field.Value)
		f.emit(line, abc(named(field.Key, key, lua.OP_SETTABLEKS, lua.OP_SETTABLE), c.table, key, value))
		f.free = free
	case last && hasManyResults(field.Value):
		f.results(field.Value, all)
		c.items++
		c.flush(line, all)
	case c.single:
		c.items++
		free := f.free
		key, value := f.operandK(number(line, c.items)), f.operandK(field.Value)
		f.emit(line, abc(lua.OP_SETTABLE, c.table, key, value))
		f.free = free
	default:
		f.push(field.Value)
		c.items++
		c.wait++
		if c.wait == lua.FieldsPerFlush {
			c.flush(line, c.wait)
		}
	}
}

// flush stores the items that wait, and all results of a call behind them if count is all.
func (c *constructor) flush(line, count int) {
	if count == 0 {
		return
	}
	batches := (c.items-1)/lua.FieldsPerFlush + 1
	if batches <= maxBC {
		c.f.emit(line, abc(lua.OP_SETLIST, c.table, max(count, 0), batches))
	} else {
		c.f.emit(line, abc(lua.OP_SETLIST, c.table, max(count, 0), 0))
		c.f.emit(line, uint32(batches))
	}
	c.wait = 0
	c.f.free = c.table + 1
}

// number is the numeral of an integer.
func number(line, value int) ast.Expr {
	numeral := &ast.NumberExpr{Value: strconv.Itoa(value)}
	numeral.SetLine(line)
	return numeral
}
