package engine

import (
	"net"
	"syscall"
)

// newSource chooses how to read from a transport.
func newSource(transport net.Conn) source {
	if conn, ok := transport.(syscall.Conn); ok {
		if raw, err := conn.SyscallConn(); err == nil {
			if src := newRawSource(raw); src != nil {
				return src
			}
		}
	}
	return &blockingSource{conn: transport}
}

// blockingSource waits in Read, on a small buffer of its own. After a read that filled it the next one borrows a block.
type blockingSource struct {
	conn  net.Conn
	small [512]byte
	full  bool // the last read filled its buffer
}

func (s *blockingSource) read(space []byte) (got []byte, from *block, err error) {
	if space == nil && s.full {
		from = newBlock(recordBlock)
		n, err := s.conn.Read(from.buf[:cap(from.buf)])
		from.buf = from.buf[:n]
		s.full = n == cap(from.buf)
		return from.buf, from, err
	}
	if space == nil {
		space = s.small[:]
	}
	n, err := s.conn.Read(space)
	s.full = n == len(space)
	return space[:n], nil, err
}
