//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// socket waits for a socket without a buffer: it borrows one when there may be something
// to read, and gives it back when there is not.
type socket struct {
	writer
	raw     syscall.RawConn
	readFn  func(fd uintptr) bool // tryRead as a value that is made once
	writeFn func(fd uintptr) bool // writeOnce, likewise

	// One read:
	lender Lender // nil to read into buf
	block  int    // how much is borrowed
	buf    []byte // where to; lent by lender if there is one
	read   int
	err    error

	// One Write or TryWrite:
	out      []byte
	waits    bool
	written  int
	writeErr error
}

// newSocket returns nil where a RawConn's Read does not wait as tryRead needs it to.
func newSocket(conn net.Conn, raw syscall.RawConn) Conn {
	s := &socket{writer: writer{conn: conn}, raw: raw, block: socketBlock}
	s.readFn, s.writeFn = s.tryRead, s.writeOnce
	return s
}

func (s *socket) ReadBlock(from Lender) (got []byte, lent bool, err error) {
	s.lender = from
	err = s.wait()
	got, s.lender, s.buf = s.buf, nil, nil
	return got[:s.read], got != nil, err
}

func (s *socket) ReadInto(p []byte) (n int, err error) {
	if len(p) >= largestBlock {
		s.block = socketBlock // what comes in a block of messages of that size has to be copied
	}
	s.buf = p
	err = s.wait()
	s.buf = nil
	return s.read, err
}

// wait reads once.
func (s *socket) wait() error {
	s.read, s.err = 0, nil
	if err := s.raw.Read(s.readFn); err != nil {
		return err // closed by us
	}
	return s.err
}

// tryRead reads once and reports whether that is the result; false waits for the socket
// to become readable. The poller is edge-triggered: it reports only bytes that arrive
// after a read that found nothing, so every wait comes after a read.
func (s *socket) tryRead(fd uintptr) bool {
	if s.lender != nil {
		block, err := s.lender.Borrow(s.block)
		if err != nil {
			s.err = err
			return true
		}
		s.buf = block[:cap(block)]
	}
	for {
		n, err := syscall.Read(int(fd), s.buf)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if s.lender != nil {
				s.lender.Return(s.buf[:0])
				s.buf = nil
			}
			return false
		case err != nil:
			s.err = os.NewSyscallError("read", err)
		case n == 0:
			s.err = io.EOF
		default:
			s.read = n
			if s.lender != nil {
				s.block = adapted(s.block, len(s.buf), n)
			}
		}
		return true
	}
}

// adapted returns how large the block after one of some size is, of which a read has filled
// so many bytes.
func adapted(block, size, read int) int {
	switch {
	case read == size:
		return min(2*block, largestBlock)
	case read < size/2:
		return max(block/2, socketBlock)
	}
	return block
}

// Write gives the system all that it takes at once, which is much for each byte's price:
// a net.Conn would wait until the last byte is gone, and say nothing before.
func (s *socket) Write(p []byte) (n int, err error) {
	err = s.write(p, true)
	return s.written, s.unhurried(err)
}

func (s *socket) TryWrite(p []byte) (n int, err error) {
	err = s.write(p, false)
	if s.hurried.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil // the next Write clears that
	}
	return s.written, err
}

func (s *socket) write(p []byte, waits bool) error {
	s.out, s.waits, s.written, s.writeErr = p, waits, 0, nil
	err := s.raw.Write(s.writeFn)
	s.out = nil
	if err == nil {
		err = s.writeErr
	}
	return err
}

// writeOnce writes once, and reports false if it is to be called again once the socket is
// writable.
func (s *socket) writeOnce(fd uintptr) bool {
	for len(s.out) > 0 {
		n, err := syscall.Write(int(fd), s.out)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return !s.waits
		case err != nil:
			s.writeErr = os.NewSyscallError("write", err)
		default:
			s.written = n
		}
		return true
	}
	return true
}
