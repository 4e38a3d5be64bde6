package lua

import "strconv"

// Address returns the number that tostring shows for an object. It differs between
// objects that are alive at one time, and is 0 for values that are not objects. It is an
// address of this run, so nothing that must repeat may depend on it.
func (v Value) Address() uintptr { return uintptr(v.p) }

// Describe returns the text that tostring gives a value without a metamethod: that of a
// string or a number, "nil", "true", "table: 0x00c000012345". Functions of Go have a
// number instead of an address, as LuaJIT's own have: "function: builtin#29".
func (v Value) Describe() string {
	switch {
	case v.is(KindString):
		return v.str().text()
	case v.isNumber():
		return string(appendNumber(nil, v.float()))
	case v.IsNil():
		return "nil"
	case v.is(kindTrue):
		return "true"
	case v.is(kindFalse):
		return "false"
	case v.is(kindGoFunction):
		return "function: builtin#" + strconv.Itoa(int(v.gofn().number))
	}
	text := make([]byte, 0, 32)
	text = append(text, v.TypeName()...)
	text = append(text, ": 0x"...)
	const digits = 12
	hex := strconv.FormatUint(uint64(v.Address()), 16)
	for range digits - len(hex) {
		text = append(text, '0')
	}
	return string(append(text, hex...))
}

// ToString returns the result of tostring for a value, by a nested call of its metamethod
// if it has one. The metamethod cannot yield, and its result need not be a string.
func (s *State) ToString(v Value) (Value, error) {
	if v.is(KindString) {
		return v, nil
	}
	if handler := s.metamethod(v, eventToString); !handler.IsNil() {
		return s.call1Within(handler, v)
	}
	return s.String(v.Describe())
}
