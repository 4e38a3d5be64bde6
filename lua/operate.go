package lua

import (
	"math"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/number"
)

const (
	maxChain     = 100     // of __index and __newindex
	bigWork      = 1 << 12 // bytes from which on an operator counts steps for its work
	longText     = 1 << 9  // the same for one that makes a string
	longNumeral  = 1 << 8  // the same for one that reads a number
	bytesPerStep = 64      // how many bytes copied or compared count as a step
)

// field looks a string up in a table and along __index as long as that is a table. hint
// is the position among the entries where a key was found last. found is false if a
// function, or another kind of value, is to be asked.
//
// constant, if not nil, is the constant that the key is: it becomes the very string that
// the table has as its key, so that the instruction finds it by its address from then on.
func (s *State) field(t *Table, key *str, constant *Value, hint *uint32) (v Value, found bool) {
	for range maxChain {
		if h := int(*hint); h < len(t.entries) {
			if e := &t.entries[h]; e.key.is(KindString) && e.key.str() == key && e.value.n != 0 {
				return e.value, true
			}
		}
		if at := t.findString(key); at >= 0 && t.entries[at].value.n != 0 {
			*hint = uint32(at)
			if constant != nil && constant.p != t.entries[at].key.p {
				*constant = t.entries[at].key
			}
			return t.entries[at].value, true
		}
		if t.meta == nil {
			return Nil, true
		}
		next := t.meta.indexer(s)
		if !next.is(KindTable) {
			return Nil, next.IsNil()
		}
		t = next.table()
	}
	return Nil, false
}

// stringMethods is the table in which methods of strings are looked up, or nil.
func (s *State) stringMethods() *Table {
	if meta := s.metas[KindString]; meta != nil {
		if methods := meta.indexer(s); methods.is(KindTable) {
			return methods.table()
		}
	}
	return nil
}

// index computes object[key] into a slot, or calls the __index function for it.
func (s *State) index(th *Thread, object, key Value, to int) error {
	for range maxChain {
		var handler Value
		if object.is(KindTable) {
			t := object.table()
			if v := t.get(key); v.n != 0 || t.meta == nil {
				th.stack[to] = v
				return nil
			}
			if handler = t.meta.indexer(s); handler.IsNil() {
				th.stack[to] = Nil
				return nil
			}
		} else if handler = s.metamethod(object, eventIndex); handler.IsNil() {
			return s.indexError(th, object, key)
		}
		if handler.IsFunction() {
			return s.callMeta(th, handler, to, 1, 0, object, key)
		}
		object = handler
	}
	return s.raisef("loop in gettable")
}

// setIndex carries out object[key] = value, or calls the __newindex function for it.
func (s *State) setIndex(th *Thread, object, key, value Value) error {
	for range maxChain {
		var handler Value
		if object.is(KindTable) {
			t := object.table()
			if t.meta == nil || !t.get(key).IsNil() {
				return t.set(key, value)
			}
			if handler = t.meta.metamethod(s, eventNewIndex); handler.IsNil() {
				return t.set(key, value)
			}
		} else if handler = s.metamethod(object, eventNewIndex); handler.IsNil() {
			return s.indexError(th, object, key)
		}
		if handler.IsFunction() {
			return s.callMeta(th, handler, 0, 0, 0, object, key, value)
		}
		object = handler
	}
	return s.raisef("loop in settable")
}

