package iolib

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/tidewire/tidewire/lua"
)

// The errors that C gives without asking the system.
var (
	badFile         = syscall.EBADF
	illegalSeek     = syscall.ESPIPE
	invalidArgument = syscall.EINVAL
	errTooManyFiles = syscall.EMFILE
)

// maxPath is how much of a path is looked at: a longer one is refused by its length.
const maxPath = 4096

// maxLineFormats is how many formats io.lines takes, as in LuaJIT.
const maxLineFormats = 59

// openFile is io.open(path [, mode]).
func (l *library) openFile(c *lua.Call) error {
	path, mode := c.String(1), c.OptString(2, "r")
	if err := c.Err(); err != nil {
		return err
	}
	f, err := l.openPath(path, mode)
	if err != nil {
		return l.fail(c, path, err)
	}
	return c.Return(f)
}

// openPath opens a file in a mode of C's fopen: a letter, then flags. Unknown flags are
// ignored.
func (l *library) openPath(path, mode string) (lua.Value, error) {
	flags := map[string]int{
		"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, "a": os.O_WRONLY | os.O_CREATE | os.O_APPEND,
	}
	flag, known := flags[mode[:min(1, len(mode))]]
	if !known {
		return lua.Nil, invalidArgument
	}
	others := mode[1:min(len(mode), 7)]
	if strings.Contains(others, "+") {
		flag = flag&^os.O_WRONLY | os.O_RDWR
	}
	if strings.Contains(others, "x") && flag&os.O_CREATE != 0 {
		flag |= os.O_EXCL
	}
	if err := l.s.Step(2*min(len(path), maxPath) +
		len(path)/bytesPerStep); err != nil { // to resolve it, and to copy it
		return lua.Nil, err
	}
	if err := l.makeRoom(); err != nil {
		return lua.Nil, err
	}
	disk, err := l.box.OpenFile(path, flag)
	if errors.Is(err, errTooManyFiles) {
		if _, failed := l.s.Collect(); failed != nil {
			return lua.Nil, failed
		}
		disk, err = l.box.OpenFile(path, flag)
	}
	if err != nil {
		return lua.Nil, err
	}
	if flag&os.O_APPEND != 0 && flag&os.O_RDWR == 0 {
		_, _ = disk.Seek(0, io.SeekEnd) // for seek to return; a pipe has no such place
	}
	f := &file{disk: disk, end: disk.Close}
	if flag&os.O_WRONLY == 0 {
		f.source = disk
	}
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		f.target = disk
	}
	return l.newFile(f)
}

// tmpfile is io.tmpfile(): a file without a name.
func (l *library) tmpfile(c *lua.Call) error {
	err := l.makeRoom()
	if err != nil {
		return l.fail(c, os.TempDir(), err)
	}
	disk, err := l.box.CreateTemp()
	if err != nil {
		return l.fail(c, os.TempDir(), err)
	}
	f := &file{disk: disk, source: disk, target: disk, end: disk.Close}
	if os.Remove(disk.Name()) != nil { // Windows: not while it is open
		f.end = func() error { return errors.Join(disk.Close(), os.Remove(disk.Name())) }
	}
	made, err := l.newFile(f)
	if err != nil {
		return err
	}
	return c.Return(made)
}

// lines is io.lines([path, …]).
func (l *library) lines(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		if _, _, err := defaultFile(c, l.input); err != nil {
			return err
		}
		return l.returnLines(c, l.input.Value(), false)
	}
	path := c.String(1)
	if err := c.Err(); err != nil {
		return err
	}
	if c.Count() > maxLineFormats+1 {
		return c.Errorf("too many results to unpack")
	}
	f, err := l.openPath(path, "r")
	if err != nil {
		return l.argumentError(c, path, err)
	}
	return l.returnLines(c, f, true)
}

// returnLines returns an iterator that reads a file by the formats from argument 2 on. If
// close is set, it closes the file at its end.
func (l *library) returnLines(c *lua.Call, held lua.Value, close bool) error {
	if c.Count() > maxLineFormats+1 {
		return c.Errorf("too many results to unpack")
	}
	formats := []format{{}}
	for i := 2; i <= c.Count(); i++ {
		formats = append(formats[:i-2], formatOf(c.Arg(i)))
	}
	u, _ := held.AsUserdata()
	return c.Return(l.s.NewClosure("lines", func(c *lua.Call) error {
		f, _ := u.Data().(*file)
		if f.closed() {
			return c.Errorf("attempt to use a closed file")
		}
		return l.nextLine(c, u, f, formats, close)
	}, held))
}

// nextLine is one turn of an iterator.
func (l *library) nextLine(c *lua.Call, u *lua.Userdata, f *file, formats []format, close bool) error {
	var room [8]lua.Value
	values := room[:0]
	if f.source == nil {
		return l.raise(c, badFile)
	}
	for i, next := range formats {
		if err := next.check(c, i+1); err != nil {
			return err
		}
		v, err := l.readOne(f, next)
		if err != nil {
			return l.raise(c, err)
		}
		if values = append(values, v); v.IsNil() {
			break
		}
	}
	if close && values[0].IsNil() {
		u.SetData(closedFile)
		f.Finalize()
		return c.Return()
	}
	return c.Return(values...)
}

// raise raises a failure, as an iterator does: it has no other way to report one.
func (l *library) raise(c *lua.Call, err error) error {
	if isLua(err) {
		return err
	}
	text, _ := l.box.Describe("", err)
	return c.Errorf("%s", text)
}
