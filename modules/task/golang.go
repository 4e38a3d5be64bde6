package task

import (
	"errors"

	"github.com/tidewire/tidewire/lua"
)

// Go starts a task for Go code: a call of f with these arguments, made when Run comes to
// it. done is called from Run, outside of Lua code, when the task has ended, with the
// error that has ended it or nil. cancel cancels the task, as a script does; done is then
// not called. The error is of the state's memory limit, or ErrEnding.
func (s *Scheduler) Go(f lua.Value, done func(err error), args ...lua.Value) (cancel func(), err error) {
	if s.host.Ending() {
		return nil, ErrEnding
	}
	if _, err := s.open(); err != nil { // which makes the metatable
		return nil, err
	}
	r, err := s.begin(&task{origin: fromGo}, f, args)
	if err != nil {
		return nil, err
	}
	w := &goWaiter{done}
	r.awaited(w)
	return func() {
		w.done = func(error) {}
		r.cancel()
	}, nil
}

// ErrEnding is returned by Go once the ending has begun.
var ErrEnding = errors.New("the run is ending")

// goWaiter is Go code that waits for a task's end.
type goWaiter struct{ done func(err error) }

func (w *goWaiter) ended(t *task) {
	if t.outcome.finished {
		w.done(nil)
		return
	}
	text, isText := lua.ToText(t.outcome.value)
	if !isText {
		text = "(error object is a " + t.outcome.value.TypeName() + " value)"
	}
	w.done(errors.New(text))
}
