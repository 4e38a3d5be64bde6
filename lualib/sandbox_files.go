package lualib

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/outlet"
)

// fileClass is the name of the metatable of files, also in argument errors.
const fileClass = "FILE*"

// maxNumeral bounds what read("*n") looks at, as C libraries do.
const maxNumeral = 200

// file is an open file of the io library: one on disk, a program's pipe, or one of the three streams.
type file struct {
	reader *bufio.Reader // nil if it cannot be read
	writer io.Writer     // nil if it cannot be written
	disk   *os.File      // nil if it cannot seek
	stdout *Stdout       // set for l.stdout alone
	end    func() error  // closes it; nil for the streams, which are the host's
	closed bool
}

// fileLibrary is the io library of one state.
type fileLibrary struct {
	sandbox       *sandboxed
	stdout        *Stdout
	stdin         *file
	metatable     *lua.LTable
	input, output *lua.LUserData // the default files
}

// openFiles replaces the io library and the functions of the base library that read files. The VM's own work on the
// process's streams and on any path.
func (s *sandboxed) openFiles(L *lua.LState) {
	l := &fileLibrary{sandbox: s, stdout: s.streams.Stdout, metatable: L.NewTable()}
	l.metatable.RawSetString("__index", l.metatable)
	L.SetFuncs(l.metatable, map[string]lua.LGFunction{
		"__tostring": fileToString,
		"close":      func(L *lua.LState) int { return closeFile(L, checkFile(L, 1)) },
		"flush":      func(L *lua.LState) int { return checkFile(L, 1).flush(L) },
		"lines":      func(L *lua.LState) int { return l.pushLines(L, checkFile(L, 1), 2, false) },
		"read":       func(L *lua.LState) int { return l.read(L, checkFile(L, 1), 2) },
		"seek":       fileSeek,
		"setvbuf":    fileSetvbuf,
		"write":      func(L *lua.LState) int { return checkFile(L, 1).write(L, 2) },
	})
	lib := L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"close":   l.close,
		"flush":   func(L *lua.LState) int { return openFile(L, l.output).flush(L) },
		"input":   func(L *lua.LState) int { return l.standard(L, &l.input, "r") },
		"lines":   l.lines,
		"open":    l.open,
		"output":  func(L *lua.LState) int { return l.standard(L, &l.output, "w") },
		"popen":   l.popen,
		"read":    func(L *lua.LState) int { return l.read(L, openFile(L, l.input), 1) },
		"tmpfile": l.tmpfile,
		"type":    fileType,
		"write":   func(L *lua.LState) int { return openFile(L, l.output).write(L, 1) },
	})
	l.stdin = &file{reader: bufio.NewReader(s.streams.Stdin)}
	l.input = l.userdata(L, l.stdin)
	l.output = l.userdata(L, &file{stdout: l.stdout})
	lib.RawSetString("stdin", l.input)
	lib.RawSetString("stdout", l.output)
	lib.RawSetString("stderr", l.userdata(L, &file{writer: s.streams.Stderr}))
	shareModule(L, lua.IoLibName, lib)
	L.SetGlobal("print", L.NewFunction(printTo(l.stdout)))
	L.SetGlobal("loadfile", L.NewFunction(l.loadfile))
	L.SetGlobal("dofile", L.NewFunction(l.dofile))
}

func (l *fileLibrary) userdata(L *lua.LState, f *file) *lua.LUserData {
	object := L.NewUserData()
	object.Value = f
	object.Metatable = l.metatable
	return object
}

// toFile returns argument n as a file, closed or not.
func toFile(L *lua.LState, n int) *file {
	object, _ := L.Get(n).(*lua.LUserData)
	if object != nil {
		if f, ok := object.Value.(*file); ok {
			return f
		}
	}
	TypeError(L, n, fileClass)
	return nil
}

// checkFile returns argument n, which must be an open file.
func checkFile(L *lua.LState, n int) *file {
	f := toFile(L, n)
	if f.closed {
		Errorf(L, "attempt to use a closed file")
	}
	return f
}

// openFile returns a default file, which must be open.
func openFile(L *lua.LState, object *lua.LUserData) *file {
	f := object.Value.(*file)
	if f.closed {
		Errorf(L, "standard file is closed")
	}
	return f
}

