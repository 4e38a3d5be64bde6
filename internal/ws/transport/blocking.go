package transport

import "net"

// blockingReader waits in Read, on a small buffer of its own. After a read that filled it
// the next one borrows a block.
type blockingReader struct {
	conn  net.Conn
	small [512]byte
	full  bool // the last read filled its buffer
}

func (r *blockingReader) ReadBlock(from Lender) (got []byte, lent bool, err error) {
	if !r.full {
		n, err := r.ReadInto(r.small[:])
		return r.small[:n], false, err
	}
	block, err := from.Borrow(recordBlock)
	if err != nil {
		return nil, false, err
	}
	n, err := r.ReadInto(block[:cap(block)])
	return block[:n], true, err
}

func (r *blockingReader) ReadInto(p []byte) (n int, err error) {
	n, err = r.conn.Read(p)
	r.full = n == len(p)
	return n, err
}
