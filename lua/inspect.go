package lua

import "strconv"

// This file has the needs of debuggers beyond Activation and FunctionInfo.

// ActiveLines yields the lines of a Lua function that have code, some more than once.
func (v Value) ActiveLines(yield func(line int) bool) {
	if !v.is(KindFunction) {
		return
	}
	for _, line := range v.fn().proto.source.Lines {
		if !yield(int(line)) {
			return
		}
	}
}

// Param returns the name of a Lua function's parameter, counted from 1, or "".
func (v Value) Param(n int) string {
	if !v.is(KindFunction) {
		return ""
	}
	p := v.fn().proto.source
	if n < 1 || n > p.Params {
		return ""
	}
	return p.Locals[n-1].Name
}

// Vararg returns an argument beyond the parameters of a Lua function, counted from 1.
func (a Activation) Vararg(n int) (v Value, found bool) {
	slot, found := a.vararg(n)
	if !found {
		return Nil, false
	}
	return a.th.stack[slot], true
}

// SetVararg assigns an argument beyond the parameters, and reports whether there is one.
func (a Activation) SetVararg(n int, v Value) bool {
	slot, found := a.vararg(n)
	if found {
		a.th.state.found(v)
		a.th.stack[slot] = v
	}
	return found
}

func (a Activation) vararg(n int) (slot int, found bool) {
	fr := a.lua()
	if fr == nil || n < 1 || n > int(fr.extra) {
		return 0, false
	}
	return int(fr.base) - int(fr.extra) + n - 1, true
}

// UpvalueID returns a text that identifies the variable of a Lua function's upvalue,
// counted from 1, as long as it lives. A variable that no code assigns after its
// declaration is copied into each closure, and each copy counts as a variable.
func (v Value) UpvalueID(n int) (id string, found bool) {
	if !v.is(KindFunction) || n < 1 || n > len(v.fn().ups) {
		return "", false
	}
	if up := v.fn().ups[n-1]; up.is(kindCell) {
		return strconv.FormatUint(uint64(up.Address()), 16), true
	}
	return strconv.FormatUint(uint64(v.Address()), 16) + "." + strconv.Itoa(n), true
}

// JoinUpvalue makes upvalue n of a Lua function refer to the variable of another one's
// upvalue m, and reports whether both are there. If one of the two variables is never
// assigned, each function goes on with a variable of its own, which has the other's
// value.
func (v Value) JoinUpvalue(n int, other Value, m int) bool {
	if !v.is(KindFunction) || n < 1 || n > len(v.fn().ups) {
		return false
	}
	_, value, found := other.Upvalue(m)
	if !found {
		return false
	}
	f, up := v.fn(), other.fn().ups[m-1]
	s := f.env.state
	switch {
	case !f.proto.source.Upvalues[n-1].Cell:
		up = value
	case !up.is(kindCell):
		s.use(cellBytes)
		up = cellValue(&cell{v: value})
	}
	s.found(up)
	f.ups[n-1] = up
	return true
}