// openPath opens a path in a mode of C's fopen, if that is allowed.
func (s *sandboxed) openPath(path, mode string) (*file, error) {
	var flag int
	reads, writes := false, true
	update := strings.Contains(mode, "+")
	switch mode[0] {
	case 'r':
		flag, reads, writes = os.O_RDONLY, true, update
	case 'w':
		flag, reads = os.O_WRONLY|os.O_CREATE|os.O_TRUNC, update
	case 'a':
		flag, reads = os.O_WRONLY|os.O_CREATE|os.O_APPEND, update
	}
	if update {
		flag = flag&^os.O_WRONLY | os.O_RDWR
	}
	disk, err := s.OpenFile(path, flag)
	if err != nil {
		return nil, err
	}
	return diskFile(disk, reads, writes), nil
}

func diskFile(disk *os.File, reads, writes bool) *file {
	f := &file{disk: disk, end: disk.Close}
	if reads {
		f.reader = bufio.NewReader(disk)
	}
	if writes {
		f.writer = disk
	}
	return f
}

// open is io.open(path [, mode]).
func (l *fileLibrary) open(L *lua.LState) int {
	path, mode := CheckString(L, 1), OptString(L, 2, "r")
	if !validMode(mode) {
		L.Push(lua.LNil)
		L.Push(lua.LString(path + ": Invalid argument"))
		L.Push(lua.LNumber(22))
		return 3
	}
	f, err := l.sandbox.openPath(path, mode)
	if err != nil {
		return pushFailure(L, path, err)
	}
	L.Push(l.userdata(L, f))
	return 1
}

// validMode reports whether fopen knows a mode.
func validMode(mode string) bool {
	switch strings.Replace(mode, "b", "", 1) {
	case "r", "w", "a", "r+", "w+", "a+":
		return !strings.HasPrefix(mode, "b")
	}
	return false
}

// standard is io.input([file]) and io.output([file]).
func (l *fileLibrary) standard(L *lua.LState, which **lua.LUserData, mode string) int {
	switch given := L.Get(1).(type) {
	case *lua.LNilType:
	case *lua.LUserData:
		toFile(L, 1)
		*which = given
	default:
		path := CheckString(L, 1)
		f, err := l.sandbox.openPath(path, mode)
		if err != nil {
			ArgError(L, 1, failureText(path, err))
		}
		*which = l.userdata(L, f)
	}
	L.Push(*which)
	return 1
}

// lines is io.lines([path]).
func (l *fileLibrary) lines(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return l.pushLines(L, openFile(L, l.input), 2, false)
	}
	path := CheckString(L, 1)
	f, err := l.sandbox.openPath(path, "r")
	if err != nil {
		ArgError(L, 1, failureText(path, err))
	}
	return l.pushLines(L, f, 2, true)
}

// pushLines gives an iterator that reads by the formats from argument first on, or lines. One that opened the file closes it
// at the end.
func (l *fileLibrary) pushLines(L *lua.LState, f *file, first int, opened bool) int {
	var formats []lua.LValue
	for i := first; i <= L.GetTop(); i++ {
		formats = append(formats, L.Get(i))
	}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if f.closed {
			Errorf(L, "attempt to use a closed file")
		}
		L.SetTop(0)
		for _, format := range formats {
			L.Push(format)
		}
		results := l.read(L, f, 1)
		value := L.Get(-results)
		if results == 3 && value == lua.LNil { // a failure: reading itself ends with the first nil
			Errorf(L, "%s", L.Get(-2).String())
		}
		if opened && value == lua.LNil {
			f.shut() //nolint:errcheck // it was only read
		}
		return results
	}))
	return 1
}

// popen is io.popen(command [, mode]).
func (l *fileLibrary) popen(L *lua.LState) int {
	command, mode := CheckString(L, 1), OptString(L, 2, "r")
	cmd, err := l.sandbox.Command(command)
	if err != nil {
		return pushFailure(L, "", err)
	}
	if mode != "r" && mode != "w" {
		return pushFailure(L, command, errors.New("invalid mode"))
	}
	f, err := startPipe(cmd, mode == "r")
	if err != nil {
		return pushFailure(L, command, err)
	}
	L.Push(l.userdata(L, f))
	return 1
}

