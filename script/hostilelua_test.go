package script_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/hostilelua"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

// The limits of a hostile script, and the patience with everything else.
const (
	hostileMemory = 32 << 20
	hostileTime   = 100 * time.Millisecond
	patience      = 30 * time.Second
)

// Each hostile script ends as its entry says, with a message that names its line. The
// process lives, the memory stays within the limit, a script beside it goes on while it
// runs and after it, and after an error so does its own connection.
func TestHostileScripts(t *testing.T) {
	scripts, err := hostilelua.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	a := newArena(t)
	for _, s := range detector.Some(scripts) {
		t.Run(s.Class+"/"+s.Name, func(t *testing.T) { a.run(t, s) })
	}
}

// arena has the network that hostile scripts run in, and a script beside them.
type arena struct {
	network   wstest.Net
	order     net.Listener
	neighbour *ordered
}

func newArena(t *testing.T) *arena {
	a := new(arena)
	listen := func(addr string) net.Listener {
		listener, err := a.network.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		return listener
	}
	a.network.FailDials("gone.test:80", errors.New("refused"))
	a.network.FailDials("gone.test:443", errors.New("refused"))
	a.order = listen("order.test:80")
	server := echo.Serve(listen("echo.test:80"), echo.Options{})
	t.Cleanup(func() { server.Close() })

	quiet := &hostilelua.Script{Class: "neighbour", Name: "quiet"}
	a.neighbour = a.start(t, quiet, script.Options{})
	t.Cleanup(func() {
		if result := a.neighbour.stop(t); result.Errors != 0 {
			t.Errorf("the neighbour ended with %+v; log:\n%s", result, a.neighbour.log)
		}
	})
	return a
}

// run plays one script.
func (a *arena) run(t *testing.T, s *hostilelua.Script) {
	account := memory.New(hostileMemory / 4)
	opts := script.Options{MaxMemory: hostileMemory, Memory: account, CallbackTimeout: patience}
	if s.VM.Kind == hostilelua.Stopped {
		opts.CallbackTimeout = hostileTime
	}
	before := liveHeap()
	o := a.start(t, s, opts)
	o.send("attack")
	a.neighbour.echo(t)
	o.want(t, s.VM)
	if grown := liveHeap() - before; grown > hostileMemory+hostileMemory/4+24<<20 {
		t.Errorf("%d MiB are live", grown>>20)
	}
	a.neighbour.echo(t)
	if s.VM.Kind == hostilelua.Passes || s.VM.Kind == hostilelua.Raises {
		o.echo(t)
	}
	result := o.stop(t)
	if (result.Errors > 0) != (s.VM.Kind != hostilelua.Passes) {
		t.Errorf("%d errors; log:\n%.2000s", result.Errors, o.log)
	}
	if f := account.Figures(); f.Used != 0 || f.Peak > hostileMemory/4 {
		t.Errorf("the account has %+v", f)
	}
}

// liveHeap returns how many bytes are live.
func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// ordered is a script that runs, and the server that orders it about.
type ordered struct {
	*script.Script
	cancel context.CancelCauseFunc
	conn   net.Conn
	log    *book
	done   chan struct{} // has a value when "done" has come
	echoed chan struct{} // has a value when "echo" has come back
	reader sync.WaitGroup
}

// start starts a script, up to its connection.
func (a *arena) start(t *testing.T, s *hostilelua.Script, opts script.Options) *ordered {
	o := &ordered{log: newBook(), done: make(chan struct{}, 1), echoed: make(chan struct{}, 1)}
	opts.Code, opts.Grace = s.Code(), -1
	opts.Stdin, opts.Stdout, opts.Stderr = strings.NewReader(""), io.Discard, io.Discard
	opts.Logger = slog.New(slog.NewTextHandler(o.log, nil))
	opts.Engine = engine.Options{DialContext: a.network.DialContext}
	ctx, cancel := context.WithCancelCause(context.Background())
	o.cancel = cancel
	var err error
	if o.Script, err = script.Start(ctx, opts); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() { // ended by the script's connection, or by its end
		defer close(accepted)
		o.conn, _ = a.order.Accept()
	}()
	select {
	case <-accepted:
	case <-o.Done():
		a.network.DialContext(ctx, "tcp", "order.test:80") // which ends Accept
		t.Fatalf("the script has ended; log:\n%.2000s", o.log)
	}
	peer := wstest.NewPeer(t, o.conn)
	peer.Handshake(wstest.Answer{})
	o.reader.Go(o.read)
	return o
}

