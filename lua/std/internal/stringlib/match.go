package stringlib

import (
	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/lua"
)

// workPerStep is the number of a Matcher's units of work, about a nanosecond each, that
// count as a step.
const workPerStep = 64

// steps counts the work of a matcher.
func (l *library) steps(work int) error { return l.state.Step(work / workPerStep) }

// longPattern is the length up to which a pattern is compiled at no charge.
const longPattern = 256

// program compiles a pattern. The work and the memory of a long one count; the memory is
// garbage when the call is over, which the next walk sees.
func (l *library) program(text string) (*pattern.Program, error) {
	if len(text) <= longPattern {
		return l.programs.Get(text), nil
	}
	return l.longProgram(text, pattern.CompileSteps)
}

// gmatchProgram is program for gmatch.
func (l *library) gmatchProgram(text string) (*pattern.Program, error) {
	if len(text) <= longPattern {
		return l.programs.GetGmatch(text), nil
	}
	return l.longProgram(text, pattern.CompileGmatchSteps)
}

func (l *library) longProgram(
	text string, compile func(text string, steps func(int) error) (*pattern.Program, error),
) (*pattern.Program, error) {
	if err := l.state.Step(longPattern); err != nil { // the rest counts as it is read
		return nil, err
	}
	if err := l.state.Charge(int64(pattern.Size(text))); err != nil {
		return nil, err
	}
	return compile(text, l.state.Step)
}

// nothing is the pattern of an idle matcher, so that it keeps no subject.
var nothing = pattern.Compile("")

// search looks for the first match at an index or after it. It uses l.scan, in which the
// captures are until the next call: nothing that is called in between can get here. The
// caller forgets them with l.scan.Reset(nothing, "").
func (l *library) search(program *pattern.Program, subject string, at int) (from, to int, err error) {
	l.scan.Reset(program, subject)
	l.scan.Seek(at)
	return l.scan.Next()
}

func (l *library) find(c *lua.Call) error { return l.findOrMatch(c, true) }

func (l *library) match(c *lua.Call) error { return l.findOrMatch(c, false) }

func (l *library) findOrMatch(c *lua.Call, find bool) error {
	subject, text, at := c.String(1), c.String(2), c.OptInt32(3, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if at < 0 {
		at = max(at+len(subject)+1, 1)
	}
	at = min(max(at-1, 0), len(subject))
	if find && (c.Bool(4) || pattern.IsPlain(text)) {
		return l.findPlain(c, subject, text, at)
	}
	program, err := l.program(text)
	if err != nil {
		return err
	}
	from, to, err := l.search(program, subject, at)
	switch {
	case err != nil:
		err = l.raised(c, err)
	case from < 0:
		err = c.Return(lua.Nil)
	case !find:
		err = l.returnMatch(c, subject)
	case l.scan.Captures() == 0:
		err = c.Return(lua.Int(from+1), lua.Int(to))
	default:
		err = l.returnFound(c, subject, from, to)
	}
	l.scan.Reset(nothing, "")
	return err
}

func (l *library) findPlain(c *lua.Call, subject, text string, at int) error {
	at, err := l.scan.Index(subject, text, at)
	if err != nil {
		return err
	}
	if at < 0 {
		return c.Return(lua.Nil)
	}
	return c.Return(lua.Int(at+1), lua.Int(at+len(text)))
}

// returnFound returns where the last match is, and its captures.
func (l *library) returnFound(c *lua.Call, subject string, from, to int) error {
	if err := c.Push(lua.Int(from + 1)); err != nil {
		return err
	}
	if err := c.Push(lua.Int(to)); err != nil {
		return err
	}
	return l.returnCaptures(c, subject)
}

// returnMatch returns the captures of the last match, or all of it if the pattern has
// none.
func (l *library) returnMatch(c *lua.Call, subject string) error {
	if l.scan.Captures() > 1 {
		return l.returnCaptures(c, subject)
	}
	v, err := l.capture(&l.scan, subject, 0)
	if err != nil {
		return l.raised(c, err)
	}
	return c.Return(v)
}

func (l *library) returnCaptures(c *lua.Call, subject string) error {
	for i := range l.scan.Captures() {
		v, err := l.capture(&l.scan, subject, i)
		if err != nil {
			return l.raised(c, err)
		}
		if err := c.Push(v); err != nil {
			return err
		}
	}
	return c.ReturnPushed()
}

// capture returns the value of a capture in a matcher's last match.
func (l *library) capture(m *pattern.Matcher, subject string, i int) (lua.Value, error) {
	from, to, position, err := m.Capture(i)
	if err != nil {
		return lua.Nil, err
	}
	if position {
		return lua.Int(from + 1), nil
	}
	return l.state.Piece(subject[from:to])
}

// raised gives an error of a pattern the position of the caller.
func (l *library) raised(c *lua.Call, err error) error {
	if bad, isPattern := err.(pattern.Error); isPattern {
		return c.Errorf("%s", string(bad))
	}
	return err
}

// matches is the state of an iterator that gmatch has returned.
type matches struct {
	*library
	program *pattern.Program
	subject string
	next    int // where the next match may begin; beyond the subject's length if there is none
}

// gmatch returns an iterator. Its pattern has no anchor: a '^' is a byte like any other.
func (l *library) gmatch(c *lua.Call) error {
	subject, text := c.StringValue(1), c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	program, err := l.gmatchProgram(text)
	if err != nil {
		return err
	}
	m := &matches{library: l, program: program}
	m.subject, _ = subject.AsString()
	// The iterator holds the subject for the walk, too, which charges it as long as the
	// iterator is used.
	return c.Return(l.state.NewClosure("gmatch_aux", m.iterate, subject))
}

func (m *matches) iterate(c *lua.Call) error {
	if m.next > len(m.subject) {
		return c.Return()
	}
	from, _, err := m.search(m.program, m.subject, m.next)
	switch {
	case err != nil:
		err = m.raised(c, err)
	case from < 0:
		m.next = len(m.subject) + 1
		err = c.Return()
	default:
		m.next = m.scan.Position()
		err = m.returnMatch(c, m.subject)
	}
	m.scan.Reset(nothing, "")
	return err
}
