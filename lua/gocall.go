package lua

import (
	"errors"
	"fmt"
	"math"

	"github.com/tidewire/tidewire/internal/lua/number"
)

// A Call is one call of a GoFunction: its arguments and its results. Arguments count from
// 1.
//
// The methods that read an argument by type remember the first misfit and return a zero
// value from then on: check Err before anything is done with them. Return checks it, so a
// function without effects needs no other check. The errors have Lua's own words.
type Call struct {
	s  *State
	th *Thread
	fn *goFunction

	base   int // of the arguments on the stack
	args   int // how many
	top    int // the first free slot after them
	result int // how many results are stored, from base - 1 on
	err    error

	failed *Error
	action action
	then   func(c *Call) error
	pcall  bool // then also gets errors
	task   *Task
	next   func() *Task
}

// action is the request that a Go function makes instead of returning results.
type action uint8

const (
	noAction action = iota
	actTailCall
	actCallThen
	actResume
	actYield
	actSuspend
)

// errAction says that the call's action is to be carried out.
var errAction = errors.New("lua: the result of a Call's method was not returned")

// begin makes c the call of a function. Pointers are written only if they change.
func (c *Call) begin(g *goFunction, th *Thread, slot, args int) {
	c.fn = g
	if c.th != th {
		c.th = th
	}
	c.base, c.args, c.top, c.result = slot+1, args, slot+1+args, 0
	if c.err != nil || c.failed != nil {
		c.err, c.failed = nil, nil
	}
}

// State returns the state.
func (c *Call) State() *State { return c.s }

// Count returns the number of arguments.
func (c *Call) Count() int { return c.args }

// Arg returns an argument, or nil if there is none.
func (c *Call) Arg(n int) Value {
	if n < 1 || n > c.args {
		return Nil
	}
	return c.th.stack[c.base+n-1]
}

// Args returns a copy of the arguments from number n on.
func (c *Call) Args(n int) []Value {
	if n > c.args {
		return nil
	}
	return append([]Value(nil), c.th.stack[c.base+max(n, 1)-1:c.base+c.args]...)
}

// Has reports whether there is an argument n, be it nil.
func (c *Call) Has(n int) bool { return n >= 1 && n <= c.args }

// Err returns the first misfit among the arguments that were read.
func (c *Call) Err() error { return c.err }

// Fail remembers an error for Err, unless there is one already: for libraries that read
// arguments in ways of their own.
func (c *Call) Fail(err error) { c.fail(err) }

// fail remembers the first error.
func (c *Call) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Any returns an argument that must be there, be it nil.
func (c *Call) Any(n int) Value {
	if !c.Has(n) {
		c.fail(c.ArgError(n, "value expected"))
	}
	return c.Arg(n)
}

// Number returns an argument that must be a number, or a string that spells one.
func (c *Call) Number(n int) float64 {
	v := c.Arg(n)
	if v.isNumber() {
		return v.float()
	}
	if v.is(KindString) {
		if f, ok := c.s.parse(v.str()); ok {
			return f
		}
	}
	c.fail(c.TypeError(n, "number"))
	return 0
}

// OptNumber is Number for an argument that may be nil or absent, which gives fallback.
func (c *Call) OptNumber(n int, fallback float64) float64 {
	if c.Arg(n).IsNil() {
		return fallback
	}
	return c.Number(n)
}

// Int returns a number, cut to a whole one; beyond the range of int it is the nearest,
// and 0 for NaN.
func (c *Call) Int(n int) int { return clampInt(c.Number(n)) }

// OptInt is Int for an argument that may be nil or absent, which gives fallback.
func (c *Call) OptInt(n int, fallback int) int {
	if c.Arg(n).IsNil() {
		return fallback
	}
	return c.Int(n)
}

func clampInt(f float64) int {
	switch {
	case f >= math.MaxInt:
		return math.MaxInt
	case f <= math.MinInt:
		return math.MinInt
	case f != f:
		return 0
	}
	return int(f)
}

// String returns an argument that must be a string, or a number, which is written as Lua
// writes it. A string is not copied.
func (c *Call) String(n int) string {
	v := c.Arg(n)
	if v.is(KindString) {
		return v.str().text()
	}
	if v.isNumber() {
		return string(number.Append(nil, v.float()))
	}
	c.fail(c.TypeError(n, "string"))
	return ""
}

// StringValue is String as a Lua value: the argument itself if it is a string.
func (c *Call) StringValue(n int) Value {
	v := c.Arg(n)
	if v.is(KindString) {
		return v
	}
	made, err := c.s.String(c.String(n))
	if err != nil {
		c.fail(err)
	}
	return made
}

