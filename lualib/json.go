package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	// jsonName is what require finds the module under.
	jsonName = "json"

	// maxJSONDepth is how deep arrays and objects may be nested in either direction, so that a text from a peer cannot
	// exhaust the stack.
	maxJSONDepth = 1000

	// jsonStride is how many values are read or written between two looks at the interrupt and at the size.
	jsonStride = 1024

	// longJSONString is how long a string is that is looked at by itself, in bytes.
	longJSONString = 4 << 10

	// maxKeptBuffer bounds what a module keeps of its buffers from one call to the next, in bytes and in values.
	maxKeptBuffer = 64 << 10
)

// jsonModule is the module json of one state. It belongs to the goroutine that owns the state.
type jsonModule struct {
	// null stands for JSON's null, which Lua's nil cannot: a table does not hold nil.
	null *lua.LUserData

	// array is the metatable of the tables that are arrays even when they are empty. It has no methods and is not
	// locked: a script may give a decoded table a metatable of its own.
	array *lua.LTable

	text  []byte       // encode's buffer
	stack []lua.LValue // decode's
}

// openJSON makes the module json available to require. It is created when it is first asked for.
func openJSON(L *lua.LState) { L.PreloadModule(jsonName, loadJSON) }

func loadJSON(L *lua.LState) int {
	m := &jsonModule{null: L.NewUserData(), array: L.NewTable()}
	locked := L.NewTable()
	locked.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}))
	locked.RawSetString("__metatable", lua.LFalse)
	m.null.Metatable = locked
	lib := L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"encode": m.encode,
		"decode": m.decode,
		"array":  m.markArray,
	})
	lib.RawSetString("null", m.null)
	L.Push(lib)
	return 1
}

// encode is json.encode(value): the value as JSON text, on one line. An explicit nil is null.
func (m *jsonModule) encode(L *lua.LState) int {
	if L.GetTop() == 0 {
		ArgError(L, 1, "value expected")
	}
	e := jsonEncoder{L: L, module: m, text: m.text[:0]}
	if err := e.value(L.Get(1)); err != nil {
		Errorf(L, "json.encode: %v", err)
	}
	if cap(e.text) <= maxKeptBuffer {
		m.text = e.text
	}
	CheckSize(L, len(e.text))
	L.Push(lua.LString(e.text))
	return 1
}

// decode is json.decode(text): the value that the text spells.
func (m *jsonModule) decode(L *lua.LState) int {
	d := jsonDecoder{L: L, module: m, text: CheckString(L, 1), stack: m.stack[:0]}
	value, err := d.document()
	if d.pop(0); cap(d.stack) <= maxKeptBuffer {
		m.stack = d.stack
	}
	if err != nil {
		Errorf(L, "json.decode: %v", err)
	}
	L.Push(value)
	return 1
}

// markArray is json.array([table]): the table, or a new one, which is an array from now on even when it is empty.
func (m *jsonModule) markArray(L *lua.LState) int {
	table := OptTable(L, 1)
	switch {
	case table == nil:
		table = L.NewTable()
	case table.Metatable != lua.LNil && table.Metatable != m.array:
		ArgError(L, 1, "table without a metatable expected")
	}
	table.Metatable = m.array
	L.Push(table)
	return 1
}

// stopIfInterrupted raises if the running code is to be unwound: a library call that could take seconds has to look
// itself.
func stopIfInterrupted(L *lua.LState) {
	ctx := L.Context()
	if ctx == nil {
		return
	}
	select {
	case <-ctx.Done():
		Errorf(L, "%v", ctx.Err())
	default:
	}
}
