package httphead_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/ws/httphead"
)

func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		sent   string
		status int
		behind string
	}{
		"final":               {"HTTP/1.1 200 OK\r\n\r\nframes", 200, "frames"},
		"switching protocols": {"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00", 101, "\x81\x00"},
		"after others of 1xx": {"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: " +
			"x\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n", 404, ""},
		"a status that is no status": {"HTTP/1.1 099 Odd\r\n\r\n", 99, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httphead.NewReader(strings.NewReader(c.sent))
			answer, err := r.Answer()
			if err != nil || answer.StatusCode != c.status {
				t.Fatalf("%v, error %v", answer, err)
			}
			if got := string(r.Behind()); got != c.behind {
				t.Errorf("behind the head is %q, want %q", got, c.behind)
			}
		})
	}
}

// Every way in which no answer comes leaves the fact that the words need.
func TestNoAnswer(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		conn       io.Reader
		err        error
		tls, socks bool
		got        int
	}{
		"nothing":   {strings.NewReader(""), io.EOF, false, false, 0},
		"cut off":   {strings.NewReader("HTTP/1.1 200"), io.EOF, false, false, 12},
		"an error":  {io.MultiReader(strings.NewReader("HTTP"), iotest.ErrReader(broken)), broken, false, false, 4},
		"no HTTP":   {strings.NewReader("220 mail ready\r\n\r\n"), nil, false, false, 18},
		"TLS alert": {strings.NewReader("\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"), nil, true, false, 11},
		"SOCKS":     {strings.NewReader("\x05\xff\r\n\r\n"), nil, false, true, 6},
		"too long": {io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nX: "), endless{}), httphead.ErrTooLong, false,
			false, httphead.Max},
		"too many of 1xx": {bytes.NewReader(bytes.Repeat([]byte("HTTP/1.1 100 Continue\r\n\r\n"), httphead.Max/24)),
			httphead.ErrTooLong, false, false, httphead.Max},
	} {
		t.Run(name, func(t *testing.T) {
			r := httphead.NewReader(c.conn)
			if answer, err := r.Answer(); err == nil {
				t.Fatalf("answer %v", answer)
			}
			if r.Err() != c.err || r.IsTLS() != c.tls || r.IsSOCKS() != c.socks || r.Got() != c.got {
				t.Errorf("error %v, TLS %v, SOCKS %v, %d bytes; want %+v", r.Err(), r.IsTLS(), r.IsSOCKS(), r.Got(), c)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "xxxxxxxx"), nil }

// A body that does not come is waited for a second; then the socket is closed.
func TestBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		go io.WriteString(server, "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nnot here\n")
		r := httphead.NewReader(client)
		answer, err := r.Answer()
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if body := r.Body(answer, client); body != "not here\n" || httphead.FirstLine(body) != "not here" ||
			time.Since(begin) != time.Second {
			t.Errorf("body %q after %s", body, time.Since(begin))
		}
		if _, err := client.Write([]byte("x")); err == nil {
			t.Error("the socket is still open")
		}
	})
}
