package lua

// A Primitive is a function of the standard library that the interpreter carries out
// itself, since it changes which function runs or is worth a short cut. Libraries put
// primitives under their names.
type Primitive uint8

// The primitives, by the names that scripts know.
const (
	PCall      Primitive = iota // pcall
	XPCall                      // xpcall
	Resume                      // coroutine.resume
	Yield                       // coroutine.yield
	Next                        // next
	IPairsNext                  // the iterator of ipairs
)

var primitives = [...]struct {
	name    string
	special special
	call    GoFunction
}{
	PCall:      {"pcall", specialPCall, nil},
	XPCall:     {"xpcall", specialXPCall, nil},
	Resume:     {"resume", specialResume, nil},
	Yield:      {"yield", specialYield, nil},
	Next:       {"next", specialNext, next},
	IPairsNext: {"ipairs_aux", specialIPairsNext, ipairsNext},
}

// Primitive returns a primitive as a function, always the same one.
func (s *State) Primitive(p Primitive) Value {
	if s.primitives[p] == nil {
		s.use(goFunctionBytes)
		s.goFunctions++
		from := primitives[p]
		s.primitives[p] = &goFunction{
			call: from.call, name: from.name, env: s.globals, special: from.special, number: s.goFunctions,
		}
	}
	return goValue(s.primitives[p])
}

// next is next(table [, key]).
func next(c *Call) error {
	t := c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	k, v, known := t.Next(c.Arg(2))
	switch {
	case !known:
		return c.Errorf("invalid key to 'next'")
	case k.IsNil():
		return c.Return(Nil)
	}
	return c.Return(k, v)
}

// ipairsNext is the iterator of ipairs: it returns the next index and its value, or nil
// at the first hole.
func ipairsNext(c *Call) error {
	t, i := c.Table(1), c.Int(2)+1
	if err := c.Err(); err != nil {
		return err
	}
	v := t.GetInt(i)
	if v.IsNil() {
		return c.Return(Nil)
	}
	return c.Return(Int(i), v)
}
