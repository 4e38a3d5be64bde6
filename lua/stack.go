package lua

import (
	"iter"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/code"
)

// An Activation is a call under way, as debug.getinfo sees it. It is good until the
// function goes on.
type Activation struct {
	th    *Thread
	frame int // its index; -1 for the Go function that runs
	fn    Value
}

// Activation returns the call at a level of a coroutine: 0 is the innermost.
func (s *State) Activation(th *Thread, level int) (a Activation, found bool) {
	if level < 0 {
		return Activation{}, false
	}
	s.activations(th, func(at Activation) bool {
		a, found = at, level == 0
		level--
		return !found
	})
	return a, found
}

// activations yields the calls under way in a coroutine, the innermost first.
func (s *State) activations(th *Thread, yield func(Activation) bool) {
	if s.active != nil && s.active.th == th {
		if !yield(Activation{th, -1, goValue(s.active.fn)}) {
			return
		}
	}
	i := th.depth - 1
	defer func() { s.look(th.depth - i) }()
	for ; i >= 0; i-- {
		fr := &th.frames[i]
		var fn Value
		switch {
		case fr.kind == frameLua:
			fn = functionValue(fr.fn)
		case fr.kind == frameEntry && fr.extra == 0, fr.kind == frameBottom, fr.kind == frameInvoke:
			continue
		default:
			fn = th.stack[fr.base-1]
		}
		if !yield(Activation{th, i, fn}) {
			return
		}
	}
}

// Function returns the function that was called.
func (a Activation) Function() Value { return a.fn }

// lua returns the frame of a Lua function, or nil.
func (a Activation) lua() *frame {
	if a.frame < 0 || a.th.frames[a.frame].kind != frameLua {
		return nil
	}
	return &a.th.frames[a.frame]
}

// Line returns the line that the function is at, or -1 for a Go function.
func (a Activation) Line() int {
	fr := a.lua()
	if fr == nil {
		return -1
	}
	return fr.line()
}

func (fr *frame) line() int {
	lines := fr.fn.proto.source.Lines
	return int(lines[max(min(int(fr.pc)-1, len(lines)-1), 0)])
}

// Name returns how the function was called: the kind of name, as debug.getinfo's
// namewhat, and the name; nothing if that is not known.
func (a Activation) Name() (kind, name string) {
	below := a.frame - 1
	if a.frame < 0 {
		below = a.th.depth - 1
	}
	if below < 0 || a.th.frames[below].kind != frameLua {
		return "", ""
	}
	a.th.state.look(int(a.th.frames[below].pc))
	return a.th.frames[below].callName()
}

// Local returns the name and the value of a local variable of a Lua function, counted
// from 1, or no name.
func (a Activation) Local(n int) (name string, v Value) {
	if slot, l := a.local(n); l != nil {
		v = a.th.stack[slot]
		if l.Cell {
			v = v.cell().v
		}
		return l.Name, v
	}
	return "", Nil
}

// SetLocal assigns a local variable of a Lua function, and returns its name, or "" if
// there is none.
func (a Activation) SetLocal(n int, v Value) (name string) {
	slot, l := a.local(n)
	if l == nil {
		return ""
	}
	a.th.state.found(v)
	if l.Cell {
		a.th.stack[slot].cell().v = v
	} else {
		a.th.stack[slot] = v
	}
	return l.Name
}

// local returns the slot of a local variable. A function that is interrupted at a jump,
// be it for finalizers or for ever, has the jump's target as pc: variables that do not
// live there may be found. So the value in the slot decides.
func (a Activation) local(n int) (slot int, l *code.LocalInfo) {
	fr := a.lua()
	if fr == nil || n < 1 {
		return 0, nil
	}
	pc := int(fr.pc) - 1
	list := fr.fn.proto.source.Locals
	for i := range list {
		if l := &list[i]; l.Start <= pc && pc < l.End {
			if n--; n == 0 {
				slot := int(fr.base) + l.Register
				if a.th.stack[slot].is(kindCell) != l.Cell {
					return 0, nil
				}
				return slot, l
			}
		}
	}
	return 0, nil
}

