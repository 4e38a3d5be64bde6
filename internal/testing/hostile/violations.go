package hostile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// violations are peers that break a rule of frames (RFC 6455 §5).
func violations() []*Peer {
	const (
		reserved     = "Invalid use of reserved bits"
		opcode       = "invalid opcode"
		control      = "Control messages are limited to fewer than 125 characters"
		pieces       = "Control messages cannot be fragmented"
		continuation = "Invalid message continuation"
		length       = "Payload length was not minimally encoded"
		masked       = "Servers may not send masked frames"
	)
	var peers []*Peer
	add := func(name, message string, raw string) {
		peers = append(peers, &Peer{Name: name, Want: broken(message, "protocol", 1002), play: agrees(raw)})
	}

	for _, f := range []wstest.Frame{wstest.Text("x"), wstest.Binary(strings.Repeat("x", 1000)), wstest.Ping("x"),
		wstest.Close(1000, "")} {
		f.Masked, f.Key = true, [4]byte{1, 2, 3, 4}
		add(fmt.Sprintf("masked frames: opcode %d", f.Opcode), masked, bytesOf(f))
	}
	for rsv := byte(1); rsv < 8; rsv++ {
		for _, op := range []byte{wstest.OpText, wstest.OpBinary, wstest.OpClose, wstest.OpPing, wstest.OpPong} {
			add(fmt.Sprintf("reserved bits: %03b, opcode %d", rsv, op), reserved, bytesOf(wstest.Frame{RSV: rsv, Opcode: op}))
		}
		add(fmt.Sprintf("reserved bits: %03b within a message", rsv), reserved,
			bytesOf(wstest.Text("x").Unfinished(), wstest.Frame{RSV: rsv}))
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		add(fmt.Sprintf("reserved opcodes: %d", op), opcode, bytesOf(wstest.Frame{Opcode: op, Payload: []byte("x")}))
	}

	for _, width := range []int{2, 8} {
		for _, size := range []int{0, 1, 125} {
			f := wstest.Binary(strings.Repeat("x", size))
			f.Width = width
			add(fmt.Sprintf("long lengths: %d bytes for %d", width, size), length, bytesOf(f))
		}
	}
	add("long lengths: 8 bytes for 65535", length, "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff")
	add("long lengths: the highest bit", length, "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x01")
	add("long lengths: all bits", length, "\x82\x7f"+strings.Repeat("\xff", 8))

	add("long control frames: a ping of 126 bytes", control, bytesOf(wstest.Ping(strings.Repeat("x", 126))))
	add("long control frames: a close frame of 126 bytes", control, bytesOf(wstest.Close(1000, strings.Repeat("x", 124))))
	add("long control frames: a ping that declares all there is", control, "\x89\x7f\x7f"+strings.Repeat("\xff", 7))
	for _, f := range []wstest.Frame{wstest.Ping("x"), wstest.Pong("x"), wstest.Close(1000, "")} {
		add(fmt.Sprintf("fragmented control frames: opcode %d", f.Opcode), pieces, bytesOf(f.Unfinished()))
		add(fmt.Sprintf("fragmented control frames: opcode %d within a message", f.Opcode), pieces,
			bytesOf(wstest.Text("x").Unfinished(), f.Unfinished()))
	}

	add("disorder: nothing to continue", continuation, bytesOf(wstest.Continuation("x")))
	add("disorder: a fragment of nothing", continuation, bytesOf(wstest.Continuation("x").Unfinished()))
	add("disorder: a message within a message", continuation, bytesOf(wstest.Text("x").Unfinished(), wstest.Text("y")))
	add("disorder: a message begun twice", continuation,
		bytesOf(wstest.Binary("x").Unfinished(), wstest.Binary("y").Unfinished()))
	add("disorder: a fragment after the last one", continuation,
		bytesOf(wstest.Text("x").Unfinished(), wstest.Continuation("y"), wstest.Continuation("z")))

	peers = append(peers,
		&Peer{Name: "huge lengths: one byte too many", Want: tooBig(), play: agrees("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x01")},
		&Peer{Name: "huge lengths: 4 GiB", Want: tooBig(), play: agrees("\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00")},
		&Peer{Name: "huge lengths: all there is", Want: tooBig(), play: agrees("\x81\x7f\x7f" + strings.Repeat("\xff", 7))},
		&Peer{Name: "huge lengths: all there is, in the second fragment", Want: tooBig(),
			play: agrees(bytesOf(wstest.Binary("x").Unfinished()), "\x80\x7f\x7f"+strings.Repeat("\xff", 7))},
	)
	return opened(peers)
}

// broken is the end of a connection whose peer broke a rule.
func broken(message, category string, code int) Want {
	return Want{Message: message, Category: category, Phase: "open", CloseCode: code, Memory: flat + oneRead}
}

func tooBig() Want { return broken(msgTooBig, "too_big", 1009) }

// agrees shakes hands and says raw.
func agrees(raw ...string) func(*server) { return func(s *server) { s.agree(raw...) } }

// badTexts are bytes that are no UTF-8, whatever comes after them.
var badTexts = []struct{ name, bytes string }{
	{"a byte that no text has", "\xff"},
	{"a continuation alone", "\x80"},
	{"an overlong slash", "\xc0\xaf"},
	{"an overlong NUL", "\xe0\x80\x80"},
	{"an overlong character of four bytes", "\xf0\x80\x80\xaf"},
	{"half a surrogate pair", "\xed\xa0\x80"},
	{"beyond the last character", "\xf4\x90\x80\x80"},
	{"five bytes", "\xf8\x88\x80\x80\x80"},
	{"a character cut short", "\xe6\xb0"},
}

// texts are peers whose text is no UTF-8: each kind of fault at every place of a text, in
// one frame and in a frame for each byte.
func texts() []*Peer {
	const text = "abcé水𝄞xyz"
	var peers []*Peer
	want := broken(msgUTF8, "utf8", 1007)
	for _, bad := range badTexts {
		for at := range len(text) + 1 {
			if at < len(text) && !utf8.RuneStart(text[at]) {
				continue
			}
			whole := text[:at] + bad.bytes + text[at:]
			name := fmt.Sprintf("bad UTF-8: %s at %d", bad.name, at)
			peers = append(peers,
				&Peer{Name: name, Want: want, play: agrees(bytesOf(wstest.Text(whole)))},
				&Peer{Name: name + ", byte by byte", Want: want, play: agrees(bytesOf(split(whole, 1)...))})
		}
	}
	return opened(peers)
}

// split is a text message in fragments of n bytes.
func split(text string, n int) (frames []wstest.Frame) {
	for at := 0; at < len(text); at += n {
		f := wstest.Continuation(text[at:min(at+n, len(text))]).Unfinished()
		if at == 0 {
			f.Opcode = wstest.OpText
		}
		frames = append(frames, f)
	}
	frames[len(frames)-1].More = false
	return frames
}
