package server

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// A poller reads a connection without ever parking its goroutine.
type poller struct {
	net.Conn
	raw   syscall.RawConn
	store [4096]byte
	got   []byte // of store, not handed out yet
}

func newPoller(conn net.Conn) (*poller, error) {
	plain, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.New("a paced connection must be plain TCP")
	}
	raw, err := plain.SyscallConn()
	return &poller{Conn: conn, raw: raw}, err
}

// ready reports whether there is anything to read.
func (p *poller) ready() (bool, error) {
	if len(p.got) > 0 {
		return true, nil
	}
	var n int
	var failed error
	err := p.raw.Read(func(descriptor uintptr) bool {
		n, failed = syscall.Read(int(descriptor), p.store[:])
		return true
	})
	switch {
	case err != nil:
		return false, err
	case failed == syscall.EAGAIN, failed == syscall.EINTR:
		return false, nil
	case failed != nil:
		return false, failed
	case n == 0:
		return false, io.EOF
	}
	p.got = p.store[:n]
	return true, nil
}

// Read spins until there is something to read.
func (p *poller) Read(to []byte) (int, error) {
	for {
		if ready, err := p.ready(); err != nil {
			return 0, err
		} else if ready {
			n := copy(to, p.got)
			p.got = p.got[n:]
			return n, nil
		}
	}
}
