package hostile

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// closes are peers whose close frame is wrong, or followed by something.
func closes() []*Peer {
	const invalid, undefined = "Invalid close code used", "Reserved close code used"
	var peers []*Peer
	add := func(name, message, category string, code int, payload string) {
		peers = append(peers, &Peer{Name: "bad close payloads: " + name, Want: broken(message, category, code),
			play: agrees(bytesOf(wstest.Frame{Opcode: wstest.OpClose, Payload: []byte(payload)}))})
	}
	add("one byte", invalid, "protocol", 1002, "\x03")
	for _, code := range []int{0, 1, 999, 1005, 1006, 1015, 5000, 32768, 65535} {
		add(fmt.Sprint("code ", code), invalid, "protocol", 1002, string([]byte{byte(code >> 8), byte(code)}))
	}
	for _, code := range []int{1004, 1016, 1100, 2000, 2999} {
		add(fmt.Sprint("code ", code), undefined, "protocol", 1002, string([]byte{byte(code >> 8), byte(code)}))
	}
	for _, bad := range badTexts {
		add("a reason with "+bad.name, msgUTF8, "utf8", 1007, "\x03\xe8"+bad.bytes)
	}
	add("a reason cut within a character", msgUTF8, "utf8", 1007, "\x03\xe8"+strings.Repeat("x", 122)+"\xc3")

	bye := closed(1000, "bye")
	for _, late := range []struct{ name, raw string }{
		{"a message", bytesOf(wstest.Text("late"))},
		{"a ping", bytesOf(wstest.Ping("late"))},
		{"a violation", "\x83\x00"},
		{"another close frame", bytesOf(wstest.Close(1001, "no, this"))},
		{"half a frame", "\x82\x7f\x00"},
		{"a megabyte", strings.Repeat(bytesOf(wstest.Binary(strings.Repeat("x", 1000))), 1000)},
	} {
		peers = append(peers, &Peer{Name: "data after close: " + late.name, Want: bye,
			play: agrees(bytesOf(wstest.Close(1000, "bye")), late.raw)})
	}
	peers = append(peers,
		&Peer{Name: "data after close: without end", Want: bye, play: func(s *server) {
			s.agree(bytesOf(wstest.Close(1000, "bye")))
			s.forever(time.Millisecond, strings.Repeat(bytesOf(wstest.Text("late")), 100))
		}},
		&Peer{Name: "close within a message", Want: bye,
			play: agrees(bytesOf(wstest.Text("unfinished").Unfinished(), wstest.Close(1000, "bye")))})
	return opened(peers)
}

// closed is the end of a connection that its peer closed, with a code that is not worth
// another try.
func closed(code int, reason string) Want {
	return Want{Message: reason, Closed: true, Clean: true, Code: code, Category: "closed", Phase: "closing", CloseCode: code,
		Memory: flat + oneRead}
}

// closings are peers that misbehave once the client has called Close.
func closings() []*Peer {
	late := Want{Message: msgClosing, Closed: true, Code: 1006, Category: "timeout", Phase: "closing", CloseCode: 1000,
		Again: true, Within: patience, Memory: oneMessage}
	after := func(message, category string, code int, again bool) Want {
		return Want{Message: message, Closed: true, Code: 1006, Category: category, Phase: "closing", CloseCode: code,
			Again: again, Memory: flat + oneRead}
	}
	peers := []*Peer{
		{Name: "no reply to close: silence", Want: late, play: func(s *server) { s.agree() }},
		{Name: "no reply to close: messages without end", Want: late, play: func(s *server) {
			s.agree()
			s.forever(time.Millisecond, strings.Repeat(bytesOf(wstest.Text("more")), 100))
		}},
		{Name: "no reply to close: pings without end", Want: late, play: func(s *server) {
			s.agree()
			s.forever(time.Millisecond, strings.Repeat(bytesOf(wstest.Ping("more")), 100))
		}},
		{Name: "no reply to close: a byte a second", Want: late, play: func(s *server) {
			s.agree("\x82\x7e\x10\x00")
			s.forever(time.Second, "x")
		}},
		{Name: "no reply to close: half-open", Want: late, play: func(s *server) {
			s.agree()
			s.awaitClose()
			s.Stall()
		}},
		{Name: "violation instead of a reply to close: opcode", Want: after("invalid opcode", "protocol", 1000, false),
			play: replies("\x83\x00")},
		{Name: "violation instead of a reply to close: code", Want: after("Invalid close code used", "protocol", 1000, false),
			play: replies(bytesOf(wstest.Close(1005, "")))},
		{Name: "violation instead of a reply to close: text", Want: after(msgUTF8, "utf8", 1000, false),
			play: replies(bytesOf(wstest.Text("\xff")))},
		{Name: "end instead of a reply to close", Want: after(msgEOF, "eof", 1000, true), play: func(s *server) {
			s.agree()
			s.awaitClose()
			s.Close()
		}},
		{Name: "reset instead of a reply to close", Want: after(msgTransport, "reset", 1000, true), play: func(s *server) {
			s.agree()
			s.awaitClose()
			s.Reset()
		}},
	}
	for _, p := range peers {
		p.Closes = true
	}
	return opened(peers)
}

// replies says raw once the client's close frame is there.
func replies(raw string) func(*server) {
	return func(s *server) {
		s.agree()
		if s.awaitClose() {
			s.send(raw)
		}
	}
}
