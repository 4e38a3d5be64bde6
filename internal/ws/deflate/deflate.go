// Package deflate is permessage-deflate (RFC 7692) over a library's DEFLATE: what the two sides agree on, and the
// compressor and decompressor of one connection. It does no I/O and starts no goroutine.
//
//	client: Config.Offer ──► server: Answer ──► client: Config.Accept
//	             each has Params: Client, Server
//	client: NewCompressor(Client), NewDecompressor(Server); server: the other way round
//
// A connection keeps between messages only what context takeover asks it to remember, up to 8 KiB of what it sent and
// 32 KiB of what it received. Everything larger belongs to all connections together and is borrowed for one message.
package deflate

// name is the extension's name in Sec-WebSocket-Extensions (RFC 7692 §7).
const name = "permessage-deflate"

const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Params is what client and server agreed on. The zero value says: no compression.
type Params struct {
	InUse  bool
	Client Direction // what the client sends
	Server Direction // what the server sends
}

// Direction is how one side compresses, and so what the other side has to remember.
type Direction struct {
	// Takeover says that a message may refer to what messages before it held (RFC 7692 §7.1.1).
	Takeover bool

	// WindowBits is the base-2 logarithm of how many bytes back a message may refer, 8 to 15 (RFC 7692 §7.1.2).
	WindowBits int
}

// windowBytes is how far back the direction's data may refer.
func (d Direction) windowBytes() int { return 1 << d.WindowBits }
