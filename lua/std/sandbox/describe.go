package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/tidewire/tidewire/permission"
)

// denied is C's EACCES, which a refusal counts as, on every system.
const denied = 13

// Describe returns the text and the number with which C names an error, as Lua's
// libraries return them: "path: No such file or directory" and 2. Without a path the text
// begins with the error. A refusal is worded as Options.Words says.
func (b *Box) Describe(path string, err error) (text string, number int) {
	var refused *permission.Refusal
	if errors.As(err, &refused) {
		return b.Word(refused, permission.Whole), denied
	}
	text = cause(err)
	if path != "" {
		text = permission.Brief(path) + ": " + text
	}
	return text, errorNumber(err)
}

// cause is the innermost error's text, with the capital that C's texts have.
func cause(err error) string {
	var inPath *fs.PathError
	var inLink *os.LinkError
	var inCall *os.SyscallError
	switch {
	case errors.As(err, &inPath):
		err = inPath.Err
	case errors.As(err, &inLink):
		err = inLink.Err
	case errors.As(err, &inCall):
		err = inCall.Err
	case errors.Is(err, fs.ErrNotExist):
		err = syscall.ENOENT
	}
	text := err.Error()
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

func errorNumber(err error) int {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return int(errno)
	case errors.Is(err, fs.ErrNotExist):
		return int(syscall.ENOENT)
	case errors.Is(err, fs.ErrPermission):
		return denied
	}
	return int(syscall.EIO)
}
