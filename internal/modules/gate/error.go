package gate

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/lua"
)

// Error is a Lua error as a person reads it.
type Error struct {
	Text      string // the error object as text, with file:line if Lua code raised it
	Traceback string // "stack traceback:\n\t…", empty for an error of the compiler
	cause     error
}

func (e *Error) Error() string {
	if e.Traceback == "" {
		return e.Text
	}
	return e.Text + "\n" + e.Traceback
}

// Unwrap returns the *lua.Error.
func (e *Error) Unwrap() error { return e.cause }

// Describe makes an *Error of an error that a state's Call returned; nil stays nil. It
// may call the error object's __tostring, on the state's goroutine.
func Describe(s *lua.State, err error) error {
	var raised *lua.Error
	if !errors.As(err, &raised) {
		return err
	}
	made := &Error{Text: textOf(s, raised), Traceback: raised.Traceback, cause: err}
	var panicked *lua.PanicError
	if errors.As(err, &panicked) {
		made.Traceback += "\n" + string(panicked.Stack)
	}
	return made
}

func (g *Gate) textOf(err error) error {
	if err == nil {
		return nil
	}
	return Describe(g.s, err)
}

// textOf is an error object as lua.c prints it; for an interrupt it is the reason. A
// __tostring that raises in its turn is passed over, but not the reason for which it was
// stopped, since that ends the run.
func textOf(s *lua.State, raised *lua.Error) string {
	if raised.Kind == lua.KindInterrupt {
		return raised.Unwrap().Error()
	}
	if raised.Kind != lua.KindRuntime || raised.Value.Kind() == lua.KindString {
		return raised.Message
	}
	if method := s.Metamethod(raised.Value, "__tostring"); !method.IsNil() {
		made, err := s.Call1(method, raised.Value)
		var stopped *lua.Error
		if errors.As(err, &stopped) && stopped.Kind == lua.KindInterrupt {
			return textOf(s, stopped)
		}
		if text, isText := made.AsString(); err == nil && isText {
			return text
		}
	}
	return raised.Message
}

// callName is a readable name of the running code: "onMessage (bot.lua:12)".
func callName(where string, called lua.Value) string {
	info := called.Info()
	switch {
	case !called.IsFunction() || called.IsGoFunction():
		if where == "" {
			return "a function"
		}
		return where
	case info.LineDefined == 0:
		return fmt.Sprintf("the main chunk (%s)", info.ShortSource)
	case where == "":
		where = "a function"
	}
	return fmt.Sprintf("%s (%s:%d)", where, info.ShortSource, info.LineDefined)
}
