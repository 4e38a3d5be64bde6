package lua

// An event is a metamethod.
type event uint8

const (
	eventIndex event = iota
	eventNewIndex
	eventCall
	eventEq
	eventLen
	eventLt
	eventLe
	eventConcat
	eventUnm
	eventAdd // the arithmetic ones are in the order of code.Add
	eventSub
	eventMul
	eventDiv
	eventMod
	eventPow
	eventMode
	eventGC // the last that Table.absent has a bit for: at most 16
	eventToString
	eventMetatable
	eventName
	eventCount
)

var eventNames = [eventCount]string{
	"__index", "__newindex", "__call", "__eq", "__len", "__lt", "__le", "__concat", "__unm", "__add", "__sub", "__mul",
	"__div", "__mod", "__pow", "__mode", "__gc", "__tostring", "__metatable", "__name",
}

const absentBits = 16

// names are the strings that the interpreter itself needs.
type names struct {
	events          [eventCount]*str
	empty           Value
	notEnoughMemory Value
}

func (n *names) init(s *State) {
	make := func(text string) *str {
		made, bytes := newBlock(len(text))
		copy(bytes, text)
		s.use(stringSize(len(text)))
		made = s.canonical(made)
		s.hashOf(made)
		return made
	}
	for i, name := range eventNames {
		n.events[i] = make(name)
	}
	n.empty = stringValue(make(""))
	n.notEnoughMemory = stringValue(make("not enough memory"))
}

// metatable returns the metatable of any value, or nil.
func (s *State) metatable(v Value) *Table {
	switch {
	case v.is(KindTable):
		return v.table().meta
	case v.is(KindUserdata):
		return v.userdata().meta
	case v.isNumber():
		return s.metas[kindFalse]
	}
	return s.metas[sharedKind(Kind(v.n))]
}

// metamethod returns a value's metamethod, or nil.
func (s *State) metamethod(v Value, e event) Value {
	meta := s.metatable(v)
	if meta == nil {
		return Nil
	}
	return meta.metamethod(s, e)
}

// metamethod returns a metatable's value for an event, and remembers if there is none.
func (t *Table) metamethod(s *State, e event) Value {
	if e < absentBits && t.absent&(1<<e) != 0 {
		return Nil
	}
	v := t.getString(s.names.events[e])
	if v.IsNil() && e < absentBits {
		t.absent |= 1 << e
	}
	return v
}

// indexer is metamethod for __index, which is looked up most.
func (t *Table) indexer(s *State) Value {
	if t.absent&(1<<eventIndex) != 0 {
		return Nil
	}
	name := s.names.events[eventIndex]
	if h := int(t.indexHint); h < len(t.entries) {
		if e := &t.entries[h]; e.key.is(KindString) && e.key.str() == name {
			return e.value
		}
	}
	at := t.findString(name)
	if at < 0 {
		t.absent |= 1 << eventIndex
		return Nil
	}
	t.indexHint = uint32(at)
	return t.entries[at].value
}

// Metatable returns a value's metatable, or nil.
func (s *State) Metatable(v Value) *Table { return s.metatable(v) }

// Metamethod returns the field of a value's metatable with a name such as "__tostring",
// or nil.
func (s *State) Metamethod(v Value, name string) Value {
	meta := s.metatable(v)
	if meta == nil {
		return Nil
	}
	return meta.GetString(name)
}
