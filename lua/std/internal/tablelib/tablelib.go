// Package tablelib is Lua's library table, as LuaJIT has it (Lua 5.1 manual §5.5), with
// move, and new and clear for require "table.new" and require "table.clear".
package tablelib

import (
	"math"

	"github.com/tidewire/tidewire/lua"
)

// piece is the number of elements whose steps are counted together.
const piece = 1 << 10

// Open opens the library in a state: the global table, and the loaders of table.new and
// table.clear in package.preload, if the library package is open already.
func Open(s *lua.State) error {
	lib, err := s.NewModule("table",
		lua.Func{Name: "concat", Call: concatFunction(s)},
		lua.Func{Name: "foreach", Call: foreach},
		lua.Func{Name: "foreachi", Call: foreachi},
		lua.Func{Name: "getn", Call: getn},
		lua.Func{Name: "insert", Call: insert},
		lua.Func{Name: "maxn", Call: maxn},
		lua.Func{Name: "move", Call: move},
		lua.Func{Name: "remove", Call: remove},
		lua.Func{Name: "sort", Call: sort},
	)
	if err != nil {
		return err
	}
	return preload(s, lib)
}

func getn(c *lua.Call) error { return c.ReturnNumber(float64(c.Table(1).Len())) }

func insert(c *lua.Call) error {
	t := c.Table(1)
	switch c.Count() {
	case 2:
		if err := c.Err(); err != nil {
			return err
		}
		if err := t.Append(c.Arg(2)); err != nil {
			return err
		}
	case 3:
		at := c.Int32(2)
		if err := c.Err(); err != nil {
			return err
		}
		if err := insertAt(c.State(), t, at, c.Arg(3)); err != nil {
			return err
		}
	default:
		if err := c.Err(); err != nil {
			return err
		}
		return c.Errorf("wrong number of arguments to 'insert'")
	}
	return c.Return()
}

// insertAt moves the values from an index on, as LuaJIT does: up to 2^31 of them from an
// index far below 1.
func insertAt(s *lua.State, t *lua.Table, at int, value lua.Value) error {
	length := t.Len()
	switch {
	case at > length:
		return t.SetInt(at, value)
	case at >= 1:
		if err := s.Step(length - at); err != nil {
			return err
		}
		return t.InsertAt(at, value)
	}
	for i := length + 1; i > at; i-- {
		if (length+1-i)%piece == 0 {
			if err := s.Step(min(piece, i-at)); err != nil {
				return err
			}
		}
		if err := t.SetInt(i, t.GetInt(i-1)); err != nil {
			return err
		}
	}
	return t.SetInt(at, value)
}

func remove(c *lua.Call) error {
	t := c.Table(1)
	length := t.Len()
	at := c.OptInt32(2, length)
	if err := c.Err(); err != nil {
		return err
	}
	if at < 1 || at > length {
		return c.Return()
	}
	if err := c.State().Step(length - at); err != nil {
		return err
	}
	return c.Return(t.RemoveAt(at))
}

func maxn(c *lua.Call) error {
	t := c.Table(1)
	highest, left := 0.0, t.Slots() // some of which All passes over
	n := 0
	for key := range t.All {
		if n++; n%piece == 0 {
			if err := c.State().Step(piece); err != nil {
				return err
			}
			left -= piece
		}
		if f, isNumber := key.AsNumber(); isNumber {
			highest = math.Max(highest, f)
		}
	}
	if err := c.State().Step(max(left, 0)); err != nil {
		return err
	}
	return c.ReturnNumber(highest)
}

// move is Lua 5.3's, without metamethods, as LuaJIT has it.
func move(c *lua.Call) error {
	from := c.Table(1)
	first, last, at := c.Int32(2), c.Int32(3), c.Int32(4)
	to := from
	if !c.Arg(5).IsNil() {
		to = c.Table(5)
	}
	if err := c.Err(); err != nil {
		return err
	}
	// Upwards, or downwards if that would overwrite values that are read later.
	source, by := first, 1
	if to == from && at > first && at <= last {
		source, by = last, -1
	}
	for left := last - first + 1; left > 0; left-- {
		if (last-first+1-left)%piece == 0 {
			if err := c.State().Step(min(piece, left)); err != nil {
				return err
			}
		}
		if err := to.SetInt(source-first+at, from.GetInt(source)); err != nil {
			return err
		}
		source += by
	}
	return c.Return(to.Value())
}