// OptString is String for an argument that may be nil or absent, which gives fallback.
func (c *Call) OptString(n int, fallback string) string {
	if c.Arg(n).IsNil() {
		return fallback
	}
	return c.String(n)
}

// Table returns an argument that must be a table. After a misfit it is an empty one that
// nobody sees.
func (c *Call) Table(n int) *Table {
	v := c.Arg(n)
	if v.is(KindTable) {
		return v.table()
	}
	c.fail(c.TypeError(n, "table"))
	return &Table{state: c.s}
}

// OptTable is Table for an argument that may be nil or absent, which gives nil.
func (c *Call) OptTable(n int) *Table {
	if c.Arg(n).IsNil() {
		return nil
	}
	return c.Table(n)
}

// Function returns an argument that must be a function.
func (c *Call) Function(n int) Value {
	v := c.Arg(n)
	if !v.IsFunction() {
		c.fail(c.TypeError(n, "function"))
	}
	return v
}

// Bool returns the truth of an argument, whatever its type.
func (c *Call) Bool(n int) bool { return c.Arg(n).Truth() }

// Thread returns an argument that must be a coroutine; the running one after a misfit.
func (c *Call) Thread(n int) *Thread {
	if v := c.Arg(n); v.is(KindThread) {
		return v.thread()
	}
	c.fail(c.ArgError(n, "coroutine expected"))
	return c.th
}

// Option returns the index of an argument among words. A nil or absent argument means
// fallback, if that is not "".
func (c *Call) Option(n int, fallback string, words ...string) int {
	word := ""
	if fallback != "" {
		word = c.OptString(n, fallback)
	} else {
		word = c.String(n)
	}
	for i, known := range words {
		if word == known {
			return i
		}
	}
	if c.err == nil {
		c.fail(c.ArgError(n, "invalid option '"+brief(word, maxName)+"'"))
	}
	return 0
}

// UserdataAs returns the Go value of argument n, which must be a userdata that holds a T.
// name is the type's name for the error.
func UserdataAs[T any](c *Call, n int, name string) T {
	held, ok := heldAt[T](c, n)
	if !ok {
		c.fail(c.TypeError(n, name))
	}
	return held
}

// Receiver returns the Go value of a method's first argument, which must be a userdata that
// holds a T. It is UserdataAs, and its error knows the slip of s.send(…) for s:send(…).
func Receiver[T any](c *Call, name string) T {
	held, ok := heldAt[T](c, 1)
	if !ok {
		hint := ""
		if kind, called := c.s.called(); kind == "field" {
			hint = ": write ':" + called + "' for '." + called + "'"
		}
		c.fail(c.typeError(1, name, hint))
	}
	return held
}

// heldAt returns the Go value of argument n, and whether that is a userdata that holds a T.
func heldAt[T any](c *Call, n int) (held T, ok bool) {
	if u, isUserdata := c.Arg(n).AsUserdata(); isUserdata {
		held, ok = u.data.(T)
	}
	return held, ok
}

// ArgError returns the error "bad argument #n to 'f' (message)".
func (c *Call) ArgError(n int, message string) error {
	name, method := c.s.calledName()
	if method {
		n--
		if n == 0 {
			return c.s.raisef("calling '%s' on bad self (%s)", name, message)
		}
	}
	return c.s.raisef("bad argument #%d to '%s' (%s)", n, name, message)
}

// TypeError returns the error of an argument of another type than the expected one.
func (c *Call) TypeError(n int, expected string) error { return c.typeError(n, expected, "") }

// typeError is TypeError with a hint at the end, or "".
func (c *Call) typeError(n int, expected, hint string) error {
	got := "no value"
	if c.Has(n) {
		got = c.Arg(n).TypeName()
	}
	return c.ArgError(n, expected+" expected, got "+got+hint)
}

// Errorf returns an error with the position of the Lua code that called the function; see
// State.Errorf.
func (c *Call) Errorf(format string, args ...any) error { return c.s.Errorf(format, args...) }

// Return stores the function's results. The arguments cannot be read any longer. It
// returns the first misfit among the arguments that were read, so that a function may end
// with return c.Return(…).
func (c *Call) Return(values ...Value) error {
	if c.err != nil {
		return c.err
	}
	if len(values) == 1 {
		c.th.stack[c.base-1] = values[0]
		c.result = 1
		return nil
	}
	return c.returnAll(values)
}

func (c *Call) returnAll(values []Value) error {
	at := c.base - 1
	if err := c.th.ensure(at + len(values)); err != nil {
		return err
	}
	copyValues(c.th.stack[at:], values)
	c.result = len(values)
	return nil
}

