package wsapi

import (
	"slices"

	"github.com/tidewire/tidewire/engine"
)

// A Drain waits until a connection's send queue has fallen to a mark.
type Drain struct {
	bytes int64
	f     func(drained bool)
}

// OnDrain calls f, once, within Dispatch: with true as soon as at most so many bytes wait
// to be written, counted as the option sendQueue counts them, or with false when the
// connection has ended. live is false for an ended or unknown id: f is not called then.
func (s *Session[D]) OnDrain(number float64, bytes int64, f func(drained bool)) (d *Drain, live bool) {
	c := s.byNumber[number]
	if c == nil {
		return nil, false
	}
	d = &Drain{bytes, f}
	c.drains = append(c.drains, d)
	s.mark(c)
	return d, true
}

// CancelDrain forgets a Drain, whose function is then not called. One that was called
// before is ignored.
func (s *Session[D]) CancelDrain(number float64, d *Drain) {
	d.f = nil
	if c := s.byNumber[number]; c != nil {
		c.drains = slices.DeleteFunc(c.drains, func(other *Drain) bool { return other == d })
	}
}

// Buffered counts the messages that wait to be written, and their bytes as the option
// sendQueue counts them. An ended or unknown id has none.
func (s *Session[D]) Buffered(number float64) (messages int, bytes int64) {
	c := s.byNumber[number]
	if c == nil {
		return 0, 0
	}
	return s.engine.Buffered(c.id)
}

// Drained is the event of that name. It calls those who wait for it, and returns the
// connection, or nil for one of somebody else.
func (s *Session[D]) Drained(id engine.ID, over bool) *Connection[D] {
	c := s.Find(id)
	if c == nil || over {
		return c // End tells those who wait
	}
	waiting := c.drains
	c.drains = nil
	var left []*Drain
	for _, d := range waiting {
		if _, bytes := s.engine.Buffered(id); bytes > d.bytes { // the one before may have sent
			left = append(left, d)
			continue
		}
		d.tell(true)
	}
	c.drains = append(left, c.drains...)
	s.mark(c)
	return c
}

// mark tells the engine what the connection's next Drained event is for.
func (s *Session[D]) mark(c *Connection[D]) {
	if len(c.drains) == 0 && !c.watched {
		return
	}
	mark := int64(-1) // its end alone
	for _, d := range c.drains {
		mark = max(mark, d.bytes)
	}
	s.engine.Mark(c.id, mark)
}

// tell calls the function, unless it was called or cancelled.
func (d *Drain) tell(drained bool) {
	if f := d.f; f != nil {
		d.f = nil
		f(drained)
	}
}
