package iolib

import (
	"io"
	"math"
	"strings"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/lua"
)

// maxParts is how many values leave to stdout at once.
const maxParts = 1024

// writeFile writes the arguments from number first on.
func (l *library) writeFile(c *lua.Call, f *file, first int) error {
	for i := first; i <= c.Count(); i++ {
		if k := c.Arg(i).Kind(); k != lua.KindString && k != lua.KindNumber {
			return c.TypeError(i, "string")
		}
	}
	switch {
	case f.stdout != nil:
		return l.outcome(c, "", l.writeStdout(c, f.stdout, first))
	case f.target == nil:
		return l.fail(c, "", badFile)
	}
	return l.outcome(c, "", l.writeBuffered(c, f, first))
}

// writeStdout writes output of up to a piece in one go, so that a last flush from another
// goroutine does not cut it.
func (l *library) writeStdout(c *lua.Call, out *outlet.Stdout, first int) error {
	var room [8]string
	parts, size := room[:0], 0
	for i := first; i <= c.Count(); i++ {
		text, _ := lua.ToText(c.Arg(i))
		for {
			part := text[:min(len(text), piece)]
			if size+len(part) > piece || len(parts) == maxParts {
				if err := l.writeParts(out, parts, size); err != nil {
					return err
				}
				parts, size = parts[:0], 0
			}
			parts, size = append(parts, part), size+len(part)
			if text = text[len(part):]; text == "" {
				break
			}
		}
	}
	return l.writeParts(out, parts, size)
}

func (l *library) writeParts(out *outlet.Stdout, parts []string, size int) error {
	if err := l.s.Step(len(parts) + size/bytesPerStep); err != nil {
		return err
	}
	return out.WriteStrings(parts...)
}

// writeBuffered writes to any other file.
func (l *library) writeBuffered(c *lua.Call, f *file, first int) error {
	if err := l.beginWriting(f); err != nil {
		return err
	}
	flush := f.mode == outlet.Unbuffered
	for i := first; i <= c.Count(); i++ {
		for text, _ := lua.ToText(c.Arg(i)); text != ""; {
			part := text[:min(len(text), piece)]
			text = text[len(part):]
			if err := l.s.Step(1 + len(part)/bytesPerStep); err != nil {
				return err
			}
			if f.done { // by a finalizer
				return badFile
			}
			if err := f.put(part); err != nil {
				return err
			}
			flush = flush || f.mode == outlet.Lines && strings.IndexByte(part, '\n') >= 0
		}
	}
	if flush {
		return f.flush()
	}
	return nil
}

// flushFile is file:flush().
func (l *library) flushFile(c *lua.Call, _ *lua.Userdata, f *file) error {
	if err := l.s.Step(systemSteps); err != nil {
		return err
	}
	if f.stdout != nil {
		return l.outcome(c, "", f.stdout.Flush())
	}
	return l.outcome(c, "", f.flush())
}

// setvbuf is file:setvbuf(mode [, size]). The size is ours.
func (l *library) setvbuf(c *lua.Call, _ *lua.Userdata, f *file) error {
	modes := [...]outlet.Mode{outlet.Full, outlet.Lines, outlet.Unbuffered}
	mode := modes[c.Option(2, "", string(modes[0]), string(modes[1]), string(modes[2]))]
	c.OptNumber(3, 0)
	if err := c.Err(); err != nil {
		return err
	}
	if f.stdout != nil {
		return l.outcome(c, "", f.stdout.SetMode(mode))
	}
	f.mode = mode
	return l.outcome(c, "", f.flush())
}

// seek is file:seek([whence [, offset]]).
func (l *library) seek(c *lua.Call, _ *lua.Userdata, f *file) error {
	whence := [...]int{io.SeekStart, io.SeekCurrent, io.SeekEnd}[c.Option(2, "cur", "set", "cur", "end")]
	offset, isNumber := c.Arg(3).AsNumber()
	if err := c.Err(); err != nil {
		return err
	}
	if !isNumber && !c.Arg(3).IsNil() { // LuaJIT takes no string here
		return c.TypeError(3, "number")
	}
	if f.disk == nil {
		return l.fail(c, "", illegalSeek)
	}
	if err := l.s.Step(systemSteps); err != nil {
		return err
	}
	position, err := f.seek(toInt64(offset), whence)
	if err != nil {
		return l.fail(c, "", err)
	}
	return c.Return(lua.Number(float64(position)))
}

// seek moves to a position, and returns it.
func (f *file) seek(offset int64, whence int) (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	if whence == io.SeekCurrent && offset == 0 && f.reader != nil { // keep the bytes that were read ahead
		position, err := f.disk.Seek(0, whence)
		return position - int64(f.reader.Buffered()), err
	}
	if err := f.dropRead(); err != nil {
		return 0, err
	}
	return f.disk.Seek(offset, whence)
}

// toInt64 is a number without its fraction; one beyond 64 bits becomes the smallest,
// which no file takes.
func toInt64(n float64) int64 {
	if !(n > math.MinInt64 && n < math.MaxInt64) {
		return math.MinInt64
	}
	return int64(n)
}