// startPipe starts a program with one end of a pipe; its other streams are the process's. Closing the file waits for it.
func startPipe(cmd *exec.Cmd, reads bool) (*file, error) {
	f := &file{}
	var pipe io.Closer
	var err error
	if reads {
		cmd.Stdout = nil // the pipe's end
		var out io.ReadCloser
		if out, err = cmd.StdoutPipe(); err == nil {
			f.reader, pipe = bufio.NewReader(out), out
		}
	} else {
		cmd.Stdin = nil // the pipe's end
		var in io.WriteCloser
		if in, err = cmd.StdinPipe(); err == nil {
			f.writer, pipe = in, in
		}
	}
	if err == nil {
		err = cmd.Start()
	}
	f.end = func() error {
		pipe.Close() //nolint:errcheck // the program's own end tells
		cmd.Wait()   //nolint:errcheck // Lua 5.1 does not look at the exit code
		return nil
	}
	return f, err
}

// tmpfile is io.tmpfile(): a file without a name.
func (l *fileLibrary) tmpfile(L *lua.LState) int {
	disk, err := l.sandbox.CreateTemp()
	if err != nil {
		return pushFailure(L, os.TempDir(), err)
	}
	f := diskFile(disk, true, true)
	if os.Remove(disk.Name()) != nil { // Windows: not while it is open
		f.end = func() error { return errors.Join(disk.Close(), os.Remove(disk.Name())) }
	}
	L.Push(l.userdata(L, f))
	return 1
}

// close is io.close([file]).
func (l *fileLibrary) close(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return closeFile(L, openFile(L, l.output))
	}
	return closeFile(L, checkFile(L, 1))
}

func closeFile(L *lua.LState, f *file) int {
	if f.end == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString("cannot close standard file"))
		return 2
	}
	return pushOutcome(L, "", f.shut())
}

// shut closes a file that is not one of the streams.
func (f *file) shut() error {
	f.closed = true
	return f.end()
}

func fileType(L *lua.LState) int {
	object, _ := L.Get(1).(*lua.LUserData)
	kind := lua.LValue(lua.LNil)
	if object != nil {
		if f, ok := object.Value.(*file); ok {
			kind = lua.LString("file")
			if f.closed {
				kind = lua.LString("closed file")
			}
		}
	}
	L.Push(kind)
	return 1
}

func fileToString(L *lua.LState) int {
	f := toFile(L, 1)
	if f.closed {
		L.Push(lua.LString("file (closed)"))
	} else {
		L.Push(lua.LString(fmt.Sprintf("file (%p)", f)))
	}
	return 1
}

func (f *file) write(L *lua.LState, first int) int {
	var parts []string
	for i := first; i <= L.GetTop(); i++ {
		parts = append(parts, CheckString(L, i))
	}
	switch {
	case f.stdout != nil:
		return luaResult(L, f.stdout.WriteStrings(parts...))
	case f.writer == nil:
		return pushBadFile(L)
	}
	if err := f.dropRead(); err != nil {
		return pushFailure(L, "", err)
	}
	for _, part := range parts {
		if _, err := io.WriteString(f.writer, part); err != nil {
			return pushFailure(L, "", err)
		}
	}
	L.Push(lua.LTrue)
	return 1
}

// dropRead makes a file that is read and written stand where the script has read to.
func (f *file) dropRead() error {
	if f.disk == nil || f.reader == nil || f.reader.Buffered() == 0 {
		return nil
	}
	_, err := f.disk.Seek(-int64(f.reader.Buffered()), io.SeekCurrent)
	f.reader.Reset(f.disk)
	return err
}

// pushBadFile is what C says of a file that was not opened for this.
func pushBadFile(L *lua.LState) int {
	L.Push(lua.LNil)
	L.Push(lua.LString("Bad file descriptor"))
	L.Push(lua.LNumber(9))
	return 3
}

func (f *file) flush(L *lua.LState) int {
	if f.stdout != nil {
		return luaResult(L, f.stdout.Flush())
	}
	L.Push(lua.LTrue) // nothing is held back
	return 1
}

