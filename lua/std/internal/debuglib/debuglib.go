// Package debuglib is the part of Lua's library debug that scripts get: it looks at Lua
// code and changes it. Functions of Go are closed: their environment, and the values on
// the stack while they run. The metatables of types that scripts share with the libraries
// are closed, too. There is no getregistry, and there are no hooks.
package debuglib

import (
	"math"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// Open sets the global debug. The console is that of debug.debug.
func Open(s *lua.State, console Console) error {
	_, err := s.NewModule("debug",
		lua.Func{Name: "debug", Call: console.debug},
		lua.Func{Name: "getfenv", Call: getfenv},
		lua.Func{Name: "gethook", Call: gethook},
		lua.Func{Name: "getinfo", Call: getinfo},
		lua.Func{Name: "getlocal", Call: getlocal},
		lua.Func{Name: "getmetatable", Call: getmetatable},
		lua.Func{Name: "getupvalue", Call: getupvalue},
		lua.Func{Name: "setfenv", Call: setfenv},
		lua.Func{Name: "sethook", Call: sethook},
		lua.Func{Name: "setlocal", Call: setlocal},
		lua.Func{Name: "setmetatable", Call: setmetatable},
		lua.Func{Name: "setupvalue", Call: setupvalue},
		lua.Func{Name: "traceback", Call: traceback},
		lua.Func{Name: "upvalueid", Call: upvalueID},
		lua.Func{Name: "upvaluejoin", Call: upvalueJoin},
	)
	return err
}

// thread returns the coroutine that a function is asked about, its first argument or else
// the running one, and the number of the argument before the others.
func thread(c *lua.Call) (th *lua.Thread, at int) {
	if th, isThread := c.Arg(1).AsThread(); isThread {
		return th, 1
	}
	return c.State().Thread(), 0
}

// level returns an argument as a level of the stack: a number of 32 bits.
func level(c *lua.Call, n int) int { return int32Of(c.Number(n)) }

func int32Of(f float64) int {
	if !(f > math.MinInt32-1 && f < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(f)
}

// activation returns the call at the level of argument n, which must be there.
func activation(c *lua.Call, th *lua.Thread, n int) lua.Activation {
	a, found := c.State().Activation(th, level(c, n))
	if !found {
		c.Fail(c.ArgError(n, "level out of range"))
	}
	return a
}

func getfenv(c *lua.Call) error {
	switch v := c.Any(1); v.Kind() {
	case lua.KindFunction, lua.KindUserdata, lua.KindThread:
		return c.Return(c.State().Env(v).Value())
	}
	return c.Return(lua.Nil)
}

func setfenv(c *lua.Call) error {
	env := c.Table(2)
	if err := c.Err(); err != nil {
		return err
	}
	if !c.State().SetEnv(c.Arg(1), env) {
		return c.Errorf("'setfenv' cannot change environment of given object")
	}
	return c.ReturnArgs(1)
}

func gethook(c *lua.Call) error {
	mask, err := c.State().String("")
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, mask, lua.Int(0))
}

// sethook removes hooks, of which there are none, and refuses to set one.
func sethook(c *lua.Call) error {
	_, at := thread(c)
	if !c.Arg(at + 1).IsNil() {
		return c.Errorf("hooks are closed to scripts")
	}
	return c.Return()
}

// getmetatable passes over __metatable for the script's own values, but not for the
// embedder's.
func getmetatable(c *lua.Call) error {
	v := c.Any(1)
	meta := c.State().Metatable(v)
	if meta == nil {
		return c.Return(lua.Nil)
	}
	if !isScripts(v) {
		if shown := meta.GetString("__metatable"); !shown.IsNil() {
			return c.Return(shown)
		}
	}
	return c.Return(meta.Value())
}

// isScripts reports whether a value is a table or came from newproxy.
func isScripts(v lua.Value) bool {
	if u, isUserdata := v.AsUserdata(); isUserdata {
		_, isProxy := u.Data().(lua.Proxy)
		return isProxy
	}
	return v.Kind() == lua.KindTable
}

// setmetatable changes the metatables of tables and of newproxy's userdata, and that of
// strings, which scripts reach in other ways as well. Those of other types are shared
// with the embedder's functions, and those of other userdata are the embedder's. It
// returns true, as in Lua 5.1.
func setmetatable(c *lua.Call) error {
	v := c.Arg(1)
	meta, isTable := c.Arg(2).AsTable()
	if !isTable && (!c.Has(2) || !c.Arg(2).IsNil()) {
		return c.ArgError(2, "nil or table expected")
	}
	s := c.State()
	if t, isTable := v.AsTable(); isTable {
		t.SetMetatable(meta)
	} else if u, isUserdata := v.AsUserdata(); isUserdata && isScripts(v) {
		s.SetUserdataMetatable(u, meta)
	} else if v.Kind() == lua.KindString {
		s.SetTypeMetatable(lua.KindString, meta)
	} else {
		return c.ArgError(1, "table expected: the metatables of other types are closed to scripts")
	}
	return c.Return(lua.True)
}

// traceback adds the stack to a message. Other values are returned, as in LuaJIT.
func traceback(c *lua.Call) error {
	s := c.State()
	th, at := thread(c)
	message, isText := lua.ToText(c.Arg(at + 1))
	if !isText && c.Has(at+1) {
		return c.Return(c.Arg(at + 1))
	}
	from := 0
	if th == s.Thread() {
		from = 1 // not debug.traceback itself
	}
	if !c.Arg(at + 2).IsNil() {
		from = level(c, at+2)
	}
	if err := c.Err(); err != nil {
		return err
	}
	b := s.NewBuilder()
	defer b.Reset()
	if isText {
		b.WriteString(message)
		b.WriteString("\n")
	}
	if b.Err() == nil {
		b.WriteString(s.Traceback(th, "", from))
	}
	text, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(text)
}

// optionsPiece is how many bytes of getinfo's options are looked at together.
const optionsPiece = 64 << 10

func getinfo(c *lua.Call) error {
	s := c.State()
	th, at := thread(c)
	what := c.OptString(at+2, "flnSu")
	f, call, isCall := c.Arg(at+1), lua.Activation{}, false
	if _, isNumber := lua.ToNumber(f); isNumber {
		n := level(c, at+1)
		if err := c.Err(); err != nil {
			return err
		}
		if call, isCall = s.Activation(th, n); !isCall {
			return c.Return(lua.Nil)
		}
		f = call.Function()
	} else if !f.IsFunction() {
		c.Fail(c.ArgError(at+1, "function or level expected"))
	}
	for rest := what; rest != ""; {
		part := rest[:min(len(rest), optionsPiece)]
		rest = rest[len(part):]
		if err := s.Step(len(part) / 16); err != nil {
			return err
		}
		if strings.Trim(part, "flnSuL") != "" {
			c.Fail(c.ArgError(at+2, "invalid option"))
			break
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	t, err := s.NewTable(0, 8)
	if err != nil {
		return err
	}
	r := record{s: s, table: t}
	info := f.Info()
	if strings.Contains(what, "S") {
		r.text("source", info.Source)
		r.text("short_src", info.ShortSource)
		r.text("what", info.What)
		r.set("linedefined", lua.Int(info.LineDefined))
		r.set("lastlinedefined", lua.Int(info.LastLineDefined))
	}
	if strings.Contains(what, "l") {
		line := -1
		if isCall {
			line = call.Line()
		}
		r.set("currentline", lua.Int(line))
	}
	if strings.Contains(what, "u") {
		r.set("nups", lua.Int(info.Upvalues))
		r.set("nparams", lua.Int(info.Params))
		r.set("isvararg", lua.Bool(info.Vararg))
	}
	if strings.Contains(what, "n") {
		kind, name := "", ""
		if isCall {
			kind, name = call.Name()
		}
		r.text("namewhat", kind)
		if name != "" {
			r.text("name", name)
		}
	}
	if strings.Contains(what, "L") && !f.IsGoFunction() {
		r.activeLines(f)
	}
	if strings.Contains(what, "f") {
		r.set("func", f)
	}
	if r.err != nil {
		return r.err
	}
	return c.Return(t.Value())
}

// record is a table of fields that is being filled.
type record struct {
	s     *lua.State
	table *lua.Table
	err   error
}

func (r *record) set(name string, v lua.Value) {
	if r.err == nil {
		r.err = r.table.SetString(name, v)
	}
}

func (r *record) text(name, text string) {
	v, err := r.s.String(text)
	if err != nil && r.err == nil {
		r.err = err
	}
	r.set(name, v)
}

// activeLines sets the field of that name: a table with the lines that have code as keys.
func (r *record) activeLines(f lua.Value) {
	lines, err := r.s.NewTable(0, 0)
	if err != nil {
		r.err = err
		return
	}
	f.ActiveLines(func(line int) bool {
		if r.err = r.s.Step(1); r.err == nil {
			r.err = lines.SetInt(line, lua.True)
		}
		return r.err == nil
	})
	r.set("activelines", lines.Value())
}