// callMeta calls a metamethod above everything that the running Lua function uses.
func (s *State) callMeta(th *Thread, f Value, ret, want int, flags frameFlags, args ...Value) error {
	if s.budget--; s.budget < 0 {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	slot := th.free()
	if err := th.ensure(slot + 1 + len(args)); err != nil {
		return err
	}
	th.stack[slot] = f
	copy(th.stack[slot+1:], args)
	return s.invoke(th, slot, len(args), ret, want, flags)
}

// arith carries out an arithmetic operation whose operands are not both numbers.
func (s *State) arith(th *Thread, e event, a, b Value, to int) error {
	if x, isNumber := s.operand(a); isNumber {
		if y, isNumber := s.operand(b); isNumber {
			if e == eventUnm {
				x = -x
			} else {
				x = compute(e, x, y)
			}
			th.stack[to].setNumber(x)
			return nil
		}
	}
	handler := s.metamethod(a, e)
	if handler.IsNil() {
		handler = s.metamethod(b, e)
	}
	if handler.IsNil() {
		if _, isNumber := s.operand(a); isNumber {
			return s.operandError(th, "perform arithmetic on", b, 1)
		}
		return s.operandError(th, "perform arithmetic on", a, 0)
	}
	return s.callMeta(th, handler, to, 1, 0, a, b)
}

// operand reads an operand of arithmetic: a number, or a string that spells one.
func (s *State) operand(v Value) (f float64, isNumber bool) {
	if v.isNumber() {
		return v.float(), true
	}
	if v.is(KindString) {
		return s.parse(v.str())
	}
	return 0, false
}

// parse reads the number that a string spells. The next jump or call notices the steps of
// a long one.
func (s *State) parse(text *str) (f float64, isNumber bool) {
	if text.length >= longNumeral {
		s.budget -= int64(text.length / bytesPerStep)
	}
	return number.Parse(text.text())
}

func compute(e event, x, y float64) float64 {
	switch e {
	case eventAdd:
		return x + y
	case eventSub:
		return x - y
	case eventMul:
		return x * y
	case eventDiv:
		return x / y
	case eventMod:
		return code.Modulo(x, y)
	default:
		return code.Power(x, y)
	}
}

// length carries out # for a value that is neither a table nor a string.
func (s *State) length(th *Thread, v Value, to int) error {
	handler := s.metamethod(v, eventLen)
	if handler.IsNil() {
		return s.operandError(th, "get length of", v, 0)
	}
	return s.callMeta(th, handler, to, 1, 0, v)
}

// order carries out a < b or a <= b for operands that are not both numbers, and follows
// the jump after the comparison.
func (s *State) order(th *Thread, e event, a, b Value) error {
	if a.is(KindString) && b.is(KindString) {
		x, y := a.str(), b.str()
		if n := min(x.length, y.length); n >= bigWork {
			if err := s.Step(n / bytesPerStep); err != nil {
				return err
			}
		}
		result := x.text() < y.text()
		if e == eventLe {
			result = x.text() <= y.text()
		}
		if jump := th.current().follow(result); jump < 0 {
			return s.jumped(th.current(), jump)
		}
		return nil
	}
	if a.isNumber() && b.isNumber() {
		result := a.float() < b.float()
		if e == eventLe {
			result = a.float() <= b.float()
		}
		if jump := th.current().follow(result); jump < 0 {
			return s.jumped(th.current(), jump)
		}
		return nil
	}
	if handler := s.orderHandler(a, b, e); !handler.IsNil() {
		return s.compareBy(th, handler, a, b, returnTest)
	}
	if e == eventLe {
		if handler := s.orderHandler(a, b, eventLt); !handler.IsNil() {
			return s.compareBy(th, handler, b, a, returnTest|returnNegate)
		}
	}
	return s.compareError(a, b)
}

// orderHandler returns the metamethod that both operands have for an event. As in LuaJIT
// they must be of one type, and have the same metamethod.
func (s *State) orderHandler(a, b Value, e event) Value {
	if a.Kind() != b.Kind() {
		return Nil
	}
	first := s.metamethod(a, e)
	if first.IsNil() {
		return Nil
	}
	if second := s.metamethod(b, e); !s.RawEqual(first, second) {
		return Nil
	}
	return first
}

// equalHandler returns the __eq that two different tables, or two userdata, share.
func (s *State) equalHandler(a, b Value) Value {
	ma, mb := s.metatable(a), s.metatable(b)
	if ma == nil || mb == nil {
		return Nil
	}
	first := ma.metamethod(s, eventEq)
	if first.IsNil() || ma == mb {
		return first
	}
	if second := mb.metamethod(s, eventEq); s.RawEqual(first, second) {
		return first
	}
	return Nil
}

// compareBy calls a comparison's metamethod. Its truth decides about the jump after the
// comparison.
func (s *State) compareBy(th *Thread, handler, a, b Value, flags frameFlags) error {
	return s.callMeta(th, handler, th.free(), 1, flags, a, b)
}

// follow takes the jump after a comparison, or not. It returns how far it goes.
func (fr *frame) follow(result bool) (jump int) {
	codes := fr.fn.proto.code
	if result == (codes[fr.pc-1].C() != 0) {
		jump = codes[fr.pc].J()
	}
	fr.pc += int32(jump) + 1
	return jump
}

// jumped counts a jump backwards that a frame has taken.
func (s *State) jumped(fr *frame, jump int) error {
	if s.budget += int64(jump >> jumpLog); s.budget < 0 {
		return s.checkpointJump(int(fr.pc)-jump, int(fr.pc))
	}
	return nil
}

// operated goes on with an operator whose metamethod has returned.
func (s *State) operated(th *Thread, waiting *frame, from, count, ret int, flags frameFlags) error {
	result := Nil
	if count > 0 {
		result = th.stack[from]
	}
	if flags&returnTest != 0 {
		if jump := waiting.follow(result.Truth() != (flags&returnNegate != 0)); jump < 0 {
			return s.jumped(waiting, jump)
		}
		return nil
	}
	th.stack[ret] = result
	return s.concat(th, ret)
}

// numberRoom is the most bytes that a number is written with.
const numberRoom = 24

// join concatenates strings and numbers, which take length bytes at most.
func (s *State) join(operands []Value, length int) (Value, error) {
	buffer := s.scratch[:0]
	exact := 0
	for i := range operands {
		if o := &operands[i]; o.is(KindString) {
			exact += o.str().length
		} else {
			before := len(buffer)
			buffer = number.Append(buffer, o.float())
			exact += len(buffer) - before
		}
		if exact < 0 { // where int has 32 bits
			break
		}
	}
	s.scratch = buffer
	if err := s.checkLength(exact); err != nil {
		return Nil, err
	}
	if exact == 0 {
		return s.names.empty, nil
	}
	if exact >= longText {
		if err := s.Step(exact / bytesPerStep); err != nil {
			return Nil, err
		}
	}
	if err := s.charge(stringSize(exact)); err != nil {
		return Nil, err
	}
	made, bytes := newBlock(exact)
	at := 0
	for i := range operands {
		if o := &operands[i]; o.is(KindString) && o.str().length > filledAtOnce {
			if err := s.fill(bytes[at:], o.str().text()); err != nil {
				return Nil, err
			}
			at += o.str().length
		} else if o.is(KindString) {
			at += copy(bytes[at:], o.str().text())
		} else {
			bytes, n := bytes[at:], len(number.Append(bytes[at:at], o.float()))
			_ = bytes
			at += n
		}
	}
	return stringValue(made), nil
}

// concat carries on with the Concat instruction of the innermost frame, from the right:
// the operands up to the slot last are still to be joined.
func (s *State) concat(th *Thread, last int) error {
	fr := th.current()
	i := fr.fn.proto.code[fr.pc-1]
	base := int(fr.base)
	first := base + i.B()
	for last > first {
		// Join as many as are strings and numbers, the last ones first.
		from := last
		length := 0
		for from >= first {
			o := th.stack[from]
			if o.is(KindString) {
				length += o.str().length
			} else if o.isNumber() {
				length += numberRoom
			} else {
				break
			}
			from--
		}
		if from+1 < last {
			joined, err := s.join(th.stack[from+1:last+1], length)
			if err != nil {
				return err
			}
			last = from + 1
			th.stack[last] = joined
			continue
		}
		a, b := th.stack[last-1], th.stack[last]
		handler := s.metamethod(a, eventConcat)
		if handler.IsNil() {
			handler = s.metamethod(b, eventConcat)
		}
		if handler.IsNil() {
			bad, which := a, last-1
			if a.is(KindString) || a.isNumber() {
				bad, which = b, last
			}
			return s.registerError(th, "concatenate", bad, which-base)
		}
		return s.callMeta(th, handler, last-1, 1, returnConcat, a, b)
	}
	th.stack[base+i.A()] = th.stack[first]
	return nil
}

// forNumbers converts the bounds of a numeric for that are strings.
func (s *State) forNumbers(r []Value) error {
	for i, name := range [...]string{"initial value", "limit", "step"} {
		f, isNumber := s.operand(r[i])
		if !isNumber {
			return s.raisef("'for' %s must be a number", name)
		}
		r[i].setNumber(f)
	}
	return nil
}

// within reports whether a numeric for goes on with a value. A step of 0 counts upwards,
// one of -0 downwards, as in LuaJIT, and so does NaN, which ends after the first value.
func within(value, limit, step float64) bool {
	if step > 0 || step == 0 && !math.Signbit(step) {
		return value <= limit
	}
	return limit <= value
}

// RawEqual reports whether two values are equal without metamethods. It counts no steps:
// see State.RawEqual.
func RawEqual(a, b Value) bool { return rawEqual(a, b) }
