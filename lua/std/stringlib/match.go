package stringlib

import (
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/pattern"
)

// workPerStep is how much of a Matcher's work, about a nanosecond each, counts as a step.
const workPerStep = 64

// matcher lends a matcher; give takes it back. A function that is called between two matches may need another one.
func (l *library) matcher() *pattern.Matcher {
	if n := len(l.matchers); n > 0 {
		m := l.matchers[n-1]
		l.matchers = l.matchers[:n-1]
		return m
	}
	return &pattern.Matcher{Steps: func(n int) error { return l.state.Step(n / workPerStep) }}
}

func (l *library) give(m *pattern.Matcher) {
	m.Reset(l.programs.Get(""), "") // holds no subject
	l.matchers = append(l.matchers, m)
}

// program compiles a pattern. The work and the memory of a long one count.
func (l *library) program(text string, get func(string) *pattern.Program) (*pattern.Program, error) {
	if len(text) > longPattern {
		if err := l.state.Step(len(text)); err != nil {
			return nil, err
		}
		size := int64(pattern.Size(text))
		if err := l.state.Charge(size); err != nil {
			return nil, err
		}
		// It is garbage when the call is over: the next walk sees that.
	}
	return get(text), nil
}

// longPattern is how long a pattern may be and be compiled at no charge.
const longPattern = 256

func (l *library) find(c *lua.Call) error { return l.findOrMatch(c, true) }

func (l *library) match(c *lua.Call) error { return l.findOrMatch(c, false) }

func (l *library) findOrMatch(c *lua.Call, find bool) error {
	subject, text, from := c.String(1), c.String(2), c.OptInt32(3, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if from < 0 {
		from = max(from+len(subject)+1, 1)
	}
	from = min(max(from-1, 0), len(subject))
	m := l.matcher()
	defer l.give(m)
	if find && (c.Bool(4) || pattern.IsPlain(text)) {
		at, err := m.Index(subject, text, from)
		switch {
		case err != nil:
			return err
		case at < 0:
			return c.Return(lua.Nil)
		}
		return c.Return(lua.Int(at+1), lua.Int(at+len(text)))
	}
	program, err := l.program(text, l.programs.Get)
	if err != nil {
		return err
	}
	m.Reset(program, subject)
	m.Seek(from)
	start, end, err := m.Next()
	switch {
	case err != nil:
		return l.raised(c, err)
	case start < 0:
		return c.Return(lua.Nil)
	case find:
		if m.Captures() == 0 {
			return c.Return(lua.Int(start+1), lua.Int(end))
		}
		if err := c.Push(lua.Int(start + 1)); err != nil {
			return err
		}
		if err := c.Push(lua.Int(end)); err != nil {
			return err
		}
	case m.Captures() <= 1:
		v, err := l.capture(m, subject, 0)
		if err != nil {
			return l.raised(c, err)
		}
		return c.Return(v)
	}
	for i := range m.Captures() {
		v, err := l.capture(m, subject, i)
		if err != nil {
			return l.raised(c, err)
		}
		if err := c.Push(v); err != nil {
			return err
		}
	}
	return c.ReturnPushed()
}

// raised gives an error of a pattern the position of the caller.
func (l *library) raised(c *lua.Call, err error) error {
	if bad, isPattern := err.(pattern.Error); isPattern {
		return c.Errorf("%s", string(bad))
	}
	return err
}

// capture returns what a capture of the last match has caught.
func (l *library) capture(m *pattern.Matcher, subject string, i int) (lua.Value, error) {
	from, to, position, err := m.Capture(i)
	if err != nil {
		return lua.Nil, err
	}
	if position {
		return lua.Int(from + 1), nil
	}
	return l.text(subject[from:to])
}

// text makes a string. Those of one byte are made once.
func (l *library) text(piece string) (lua.Value, error) {
	if len(piece) != 1 {
		return l.state.String(piece)
	}
	known := &l.singles[piece[0]]
	if known.IsNil() {
		made, err := l.state.String(piece)
		if err != nil {
			return lua.Nil, err
		}
		*known = made
	}
	return *known, nil
}

// gmatch returns an iterator. Its pattern has no anchor: a '^' is a byte like any other.
func (l *library) gmatch(c *lua.Call) error {
	subjectValue, subject, text := c.StringValue(1), c.String(1), c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	program, err := l.program(text, l.programs.GetGmatch)
	if err != nil {
		return err
	}
	held, isText := subjectValue.AsString()
	if isText {
		subject = held
	}
	next := 0
	// The iterator holds the subject for the walk, too, which charges it as long as it is used.
	return c.Return(c.State().NewClosure("gmatch_aux", func(c *lua.Call) error {
		if next > len(subject) {
			return c.Return()
		}
		m := l.matcher()
		defer l.give(m)
		m.Reset(program, subject)
		m.Seek(next)
		start, _, err := m.Next()
		switch {
		case err != nil:
			return l.raised(c, err)
		case start < 0:
			next = len(subject) + 1
			return c.Return()
		}
		next = m.Position()
		if m.Captures() <= 1 {
			v, err := l.capture(m, subject, 0)
			if err != nil {
				return l.raised(c, err)
			}
			return c.Return(v)
		}
		for i := range m.Captures() {
			v, err := l.capture(m, subject, i)
			if err != nil {
				return l.raised(c, err)
			}
			if err := c.Push(v); err != nil {
				return err
			}
		}
		return c.ReturnPushed()
	}, subjectValue))
}