func fileSetvbuf(L *lua.LState) int {
	f, mode := checkFile(L, 1), outlet.Mode(CheckString(L, 2))
	switch mode {
	case outlet.Unbuffered, outlet.Lines, outlet.Full:
	default:
		ArgError(L, 2, "invalid option '"+string(mode)+"'")
	}
	if f.stdout != nil {
		return luaResult(L, f.stdout.SetMode(mode))
	}
	L.Push(lua.LTrue)
	return 1
}

func fileSeek(L *lua.LState) int {
	f := checkFile(L, 1)
	offset := int64(OptNumber(L, 3, 0))
	whence, known := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[OptString(L, 2, "cur")]
	if !known {
		ArgError(L, 2, "invalid option '"+OptString(L, 2, "cur")+"'")
	}
	if f.disk == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString("Illegal seek"))
		L.Push(lua.LNumber(29))
		return 3
	}
	err := f.dropRead()
	if err == nil {
		offset, err = f.disk.Seek(offset, whence)
	}
	if err != nil {
		return pushFailure(L, "", err)
	}
	L.Push(lua.LNumber(offset))
	return 1
}

// read reads by the formats from argument first on.
func (l *fileLibrary) read(L *lua.LState, f *file, first int) int {
	l.stdout.Flush() //nolint:errcheck // a question is seen before its answer is awaited; the error stays
	if f.reader == nil {
		return pushBadFile(L)
	}
	last := L.GetTop()
	if last < first {
		return f.pushRead(L, first, lua.LString("*l"))
	}
	for i := first; i <= last; i++ {
		if results := f.pushRead(L, i, L.Get(i)); results > 1 {
			return results
		}
		if L.Get(-1) == lua.LNil {
			break
		}
	}
	return L.GetTop() - last
}

// pushRead pushes what one format reads, nil at the end of the file, or three values if it fails.
func (f *file) pushRead(L *lua.LState, n int, format lua.LValue) int {
	var value lua.LValue
	var err error
	switch format := format.(type) {
	case lua.LNumber:
		value, err = f.readBytes(L, float64(format))
	default:
		name, ok := format.(lua.LString)
		if !ok {
			TypeError(L, n, "string")
		}
		kind := strings.TrimPrefix(string(name), "*")
		switch kind[:min(1, len(kind))] { // "*all" and "*line" are common
		case "n":
			value, err = f.readNumber()
		case "a":
			value, err = f.readAll(L)
		case "l":
			value, err = f.readLine(L, false)
		case "L":
			value, err = f.readLine(L, true)
		default:
			ArgError(L, n, "invalid format")
		}
	}
	if err != nil && err != io.EOF {
		return pushFailure(L, "", err)
	}
	L.Push(value)
	return 1
}

// readBytes reads up to so many bytes. 0 looks whether there are any.
func (f *file) readBytes(L *lua.LState, count float64) (lua.LValue, error) {
	if _, err := f.reader.Peek(1); err != nil {
		return lua.LNil, err
	}
	if !(count >= 1) {
		return lua.LString(""), nil
	}
	var content bytes.Buffer
	_, err := io.Copy(&boundedBuffer{L: L, Buffer: &content}, io.LimitReader(f.reader, int64(min(count, 1<<52))))
	return lua.LString(content.String()), err
}

func (f *file) readAll(L *lua.LState) (lua.LValue, error) {
	var content bytes.Buffer
	_, err := io.Copy(&boundedBuffer{L: L, Buffer: &content}, f.reader)
	return lua.LString(content.String()), err
}

func (f *file) readLine(L *lua.LState, keepEnd bool) (lua.LValue, error) {
	var line []byte
	for {
		part, err := f.reader.ReadSlice('\n')
		CheckSize(L, len(line)+len(part))
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && len(line) == 0:
			return lua.LNil, err
		case err == nil && !keepEnd:
			line = line[:len(line)-1]
		case errors.Is(err, io.EOF):
			err = nil // the last line has no end
		}
		return lua.LString(line), err
	}
}

