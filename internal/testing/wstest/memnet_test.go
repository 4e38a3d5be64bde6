package wstest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

const addr = "peer.test:80"

// connect returns both ends of a connection over n.
func connect(t *testing.T, n *wstest.Net) (client, server *wstest.Conn) {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := n.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	client, server = conn.(*wstest.Conn), accepted.(*wstest.Conn)
	t.Cleanup(func() {
		client.Close()
		server.Close()
		l.Close()
	})
	return client, server
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if n, err := io.WriteString(c, text); n != len(text) || err != nil {
		t.Fatalf("write of %d bytes: %d, %v", len(text), n, err)
	}
}

// wantRead reads once.
func wantRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, 1024)
	n, err := c.Read(buf)
	if string(buf[:n]) != want || err != nil {
		t.Fatalf("read %q, %v; want %q", buf[:n], err, want)
	}
}

func wantReadError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Read(make([]byte, 16)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("read %d bytes, %v; want %v", n, err, want)
	}
}

func wantWriteError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Write([]byte("x")); n != 0 || !errors.Is(err, want) {
		t.Fatalf("wrote %d bytes, %v; want %v", n, err, want)
	}
}

// wantStuck fails if f ends within a (fake) hour.
func wantStuck(t *testing.T, f func()) (done <-chan struct{}) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	select {
	case <-ended:
		t.Fatal("went through; want it stuck")
	case <-time.After(time.Hour):
	}
	return ended
}

func TestDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n wstest.Net
		_, err := n.DialContext(t.Context(), "tcp", addr)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("nobody listens: %v", err)
		}

		client, server := connect(t, &n)
		if got := client.RemoteAddr().String(); got != server.LocalAddr().String() || !strings.HasSuffix(got, ":80") {
			t.Errorf("remote address %s, the other end's %s", got, server.LocalAddr())
		}
		if _, err := n.Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("second listener: %v", err)
		}
		if n.OpenConns() != 1 {
			t.Errorf("%d connections open, want 1", n.OpenConns())
		}
		client.Close()
		if n.OpenConns() != 0 {
			t.Errorf("%d connections open, want 0", n.OpenConns())
		}

		want := &net.DNSError{Err: "no such host", Name: "peer.test", IsNotFound: true}
		n.FailDials(addr, want)
		_, err = n.DialContext(t.Context(), "tcp", addr)
		if got, ok := errors.AsType[*net.DNSError](err); !ok || got != want {
			t.Errorf("ordered failure: %v", err)
		}

		n.Blackhole(addr)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err = n.DialContext(ctx, "tcp", addr)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("black hole after %v: %v", time.Since(start), err)
		}
	})
}

func TestDialsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n wstest.Net
		for _, pause := range []time.Duration{0, 0, 500, 499, 1, 2000} {
			time.Sleep(pause * time.Millisecond)
			n.DialContext(t.Context(), "tcp", addr)
		}
		if got := len(n.Dials()); got != 6 {
			t.Errorf("%d dials, want 6", got)
		}
		// 0, 0, 500, 999 fall within one second; the one at 1000 no longer.
		if got := n.MaxDials(time.Second); got != 4 {
			t.Errorf("%d dials within a second, want 4", got)
		}
	})
}

func TestListenerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n wstest.Net
		l, err := n.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		client, err := n.DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wantReadError(t, client, syscall.ECONNRESET)
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v", err)
		}
		if _, err := n.DialContext(t.Context(), "tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v", err)
		}
		if _, err := n.Listen(addr); err != nil {
			t.Errorf("the server comes back: %v", err)
		}
	})
}

func TestAcceptDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n wstest.Net
		l, _ := n.Listen(addr)
		l.SetDeadline(time.Now().Add(time.Minute))
		start := time.Now()
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("accept after %v: %v", time.Since(start), err)
		}
	})
}

func TestBytesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, new(wstest.Net))
		write(t, client, "one")
		write(t, client, "two")
		wantRead(t, server, "onetwo")
		write(t, server, "back")
		wantRead(t, client, "back")
		client.CloseWrite()
		wantWriteError(t, client, syscall.EPIPE)
		wantReadError(t, server, io.EOF)
		write(t, server, "after half close")
		wantRead(t, client, "after half close")
		server.Close()
		wantReadError(t, client, io.EOF)
		wantReadError(t, server, net.ErrClosed)
		wantWriteError(t, server, net.ErrClosed)
		if err := server.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Capacity: 4})
		done := wantStuck(t, func() { write(t, client, "0123456789") })
		if got := client.Out().Queued(); got != 4 {
			t.Errorf("%d bytes queued, want 4", got)
		}
		got, err := io.ReadAll(io.LimitReader(server, 10))
		if string(got) != "0123456789" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		<-done
	})
}

func TestCloseEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Capacity: 4})
		write(t, client, "full")
		errs := make(chan error, 3)
		go func() {
			_, err := client.Write([]byte("x"))
			errs <- err
		}()
		synctest.Wait()
		server.Close()
		if err := <-errs; !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the other end closed: write: %v", err)
		}
		if got := client.Out().Queued(); got != 0 {
			t.Errorf("%d bytes wait for a reader that has gone", got)
		}

		client, server = connect(t, new(wstest.Net))
		go func() {
			_, err := client.Read(make([]byte, 1))
			errs <- err
		}()
		synctest.Wait()
		client.Close()
		if err := <-errs; !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed under a read: %v", err)
		}
		wantReadError(t, server, io.EOF)
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, server := connect(t, &wstest.Net{Latency: 30 * time.Millisecond})
		if got := time.Since(start); got != 60*time.Millisecond {
			t.Errorf("dialled within %v, want a round trip", got)
		}
		start = time.Now()
		write(t, client, "x")
		wantRead(t, server, "x")
		client.Close()
		wantReadError(t, server, io.EOF)
		if got := time.Since(start); got != 60*time.Millisecond {
			t.Errorf("one byte, then the end within %v, want 60ms", got)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Capacity: 1})
		start := time.Now()
		client.SetDeadline(start.Add(time.Second))
		wantReadError(t, client, os.ErrDeadlineExceeded)
		if got := time.Since(start); got != time.Second {
			t.Errorf("read gave up after %v", got)
		}
		wantWriteError(t, client, os.ErrDeadlineExceeded)
		client.SetDeadline(time.Time{})
		write(t, client, "x")
		client.SetWriteDeadline(time.Now().Add(time.Second))
		wantWriteError(t, client, os.ErrDeadlineExceeded)
		wantRead(t, server, "x")

		time.AfterFunc(time.Minute, func() { client.SetReadDeadline(time.Unix(1, 0)) })
		wantReadError(t, client, os.ErrDeadlineExceeded)
		if err, ok := errors.AsType[net.Error](readError(client)); !ok || !err.Timeout() {
			t.Errorf("not a timeout of package net: %v", err)
		}
	})
}

func readError(c net.Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

func TestShortReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Setup: func(c *wstest.Conn) { c.In().ShortReads(2) }})
		write(t, server, "abcde")
		wantRead(t, client, "ab")
		wantRead(t, client, "cd")
		wantRead(t, client, "e")
	})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Capacity: 8})
		write(t, server, "in")
		client.Stall()
		wantRead(t, client, "in")
		write(t, server, "lost")
		server.Close()
		wantStuck(t, func() { readError(client) })
		write(t, client, "12345678") // the reader has gone, but the cable is out
		stuck := wantStuck(t, func() { client.Write([]byte("9")) })
		client.In().Resume()
		<-stuck
		wantWriteError(t, client, syscall.EPIPE)
	})
}

func TestStallAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, new(wstest.Net))
		client.Out().StallAfter(3)
		write(t, client, "abcdef")
		wantRead(t, server, "abc")
		wantStuck(t, func() { server.Read(make([]byte, 1)) })
		write(t, client, "g")
		client.Out().Resume()
		synctest.Wait()
		write(t, client, "h")
		wantRead(t, server, "efgh") // the stuck Read took d
	})
}

// A reset connection is gone: closing it sends no FIN that would look like an orderly
// end.
func TestCloseAfterReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, new(wstest.Net))
		write(t, server, "ab")
		server.Reset()
		server.Close()
		wantRead(t, client, "ab")
		wantReadError(t, client, syscall.ECONNRESET)
	})
}

func TestStallBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, new(wstest.Net))
		client.Stall()
		for _, pair := range [][2]*wstest.Conn{{client, server}, {server, client}} {
			write(t, pair[0], "x")
			pair[1].SetReadDeadline(time.Now().Add(time.Hour))
			wantReadError(t, pair[1], os.ErrDeadlineExceeded)
		}
	})
}

func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, &wstest.Net{Latency: time.Second})
		write(t, client, "on its way")
		client.Out().Stall()
		write(t, client, ", held")
		time.Sleep(time.Hour)
		client.Out().Resume()
		start := time.Now()
		wantRead(t, server, "on its way, held")
		if got := time.Since(start); got != time.Second {
			t.Errorf("arrived %v after the end of the stall", got)
		}
	})
}

func TestCut(t *testing.T) {
	for _, n := range []int64{0, 1, 5, 6} {
		synctest.Test(t, func(t *testing.T) {
			client, server := connect(t, new(wstest.Net))
			server.Out().CutAfter(n)
			write(t, server, "abc")
			write(t, server, "def")
			got, err := io.ReadAll(client)
			if string(got) != "abcdef"[:n] || err != nil {
				t.Errorf("cut after %d: read %q, %v", n, got, err)
			}
			if server.Out().Written() != 6 {
				t.Errorf("%d bytes written, want 6", server.Out().Written())
			}
			write(t, client, "still")
			wantRead(t, server, "still")
		})
	}
}

func TestReset(t *testing.T) {
	for _, n := range []int64{0, 1, 6} {
		synctest.Test(t, func(t *testing.T) {
			client, server := connect(t, new(wstest.Net))
			write(t, client, "earlier")
			server.Out().ResetAfter(n)
			if got, err := server.Write([]byte("abcdef")); got != int(n) || (err != nil) != (n < 6) {
				t.Errorf("reset after %d: wrote %d, %v", n, got, err)
			}
			got, err := io.ReadAll(client)
			if string(got) != "abcdef"[:n] || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("reset after %d: read %q, %v", n, got, err)
			}
			wantWriteError(t, client, syscall.EPIPE) // the reset is reported once
			wantRead(t, server, "earlier")
			if n == 6 {
				wantReadError(t, server, syscall.ECONNRESET)
			}
			wantReadError(t, server, io.EOF)
		})
	}
}

func TestBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t, new(wstest.Net))
		client.Out().BreakAfter(2)
		if n, err := client.Write([]byte("abc")); n != 2 || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("wrote %d, %v", n, err)
		}
		wantRead(t, server, "ab")
		write(t, server, "x")
		wantRead(t, client, "x")
	})
}