// FunctionInfo describes a function, as debug.getinfo does.
type FunctionInfo struct {
	What            string // "Lua", "main" or "C"
	Source          string // the chunk's name with its "@" or "=", or its source; "=[C]" for Go
	ShortSource     string // as messages show it
	LineDefined     int    // -1 for Go
	LastLineDefined int
	Upvalues        int
	Params          int
	Vararg          bool
}

// Info describes a function.
func (v Value) Info() FunctionInfo {
	if !v.is(KindFunction) {
		return FunctionInfo{
			What: "C", Source: "=[C]", ShortSource: "[C]", LineDefined: -1, LastLineDefined: -1, Vararg: true,
		}
	}
	p := v.fn().proto.source
	info := FunctionInfo{
		What: "Lua", Source: p.Source, ShortSource: p.Name,
		LineDefined: p.LineDefined, LastLineDefined: p.LastLineDefined,
		Upvalues: len(p.Upvalues), Params: p.Params, Vararg: p.IsVararg,
	}
	if p.LineDefined == 0 {
		info.What = "main"
	}
	return info
}

// where is the position of a Lua function at the innermost frame, "bot.lua:12: ", or "".
func (s *State) where(fr *frame) string {
	if fr == nil {
		return ""
	}
	return fr.fn.proto.source.Name + ":" + strconv.Itoa(fr.line()) + ": "
}

// level1 returns the frame of the Lua function that runs, or that called the running Go
// function; nil if none did.
func (s *State) level1() *frame {
	if th := s.thread; th.depth > 0 {
		if fr := th.current(); fr.kind == frameLua {
			return fr
		}
	}
	return nil
}

// Where returns the position of the call at a level of the running coroutine, as
// luaL_where does: "bot.lua:12: ", or "" if that is not a Lua function.
func (s *State) Where(level int) string {
	a, found := s.Activation(s.thread, level)
	if !found {
		return ""
	}
	return s.where(a.lua())
}

// Traceback describes the calls of a coroutine from a level on, as LuaJIT writes them,
// after a message and a line break if there is a message. Of many it leaves out the
// middle.
func (s *State) Traceback(th *Thread, message string, level int) string {
	return s.traceback(message, level, func(yield func(Activation) bool) { s.activations(th, yield) })
}

// tracebackOfAll describes the calls of a coroutine and of those that wait for it, within
// the same task.
func (s *State) tracebackOfAll(th *Thread) string {
	return s.traceback("", 0, func(yield func(Activation) bool) {
		more := true
		for at := th; at != nil && more; at = at.resumer {
			s.activations(at, func(a Activation) bool {
				more = yield(a)
				return more
			})
			if at.task != nil {
				break
			}
		}
	})
}

func (s *State) traceback(message string, level int, calls iter.Seq[Activation]) string {
	const first, last = 12, 10 // of many calls: up to this level, and so many of the outermost
	var out strings.Builder
	if message != "" {
		out.WriteString(message)
		out.WriteByte('\n')
	}
	out.WriteString("stack traceback:")
	total := 0
	for range calls {
		total++
	}
	if level < 0 {
		level = total
	}
	middle := max(level, first)
	i := -1
	for a := range calls {
		i++
		switch {
		case i < level:
		case i >= middle && middle+1+last < total && i < total-last:
			if i == middle {
				out.WriteString("\n\t...")
			}
		default:
			out.WriteString("\n\t")
			out.WriteString(a.describe())
		}
	}
	return out.String()
}

// describe is a call's line of a traceback.
func (a Activation) describe() string {
	_, name := a.Name()
	name = brief(name, maxName)
	fr := a.lua()
	if fr == nil {
		if name == "" {
			return "[C]: ?" // LuaJIT has an address there
		}
		return "[C]: in function '" + name + "'"
	}
	p := fr.fn.proto.source
	at := p.Name + ":" + strconv.Itoa(fr.line()) + ": in "
	switch {
	case name != "":
		return at + "function '" + name + "'"
	case p.LineDefined == 0:
		return at + "main chunk"
	}
	return at + "function <" + p.Name + ":" + strconv.Itoa(p.LineDefined) + ">"
}
