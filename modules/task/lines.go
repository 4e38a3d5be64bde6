package task

import "github.com/tidewire/tidewire/lua"

// Input is standard input, line by line. Its methods are called on the goroutine that
// owns the state, Open once and first.
type Input interface {
	// Open begins to read. wake is to be called, on the goroutine that owns the state,
	// when Next has something to return after it had nothing. An error, such as that the
	// script reads its input in another way, is raised in the script.
	Open(wake func()) error

	// Next returns the next line without its end, good until the next call. Without one
	// that is there found is false; after the last one ended is true, with the reason if
	// that is not the end of the input.
	Next() (line []byte, found, ended bool, err error)

	// Hold keeps the run alive while tasks wait for a line, Release ends that.
	Hold()
	Release()
}

// lines is standard input as tasks read it.
type lines struct {
	open    bool
	next    lua.Value // the iterator, once it was asked for
	waiting waits     // the tasks that wait for a line
	kind    waitKind  // of their waits
	row     int       // lines that a task has got without a wait
}

// linesInARow is how many lines a task gets before it lets the others go on.
const linesInARow = 64

var waitLines = waitKind{Waiting: Waiting{Name: "lines"}}

// newLines is lines(): the iterator.
func (s *Scheduler) newLines(c *lua.Call) error {
	if err := s.mayWait(c, &waitLines.Waiting); err != nil {
		return err
	}
	l := &s.lines
	if !l.open {
		if err := s.opts.Input.Open(s.linesThere); err != nil {
			return c.Errorf("%w", err)
		}
		l.open = true
		l.kind = waitKind{waitLines.Waiting, s.opts.Input.Release}
		l.next = s.state.NewFunction("lines", s.nextLine)
	}
	return c.Return(l.next)
}

// nextLine returns the next line, or nil at the end.
func (s *Scheduler) nextLine(c *lua.Call) error {
	if err := s.mayWait(c, &waitLines.Waiting); err != nil {
		return err
	}
	l := &s.lines
	if l.row++; l.row > linesInARow {
		w := s.newWait(&waitLines)
		w.again = true
		return w.suspend(c, s.then.nextLine)
	}
	if l.waiting.first == nil { // else it is the others' turn
		if done, err := s.returnLine(c); done || err != nil {
			return err
		}
	}
	w := s.newWait(&l.kind)
	l.waiting.push(w)
	s.opts.Input.Hold()
	return w.suspend(c, s.then.nextLine)
}

// returnLine returns the next line, or nil at the end, if there is one of them.
func (s *Scheduler) returnLine(c *lua.Call) (done bool, err error) {
	line, found, ended, err := s.opts.Input.Next()
	switch {
	case found:
		return true, c.ReturnBytes(line)
	case ended && err != nil:
		return true, c.Errorf("%w", err)
	case ended:
		return true, c.Return(lua.Nil)
	}
	return false, nil
}

// linesThere lets the first task go on that waits for a line: it reads as long as it
// likes, and the next one is woken when it waits again.
func (s *Scheduler) linesThere() {
	l := &s.lines
	for w := l.waiting.pop(); w != nil; w = l.waiting.pop() {
		s.opts.Input.Release()
		w.Settle()
	}
}

// noInput is an input without lines.
type noInput struct{}

func (noInput) Open(func()) error                                 { return nil }
func (noInput) Next() (line []byte, found, ended bool, err error) { return nil, false, true, nil }
func (noInput) Hold()                                             {}
func (noInput) Release()                                          {}
