package transport_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// way is one of the transports, over a connection whose other end is a test's.
type way struct {
	name  string
	open  func(t *testing.T) (transport.Conn, net.Conn)
	waits bool // a read that waits has looked first, with borrowed memory
	tries bool // TryWrite writes
	hurry bool // Hurry ends a Write that waits
}

func ways(t *testing.T) []way {
	cert := wstest.Certificate(t, "127.0.0.1")
	secure := func(t *testing.T) (transport.Conn, net.Conn) {
		socket, peer := loopback(t)
		server := tls.Server(peer, cert.Server)
		client := tls.Client(socket, &tls.Config{RootCAs: cert.Roots, ServerName: "127.0.0.1"})
		var shaking sync.WaitGroup
		shaking.Go(func() {
			if err := server.Handshake(); err != nil {
				t.Errorf("server: %v", err)
			}
		})
		if err := client.Handshake(); err != nil {
			t.Errorf("client: %v", err)
		}
		shaking.Wait()
		return transport.TLS(client, client.CloseWrite, socket), server
	}
	unix := runtime.GOOS != "windows"
	return []way{
		{name: "memory", hurry: true, open: func(t *testing.T) (transport.Conn, net.Conn) {
			socket, peer := memory(t)
			return transport.Plain(socket), peer
		}},
		{name: "tcp", waits: unix, tries: unix, hurry: true, open: func(t *testing.T) (transport.Conn, net.Conn) {
			socket, peer := loopback(t)
			return transport.Plain(socket), peer
		}},
		{name: "tls", open: secure},
	}
}

// onEachWay runs a test over every transport, which is cut at its end.
func onEachWay(t *testing.T, test func(t *testing.T, w way, conn transport.Conn, peer net.Conn)) {
	for _, w := range ways(t) {
		t.Run(w.name, func(t *testing.T) {
			conn, peer := w.open(t)
			t.Cleanup(conn.Cut)
			t.Cleanup(func() { peer.Close() })
			test(t, w, conn, peer)
		})
	}
}

func memory(t *testing.T) (socket, peer net.Conn) {
	var network wstest.Net
	l, err := network.Listen("peer.test:80")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return both(t, l, func() (net.Conn, error) { return network.DialContext(t.Context(), "tcp", "peer.test:80") })
}

func loopback(t *testing.T) (socket, peer net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return both(t, l, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

func both(t *testing.T, l net.Listener, dial func() (net.Conn, error)) (socket, peer net.Conn) {
	socket, err := dial()
	if err == nil {
		peer, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return socket, peer
}

// lender counts the blocks that it has lent.
type lender struct {
	mu           sync.Mutex
	out          int
	waiting      int // of out
	refuse       error
	refuseToWait bool
	returned     chan struct{} // has a value after Return
	asked        chan struct{} // nil, or gets a value from BorrowToWait
}

func newLender() *lender { return &lender{returned: make(chan struct{}, 1)} }

func (l *lender) Borrow(n int) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return nil, l.refuse
	}
	l.out++
	return make([]byte, 0, n), nil
}

func (l *lender) Return([]byte) {
	l.mu.Lock()
	l.out--
	l.mu.Unlock()
	select {
	case l.returned <- struct{}{}:
	default:
	}
}

func (l *lender) BorrowToWait(n int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked != nil {
		l.asked <- struct{}{}
	}
	if l.refuseToWait {
		return nil
	}
	l.out++
	l.waiting++
	return make([]byte, 0, n)
}

func (l *lender) Waited([]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

func (l *lender) lent() int {
	lent, _ := l.figures()
	return lent
}

func (l *lender) figures() (lent, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out, l.waiting
}

// While a read waits it holds no memory of the lender's; afterwards it holds the block
// that it reports.
func TestReadBlockBorrowsLate(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		blocks := newLender()
		type result struct {
			got  string
			lent bool
			err  error
		}
		read := make(chan result)
		go func() {
			got, lent, err := conn.ReadBlock(blocks)
			read <- result{string(got), lent, err}
		}()
		if w.waits {
			<-blocks.returned
		}
		if n := blocks.lent(); n != 0 {
			t.Errorf("%d blocks are lent while there is nothing to read", n)
		}
		peer.Write([]byte("hello"))
		if got := <-read; got != (result{"hello", w.waits, nil}) || blocks.lent() > 1 ||
			got.lent != (blocks.lent() == 1) {
			t.Errorf("got %+v, %d blocks lent", got, blocks.lent())
		}
	})
}

