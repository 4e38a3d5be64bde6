package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// block is a block while it is compiled.
type block struct {
	outer  *block
	level  int  // how many locals were active before it
	loop   bool // break leaves it
	labels map[string]*label
	leaps  int // how many of the function's leaps were there before it
}

func (f *function) enter(loop bool) {
	f.block = &block{outer: f.block, level: len(f.active), loop: loop, leaps: len(f.leaps)}
}

// leave ends a block: its locals' registers are free. The breaks that leave it, if it is
// a loop, go on here.
func (f *function) leave() {
	left := f.block
	f.leaveLeaps(left)
	for _, ended := range f.active[left.level:] {
		if info := &f.proto.Locals[ended.info]; info.End < 0 { // else it ended with a label
			info.End = f.here()
		}
		delete(f.registers, ended.local)
	}
	f.active = f.active[:left.level]
	f.free = left.level
	f.block = left.outer
}

// inCell reports whether a local lives in a cell: a closure captures it, and it is
// assigned after its declaration.
func inCell(l *syntax.Local) bool { return l.Captured && l.Assigned }

// declare makes the register len(active), which holds the first value and is in use
// already, the next active local. It puts the value into a cell if the local lives in
// one.
func (f *function) declare(line int, l *syntax.Local) {
	register := len(f.active)
	f.registers[l] = register
	f.activate(line, l, l.Name, inCell(l))
	if inCell(l) {
		f.emit(line, abc(NewCell, register, register, 0))
		f.proto.Locals[len(f.proto.Locals)-1].Start = f.here()
	}
}

// hide makes the next registers hidden variables of a loop.
func (f *function) hide(line int, names ...string) {
	for _, name := range names {
		f.activate(line, nil, name, false)
	}
}

func (f *function) activate(line int, l *syntax.Local, name string, cell bool) {
	if len(f.active) == maxLocals {
		f.exceeds(line, maxLocals, "local variables")
	}
	f.take(40)
	f.proto.Locals = append(f.proto.Locals, LocalInfo{
		Name: name, Register: len(f.active), Cell: cell, Start: f.here(), End: -1,
	})
	f.active = append(f.active, active{l, len(f.proto.Locals) - 1})
}

// kind says where a value lives that can be assigned to.
type kind int

const (
	global   kind = iota
	register      // a local variable of this function, in its register
	cell          // a local variable of this function, in a cell that its register holds
	upvalue       // a captured variable that was copied
	upcell        // a captured variable in a cell
)

// find returns where the variable of a name lives, and the number of its register or
// upvalue.
func (f *function) find(n *syntax.Name) (kind, int) {
	switch l := n.Local; {
	case l == nil:
		return global, 0
	case l.Func == f.tree && inCell(l):
		return cell, f.registers[l]
	case l.Func == f.tree:
		return register, f.registers[l]
	case inCell(l):
		return upcell, f.upvalue(n.Line(), l)
	default:
		return upvalue, f.upvalue(n.Line(), l)
	}
}

// upvalue returns the index of the upvalue for a local of a function around.
func (f *function) upvalue(line int, l *syntax.Local) int {
	if index, known := f.upvalues[l]; known {
		return index
	}
	captured := Upvalue{Name: l.Name, Cell: inCell(l)}
	if l.Func == f.outer.tree {
		captured.InParent, captured.Index = true, f.outer.registers[l]
	} else {
		captured.Index = f.outer.upvalue(line, l)
	}
	index := len(f.proto.Upvalues)
	if index == maxUpvalues {
		f.exceeds(line, maxUpvalues, "upvalues")
	}
	f.take(40)
	f.upvalues[l] = index
	f.proto.Upvalues = append(f.proto.Upvalues, captured)
	return index
}
