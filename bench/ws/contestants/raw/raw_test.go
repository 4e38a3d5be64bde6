package raw

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/frames"
	"github.com/tidewire/tidewire/bench/ws/payload"
)

// reads counts those of a connection.
type reads struct {
	net.Conn
	count int
}

func (r *reads) Read(to []byte) (int, error) {
	r.count++
	return r.Conn.Read(to)
}

// answered returns a connection whose server writes pieces, after its answer was read.
func answered(t *testing.T, pieces ...string) (*connection, *reads, error) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	server, end := net.Pipe()
	t.Cleanup(func() { server.Close() })
	go func() {
		for _, piece := range pieces {
			server.Write([]byte(piece))
		}
		server.Close()
	}()
	counted := &reads{Conn: end}
	c := newConnection(counted, client.Options{Size: 32, Shape: payload.Text, Connections: 1})
	return c, counted, c.answer(key)
}

// The answer takes one read if it comes at once, and messages behind it are not lost.
func TestAnswer(t *testing.T) {
	answer := "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	message := bytes.Repeat([]byte{'x'}, 32)
	frame := string(frames.Append(nil, frames.Text, message, false))
	for cut := range len(answer + frame) {
		whole := answer + frame + frame
		c, counted, err := answered(t, whole[:cut], whole[cut:])
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := 2 // an empty piece is a read, too
		if cut >= len(answer) {
			want = 1
		}
		if counted.count != want {
			t.Errorf("cut at %d: %d reads, want %d", cut, counted.count, want)
		}
		for range 2 {
			if got, err := c.next(c.header, c.size); err != nil || !bytes.Equal(got, message) {
				t.Fatalf("cut at %d: the message is %q, error %v", cut, got, err)
			}
		}
	}
	for _, wrong := range []string{strings.Replace(answer, "s3p", "S3P", 1), strings.Repeat("x", 2*smallRead), "HTTP"} {
		if _, _, err := answered(t, wrong); err == nil {
			t.Errorf("%.40q: no error", wrong)
		}
	}
}
