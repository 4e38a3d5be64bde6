package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// crowded is the number of registers in use from which on the items of a constructor are
// stored one by one: nested constructors would otherwise take those of a batch each.
const crowded = maxRegisters / 5

// constructor is a table constructor while it is compiled.
type constructor struct {
	f       *function
	table   int // its register
	items   int // how many have no key, so far
	waiting int // how many of these wait in the registers after the table's
}

func (f *function) table(e *syntax.Table, target int) {
	free := f.lend(target)
	c := constructor{f: f, table: f.reserve(e.Line(), 1)}
	create := f.emit(e.Line(), 0)
	batch := setBatch
	if c.table > crowded {
		batch = 1
	}
	for i := range e.Fields {
		c.field(&e.Fields[i], i == len(e.Fields)-1, batch)
	}
	c.flush(e.Line(), false)
	items := sizeOperand(c.items)
	keyed := sizeOperand(len(e.Fields) - c.items)
	f.proto.Code[create] = abc(NewTable, c.table, items, keyed)
	if c.table != target {
		f.emit(e.Line(), abc(Move, target, c.table, 0))
	}
	f.free = free
}

func (c *constructor) field(field *syntax.Field, last bool, batch int) {
	f := c.f
	line := field.Value.LastLine()
	switch {
	case field.Key != nil:
		free := f.free
		at := place{line: line, kind: isField, object: operand{register: c.table}}
		at.setKey(f, field.Key)
		f.assign(at, field.Value)
		f.free = free
	case last && hasManyResults(field.Value):
		f.results(field.Value, all)
		c.items++
		c.flush(line, true)
	default:
		f.push(field.Value)
		c.items++
		c.waiting++
		if c.waiting == batch {
			c.flush(line, false)
		}
	}
}

// flush stores the items that wait, and all results of a call after them if it is open.
func (c *constructor) flush(line int, open bool) {
	if c.waiting == 0 && !open {
		return
	}
	count, done := c.waiting, c.items-c.waiting
	if open {
		count, done = 0, c.items-1-c.waiting
	}
	c.f.emit(line, abc(SetList, c.table, count, 0))
	c.f.emit(line, Instruction(done))
	c.waiting = 0
	c.f.free = c.table + 1
}
