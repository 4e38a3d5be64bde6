// Package baselib is Lua's basic functions, as LuaJIT has them.
package baselib

import (
	"io"
	"math"

	"github.com/tidewire/tidewire/lua"
)

// Options has the resources that the basic functions may use.
type Options struct {
	// Stdout is the output of print. nil discards it.
	Stdout io.Writer

	// Files opens the files of dofile and loadfile. nil means that there are none.
	Files Files
}

// Files opens Lua files.
type Files interface {
	// Open opens a file for reading; the empty name is the script's standard input.
	// loadfile returns the text of an error after "cannot open ", and that of an error of
	// reading after "cannot read ".
	Open(name string) (io.ReadCloser, error)
}

// Open sets the basic functions as globals.
func Open(s *lua.State, opts Options) error {
	globals := s.Globals()
	memory := &memory{pause: 200, stepMultiplier: 200}
	files := &files{opts.Files}
	printer := &printer{out: opts.Stdout}
	err := s.SetFuncs(globals,
		lua.Func{Name: "assert", Call: assert},
		lua.Func{Name: "collectgarbage", Call: memory.collectgarbage},
		lua.Func{Name: "dofile", Call: files.dofile},
		lua.Func{Name: "error", Call: raise},
		lua.Func{Name: "gcinfo", Call: gcinfo},
		lua.Func{Name: "getfenv", Call: getfenv},
		lua.Func{Name: "getmetatable", Call: getmetatable},
		lua.Func{Name: "ipairs", Call: ipairs},
		lua.Func{Name: "load", Call: load},
		lua.Func{Name: "loadfile", Call: files.loadfile},
		lua.Func{Name: "loadstring", Call: load},
		lua.Func{Name: "newproxy", Call: newproxy},
		lua.Func{Name: "pairs", Call: pairs},
		lua.Func{Name: "print", Call: printer.print},
		lua.Func{Name: "rawequal", Call: rawequal},
		lua.Func{Name: "rawget", Call: rawget},
		lua.Func{Name: "rawset", Call: rawset},
		lua.Func{Name: "select", Call: choose},
		lua.Func{Name: "setfenv", Call: setfenv},
		lua.Func{Name: "setmetatable", Call: setmetatable},
		lua.Func{Name: "tonumber", Call: tonumber},
		lua.Func{Name: "tostring", Call: tostring},
		lua.Func{Name: "type", Call: typeNames(s)},
		lua.Func{Name: "unpack", Call: unpack},
	)
	if err != nil {
		return err
	}
	printer.tostring = s.Global("tostring")
	for _, f := range []struct {
		name string
		p    lua.Primitive
	}{{"next", lua.Next}, {"pcall", lua.PCall}, {"xpcall", lua.XPCall}} { // in order, which pairs shows
		if err := s.SetGlobal(f.name, s.Primitive(f.p)); err != nil {
			return err
		}
	}
	version, err := s.String("Lua 5.1")
	if err != nil {
		return err
	}
	if err := s.SetGlobal("_VERSION", version); err != nil {
		return err
	}
	if err := s.SetGlobal("_G", globals.Value()); err != nil {
		return err
	}
	return s.Loaded().SetString("_G", globals.Value())
}

// int32Of is a number as LuaJIT reads indices and counts: cut to a whole one of 32 bits;
// one that is too large for these becomes the smallest.
func int32Of(f float64) int {
	if !(f > math.MinInt32-1 && f < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(f)
}

func optInt32(c *lua.Call, n, fallback int) int {
	if c.Arg(n).IsNil() {
		return fallback
	}
	return int32Of(c.Number(n))
}

// isText reports whether a value is a string, or a number, which passes for one.
func isText(v lua.Value) bool { return v.Kind() == lua.KindString || v.Kind() == lua.KindNumber }
