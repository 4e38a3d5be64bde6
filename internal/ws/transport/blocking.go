package transport

import "net"

// blockingReader waits in Read, on a small buffer of its own. After a read that filled it
// the next one waits with a block, if the lender has one for that.
type blockingReader struct {
	conn  net.Conn
	small [512]byte
	full  bool // the last read filled its buffer
}

func (r *blockingReader) ReadBlock(from Lender) (got []byte, lent bool, err error) {
	if r.full {
		if block := from.BorrowToWait(recordBlock); block != nil {
			defer from.Waited(block) // deferred, because conn may be an embedder's and panic
			n, err := r.read(block[:cap(block)])
			return block[:n], true, err
		}
	}
	n, err := r.read(r.small[:])
	return r.small[:n], false, err
}

// ReadInto is given the room that the rest of a message takes: that a read has filled it says
// nothing of what follows.
func (r *blockingReader) ReadInto(p []byte) (n int, err error) {
	r.full = false
	return r.conn.Read(p)
}

func (r *blockingReader) read(p []byte) (n int, err error) {
	n, err = r.conn.Read(p)
	r.full = n == len(p)
	return n, err
}
