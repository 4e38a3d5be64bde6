package baselib

import (
	"io"

	"github.com/tidewire/tidewire/lua"
)

const (
	lineRoom = 64 << 10  // bytes that print gathers before it writes
	piece    = 256 << 10 // bytes of one write
)

// printer is print's output.
type printer struct {
	out      io.Writer
	tostring lua.Value // this library's, which need not be called
}

// print calls the global tostring, which a script may have replaced, for each argument. A
// short line leaves in one write; of a longer one no more than lineRoom bytes are
// gathered, whatever the arguments' length, and text that was converted before an error
// has already been written, as in LuaJIT. Errors of the writer are the writer's to
// remember: print knows none.
func (p *printer) print(c *lua.Call) error {
	s := c.State()
	tostring, err := s.Field(s.Env(s.Thread().Value()).Value(), "tostring")
	if err != nil {
		return err
	}
	var room [256]byte
	line := room[:0]
	for i := 1; i <= c.Count(); i++ {
		if i > 1 {
			line = append(line, '\t')
		}
		text, err := p.convert(c, tostring, c.Arg(i))
		if err != nil {
			p.write(s, line) //nolint:errcheck // the first error counts
			return err
		}
		if len(line)+len(text) > lineRoom {
			if err := p.write(s, line); err != nil {
				return err
			}
			line = line[:0]
			for len(text) > lineRoom {
				n := min(len(text), piece)
				if err := p.writeString(s, text[:n]); err != nil {
					return err
				}
				text = text[n:]
			}
		}
		line = append(line, text...)
	}
	if err := p.write(s, append(line, '\n')); err != nil {
		return err
	}
	return c.Return()
}

// convert returns the result of the function tostring for a value.
func (p *printer) convert(c *lua.Call, tostring, v lua.Value) (string, error) {
	if s := c.State(); s.RawEqual(tostring, p.tostring) {
		if text, isText := lua.ToText(v); isText {
			return text, nil
		}
		if s.Metamethod(v, "__tostring").IsNil() {
			return v.Describe(), nil
		}
	}
	results, err := c.Call(tostring, v)
	if err != nil {
		return "", err
	}
	if len(results) > 0 {
		if text, isText := lua.ToText(results[0]); isText {
			return text, nil
		}
	}
	return "", c.Errorf("'tostring' must return a string to 'print'")
}

// writeString is write of a string, which is not copied here.
func (p *printer) writeString(s *lua.State, text string) error {
	if err := s.Step(len(text) / 64); err != nil {
		return err
	}
	if p.out != nil {
		io.WriteString(p.out, text) //nolint:errcheck // see print
	}
	return nil
}

// write counts the work of a write and makes it. Its error is of the state.
func (p *printer) write(s *lua.State, bytes []byte) error {
	if err := s.Step(len(bytes) / 64); err != nil {
		return err
	}
	if p.out != nil {
		p.out.Write(bytes) //nolint:errcheck // see print
	}
	return nil
}