// readNumber reads a number as C's scanf does: what cannot go on with one stays unread.
func (f *file) readNumber() (lua.LValue, error) {
	var numeral []byte
	for {
		next, err := f.reader.Peek(1)
		if err != nil || len(numeral) >= maxNumeral {
			break
		}
		if len(numeral) == 0 && bytes.IndexByte([]byte(" \t\n\v\f\r"), next[0]) >= 0 {
			f.reader.Discard(1) //nolint:errcheck // it is in the buffer
			continue
		}
		if !continuesNumber(numeral, next[0]) {
			break
		}
		numeral = append(numeral, next[0])
		f.reader.Discard(1) //nolint:errcheck // it is in the buffer
	}
	if number, ok := ParseNumber(string(numeral)); ok {
		return lua.LNumber(number), nil
	}
	return lua.LNil, nil
}

// continuesNumber reports whether a byte may stand behind the beginning of a number.
func continuesNumber(begun []byte, next byte) bool {
	text := strings.ToLower(string(begun))
	hex := strings.Contains(text, "x")
	switch {
	case next >= '0' && next <= '9':
		return true
	case next == '+' || next == '-':
		return text == "" || !hex && strings.HasSuffix(text, "e")
	case next == '.':
		return !strings.ContainsAny(text, ".") && (hex || !strings.Contains(text, "e"))
	case next == 'x' || next == 'X':
		return strings.TrimLeft(text, "+-") == "0"
	case next == 'e' || next == 'E':
		return hex || !strings.Contains(text, "e") && strings.ContainsAny(text, "0123456789")
	}
	return hex && (next >= 'a' && next <= 'f' || next >= 'A' && next <= 'F')
}

// boundedBuffer raises in L before it grows past the largest string.
type boundedBuffer struct {
	L *lua.LState
	*bytes.Buffer
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	CheckSize(b.L, b.Len()+len(p))
	return b.Buffer.Write(p)
}

// ReadFrom is not the Buffer's, which asks nobody.
func (b *boundedBuffer) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{b}, struct{ io.Reader }{r})
}

// loadPath compiles the file of argument 1, or standard input without one. The error is text as Lua's.
func (l *fileLibrary) loadPath(L *lua.LState) (*lua.LFunction, string) {
	if L.Get(1) == lua.LNil {
		return loadFrom(L, l.stdin, "stdin")
	}
	path := CheckString(L, 1)
	f, err := l.sandbox.openPath(path, "r")
	if err != nil {
		return nil, "cannot open " + failureText(path, err)
	}
	defer f.shut() //nolint:errcheck // it was only read
	return loadFrom(L, f, path)
}

// loadFrom compiles what a file holds.
func loadFrom(L *lua.LState, f *file, name string) (*lua.LFunction, string) {
	if f.reader == nil {
		return nil, "cannot read " + name + ": Bad file descriptor"
	}
	source, err := f.readAll(L)
	if err != nil {
		return nil, fmt.Sprintf("cannot read %s", failureText(name, err))
	}
	if err := Load(L, []byte(source.(lua.LString)), name); err != nil {
		return nil, err.Error()
	}
	chunk := L.Get(-1).(*lua.LFunction)
	L.Pop(1)
	return chunk, ""
}

// loadfile is loadfile([path [, mode [, env]]]). There is no other mode than that of text.
func (l *fileLibrary) loadfile(L *lua.LState) int {
	mode := OptString(L, 2, "bt")
	chunk, problem := l.loadPath(L)
	if chunk != nil && !strings.Contains(mode, "t") {
		chunk, problem = nil, "attempt to load chunk with wrong mode"
	}
	if chunk == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(problem))
		return 2
	}
	chunk.Env = L.G.Global
	if env, ok := L.Get(3).(*lua.LTable); ok {
		chunk.Env = env
	}
	L.Push(chunk)
	return 1
}

// dofile is dofile([path]).
func (l *fileLibrary) dofile(L *lua.LState) int {
	chunk, problem := l.loadPath(L)
	if chunk == nil {
		L.Error(lua.LString(problem), 0)
	}
	chunk.Env = L.G.Global
	L.SetTop(0)
	L.Push(chunk)
	L.Call(0, lua.MultRet)
	return L.GetTop()
}
