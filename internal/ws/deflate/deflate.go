// Package deflate is permessage-deflate (RFC 7692) over a library's DEFLATE: the
// agreement of the two sides, and the compressor and decompressor of one connection. It
// does no I/O and starts no goroutine.
//
//	client: Config.Offer ──► server: Answer ──► client: Config.Accept
//	             each has Params: Client, Server
//	client: NewCompressor(Client), NewDecompressor(Server); server: the other way round
//
// Between messages a connection keeps only the text for context takeover: up to 8 KiB of
// its sent messages and 32 KiB of the received ones. Everything larger belongs to all
// connections together and is borrowed for one message.
package deflate

// name is the extension's name in Sec-WebSocket-Extensions (RFC 7692 §7).
const name = "permessage-deflate"

const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Params is the agreement of client and server. The zero value says: no compression.
type Params struct {
	InUse  bool
	Client Direction // the client's messages
	Server Direction // the server's messages
}

// Direction is how one side compresses, and so how much the other side has to remember.
type Direction struct {
	// Takeover says that a message may refer to the content of messages before it (RFC
	// 7692 §7.1.1).
	Takeover bool

	// WindowBits is the base-2 logarithm of how many bytes back a message may refer, 8 to
	// 15 (RFC 7692 §7.1.2).
	WindowBits int
}

// windowBytes is how far back the direction's data may refer.
func (d Direction) windowBytes() int { return 1 << d.WindowBits }