// After a read that filled the transport's own buffer the next one borrows, so that a
// flood is read in large pieces on every way.
func TestReadBlockGrows(t *testing.T) {
	onEachWay(t, func(t *testing.T, _ way, conn transport.Conn, peer net.Conn) {
		want := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
		var writer sync.WaitGroup
		writer.Go(func() { peer.Write(want) })
		var got []byte
		lentOnce := false
		for len(got) < len(want) {
			part, lent, err := conn.ReadBlock(newLender())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part...)
			lentOnce = lentOnce || lent
		}
		writer.Wait()
		if !bytes.Equal(got, want) || !lentOnce {
			t.Errorf("read %d bytes of %d, in lent memory %v", len(got), len(want), lentOnce)
		}
	})
}

// While a read waits after one that filled the transport's own buffer, it holds the memory
// that it got to wait with, and no other; none if there is none.
func TestReadBlockWaits(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprint("refused ", refused), func(t *testing.T) {
			onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
				peer.Write(bytes.Repeat([]byte("x"), 512))
				blocks := newLender()
				blocks.asked, blocks.refuseToWait = make(chan struct{}, 1), refused
				for got := 0; got < 512; {
					part, _, err := conn.ReadBlock(newLender())
					if err != nil {
						t.Fatal(err)
					}
					got += len(part)
				}
				type result struct {
					got  string
					lent bool
				}
				read := make(chan result)
				go func() {
					got, lent, err := conn.ReadBlock(blocks)
					if err != nil {
						t.Error(err)
					}
					read <- result{string(got), lent}
				}()
				if w.waits {
					<-blocks.returned
				} else {
					<-blocks.asked
				}
				want := 1
				if w.waits || refused {
					want = 0
				}
				if lent, waiting := blocks.figures(); lent != want || waiting != want {
					t.Errorf("%d blocks are lent and %d of them to wait with, want %d", lent, waiting, want)
				}
				peer.Write([]byte("hello"))
				if got := <-read; got != (result{"hello", w.waits || !refused}) {
					t.Errorf("got %+v", got)
				}
				if _, waiting := blocks.figures(); waiting != 0 {
					t.Error("a block that was read into is still one to wait with")
				}
			})
		})
	}
}

// Room for the rest of a message is filled by it: the next read waits without a block.
func TestReadIntoFills(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		peer.Write(bytes.Repeat([]byte("x"), 512))
		if _, err := io.ReadFull(reader{conn}, make([]byte, 512)); err != nil {
			t.Fatal(err)
		}
		peer.Write([]byte("hello"))
		blocks := newLender()
		if got, lent, err := conn.ReadBlock(blocks); string(got) != "hello" || lent != w.waits || err != nil {
			t.Errorf("read %q, lent %v, error %v", got, lent, err)
		}
	})
}

// A lender's refusal is the read's error, and the bytes are still there for the next one.
func TestReadBlockRefused(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		if !w.waits {
			return // does without Borrow
		}
		peer.Write([]byte("hello"))
		blocks := newLender()
		blocks.refuse = errors.New("no memory")
		if got, lent, err := conn.ReadBlock(blocks); err != blocks.refuse || len(got) > 0 || lent {
			t.Fatalf("read %q, lent %v, error %v", got, lent, err)
		}
		small := make([]byte, 512)
		if n, err := conn.ReadInto(small); string(small[:n]) != "hello" || err != nil {
			t.Errorf("read %q, error %v", small[:n], err)
		}
	})
}

// reader is a Conn for package io.
type reader struct{ transport.Conn }

func (r reader) Read(p []byte) (int, error) { return r.ReadInto(p) }

