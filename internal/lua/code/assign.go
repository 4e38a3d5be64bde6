package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// place is the target of an assignment: a variable, or the field of an object that has
// been computed.
type place struct {
	line  int
	kind  placeKind
	name  string // of a global
	index int    // of the register or upvalue

	object operand
	key    operand
	text   int // the constant, or the whole number, that is the key
}

type placeKind int

const (
	isGlobal placeKind = iota
	isRegister
	isCell
	isUpvalCell
	isField // under a key in a register
	isNamed // under a string
	isInt   // under a small whole number
)

func (f *function) assignStmt(s *syntax.Assign) {
	if len(s.Targets) == 1 && len(s.Values) == 1 {
		f.assign(f.place(s.Targets[0], 0, nil), s.Values[0])
		return
	}
	last := make(map[int]int)
	for i, e := range s.Targets {
		if index, _, isLocal := f.ownLocal(e); isLocal {
			last[index] = i
		}
	}
	places := make([]place, len(s.Targets))
	for i, e := range s.Targets {
		places[i] = f.place(e, i, last)
	}
	values := f.free
	f.pushExactly(s.Line(), s.Values, len(s.Targets))
	for i := len(places) - 1; i >= 0; i-- { // the last one first, as Lua does
		f.store(places[i], values+i)
	}
}

// place computes the object and the key of place number i of a statement. Locals that are
// a place further right, and so assigned before this one, are copied: the object and the
// key keep their values (manual §2.4.3). Other locals are read when the place is
// assigned, after the values: t, t.x = f() sees f's change of t, as in LuaJIT. last
// gives, for a local's register, the last place that is that local.
func (f *function) place(e syntax.Expr, i int, last map[int]int) place {
	at := place{line: e.Line()}
	switch e := e.(type) {
	case *syntax.Name:
		at.name = e.Name
		switch where, index := f.find(e); where {
		case register:
			at.kind, at.index = isRegister, index
		case cell:
			at.kind, at.index = isCell, index
		case upcell, upvalue:
			at.kind, at.index = isUpvalCell, index
		}
	case *syntax.Index:
		at.kind = isField
		at.object = f.copied(e.Object, i, last)
		if !at.constantKey(f, e.Key) {
			at.key = f.copied(e.Key, i, last)
		}
	}
	return at
}

// setKey computes the key of a field.
func (at *place) setKey(f *function, key syntax.Expr) {
	if !at.constantKey(f, key) {
		at.key = f.operand(key)
	}
}

func (at *place) constantKey(f *function, key syntax.Expr) bool {
	if index, small := f.nameOperand(key); small {
		at.kind, at.text = isNamed, index
		return true
	}
	if value, small := intOperand(key); small {
		at.kind, at.text = isInt, value
		return true
	}
	return false
}

func (f *function) copied(e syntax.Expr, i int, last map[int]int) operand {
	index, inCell, isLocal := f.ownLocal(e)
	if !isLocal || last[index] <= i {
		return f.operand(e)
	}
	if !inCell {
		return operand{register: f.push(e)}
	}
	o := f.operand(e)
	f.settle(e.Line(), &o)
	return o
}

// ownLocal returns the register of a local variable of this function, and whether that
// holds a cell.
func (f *function) ownLocal(e syntax.Expr) (index int, inCell, isLocal bool) {
	if name, isName := e.(*syntax.Name); isName {
		where, index := f.find(name)
		return index, where == cell, where == cell || where == register
	}
	return 0, false, false
}

// assign computes a value for a place and stores it.
func (f *function) assign(at place, value syntax.Expr) {
	if at.kind == isRegister {
		f.expr(value, at.index)
		return
	}
	o := f.operand(value)
	f.settle(at.line, &at.object, &at.key, &o)
	f.store(at, o.register)
}

// store puts a register's value into a place.
func (f *function) store(at place, value int) {
	switch at.kind {
	case isRegister:
		f.emit(at.line, abc(Move, at.index, value, 0))
	case isCell:
		f.emit(at.line, abc(SetCell, at.index, value, 0))
	case isUpvalCell:
		f.emit(at.line, abc(SetUpvalCell, value, at.index, 0))
	case isGlobal:
		f.storeGlobal(at, value)
	case isNamed:
		f.settle(at.line, &at.object)
		f.emit(at.line, abc(SetField, at.object.register, at.text, value))
	case isInt:
		f.settle(at.line, &at.object)
		f.emit(at.line, abc(SetInt, at.object.register, at.text, value))
	case isField:
		f.settle(at.line, &at.object, &at.key)
		f.emit(at.line, abc(SetTable, at.object.register, at.key.register, value))
	}
}

func (f *function) storeGlobal(at place, value int) {
	index := f.text(at.line, at.name)
	if index <= maxD {
		f.emit(at.line, ad(SetGlobal, value, index))
		return
	}
	free := f.free
	f.free = max(f.free, value+1)
	env := f.reserve(at.line, 2)
	f.emit(at.line, abc(Env, env, 0, 0))
	f.loadConstant(at.line, index, env+1)
	f.emit(at.line, abc(SetTable, env, env+1, value))
	f.free = free
}
