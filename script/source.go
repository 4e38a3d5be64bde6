package script

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Source is a script before it is compiled.
type Source struct {
	Name string // in errors and tracebacks
	Text []byte
}

// maxSource is the most bytes that a script has. It is read before any limit of the
// state holds, and a device, a pipe or a sparse file may never end.
const maxSource = 64 << 20

var errTooLarge = fmt.Errorf("larger than %d MiB, which no script is", maxSource>>20)

// ReadSource reads a script from a file, or from stdin if path is FromStdin. It refuses
// text that is very long or begins like no Lua script. The compiler would only report a
// bad token, and a person would not learn the kind of the file.
func ReadSource(path string, stdin io.Reader) (Source, error) {
	source := Source{Name: path}
	var err error
	if path == FromStdin {
		source.Name = "stdin"
		if source.Text, err = readBounded(stdin); err != nil {
			return Source{}, fmt.Errorf("read the script from standard input: %w", err)
		}
	} else if source.Text, err = readFile(path); err != nil {
		return Source{}, fmt.Errorf("read the script: %w", unreadable(path, err))
	}
	if err := notLua(source.Text); err != nil {
		return Source{}, fmt.Errorf("read the script: %s: %w", source.Name, err)
	}
	return source, nil
}

// readFile reads a file of any kind: a shell gives the output of a program as a pipe.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := readBounded(file)
	if errors.Is(err, errTooLarge) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, err
}

// readBounded reads up to the end, and at most maxSource bytes.
func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSource+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxSource:
		return nil, errTooLarge
	}
	return text, nil
}

// unreadable adds to err a guess at the script that was meant.
func unreadable(path string, err error) error {
	info, statErr := os.Stat(path)
	switch main := filepath.Join(path, "main.lua"); { // as tidewire init has it
	case statErr != nil && isFile(path+".lua"):
		return fmt.Errorf("%w; there is %s.lua", err, path)
	case statErr != nil || !info.IsDir():
		return err
	case isFile(main):
		return fmt.Errorf("%s is a folder: name a Lua file, such as %s", path, main)
	}
	return fmt.Errorf("%s is a folder: name a Lua file", path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// The kinds of files that are not Lua source, each with its remedy.
var (
	errBytecode = errors.New("compiled Lua, which cannot be run here: give its source")
	errUTF16    = errors.New("text in UTF-16: save it as UTF-8")
)

// notLua recognizes files that are not Lua source by their beginning.
func notLua(text []byte) error {
	switch {
	case len(text) == 0:
		return nil
	case text[0] == 0x1b: // both Lua's and LuaJIT's
		return errBytecode
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return errUTF16
	case text[0] < ' ' && bytes.IndexByte([]byte("\t\n\v\f\r"), text[0]) < 0, text[0] == 0x7f:
		return fmt.Errorf("no Lua source: it begins with the byte 0x%02x, which is not text: name another file",
			text[0])
	}
	return nil
}
