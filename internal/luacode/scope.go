package luacode

import lua "github.com/yuin/gopher-lua"

// local is an active local variable.
type local struct {
	name  string
	debug *lua.DbgLocalInfo
}

// upvalue is a variable of a function around this one: a local of the next one, or an upvalue of that.
type upvalue struct {
	name  string
	local bool
	index int
}

// block is a block while it is compiled.
type block struct {
	outer    *block
	level    int  // how many locals were active in front of it
	loop     bool // break leaves it
	captured bool // a closure holds one of its locals

	labels map[string]*label
	leaps  int // how many of the function's leaps were there in front of it
}

func (f *function) enter(loop bool) {
	f.block = &block{outer: f.block, level: len(f.locals), loop: loop, leaps: len(f.leaps)}
}

// leave ends a block: its locals are closed if a closure holds them, and their registers are free. It returns the breaks
// that leave the block if it is a loop, for landHere.
func (f *function) leave(line int) (breaks []*leap) {
	left := f.block
	if left.captured {
		f.emit(line, abc(lua.OP_CLOSE, left.level, 0, 0))
	}
	breaks = f.leaveLeaps(left)
	f.endScope()
	return breaks
}

func (f *function) endScope() {
	for _, ended := range f.locals[f.block.level:] {
		ended.debug.EndPc = f.here()
	}
	f.locals = f.locals[:f.block.level]
	f.free = f.block.level
	f.block = f.block.outer
}

// declare makes the next register the active local of a name. The register is in use already.
func (f *function) declare(line int, name string) {
	if len(f.locals) == maxLocals {
		f.exceeds(line, maxLocals, "local variables")
	}
	debug := &lua.DbgLocalInfo{Name: name, StartPc: f.here() - 1} // the VM counts from the instruction behind it
	f.proto.DbgLocals = append(f.proto.DbgLocals, debug)
	f.locals = append(f.locals, local{name, debug})
}

// kind is where a value lives that can be assigned to.
type kind int

const (
	global   kind = iota
	register      // a local variable of this function
	captured      // an upvalue
	field         // a table's
)

// find returns where the variable of a name lives, and the number of its register or upvalue.
func (f *function) find(line int, name string) (kind, int) {
	for i := len(f.locals) - 1; i >= 0; i-- {
		if f.locals[i].name == name {
			return register, i
		}
	}
	if f.outer == nil {
		return global, 0
	}
	where, index := f.outer.find(line, name)
	switch where {
	case register:
		f.outer.capture(index)
		return captured, f.upvalue(line, upvalue{name, true, index})
	case captured:
		return captured, f.upvalue(line, upvalue{name, false, index})
	}
	return global, 0
}

// capture notes that a closure holds a local.
func (f *function) capture(index int) {
	b := f.block
	for index < b.level {
		b = b.outer
	}
	b.captured = true
}

func (f *function) upvalue(line int, wanted upvalue) int {
	for i, known := range f.upvalues {
		if known.local == wanted.local && known.index == wanted.index {
			return i
		}
	}
	if len(f.upvalues) == maxUpvalues {
		f.exceeds(line, maxUpvalues, "upvalues")
	}
	f.upvalues = append(f.upvalues, wanted)
	return len(f.upvalues) - 1
}