// writeAll writes all of p in as many writes as it takes.
func writeAll(conn transport.Conn, p []byte) error {
	for len(p) > 0 {
		n, err := conn.Write(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// Hurry ends a write that would wait for ever, without an error, and the writes after it
// go on where it ended. However often a writer is hurried, nothing is lost.
func TestHurry(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		want := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		var others sync.WaitGroup
		done := make(chan struct{})
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					conn.Hurry()
					runtime.Gosched()
				}
			}
		})
		written := 0
		for n := 1; w.hurry && n > 0; written += n { // more than any buffer takes, and nobody reads
			var err error
			if n, err = conn.Write(want[written:]); err != nil || written+n == len(want) {
				t.Fatalf("wrote %d of %d bytes, error %v", written+n, len(want), err)
			}
		}
		others.Go(func() {
			defer close(done)
			if err := writeAll(conn, want[written:]); err != nil {
				t.Errorf("write: %v", err)
				conn.Cut() // the peer waits for more
			}
		})
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the peer read something else, or %v", err)
		}
		others.Wait()
	})
}

// Write returns as soon as something has been taken, so that its caller sees a slow peer
// take something.
func TestWriteReturnsEarly(t *testing.T) {
	onEachWay(t, func(t *testing.T, _ way, conn transport.Conn, peer net.Conn) {
		want := bytes.Repeat([]byte("0123456789abcdef"), 4<<20) // more than any buffer takes
		n, err := conn.Write(want)
		if err != nil || n == 0 || n == len(want) {
			t.Fatalf("wrote %d of %d bytes, error %v", n, len(want), err)
		}
		got := make([]byte, n)
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want[:n]) {
			t.Errorf("the peer read something else, or %v", err)
		}
	})
}

// TryWrite takes as much as there is room for and never waits.
func TestTryWrite(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		piece := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
		var want []byte
		for {
			n, err := conn.TryWrite(piece)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, piece[:n]...)
			if n < len(piece) {
				break
			}
		}
		if (len(want) > 0) != w.tries {
			t.Fatalf("took %d bytes", len(want))
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the peer read something else, or %v", err)
		}
		conn.Cut()
		if _, err := conn.TryWrite(piece); w.tries && !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the cut: %v", err)
		}
	})
}

// Cut ends calls that wait and those that come later, with net.ErrClosed.
func TestCut(t *testing.T) {
	onEachWay(t, func(t *testing.T, _ way, conn transport.Conn, _ net.Conn) {
		ends := make(chan error)
		go func() { _, _, err := conn.ReadBlock(newLender()); ends <- err }()
		go func() {
			for {
				if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
					ends <- err
					return
				}
			}
		}()
		conn.Cut()
		for range 2 {
			if err := <-ends; !errors.Is(err, net.ErrClosed) {
				t.Errorf("error %v", err)
			}
		}
		conn.Cut() // does no harm
		if _, err := conn.ReadInto(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the cut: %v", err)
		}
	})
}

// CloseWrite is TLS's alert; on TCP the peer sees nothing of it. The peer may send on,
// and Drain ends when it stops.
func TestCloseWriteAndDrain(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way, conn transport.Conn, peer net.Conn) {
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		drained := make(chan struct{})
		go func() { conn.Drain(); close(drained) }()
		if _, err := peer.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil { // more than fits unread
			t.Errorf("the peer cannot send on: %v", err)
		}
		if w.name == "tls" {
			if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the peer reads %v, want close_notify", err)
			}
		}
		peer.Close()
		<-drained
	})
}

// A peer's end is io.EOF, after the bytes that it has sent.
func TestEnd(t *testing.T) {
	onEachWay(t, func(t *testing.T, _ way, conn transport.Conn, peer net.Conn) {
		peer.Write([]byte("last"))
		peer.Close()
		var got []byte
		for {
			part, _, err := conn.ReadBlock(newLender())
			got = slices.Concat(got, part)
			if err != nil {
				if string(got) != "last" || err != io.EOF {
					t.Errorf("read %q, then %v", got, err)
				}
				return
			}
		}
	})
}
