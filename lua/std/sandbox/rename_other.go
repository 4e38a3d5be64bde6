//go:build !linux

package sandbox

import (
	"io/fs"
	"os"
)

// newMoveBelow is a move below root, which it takes over.
func newMoveBelow(root *os.Root, from, to string) (*move, error) {
	return &move{
		there: func() error { return root.Rename(from, to) },
		back:  func() error { return root.Rename(to, from) },
		moved: func() (fs.FileInfo, error) { return root.Lstat(to) },
		close: func() { _ = root.Close() },
	}, nil
}

// newMoveAnywhere is a move where everything may be written.
func newMoveAnywhere(from, to string) (*move, error) {
	return &move{
		there: func() error { return os.Rename(from, to) },
		back:  func() error { return os.Rename(to, from) },
		moved: func() (fs.FileInfo, error) { return os.Lstat(to) },
		close: func() {},
	}, nil
}
