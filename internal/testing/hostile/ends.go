package hostile

import (
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// ends are peers whose connection ends without a closing handshake, or is no more and says
// nothing of it.
func ends() []*Peer {
	lost := func(message, category string) Want {
		want := broken(message, category, 1006)
		want.Again = true
		return want
	}
	silent := lost("Timer Expired", "keepalive")
	silent.Within = Ping + Pong

	var peers []*Peer
	points := []struct{ name, raw string }{
		{"between messages", ""},
		{"within a header", "\x82"},
		{"within a length", "\x82\x7e\x10"},
		{"within a payload", "\x82\x7e\x10\x00half"},
		{"within a ping", "\x89\x7dhalf"},
		{"within a close frame", "\x88\x05\x03"},
		{"between fragments", bytesOf(wstest.Text("half").Unfinished())},
		{"within a character", bytesOf(wstest.Text("\xe6\xb0").Unfinished())},
	}
	for _, point := range points {
		peers = append(peers,
			&Peer{Name: "end: " + point.name, Want: lost(msgEOF, "eof"), play: func(s *server) {
				s.agree(point.raw)
				s.CloseWrite()
			}},
			&Peer{Name: "reset: " + point.name, Want: lost(msgTransport, "reset"), play: func(s *server) {
				s.agree(point.raw)
				s.Reset()
			}},
			&Peer{Name: "half-open: " + point.name, Want: silent, play: func(s *server) {
				s.agree(point.raw)
				s.Stall()
			}},
			&Peer{Name: "silence: " + point.name, Want: silent, play: agrees(point.raw)})
	}
	return opened(peers)
}
