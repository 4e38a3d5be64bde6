//go:build unix

package engine

import (
	"io"
	"os"
	"syscall"
)

// rawSource waits for a socket without a buffer: it borrows one when there may be something to read, and gives it back
// when there is not.
type rawSource struct {
	conn   syscall.RawConn
	readFn func(fd uintptr) bool // tryRead as a value that is made once

	// One read:
	space []byte // where to; nil to borrow
	from  *block
	n     int
	err   error
}

func newRawSource(conn syscall.RawConn) source {
	s := &rawSource{conn: conn}
	s.readFn = s.tryRead
	return s
}

func (s *rawSource) read(space []byte) (got []byte, from *block, err error) {
	s.space, s.from, s.n, s.err = space, nil, 0, nil
	if err := s.conn.Read(s.readFn); err != nil {
		return nil, nil, err // closed by us
	}
	s.space, from = nil, s.from
	s.from = nil
	if from != nil {
		from.buf = from.buf[:s.n]
		return from.buf, from, s.err
	}
	return space[:s.n], nil, s.err
}

// tryRead reads once and reports whether that is the result; false waits for the socket to become readable. The poller
// is edge-triggered: it tells only of what arrives after a read that found nothing, so every wait comes after a read.
func (s *rawSource) tryRead(fd uintptr) bool {
	into := s.space
	if into == nil {
		s.from = newBlock(hotBlock)
		into = s.from.buf[:hotBlock]
	}
	for {
		n, err := syscall.Read(int(fd), into)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if s.from != nil {
				s.from.free()
				s.from = nil
			}
			return false
		case err != nil:
			s.err = os.NewSyscallError("read", err)
		case n == 0:
			s.err = io.EOF
		default:
			s.n = n
		}
		return true
	}
}
