package script_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

// started is a script in a bubble, with its surroundings.
type started struct {
	*script.Script
	network wstest.Net
	typed   *io.PipeWriter // standard input
	cancel  context.CancelCauseFunc
	stdout  lockedBuffer
	log     lockedBuffer
	begun   time.Time
}

// start starts a script with two servers: ws://mute.test/, which shakes hands and says no
// more, and ws://deaf.test/, which does not even do that.
func start(t *testing.T, opts script.Options) *started {
	t.Helper()
	s := &started{begun: time.Now()}
	t.Cleanup(serve(t, &s.network, "mute.test:80", (*wstest.Peer).Mute))
	deaf, err := s.network.Listen("deaf.test:80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deaf.Close() })
	opts.Stdin, s.typed = io.Pipe()
	opts.Stdout, opts.Logger = &s.stdout, slog.New(slog.NewTextHandler(&s.log, nil))
	opts.Engine = engine.Options{DialContext: s.network.DialContext}
	var ctx context.Context
	ctx, s.cancel = context.WithCancelCause(t.Context())
	if s.Script, err = script.Start(ctx, opts); err != nil {
		t.Fatal(err)
	}
	return s
}

// lockedBuffer is a buffer that can be read while a script writes.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func TestStartReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, script.Options{Code: `host.After(2000, function() print "ended" host.Exit(7) end)`})
		time.Sleep(time.Second)
		select {
		case <-s.Done():
			t.Error("done after 1s")
		default:
		}
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				result, err := s.Wait()
				if err != nil || result.ExitCode != 7 || s.stdout.String() != "ended\n" ||
					time.Since(s.begun) != 2*time.Second {
					t.Errorf("%+v, %v, printed %q after %v", result, err, s.stdout.String(), time.Since(s.begun))
				}
			})
		}
		waiting.Wait()
		<-s.Done()
	})
}

const readsForEver = `
	websocket.Connect("ws://mute.test/", { onClose = function() print "closed" end })
	host.Register("shutdown", function() print "shutdown" end)
	host.After(500, function() print "before" io.read() print "after" end)`

// A script that is given up has ended, except for the call that does not return.
func TestGiveUp(t *testing.T) {
	for name, c := range map[string]struct {
		opts   script.Options
		signal time.Duration // 0 means none
		took   time.Duration
		code   int
		want   string
	}{
		"after the grace": {
			opts:   script.Options{Grace: 2 * time.Second},
			signal: time.Second, took: 4 * time.Second, code: 143,
			want: "the script is still running 1s after the grace, and cannot be interrupted",
		},
		"over CallbackTimeout": {
			opts: script.Options{CallbackTimeout: 100 * time.Millisecond},
			took: 2600 * time.Millisecond, code: 1,
			want: "timer ((command line):4) was stopped: it ran for more than 100ms",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.opts.Code, c.opts.GiveUp = readsForEver, true
				s := start(t, c.opts)
				if c.signal > 0 {
					time.AfterFunc(c.signal, func() { s.cancel(script.ExitCode(143)) })
				}
				result, err := s.Wait()
				var stuck *script.StuckError
				if !errors.As(err, &stuck) || !strings.Contains(err.Error(), c.want) || result.ExitCode != c.code {
					t.Errorf("%+v, %v, want code %d, %s", result, err, c.code, c.want)
				}
				if took := time.Since(s.begun); took < c.took || took > c.took+50*time.Millisecond {
					t.Errorf("took %v, want %v", took, c.took)
				}
				if n := s.network.OpenConns(); n > 0 {
					t.Errorf("%d connections are left open", n)
				}
				s.typed.Write([]byte("typed\n"))
				synctest.Wait()
				if got := s.stdout.String(); got != "before\n" {
					t.Errorf("printed %q", got)
				}
			})
		})
	}
}

func TestWaitWaitsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, script.Options{Code: `
			host.Register("shutdown", function() print "shutdown" end)
			host.After(500, function() print "before" io.read() print "after" end)`})
		time.AfterFunc(time.Second, func() { s.cancel(script.ExitCode(143)) })
		time.AfterFunc(time.Hour, func() { s.typed.Write([]byte("typed\n")) })
		result, err := s.Wait()
		if err != nil || result.ExitCode != 143 || time.Since(s.begun) != time.Hour ||
			s.stdout.String() != "before\nafter\n" {
			t.Errorf("%+v, %v after %v, printed %q", result, err, time.Since(s.begun), s.stdout.String())
		}
	})
}

// Real time: the VM spins. Text printed before FlushLast leaves, whatever the script is
// doing. Text printed after it does not.
func TestFlushLast(t *testing.T) {
	ready, stderr := io.Pipe()
	var stdout lockedBuffer
	ctx, cancel := context.WithCancelCause(t.Context())
	s, err := script.Start(ctx, script.Options{
		Code: `
			host.Register("shutdown", function() print "shutdown" end)
			print "one" io.stderr:write "ready"
			while true do pcall(error) end`,
		Grace:  50 * time.Millisecond,
		Stdout: &stdout, Stderr: stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(ready, make([]byte, len("ready"))); err != nil {
		t.Fatal(err)
	}
	if got := stdout.String(); got != "" {
		t.Errorf("%q left before it was flushed", got)
	}
	if err := s.FlushLast(time.Minute); err != nil || stdout.String() != "one\n" {
		t.Errorf("%v, printed %q", err, stdout.String())
	}
	cancel(script.ExitCode(143))
	if result, err := s.Wait(); err != nil || result.ExitCode != 143 || stdout.String() != "one\n" {
		t.Errorf("%+v, %v, printed %q", result, err, stdout.String())
	}
	if err := s.FlushLast(time.Minute); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// Real time: a bubble's clock stops while the output's mutex is waited for.
func TestFlushLastOfOutputThatNobodyReads(t *testing.T) {
	reader, stdout := io.Pipe()
	s, err := script.Start(t.Context(), script.Options{Code: `print(("x"):rep(1e6))`, Stdout: stdout})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(reader, make([]byte, 1)); err != nil { // the script waits for a reader now
		t.Fatal(err)
	}
	if err := s.FlushLast(20 * time.Millisecond); err == nil {
		t.Error("FlushLast says that all is written")
	}
	reader.Close()
	if result, err := s.Wait(); err != nil || result.Errors == 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

// The account of one script has the bytes that wait for it, and nothing at its end.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var account memory.Account
		s := start(t, script.Options{Memory: &account, Code: `
			local id = websocket.Connect("ws://mute.test/", {})
			websocket.Send(id, ("x"):rep(1000))
			websocket.Send(websocket.Connect("ws://deaf.test/", {}), "xyz")
			host.After(1000, function() host.Exit() end)`})
		time.Sleep(500 * time.Millisecond)
		// Two connections, and a message; the other one has left.
		if got := account.Used(); got < 2*8<<10+3 || got > 3*8<<10 {
			t.Errorf("%d bytes are charged", got)
		}
		if _, err := s.Wait(); err != nil || account.Used() != 0 {
			t.Errorf("%v, %d bytes are left", err, account.Used())
		}
	})
}
