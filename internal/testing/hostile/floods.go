package hostile

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// much is more than the network holds of what a client sends.
const much = 1 << 20

// floods are peers that send without end, much or little.
func floods() []*Peer {
	// stays is a connection that goes on until the client closes it.
	stays := Want{Stays: true, Message: msgClosing, Closed: true, Code: 1006, Category: "timeout", Phase: "closing",
		CloseCode: 1000, Again: true, Within: patience, Memory: oneMessage}
	stuck := stays
	stuck.CloseCode = 1006
	stuck.Memory += 2*much + 64<<10 // its bytes and the buffer that they are written from
	large := tooBig()
	large.Memory, large.Within = oneMessage, time.Second
	slowly := large
	slowly.Within = 15 * time.Second
	empty := bytesOf(wstest.Continuation("").Unfinished())
	begin := bytesOf(wstest.Binary("").Unfinished())
	peers := []*Peer{
		{Name: "endless fragments: empty ones", Want: large, play: func(s *server) {
			s.agree(begin)
			s.forever(10*time.Millisecond, strings.Repeat(empty, 1000))
		}},
		{Name: "endless fragments: of a byte", Want: large, play: func(s *server) {
			s.agree(begin)
			s.forever(10*time.Millisecond, strings.Repeat(bytesOf(wstest.Continuation("x").Unfinished()), 1000))
		}},
		{Name: "endless fragments: with pings between", Want: slowly, play: func(s *server) {
			s.agree(begin)
			s.forever(time.Second, strings.Repeat(bytesOf(wstest.Ping("p"))+empty, 1000))
		}},
		{Name: "control frames inside fragments", Want: stays, play: func(s *server) {
			s.agree(begin)
			s.forever(time.Second, bytesOf(wstest.Ping("p"), wstest.Pong("q"), wstest.Continuation("x").Unfinished()))
		}},
		{Name: "one byte among kilobytes of pongs", Want: stays, play: func(s *server) {
			s.agree(begin)
			s.forever(time.Second, strings.Repeat(bytesOf(wstest.Pong(strings.Repeat("x", 125))), 64)+
				bytesOf(wstest.Continuation("x").Unfinished()))
		}},
		{Name: "drip: a byte of a message a second", Want: stays, play: func(s *server) {
			s.agree("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")
			s.forever(time.Second, "x")
		}},
		{Name: "drip: a byte of a ping a second", Want: stays, play: func(s *server) {
			s.agree()
			s.drip(strings.Repeat("\x89\x7d"+strings.Repeat("x", 125), 1000))
		}},
		{Name: "message flood: short ones", Want: stays, play: func(s *server) {
			s.agree()
			s.forever(100*time.Millisecond, strings.Repeat(bytesOf(wstest.Text("x")), 300))
		}},
		{Name: "message flood: empty ones", Want: stays, play: func(s *server) {
			s.agree()
			s.forever(100*time.Millisecond, strings.Repeat(bytesOf(wstest.Binary("")), 300))
		}},
	}
	// A client whose frames do not leave: the peer reads nothing, and the client has more to
	// send than the network holds.
	for _, op := range []byte{wstest.OpPing, wstest.OpPong} {
		for _, size := range []int{0, 125} {
			frame := wstest.Frame{Opcode: op, Payload: []byte(strings.Repeat("x", size))}
			peers = append(peers,
				&Peer{Name: fmt.Sprintf("ping flood: opcode %d of %d bytes", op, size), Want: stays, play: func(s *server) {
					s.agree()
					s.readAlong()
					s.forever(10*time.Millisecond, strings.Repeat(bytesOf(frame), 200))
				}},
				&Peer{Name: fmt.Sprintf("ping flood with full buffers: opcode %d of %d bytes", op, size), Want: stuck,
					Sends: much, play: func(s *server) {
						s.agree()
						s.forever(10*time.Millisecond, strings.Repeat(bytesOf(frame), 200))
					}})
		}
	}
	return opened(peers)
}
