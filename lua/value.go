package lua

import (
	"math"
	"unsafe"
)

// A Value is a Lua value: nil, a boolean, a number, a string, a table, a function, a
// userdata or a coroutine. The zero Value is nil. Values are small and copied freely; ==
// on two of them is not Lua's equality (see State.RawEqual).
//
// A Value belongs to the state that made it and must not be given to another one. It
// stays valid for as long as Go holds it; see Ref for values whose finalizers must not
// run.
//
// # Representation
//
// n below kindLimit is a Kind; above it the Value is a number, and n holds its inverted
// bits. p is nil except for objects, where its target depends on the Kind:
//
//	KindString              *str (a header with the bytes behind it, in one block without pointers)
//	KindTable               *Table
//	KindFunction            *Function
//	kindGoFunction          *goFunction
//	KindUserdata            *Userdata
//	KindThread              *Thread
//	kindCell                *cell (never seen outside of a function's registers and upvalues)
//
// The inverted bits of a NaN with payload could fall below kindLimit, so Number makes
// every NaN the same one; arithmetic yields none but those that it was given.
// TestValueInvariants holds this. This file, str.go and owner.go are the only ones that
// use unsafe.
type Value struct {
	p unsafe.Pointer
	n uint64
}

// A Kind is a Lua type.
type Kind uint8

// The kinds. Value.Bool distinguishes the two booleans.
const (
	KindNil Kind = iota
	kindFalse
	kindTrue
	KindString
	KindTable
	KindFunction
	KindUserdata
	KindThread
	kindGoFunction
	kindCell

	KindBool
	KindNumber

	kindLimit = 1 << 48
)

var kindNames = [...]string{
	KindNil: "nil", kindFalse: "boolean", kindTrue: "boolean", KindString: "string", KindTable: "table",
	KindFunction: "function", KindUserdata: "userdata", KindThread: "thread", kindGoFunction: "function",
	KindBool: "boolean", KindNumber: "number", kindCell: "cell",
}

// String returns the type's name, as Lua's type does.
func (k Kind) String() string { return kindNames[k] }

// Nil, True and False are Lua's nil, true and false.
var (
	Nil   = Value{}
	True  = Value{n: uint64(kindTrue)}
	False = Value{n: uint64(kindFalse)}
)

// Bool returns true or false as a Lua value.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// Number returns a Lua number. All NaNs become the same one.
func Number(f float64) Value {
	if f != f {
		return Value{n: ^math.Float64bits(math.NaN())}
	}
	return Value{n: ^math.Float64bits(f)}
}

// Int returns a Lua number. Beyond 2^53 it is rounded, as Lua numbers are.
func Int[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](i T) Value {
	return Value{n: ^math.Float64bits(float64(i))}
}

func (v Value) isNumber() bool      { return v.n >= kindLimit }
func (v Value) float() float64      { return math.Float64frombits(^v.n) }
func (v Value) is(k Kind) bool      { return v.n == uint64(k) }
func (v Value) isFalsy() bool       { return v.n <= uint64(kindFalse) }
func (v Value) str() *str           { return (*str)(v.p) }
func (v Value) table() *Table       { return (*Table)(v.p) }
func (v Value) cell() *cell         { return (*cell)(v.p) }
func (v Value) fn() *Function       { return (*Function)(v.p) }
func (v Value) gofn() *goFunction   { return (*goFunction)(v.p) }
func (v Value) thread() *Thread     { return (*Thread)(v.p) }
func (v Value) userdata() *Userdata { return (*Userdata)(v.p) }

// setNumber stores a result of arithmetic. The pointer is written only if it changes,
// which saves the write barrier.
func (v *Value) setNumber(f float64) {
	if v.p != nil {
		v.p = nil
	}
	v.n = ^math.Float64bits(f)
}

func (v *Value) setBool(b bool) {
	if v.p != nil {
		v.p = nil
	}
	if b {
		v.n = uint64(kindTrue)
	} else {
		v.n = uint64(kindFalse)
	}
}

func (v *Value) setNil() {
	if v.p != nil {
		v.p = nil
	}
	v.n = 0
}

func stringValue(s *str) Value        { return Value{unsafe.Pointer(s), uint64(KindString)} }
func tableValue(t *Table) Value       { return Value{unsafe.Pointer(t), uint64(KindTable)} }
func functionValue(f *Function) Value { return Value{unsafe.Pointer(f), uint64(KindFunction)} }
func goValue(f *goFunction) Value     { return Value{unsafe.Pointer(f), uint64(kindGoFunction)} }
func userdataValue(u *Userdata) Value { return Value{unsafe.Pointer(u), uint64(KindUserdata)} }
func threadValue(t *Thread) Value     { return Value{unsafe.Pointer(t), uint64(KindThread)} }
func cellValue(c *cell) Value         { return Value{unsafe.Pointer(c), uint64(kindCell)} }

// Kind returns the value's type.
func (v Value) Kind() Kind {
	switch {
	case v.isNumber():
		return KindNumber
	case v.is(kindTrue), v.is(kindFalse):
		return KindBool
	case v.is(kindGoFunction):
		return KindFunction
	}
	return Kind(v.n)
}

// TypeName returns the name of the value's type, as Lua's type does.
func (v Value) TypeName() string { return v.Kind().String() }

// IsNil reports whether the value is nil.
func (v Value) IsNil() bool { return v.n == 0 }

// Truth reports whether the value counts as true in a condition: all but nil and false
// do.
func (v Value) Truth() bool { return !v.isFalsy() }

// AsNumber returns the number that the value is. A numeric string is none: see
// State.ToNumber.
func (v Value) AsNumber() (f float64, ok bool) {
	if !v.isNumber() {
		return 0, false
	}
	return v.float(), true
}

// AsString returns the string that the value is, without a copy. A number is none: see
// State.ToString.
func (v Value) AsString() (s string, ok bool) {
	if !v.is(KindString) {
		return "", false
	}
	return v.str().text(), true
}

// AsTable returns the table that the value is.
func (v Value) AsTable() (t *Table, ok bool) {
	if !v.is(KindTable) {
		return nil, false
	}
	return v.table(), true
}

// AsUserdata returns the userdata that the value is.
func (v Value) AsUserdata() (u *Userdata, ok bool) {
	if !v.is(KindUserdata) {
		return nil, false
	}
	return v.userdata(), true
}

// AsThread returns the coroutine that the value is.
func (v Value) AsThread() (t *Thread, ok bool) {
	if !v.is(KindThread) {
		return nil, false
	}
	return v.thread(), true
}

// IsFunction reports whether the value is a function, of Lua or of Go.
func (v Value) IsFunction() bool { return v.is(KindFunction) || v.is(kindGoFunction) }

// IsGoFunction reports whether the value is a function of Go.
func (v Value) IsGoFunction() bool { return v.is(kindGoFunction) }

// rawEqual is Lua's equality without metamethods.
func rawEqual(a, b Value) bool {
	switch {
	case a.isNumber():
		return b.isNumber() && a.float() == b.float()
	case a.n != b.n:
		return false
	case a.p == b.p:
		return true
	}
	return a.is(KindString) && a.str().equal(b.str())
}

// cell holds a captured variable that is assigned after its declaration.
type cell struct {
	v    Value
	mark uint32
}
