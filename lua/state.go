package lua

import (
	"hash/maphash"
	"time"
)

// Options configures a State. The zero value works: no limits.
type Options struct {
	// MaxMemory bounds the bytes that values of the state take, by the sizes of the
	// manual's table. 0 means no limit.
	MaxMemory int64

	// MaxSteps bounds the backward jumps and calls of the state's whole life; libraries
	// count by rules of the manual. The error cannot be caught by Lua. 0 means no limit.
	MaxSteps int64

	// MaxString bounds the length in bytes of one string. 0 means a quarter of MaxMemory,
	// or 1 GiB without one.
	MaxString int64

	// Tracebacks makes errors that no Lua code catches carry a traceback
	// (Error.Traceback).
	Tracebacks bool

	// Log receives errors that have no caller to go to: those of finalizers. nil discards
	// them.
	Log func(err error)
}

// A State is one Lua world: globals, registry, coroutines. It belongs to the goroutine
// that uses it; only Interrupt and ClearInterrupt may be called from any. Use from two
// goroutines at once is reported by a panic of the second one: Call, Run, Collect and
// Close look for it.
type State struct {
	opts     Options
	globals  *Table
	registry *Table
	main     *Thread
	thread   *Thread // that runs
	active   *Call   // of the innermost Go function that runs, nil while none does
	calls    []*Call // one for each level of nesting

	metas [KindNumber]*Table // the metatables of the types but table and userdata

	seed                     maphash.Seed
	numberSeed, numberFactor uint64
	lastIdentity             uint32
	canon                    [canonSlots]*str
	short                    *shortCache // nil until the first Piece
	spares                   []spareStacks
	names                    names

	owner
	limits
	walkState

	primitives  [IPairsNext + 1]*goFunction
	goFunctions uint32 // how many have been made
	loading     loading
	refs        refs
	handling    int   // error handlers that run
	nesting     int   // Go functions that have called Lua
	doomed      bool  // an error that Lua cannot catch is on its way out
	doom        error // that error
	closed      bool
	closers     []func() // see OnClose
}

// NewState makes a state without any library. With a MaxMemory that is too small for
// that, every use of the state fails.
func NewState(opts Options) *State {
	s := &State{opts: opts, seed: maphash.MakeSeed()}
	s.numberSeed = maphash.String(s.seed, "number")
	s.numberFactor = maphash.String(s.seed, "factor") | 1
	s.lastIdentity = uint32(maphash.String(s.seed, "identity"))
	s.limits.init(opts)
	s.scanning = noEpoch
	s.use(stateBytes)
	s.globals = &Table{state: s}
	s.registry = &Table{state: s}
	s.use(2 * tableBytes)
	s.main = s.newThread(Nil)
	s.main.status = threadRunning
	s.use(newThreadBytes)
	s.thread = s.main
	s.names.init(s)
	s.calls = []*Call{{s: s}}
	_ = s.globals.growEntries(globalsRoom) // without memory for it they grow later, or cannot
	return s
}

const (
	stateBytes  = 12288
	globalsRoom = 64 // for those of the standard libraries, and some of a script
)

// Globals returns the table of global variables.
func (s *State) Globals() *Table { return s.globals }

// Registry returns a table for libraries, which scripts cannot reach.
func (s *State) Registry() *Table { return s.registry }

// SetGlobal sets a global variable, without metamethods.
func (s *State) SetGlobal(name string, value Value) error { return s.globals.SetString(name, value) }

// Global returns a global variable, without metamethods.
func (s *State) Global(name string) Value { return s.globals.GetString(name) }

// String makes a Lua string. Its memory is charged to the state; over the limit the error
// is one of Lua's. Within a Go function that Lua has called, the copy of a long text
// counts steps.
func (s *State) String(text string) (Value, error) {
	if err := s.beforeCopy(len(text)); err != nil {
		return Nil, err
	}
	block, err := s.newString(text)
	if err != nil {
		return Nil, err
	}
	return stringValue(block), nil
}

// Bytes makes a Lua string of bytes, with one copy. Otherwise it is as String.
func (s *State) Bytes(text []byte) (Value, error) {
	if err := s.beforeCopy(len(text)); err != nil {
		return Nil, err
	}
	block, err := s.newStringBytes(text)
	if err != nil {
		return Nil, err
	}
	return stringValue(block), nil
}

// beforeCopy refuses a string that would be too long, and counts the work of making it.
func (s *State) beforeCopy(length int) error {
	if err := s.checkLength(length); err != nil {
		return err
	}
	if length < bigWork || s.active == nil { // without one it is the embedder's work: an interrupt is for Lua code
		return nil
	}
	return s.Step(length / bytesPerStep)
}

// checkLength refuses a string that would be too long. A negative length is one that int
// does not hold.
func (s *State) checkLength(length int) error {
	if length < 0 || int64(length) > s.maxString {
		return s.raisef("string length overflow")
	}
	return nil
}

// CheckLength refuses a string that would be too long for the state, before a library
// builds it. A negative length is too long, too: a sum or a product that int does not
// hold.
func (s *State) CheckLength(length int) error { return s.checkLength(length) }

// Close runs the finalizers that are left, in reverse order of creation, and ends the
// state: a later Call returns an error.
func (s *State) Close() {
	s.checkOwner()
	if s.closed {
		return
	}
	s.finalizeAll()
	s.closed = true
	s.runClosers()
}

// Interrupt makes the Lua code that runs, and all that is started later, fail with an
// error that Lua cannot catch, until ClearInterrupt is called. errors.Is and errors.As
// find cause in it; nil means ErrInterrupted. Safe for concurrent use.
func (s *State) Interrupt(cause error) {
	if cause == nil {
		cause = ErrInterrupted
	}
	s.interrupt.Store(&interruption{cause})
}

// ClearInterrupt lets the state run again. Safe for concurrent use.
func (s *State) ClearInterrupt() { s.interrupt.Store(nil) }

// SetDeadline interrupts the state at a time, with ErrDeadline as cause; the zero time
// means never.
func (s *State) SetDeadline(at time.Time) {
	s.deadline = at
	s.recount()
}

// Thread returns the coroutine that runs.
func (s *State) Thread() *Thread { return s.thread }

// MainThread returns the coroutine that the state began with.
func (s *State) MainThread() *Thread { return s.main }

// TypeMetatable returns the metatable that all values of a kind share, or nil. Tables and
// userdata have their own.
func (s *State) TypeMetatable(k Kind) *Table { return s.metas[sharedKind(k)] }

// SetTypeMetatable sets the metatable that all values of a kind share. For tables and
// userdata it does nothing.
func (s *State) SetTypeMetatable(k Kind, meta *Table) {
	if k == KindTable || k == KindUserdata {
		return
	}
	s.metas[sharedKind(k)] = meta
	if meta != nil {
		s.found(meta.Value())
	}
}

// sharedKind is the index in metas: the constants of booleans and functions share one.
func sharedKind(k Kind) Kind {
	switch k {
	case kindFalse, kindTrue:
		return KindBool
	case kindGoFunction:
		return KindFunction
	case KindNumber:
		return KindNil + 1 // the place of kindFalse, which has none of its own
	}
	return k
}