// ReturnString returns one string, which is made of text.
func (c *Call) ReturnString(text string) error {
	made, err := c.s.String(text)
	if err != nil {
		return err
	}
	return c.Return(made)
}

// ReturnBytes returns one string, which is made of bytes.
func (c *Call) ReturnBytes(text []byte) error {
	made, err := c.s.Bytes(text)
	if err != nil {
		return err
	}
	return c.Return(made)
}

// ReturnArgs returns the arguments from number n on.
func (c *Call) ReturnArgs(n int) error {
	if c.err != nil {
		return c.err
	}
	stack := c.th.stack
	c.result = copy(stack[c.base-1:], stack[c.base+min(n, c.args+1)-1:c.base+c.args])
	return nil
}

// TailCall makes the results of another function the results of this one. The Go function
// must return TailCall's error.
func (c *Call) TailCall(f Value, args ...Value) error {
	if c.err != nil {
		return c.err
	}
	at := c.base - 1
	if err := c.th.ensure(at + 1 + len(args)); err != nil {
		return err
	}
	copy(c.th.stack[at+1:], args)
	c.th.stack[at] = f
	c.args, c.action = len(args), actTailCall
	return errAction
}

// CallThen calls a Lua function once this Go function has returned CallThen's error, as
// it must. Then it calls then with the function's results as arguments. The function may
// yield. If it fails, then is not called, unless protected: Failed has the error in that
// case.
func (c *Call) CallThen(then func(c *Call) error, protected bool, f Value, args ...Value) error {
	if c.err != nil {
		return c.err
	}
	c.top = c.base - 1 // f takes the arguments' place, so that a loop of such calls does not climb up the stack
	if err := c.th.ensure(c.top + 2 + len(args)); err != nil {
		return err
	}
	stack := c.th.stack
	copy(stack[c.top+2:], args)
	stack[c.top], stack[c.top+1] = goValue(c.fn), f // the function's own place may hold a result
	c.args, c.action, c.then, c.pcall = len(args), actCallThen, then, protected
	return errAction
}

// Failed returns the error that ended the function of a protected CallThen, or nil.
func (c *Call) Failed() *Error { return c.failed }

// Yield suspends the coroutine, whose resume returns the values. When it is resumed the
// arguments of that are the results of this function, or if then is not nil the arguments
// of then. The Go function must return Yield's error.
func (c *Call) Yield(then func(c *Call) error, values ...Value) error {
	if err := c.Return(values...); err != nil {
		return err
	}
	c.action, c.then = actYield, then
	return errAction
}

// Call calls a function and returns its results, from within a Go function. It nests: the
// function cannot yield.
func (c *Call) Call(f Value, args ...Value) ([]Value, error) { return c.s.callWithin(f, args...) }

// calledName returns the running Go function's name at the place of the call, and whether
// it was called as a method.
func (s *State) calledName() (name string, method bool) {
	kind, name := s.called()
	if kind == "" {
		return "?", false
	}
	return name, kind == "method"
}

// called returns the kind of name under which Lua code calls the running function, such
// as "field", and the name; or "" if there is none.
func (s *State) called() (kind, name string) {
	th := s.thread
	if th.depth > 0 && th.current().kind == frameLua {
		s.look(int(th.current().pc))
		if kind, name := th.current().callName(); kind != "" {
			return kind, brief(name, maxName)
		}
	}
	return "", ""
}

func appendNumber(dst []byte, f float64) []byte { return number.Append(dst, f) }

// ToNumber returns the number that a value is or, if it is a string, spells.
func ToNumber(v Value) (f float64, ok bool) {
	if v.isNumber() {
		return v.float(), true
	}
	if v.is(KindString) {
		return number.Parse(v.str().text())
	}
	return 0, false
}

// ToText returns the text that a value is or, if it is a number, is written as.
func ToText(v Value) (text string, ok bool) {
	if v.is(KindString) {
		return v.str().text(), true
	}
	if v.isNumber() {
		return string(number.Append(nil, v.float())), true
	}
	return "", false
}

// GoString returns a short description of a value for people who debug Go programs.
func (v Value) GoString() string {
	if text, ok := v.AsString(); ok {
		return fmt.Sprintf("lua.Value(%q)", text)
	}
	if f, ok := v.AsNumber(); ok {
		return fmt.Sprintf("lua.Value(%s)", number.Append(nil, f))
	}
	if v.is(kindTrue) || v.is(kindFalse) {
		return fmt.Sprintf("lua.Value(%t)", v.is(kindTrue))
	}
	return fmt.Sprintf("lua.Value(%s)", v.TypeName())
}
