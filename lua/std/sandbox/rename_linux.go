package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// newMoveBelow is a move below root, which it takes over.
func newMoveBelow(root *os.Root, from, to string) (*move, error) {
	defer root.Close()
	source, err := root.Open(filepath.Dir(from))
	if err != nil {
		return nil, err
	}
	target, err := root.OpenRoot(filepath.Dir(to))
	if err != nil {
		_ = source.Close()
		return nil, err
	}
	return holdMove(source, target, filepath.Base(from), filepath.Base(to))
}

// newMoveAnywhere is a move where everything may be written.
func newMoveAnywhere(from, to string) (*move, error) {
	source, err := os.Open(filepath.Dir(from))
	if err != nil {
		return nil, err
	}
	target, err := os.OpenRoot(filepath.Dir(to))
	if err != nil {
		_ = source.Close()
		return nil, err
	}
	return holdMove(source, target, filepath.Base(from), filepath.Base(to))
}

// holdMove is a move from one open directory to another. It takes them over.
func holdMove(source *os.File, target *os.Root, from, to string) (*move, error) {
	into, err := target.Open(".") // for its descriptor
	if err != nil {
		_, _ = source.Close(), target.Close()
		return nil, err
	}
	return &move{
		there: func() error { return syscall.Renameat(int(source.Fd()), from, int(into.Fd()), to) },
		back:  func() error { return syscall.Renameat(int(into.Fd()), to, int(source.Fd()), from) },
		moved: func() (fs.FileInfo, error) { return target.Lstat(to) },
		close: func() { _, _, _ = source.Close(), into.Close(), target.Close() },
	}, nil
}
