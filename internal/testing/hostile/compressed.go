package hostile

import (
	"bytes"
	"compress/flate"
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// compressed are peers that misuse permessage-deflate (RFC 7692).
func compressed() []*Peer {
	var peers []*Peer
	add := func(name string, want Want, frames ...wstest.Frame) {
		want.Memory += windows
		peers = append(peers, &Peer{Name: name, Compress: true, Want: want, play: agrees(bytesOf(frames...))})
	}
	zeros := deflated(strings.Repeat("\x00", 16<<20))
	bomb := tooBig()
	bomb.Memory = oneMessage
	add("deflate bombs: 16 MiB of zeros", bomb, packed(zeros))
	add("deflate bombs: one byte too many", bomb, packed(deflated(strings.Repeat("x", MaxMessage+1))))
	add("deflate bombs: in fragments", bomb, inPieces(zeros, 1000)...)
	add("deflate bombs: more data than a message can have", bomb, packed(strings.Repeat("\x00", 2*MaxMessage)))

	garbage := broken("A zlib function returned an error", "deflate", 1007)
	for _, bad := range []struct{ name, data string }{
		{"noise", "\xff\xff\xff\xff"},
		{"a reserved type of block", "\x06"},
		{"a reference to before the message", "\xf2\x00\x11\x00\x00"},
		{"a length that contradicts itself", "\x00\x05\x00\xfa\xfeHello\x00"},
		{"codes that make no tree", "\x04\x00\x00\x00\x00\x00\x00\x00"},
		{"the end in the middle of a code", "\xf2\x48\xcd"},
		{"garbage behind the last block", "\xf3\x48\xcd\xc9\xc9\x07\x00\xff\xff"},
		{"the tail that is not to be sent", deflated("Hello") + "\x00\x00\xff\xff"},
	} {
		add("deflate garbage: "+bad.name, garbage, packed(bad.data))
		add("deflate garbage: "+bad.name+", in fragments", garbage, inPieces(bad.data, 1)...)
	}
	for _, bad := range badTexts {
		add("bad UTF-8, compressed: "+bad.name, broken(msgUTF8, "utf8", 1007), packed(deflated("abc"+bad.bytes+"xyz")))
	}
	reserved := broken("Invalid use of reserved bits", "protocol", 1002)
	for _, op := range []byte{wstest.OpClose, wstest.OpPing, wstest.OpPong} {
		add(fmt.Sprintf("compressed control frames: opcode %d", op), reserved, wstest.Frame{RSV: 4, Opcode: op})
	}
	add("compressed twice", reserved, wstest.Frame{RSV: 4, Opcode: wstest.OpText, More: true}, wstest.Frame{RSV: 4})
	for _, rsv := range []byte{1, 2, 3, 5, 6, 7} {
		add(fmt.Sprintf("reserved bits beside compression: %03b", rsv), reserved, wstest.Frame{RSV: rsv, Opcode: wstest.OpText})
	}
	return opened(peers)
}

// deflated is a message as it travels (RFC 7692 §7.2.1).
func deflated(message string) string {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one of the package's own
	}
	w.Write([]byte(message)) // to memory
	w.Flush()
	return strings.TrimSuffix(out.String(), "\x00\x00\xff\xff")
}

// packed is a compressed text message.
func packed(data string) wstest.Frame {
	return wstest.Frame{RSV: 4, Opcode: wstest.OpText, Payload: []byte(data)}
}

func inPieces(data string, n int) []wstest.Frame {
	frames := split(data, n)
	frames[0].RSV = 4
	return frames
}