// read reads the script's messages. Ended by the connection's end, joined by stop.
func (o *ordered) read() {
	for {
		frame, err := wstest.ReadFrame(o.conn)
		if err != nil {
			return
		}
		came := map[string]chan struct{}{"done": o.done, "echo": o.echoed}[string(frame.Payload)]
		select {
		case came <- struct{}{}:
		default:
		}
	}
}

func (o *ordered) send(text string) { o.conn.Write(wstest.Text(text).Append(nil)) }

// echo holds that the script still answers.
func (o *ordered) echo(t *testing.T) {
	t.Helper()
	o.send("echo")
	select {
	case <-o.echoed:
	case <-o.Done():
		t.Errorf("it has ended; log:\n%.2000s", o.log)
	case <-time.After(patience):
		t.Errorf("it does not answer; log:\n%.2000s", o.log)
	}
}

// want waits for an ending.
func (o *ordered) want(t *testing.T, want hostilelua.Ending) {
	t.Helper()
	text := want.Text
	ended, done := o.Done(), o.done
	switch want.Kind {
	case hostilelua.Passes, hostilelua.Raises:
		ended = nil
	case hostilelua.Stopped:
		text, done = "", nil
	case hostilelua.Exhausted:
		text, done = "not enough memory", nil
	}
	late := time.After(patience)
	for {
		select {
		case <-done:
			if want.Kind != hostilelua.Passes {
				t.Errorf("it has passed; log:\n%.2000s", o.log)
			}
			return
		case <-ended:
			if !o.log.has(want.Places, text) || want.Kind == hostilelua.Stopped && !o.log.has(nil, "was stopped: it ran for") {
				t.Errorf("the log lacks %q at %q:\n%.2000s", text, want.Places, o.log)
			}
			return
		case <-o.log.more:
			if want.Kind == hostilelua.Passes && o.log.has(nil, "level=ERROR") {
				t.Errorf("log:\n%.2000s", o.log)
				return
			}
			if want.Kind == hostilelua.Raises && o.log.has(nil, "level=ERROR") {
				if !o.log.has(want.Places, text) {
					t.Errorf("the log lacks %q at %q:\n%.2000s", text, want.Places, o.log)
				}
				return
			}
		case <-o.endedTooSoon(want):
			t.Errorf("it has ended; log:\n%.2000s", o.log)
			return
		case <-late:
			t.Errorf("it goes on; the log lacks %q at %q:\n%.2000s", text, want.Places, o.log)
			return
		}
	}
}

// endedTooSoon returns the channel of the script's end, if no end is wanted.
func (o *ordered) endedTooSoon(want hostilelua.Ending) <-chan struct{} {
	if want.Kind == hostilelua.Passes || want.Kind == hostilelua.Raises {
		return o.Done()
	}
	return nil
}

// stop ends the script and waits until nothing of it is left.
func (o *ordered) stop(t *testing.T) script.Result {
	t.Helper()
	o.cancel(script.ExitCode(0))
	select {
	case <-o.Done():
	case <-time.After(patience):
		t.Fatalf("it does not end; log:\n%.2000s", o.log)
	}
	o.conn.Close()
	o.reader.Wait()
	result, err := o.Wait()
	if err != nil {
		t.Error(err)
	}
	return result
}

// book is a log that can be waited for.
type book struct {
	more chan struct{} // has a value after a line

	mu   sync.Mutex // leaf; guards text
	text bytes.Buffer
}

func newBook() *book { return &book{more: make(chan struct{}, 1)} }

func (b *book) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Write(line)
	select {
	case b.more <- struct{}{}:
	default:
	}
	return len(line), nil
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.ReplaceAll(b.text.String(), `\"`, `"`)
}

// has is whether the log has the text, and one of the places if there are any: at the
// head of the message, or in its traceback.
func (b *book) has(places []string, text string) bool {
	log := b.String()
	named := func(place string) bool { return strings.Contains(log, place) }
	return strings.Contains(log, text) && (len(places) == 0 || slices.ContainsFunc(places, named))
}
