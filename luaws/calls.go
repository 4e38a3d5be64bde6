package luaws

import (
	"errors"
	"math"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lualib"
)

// kinds are the words for engine.Kind.
var kinds = map[string]engine.Kind{"auto": engine.Auto, "text": engine.Text, "binary": engine.Binary}

// connect is websocket.Connect(url, callbacks [, options]).
func (m *Module) connect(L *lua.LState) int {
	url := lualib.CheckString(L, 1)
	callbacks := lualib.CheckTable(L, 2)
	options, err := readOptions(L, lualib.OptTable(L, 3))
	if err != nil {
		lualib.ArgError(L, 3, err.Error())
	}
	options.Caller = lualib.Caller(L)

	id, err := m.engine.Connect(url, options)
	var bad *engine.OptionError
	switch {
	case errors.As(err, &bad):
		lualib.ArgError(L, 3, bad.Error())
	case err != nil:
		lualib.Errorf(L, "%v", err)
	}
	m.warnOfLookAlikes(callbacks, options.Caller)
	L.Push(m.add(id, callbacks).value)
	return 1
}

// send is websocket.Send(id, data [, kind]).
func (m *Module) send(L *lua.LState) int {
	number := lualib.CheckNumber(L, 1)
	data := lualib.CheckString(L, 2)
	kind := engine.DefaultKind
	if word := lualib.OptString(L, 3, ""); L.Get(3) != lua.LNil {
		known := false
		if kind, known = kinds[word]; !known {
			lualib.ArgError(L, 3, "invalid option '"+word+"'")
		}
	}

	var err error
	if c := m.byNumber[lua.LNumber(number)]; c != nil {
		err = m.engine.Send(c.id, kind, data)
	} else {
		m.logger.Debug("a message for an ended or unknown id was discarded",
			"id", lualib.FormatNumber(number), "bytes", len(data))
		if kind == engine.Text && !utf8.ValidString(data) {
			err = engine.ErrInvalidUTF8 // arguments are checked before state
		}
	}
	if err != nil {
		lualib.ArgError(L, 2, err.Error())
	}
	L.Push(lua.LNil)
	return 1
}

// close is websocket.Close(id [, code [, reason]]).
func (m *Module) close(L *lua.LState) int {
	number := lualib.CheckNumber(L, 1)
	code := lualib.OptNumber(L, 2, 1000)
	reason := lualib.OptString(L, 3, "")

	id := engine.ID(0) // names no connection, but has the arguments checked all the same
	if c := m.byNumber[lua.LNumber(number)]; c != nil {
		id = c.id
	}
	switch err := m.engine.Close(id, closeCode(code), reason); {
	case errors.Is(err, engine.ErrCloseCode):
		lualib.ArgError(L, 2, err.Error())
	case err != nil:
		lualib.ArgError(L, 3, err.Error())
	}
	L.Push(lua.LNil)
	return 1
}

// closeCode makes what the engine calls a code of a script's number. What is no such code stays none: a fraction is not
// cut off, and 0, which the engine takes for the default, is refused.
func closeCode(number float64) int {
	if number == math.Trunc(number) && number >= 1 && number <= math.MaxUint16 {
		return int(number)
	}
	return -1
}
