package lua

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// An Error is a Lua error on its way, or as Call returns it. errors.Is and errors.As find
// its cause: the Go error that a GoFunction returned, the cause of an interrupt, or a
// *syntax.Error.
type Error struct {
	Value     Value     // the error object
	Message   string    // the error object as text: itself if it is a string
	Traceback string    // as LuaJIT writes it; only with Options.Tracebacks, and only if nothing caught the error
	Kind      ErrorKind // what went wrong

	cause   error
	handled bool // a handler was called for it, or its traceback made
}

// An ErrorKind says what went wrong.
type ErrorKind uint8

// The kinds of errors. Lua code catches the first three; the others end the outermost
// call.
const (
	KindRuntime   ErrorKind = iota // error, or misuse of an operator or a function
	KindSyntax                     // source that is not Lua
	KindMemory                     // the memory limit; uncatchable if its cause is ErrExhausted
	KindInterrupt                  // Interrupt or a deadline
	KindSteps                      // Options.MaxSteps
	KindPanic                      // a registered Go function panicked
	KindUnwind                     // Unwind
)

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Catchable reports whether pcall catches the error.
func (e *Error) Catchable() bool {
	return e.Kind <= KindSyntax || e.Kind == KindMemory && !errors.Is(e.cause, ErrExhausted)
}

var (
	errIndexNil = errors.New("table index is nil")
	errIndexNaN = errors.New("table index is NaN")
)

// raisef makes an error with the position of the Lua function that runs, or that called
// the running Go function.
func (s *State) raisef(format string, args ...any) *Error {
	briefly(args)
	return s.raise(s.where(s.level1()) + fmt.Sprintf(format, args...))
}

const (
	maxPart = 1 << 16 // bytes of a string that goes into a message
	maxName = 1 << 10 // bytes of a name there
)

// brief shortens a text that is too long. A script can make names and words as long as
// memory is large; a message about them must not take several times that.
func brief(text string, length int) string {
	if len(text) <= length {
		return text
	}
	return text[:length] + "..."
}

// briefly shortens the strings among arguments of a message.
func briefly(args []any) {
	for i, a := range args {
		if text, isString := a.(string); isString && len(text) > maxPart {
			args[i] = brief(text, maxPart)
		}
	}
}

// raise makes an error of a finished message.
func (s *State) raise(message string) *Error {
	value, err := s.newString(message)
	if err != nil {
		return err.(*Error)
	}
	return &Error{Value: stringValue(value), Message: message}
}

// Raise makes an error whose object is any value, as error(value, 0) does.
func (s *State) Raise(value Value) *Error {
	return &Error{Value: value, Message: s.describeError(value)}
}

// Errorf makes an error with the position of the Lua code that called the running Go
// function, as luaL_error does. An error given for %w becomes the cause.
func (s *State) Errorf(format string, args ...any) *Error {
	briefly(args)
	cause := fmt.Errorf(format, args...)
	e := s.raise(s.where(s.level1()) + cause.Error())
	if e.Kind == KindRuntime && errors.Unwrap(cause) != nil {
		e.cause = cause
	}
	return e
}

// describeError is the text of an error object for people.
func (s *State) describeError(value Value) string {
	switch {
	case value.is(KindString):
		return value.str().text()
	case value.isNumber():
		return string(appendNumber(nil, value.float()))
	}
	return "(error object is a " + value.TypeName() + " value)"
}

// memoryError is the error of a charge over the limit. It takes no memory of the state.
func (s *State) memoryError() *Error {
	return &Error{Value: s.names.notEnoughMemory, Message: "not enough memory", Kind: KindMemory, cause: ErrMemory}
}

// stackOverflow is the error of a stack that is full.
func (s *State) stackOverflow() *Error {
	if s.handling > 0 {
		return s.raise("error in error handling")
	}
	return s.raisef("stack overflow")
}

// fatal makes an error that Lua cannot catch. It stays: whatever Lua code runs before the
// outermost Call has returned fails with it, too.
func (s *State) fatal(kind ErrorKind, cause error) *Error {
	e := &Error{Kind: kind, cause: cause, Message: cause.Error()}
	if position := s.where(s.level1()); position != "" {
		e.Message = position + e.Message
	}
	block, bytes := newBlock(len(e.Message))
	copy(bytes, e.Message)
	e.Value = stringValue(block)
	return e
}

// Unwind returns an error that Lua cannot catch and that ends the outermost Call, for
// functions like os.exit.
func (s *State) Unwind(cause error) *Error { return s.fatal(KindUnwind, cause) }

// panicked makes an error of the value that a registered Go function panicked with.
func (s *State) panicked(value any) *Error {
	e := s.fatal(KindPanic, &PanicError{Value: value, Stack: debug.Stack()})
	return e
}

// A PanicError is the cause of an error of KindPanic.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine, as runtime/debug.Stack gives it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in a Go function: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error { err, _ := e.Value.(error); return err }

// lift makes an *Error of whatever a Go function returned.
func (s *State) lift(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var bad *syntax.Error
	if errors.As(err, &bad) {
		made := s.raise(bad.Error())
		made.Kind, made.cause = KindSyntax, err
		return made
	}
	made := s.raisef("%s", err.Error())
	if made.Kind == KindRuntime && err != error(errIndexNil) && err != error(errIndexNaN) {
		made.cause = err
	}
	return made
}

// shortName is a chunk's name as messages show it: "bot.lua" of "@bot.lua", "stdin" of
// "=stdin", else a piece of the source text in [string "…"]. LuaJIT's own rules.
func shortName(name string) string {
	const size = 60
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), size)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) > size-1 {
			return "..." + name[len(name)-(size-1-3):]
		}
		return name
	}
	line := name[:min(len(name), size)] // more is not shown
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	const room = size - len(`[string "..."]`) - 1
	if len(line) < len(name) || len(line) > room {
		return `[string "` + line[:min(len(line), room)] + `..."]`
	}
	return `[string "` + line + `"]`
}
