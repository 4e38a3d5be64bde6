// Package iolib is Lua's io library, as LuaJIT has it, within the permissions of a
// sandbox.Box.
package iolib

import (
	"errors"
	"io"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

const (
	// class is the name of the metatable of files, also in argument errors.
	class = "FILE*"

	// maxFiles bounds the open files of one state, programs included. At the limit files
	// that the script has dropped are closed first.
	maxFiles = 1000

	// systemSteps is the cost of a system call in steps, without the bytes that it moves.
	systemSteps = 100

	// bytesPerStep is how many bytes that are read or written count as a step.
	bytesPerStep = 64

	// piece is the most that is handed to the system at once, in bytes.
	piece = 1 << 20
)

// Streams are the standard streams of one script, which several libraries share: print
// and io.write have one output, and loadfile() reads on where io.read has stopped. All
// but Stdout belong to the state's goroutine.
type Streams struct {
	Stdin  *inlet.Stdin
	Stdout *outlet.Stdout
	Stderr io.Writer
}

// NewStreams makes a script's streams. A stdin that is an *inlet.Stdin may be shared with
// a reader of lines. A stdout other than an *outlet.Stdout is written to at once. Before
// stdin is read, stdout is flushed: a question is seen before its answer is awaited. nil
// means an empty stdin, and outputs that are discarded.
func NewStreams(stdin io.Reader, stdout, stderr io.Writer) *Streams {
	if stderr == nil {
		stderr = io.Discard
	}
	out := outlet.StdoutOn(stdout)
	in := inlet.On(stdin)
	in.BeforeRead(func() { _ = out.Flush() }) // the error stays there for the next write
	return &Streams{in, out, stderr}
}

// library is the io library of one state.
type library struct {
	s             *lua.State
	box           *sandbox.Box
	streams       *Streams
	meta          *lua.Table
	input, output *lua.Ref // the default files

	open    []*file
	orphans []*process // programs whose files are closed, and that were not waited for
}

// Open makes the io library. Its files are closed when the state is.
func Open(s *lua.State, box *sandbox.Box, streams *Streams) error {
	l := &library{s: s, box: box, streams: streams}
	if err := l.openMethods(); err != nil {
		return err
	}
	lib, err := s.NewModule("io",
		lua.Func{Name: "close", Call: l.close},
		lua.Func{Name: "flush", Call: l.flush},
		lua.Func{Name: "input", Call: l.standardInput},
		lua.Func{Name: "lines", Call: l.lines},
		lua.Func{Name: "open", Call: l.openFile},
		lua.Func{Name: "output", Call: l.standardOutput},
		lua.Func{Name: "popen", Call: l.popen},
		lua.Func{Name: "read", Call: l.read},
		lua.Func{Name: "tmpfile", Call: l.tmpfile},
		lua.Func{Name: "type", Call: fileType},
		lua.Func{Name: "write", Call: l.write},
	)
	if err != nil {
		return err
	}
	stdin := s.NewUserdata(&file{stdin: streams.Stdin, source: streams.Stdin, reader: streams.Stdin.Buffer()}, l.meta)
	stdout := s.NewUserdata(&file{stdout: streams.Stdout}, l.meta)
	stderr := s.NewUserdata(&file{target: streams.Stderr, mode: outlet.Unbuffered}, l.meta)
	l.input, l.output = s.Ref(stdin), s.Ref(stdout)
	s.OnClose(l.closeAll)
	return errors.Join(
		lib.SetString("stdin", stdin), lib.SetString("stdout", stdout), lib.SetString("stderr", stderr),
	)
}

// openMethods makes the metatable of files, which is their table of methods, too.
func (l *library) openMethods() (err error) {
	if l.meta, err = l.s.NewTable(0, 10); err != nil {
		return err
	}
	return errors.Join(
		l.s.SetFuncs(l.meta,
			lua.Func{Name: "__tostring", Call: fileToString},
			lua.Func{Name: "close", Call: l.close}, // io.close, as in LuaJIT: without a file that of the output
			lua.Func{Name: "flush", Call: method(l.flushFile)},
			lua.Func{Name: "lines", Call: method(func(c *lua.Call, _ *lua.Userdata, _ *file) error {
				return l.returnLines(c, c.Arg(1), false)
			})},
			lua.Func{Name: "read", Call: method(func(c *lua.Call, _ *lua.Userdata, f *file) error {
				return l.readFile(c, f, 2)
			})},
			lua.Func{Name: "seek", Call: method(l.seek)},
			lua.Func{Name: "setvbuf", Call: method(l.setvbuf)},
			lua.Func{Name: "write", Call: method(func(c *lua.Call, _ *lua.Userdata, f *file) error {
				return l.writeFile(c, f, 2)
			})},
		),
		l.meta.SetString("__index", l.meta.Value()),
		l.s.SetFinalizer(l.meta, collectFile),
		l.s.Registry().SetString(class, l.meta.Value()), // scripts may drop all files
	)
}

// method makes a function of one whose argument 1 must be an open file.
func method(f func(c *lua.Call, u *lua.Userdata, f *file) error) lua.GoFunction {
	return func(c *lua.Call) error {
		u, held, err := openFileAt(c, 1)
		if err != nil {
			return err
		}
		return f(c, u, held)
	}
}

// fileAt returns argument n, which must be a file, closed or not.
func fileAt(c *lua.Call, n int) (*lua.Userdata, *file, error) {
	f := lua.UserdataAs[*file](c, n, class)
	u, _ := c.Arg(n).AsUserdata()
	return u, f, c.Err()
}

// openFileAt returns argument n, which must be an open file.
func openFileAt(c *lua.Call, n int) (*lua.Userdata, *file, error) {
	u, f, err := fileAt(c, n)
	if err == nil && f.closed() {
		err = c.Errorf("attempt to use a closed file")
	}
	return u, f, err
}

// defaultFile returns a default file, which must be open.
func defaultFile(c *lua.Call, r *lua.Ref) (*lua.Userdata, *file, error) {
	u, _ := r.Value().AsUserdata()
	f, _ := u.Data().(*file)
	if f.closed() {
		return nil, nil, c.Errorf("standard file is closed")
	}
	return u, f, nil
}

// read is io.read(…).
func (l *library) read(c *lua.Call) error {
	_, f, err := defaultFile(c, l.input)
	if err != nil {
		return err
	}
	return l.readFile(c, f, 1)
}

// write is io.write(…).
func (l *library) write(c *lua.Call) error {
	_, f, err := defaultFile(c, l.output)
	if err != nil {
		return err
	}
	return l.writeFile(c, f, 1)
}

// flush is io.flush().
func (l *library) flush(c *lua.Call) error {
	u, f, err := defaultFile(c, l.output)
	if err != nil {
		return err
	}
	return l.flushFile(c, u, f)
}

// close is io.close([file]).
func (l *library) close(c *lua.Call) error {
	if c.Has(1) {
		u, f, err := openFileAt(c, 1)
		if err != nil {
			return err
		}
		return l.shut(c, u, f)
	}
	u, _ := l.output.Value().AsUserdata()
	f, _ := u.Data().(*file)
	if f.closed() {
		return c.Errorf("attempt to use a closed file")
	}
	return l.shut(c, u, f)
}

// standardInput is io.input([file]).
func (l *library) standardInput(c *lua.Call) error { return l.standard(c, &l.input, "r") }

// standardOutput is io.output([file]).
func (l *library) standardOutput(c *lua.Call) error { return l.standard(c, &l.output, "w") }

func (l *library) standard(c *lua.Call, which **lua.Ref, mode string) error {
	given := c.Arg(1)
	switch given.Kind() {
	case lua.KindNil:
		return c.Return((*which).Value())
	case lua.KindUserdata:
		if _, _, err := openFileAt(c, 1); err != nil {
			return err
		}
	default:
		path := c.String(1)
		if err := c.Err(); err != nil {
			return err
		}
		var err error
		if given, err = l.openPath(path, mode); err != nil {
			return l.argumentError(c, path, err)
		}
	}
	(*which).Release()
	*which = l.s.Ref(given)
	return c.Return(given)
}

// argumentError blames argument 1, a path, for a failure.
func (l *library) argumentError(c *lua.Call, path string, err error) error {
	if isLua(err) {
		return err
	}
	text, _ := l.box.Describe(path, err)
	return c.ArgError(1, text)
}

// fail returns nil, the message and C's number of an error, as Lua's libraries do; an
// error of Lua's own it raises.
func (l *library) fail(c *lua.Call, path string, err error) error {
	if isLua(err) {
		return err
	}
	text, number := l.box.Describe(path, err)
	made, err := l.s.String(text)
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, made, lua.Int(number))
}

// outcome returns true, or the results of fail.
func (l *library) outcome(c *lua.Call, path string, err error) error {
	if err == nil {
		return c.Return(lua.True)
	}
	return l.fail(c, path, err)
}

func isLua(err error) bool {
	var raised *lua.Error
	return errors.As(err, &raised)
}

// fileType is io.type(value).
func fileType(c *lua.Call) error {
	u, isUserdata := c.Any(1).AsUserdata()
	if !isUserdata {
		return c.Return(lua.Nil)
	}
	switch f, isFile := u.Data().(*file); {
	case !isFile:
		return c.Return(lua.Nil)
	case f.closed():
		return c.ReturnString("closed file")
	}
	return c.ReturnString("file")
}

// closeAll closes all open files when the state is closed.
func (l *library) closeAll() {
	for len(l.open) > 0 {
		l.open[len(l.open)-1].Finalize()
	}
	l.reap()
	for _, p := range l.orphans {
		p.release()
	}
	l.orphans = nil
}
