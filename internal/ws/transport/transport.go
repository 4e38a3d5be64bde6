// Package transport carries the bytes of one WebSocket connection once its opening
// handshake is done. The engine knows a transport by Conn alone: whether there is a TCP
// socket under it, TLS, or a stream of something else makes no difference to it.
package transport

// Conn is a stream of bytes in both directions. One goroutine reads (ReadBlock, ReadInto,
// Drain), one at a time writes (Write, TryWrite, CloseWrite); Cut and Hurry may be called
// by any goroutine at any time, also with a lock held, since they do not wait.
//
// The end of the peer's half is io.EOF if the peer has ended the stream as it should, and
// io.ErrUnexpectedEOF if the stream ended in the middle of a layer below, as TLS without
// close_notify does. After Cut every error is net.ErrClosed.
type Conn interface {
	// ReadBlock waits until there is something to read and reads once. While it waits it
	// holds no memory of the lender's but that of BorrowToWait. lent says that got is at
	// the start of borrowed memory, which is the caller's now; otherwise got is valid until
	// the next read. Bytes may come together with an error, and count.
	ReadBlock(from Lender) (got []byte, lent bool, err error)

	// ReadInto waits until there is something to read and reads once, into p.
	ReadInto(p []byte) (n int, err error)

	// Write waits until some of p has been taken and returns how much, as write(2) does:
	// all of it, or as much as suits the transport. It takes nothing, without an error,
	// only after Hurry.
	Write(p []byte) (n int, err error)

	// TryWrite is Write without waiting: n < len(p) without an error says that the rest
	// would have to wait. A transport that cannot know takes nothing, always.
	TryWrite(p []byte) (n int, err error)

	// CloseWrite ends our half of the stream with the transport's own word for it, if it
	// has one: TLS sends close_notify. TCP sends nothing, because a WebSocket client
	// leaves the first FIN to the server (RFC 6455 §7.1.1).
	CloseWrite() error

	// Drain throws away everything that the peer still sends, and returns when the peer
	// has ended the stream or it was cut.
	Drain()

	// Cut ends the stream at once, and with it every call that waits.
	Cut()

	// Hurry makes the Write under way, or else the next one, return soon, with as much as
	// has been taken so far.
	Hurry()
}

// Lender lends the memory that ReadBlock reads into. ReadBlock calls it on its own
// goroutine.
type Lender interface {
	// Borrow returns an empty slice with capacity for about n bytes; the lender may
	// choose another capacity, but not 0. An error, such as a limit, becomes ReadBlock's;
	// nothing that has arrived is lost by it.
	Borrow(n int) ([]byte, error)

	// Return takes back a block: there was nothing to read.
	Return([]byte)

	// BorrowToWait is Borrow for a transport that cannot wait without memory to read into.
	// It returns nil if the lender has none to wait with. Otherwise Waited follows, once
	// the wait is over.
	BorrowToWait(n int) []byte

	// Waited ends the wait with a block of BorrowToWait, which stays borrowed.
	Waited([]byte)
}

const (
	// socketBlock is how much is borrowed for one read from a socket, at least. It doubles
	// with each read that fills it, up to largestBlock: the goroutine that takes the bytes
	// is woken less often. A read that fills less than half halves it.
	//
	// recordBlock is a TLS record's worth.
	socketBlock  = 64 << 10
	largestBlock = 256 << 10
	recordBlock  = 16 << 10
)
