package lua

// This file is how Go reads and changes values as Lua code does, metamethods included. A
// metamethod is called by a nested call, from which it cannot yield.

// Index returns object[key].
func (s *State) Index(object, key Value) (Value, error) {
	for range maxChain {
		var handler Value
		if object.is(KindTable) {
			t := object.table()
			if v := t.get(key); !v.IsNil() || t.meta == nil {
				return v, nil
			}
			if handler = t.meta.indexer(s); handler.IsNil() {
				return Nil, nil
			}
		} else if handler = s.metamethod(object, eventIndex); handler.IsNil() {
			return Nil, s.attempt("index", "", object)
		}
		if handler.IsFunction() {
			return s.call1Within(handler, object, key)
		}
		object = handler
	}
	return Nil, s.raisef("loop in gettable")
}

// Field returns object[name].
func (s *State) Field(object Value, name string) (Value, error) {
	if object.is(KindTable) {
		if t := object.table(); t.meta == nil {
			return t.GetString(name), nil
		}
	}
	key, err := s.canonicalText(name)
	if err != nil {
		return Nil, err
	}
	return s.Index(object, stringValue(key))
}

// SetIndex carries out object[key] = value.
func (s *State) SetIndex(object, key, value Value) error {
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
			return s.attempt("index", "", object)
		}
		if handler.IsFunction() {
			_, err := s.call1Within(handler, object, key, value)
			return err
		}
		object = handler
	}
	return s.raisef("loop in settable")
}

// SetField carries out object[name] = value.
func (s *State) SetField(object Value, name string, value Value) error {
	key, err := s.canonicalText(name)
	if err != nil {
		return err
	}
	return s.SetIndex(object, stringValue(key), value)
}

// RawEqual reports whether a == b without metamethods. To compare long strings counts
// steps, which the next jump or call looks at.
func (s *State) RawEqual(a, b Value) bool {
	if a.is(KindString) && b.is(KindString) {
		return s.sameKey(a.str(), b.str())
	}
	return rawEqual(a, b)
}

// Equal reports whether a == b.
func (s *State) Equal(a, b Value) (bool, error) {
	if a.is(KindString) && b.is(KindString) {
		if n := a.str().length; n >= bigWork && n == b.str().length {
			if err := s.Step(n / bytesPerStep); err != nil {
				return false, err
			}
		}
	}
	if rawEqual(a, b) {
		return true, nil
	}
	if a.n != b.n || !a.is(KindTable) && !a.is(KindUserdata) {
		return false, nil
	}
	handler := s.equalHandler(a, b)
	if handler.IsNil() {
		return false, nil
	}
	v, err := s.call1Within(handler, a, b)
	return v.Truth(), err
}

// Less reports whether a < b.
func (s *State) Less(a, b Value) (bool, error) {
	switch {
	case a.isNumber() && b.isNumber():
		return a.float() < b.float(), nil
	case a.is(KindString) && b.is(KindString):
		if n := min(a.str().length, b.str().length); n >= bigWork {
			if err := s.Step(n / bytesPerStep); err != nil {
				return false, err
			}
		}
		return a.str().text() < b.str().text(), nil
	}
	handler := s.orderHandler(a, b, eventLt)
	if handler.IsNil() {
		return false, s.raise(compareProblem(a, b)) // it is Go that compares: no Lua code has a position
	}
	v, err := s.call1Within(handler, a, b)
	return v.Truth(), err
}

// A Func is a Go function with the name that a module has for it.
type Func struct {
	Name string
	Call GoFunction
}

// NewModule makes a table of functions, sets the global of its name, and lets require
// find it under that name. If the global is a table already the functions are added to
// it.
func (s *State) NewModule(name string, functions ...Func) (*Table, error) {
	t, isTable := s.globals.GetString(name).AsTable()
	if !isTable {
		var err error
		if t, err = s.NewTable(0, len(functions)+moduleRoom); err != nil {
			return nil, err
		}
	}
	// First, so that a walk which these make necessary finds what the module charges.
	if err := s.SetGlobal(name, t.Value()); err != nil {
		return nil, err
	}
	if err := s.Loaded().SetString(name, t.Value()); err != nil {
		return nil, err
	}
	return t, s.SetFuncs(t, functions...)
}

// moduleRoom is the room for a module's fields that are not functions.
const moduleRoom = 4

// SetFuncs adds functions to a table.
func (s *State) SetFuncs(t *Table, functions ...Func) error {
	made := s.newFunctions(functions)
	for i, f := range functions {
		if err := t.SetString(f.Name, goValue(&made[i])); err != nil {
			return err
		}
	}
	return nil
}

// Loaded returns the table of loaded modules, package.loaded.
func (s *State) Loaded() *Table {
	const name = "_LOADED"
	if t, isTable := s.registry.GetString(name).AsTable(); isTable {
		return t
	}
	t, err := s.newTable(0, loadedRoom)
	if err != nil {
		return &Table{state: s} // no memory even for this: the next allocation says so
	}
	if err := s.registry.SetString(name, t.Value()); err != nil {
		return t // no memory even for this: the next allocation says so
	}
	return t
}

// loadedRoom is for the standard libraries and a few modules.
const loadedRoom = 16

// Env returns the environment of a function, in which it looks up globals, or that of a
// coroutine, which is the environment of code loaded while it runs; the state's globals
// for other values.
func (s *State) Env(v Value) *Table {
	switch {
	case v.is(KindFunction):
		return v.fn().env
	case v.is(KindThread) && v.thread().env != nil:
		return v.thread().env
	}
	return s.globals
}

// SetEnv sets the environment of a Lua function or of a coroutine, and reports whether
// the value is one. The globals of the state stay, for functions of Go and for Load.
func (s *State) SetEnv(v Value, env *Table) bool {
	switch {
	case v.is(KindFunction):
		v.fn().env = env
	case v.is(KindThread):
		v.thread().env = env
	default:
		return false
	}
	s.found(tableValue(env))
	return true
}

// Upvalue returns the name and the value of a Lua function's upvalue, counted from 1.
func (v Value) Upvalue(n int) (name string, value Value, found bool) {
	if !v.is(KindFunction) || n < 1 || n > len(v.fn().ups) {
		return "", Nil, false
	}
	f := v.fn()
	value = f.ups[n-1]
	if value.is(kindCell) {
		value = value.cell().v
	}
	return f.proto.source.Upvalues[n-1].Name, value, true
}

// SetUpvalue assigns a Lua function's upvalue, and returns its name. A variable that no
// code assigns after its declaration is copied into each closure, and changes for this
// closure alone.
func (v Value) SetUpvalue(n int, value Value) (name string, found bool) {
	if !v.is(KindFunction) || n < 1 || n > len(v.fn().ups) {
		return "", false
	}
	f := v.fn()
	f.env.state.found(value)
	if up := f.ups[n-1]; up.is(kindCell) {
		up.cell().v = value
	} else {
		f.ups[n-1] = value
	}
	return f.proto.source.Upvalues[n-1].Name, true
}
