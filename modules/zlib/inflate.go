package zlib

import (
	"errors"
	"fmt"
	"math"

	"github.com/tidewire/tidewire/internal/modules/inflate"
	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
)

// formats are the words for the frames of streams.
var formats = map[string]inflate.Format{
	"auto": inflate.Auto, "zlib": inflate.Zlib, "gzip": inflate.Gzip, "raw": inflate.Raw,
}

// limitError says that there is more output than the option limit allows.
type limitError int

func (e limitError) Error() string {
	return fmt.Sprintf("more than %d bytes come out, the limit", int(e))
}

// problem returns the words for an error that is the data's.
func problem(err error) (story string, ok bool) {
	var wrong *inflate.Error
	var over limitError
	if errors.As(err, &wrong) || errors.As(err, &over) {
		return err.Error(), true
	}
	return "", false
}

// readOptions reads the options of argument n.
func readOptions(c *lua.Call, n int) (format inflate.Format, limit int) {
	opts := options.Read(c, n, "format", "limit")
	word := opts.Word("format", "auto", "auto", "zlib", "gzip", "raw")
	return formats[word], opts.Int("limit", defaultLimit, 0, math.MaxInt32)
}

// inflate is inflate(data [, {format=, limit=}]): the whole text, or nil and a message.
func (m *module) inflate(c *lua.Call) error {
	data := c.String(1)
	format, limit := readOptions(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	if m.stream == nil {
		if err := m.s.Reserve(inflate.Bytes); err != nil {
			return err
		}
		m.stream = &inflate.Stream{}
	}
	m.stream.Reset(format)
	err := m.run(m.stream, data, limit)
	if err == nil {
		err = m.stream.Finish()
	}
	return m.finish(c, err)
}

// run inflates the data into m.out.
func (m *module) run(s *inflate.Stream, data string, limit int) error {
	whole, room := len(data), surprise
	for len(data) > 0 {
		n := copy(m.buffer[:], data)
		data = data[n:]
		s.Feed(m.buffer[:n])
		for more := true; more; {
			if err := m.s.Step(s.Work() / bytesPerStep); err != nil {
				return err
			}
			var part []byte
			var err error
			if part, more, err = s.Next(); err != nil {
				return err
			}
			if len(part) > limit-m.out.Len() {
				return limitError(limit)
			}
			if written := m.out.Len() + len(part); written > room {
				left := len(data) + s.Left()
				room = written + min(expected(written, whole-left, left), limit-written)
				m.out.Room(room - m.out.Len())
			}
			if !m.out.WriteBytes(part) {
				return m.out.Err()
			}
		}
	}
	return m.s.Step(s.Work() / bytesPerStep)
}

const (
	// surprise is how many bytes come out before it is looked at how many will.
	surprise = 64 << 10

	// maxExpected bounds what is expected: it may be nothing like that.
	maxExpected = 4 << 20
)

// expected is how many bytes come out of those that are left if they are like the ones
// that were read, and a few more: a text that gets its room at once is not copied from
// one room into the next.
func expected(written, read, left int) int {
	more := float64(written) / float64(max(read, 1)) * float64(left) * 9 / 8
	return int(min(more, max(float64(written), maxExpected)))
}

// An inflater inflates a stream that comes in several pushes.
type inflater struct {
	stream inflate.Stream
	limit  int
	failed string // the message of the first error, which ends it
}

const (
	inflaterName  = "inflater"
	inflaterBytes = inflate.Bytes

	// cutShort is the message after a push that did not come to its end: there is no way
	// to tell which part of the output is lost.
	cutShort = "an earlier push was cut short"
)

// Size implements lua.Sized.
func (*inflater) Size() int { return inflaterBytes }

// newInflaters makes the metatable of inflaters.
func (m *module) newInflaters() (err error) {
	if m.inflaters, err = m.s.NewTable(0, 3); err != nil {
		return err
	}
	m.s.Ref(m.inflaters.Value())
	methods, err := m.s.NewTable(0, 1)
	if err != nil {
		return err
	}
	return errors.Join(
		m.s.SetFuncs(methods, lua.Func{Name: "push", Call: m.push}),
		m.inflaters.SetString("__index", methods.Value()),
		m.inflaters.SetString("__metatable", lua.False),
	)
}

// inflater is inflater([{format=, limit=}]): an object for push.
func (m *module) inflater(c *lua.Call) error {
	format, limit := readOptions(c, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if err := m.s.Charge(inflaterBytes); err != nil {
		return err
	}
	made := &inflater{limit: limit}
	made.stream.Reset(format)
	return c.Return(m.s.NewUserdata(made, m.inflaters))
}

// push is inflater:push(chunk): the text that the stream so far has beyond that of the
// pushes before, or nil and a message, from then on always the same.
func (m *module) push(c *lua.Call) error {
	in := lua.Receiver[*inflater](c, inflaterName)
	chunk := c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	if in.failed != "" {
		return m.refuse(c, in.failed)
	}
	in.failed = cutShort
	err := m.run(&in.stream, chunk, in.limit)
	story, isProblem := problem(err)
	if isProblem {
		in.failed = story
	}
	if err := m.finish(c, err); err != nil {
		return err
	}
	if !isProblem {
		in.failed = ""
	}
	return nil
}
