package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// serve accepts connections on h's network until it is closed, agrees to each opening
// handshake, and answers pings and the closing handshake.
func serve(t *testing.T, h *enginetest.Rig) {
	t.Helper()
	go func() {
		for {
			conn, err := h.Listener.Accept()
			if err != nil {
				return
			}
			go func() {
				peer := wstest.NewPeer(quiet{t}, conn)
				peer.Handshake(wstest.Answer{})
				peer.Serve()
			}()
		}
	}()
	t.Cleanup(func() { h.Listener.Close() })
}

// quiet is a testing.TB whose Fatal ends the goroutine alone: a client that goes away
// does not fail the test.
type quiet struct{ *testing.T }

func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestDialGuard(t *testing.T) {
	inBubble(t, "a script that leaks reconnect handlers meets 120 s of server down", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.FailDials(enginetest.Addr, syscall.ECONNREFUSED)
		serve(t, h)
		opened, refused := 0, 0
		connect := func() {
			if _, err := h.Engine.Connect(enginetest.URL, engine.ConnectOptions{Caller: "bot.lua:7"}); err != nil {
				refused++
			}
		}
		// Each failure leaves one handler more: the number of connections asked for
		// doubles until the line is full.
		reconnect := handler{
			opened: func(engine.ID, *engine.Info) { opened++ },
			ended:  func(engine.ID, *engine.End) { connect(); connect() },
		}
		connect()
		begin := time.Now()
		run := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				for h.Dispatch(reconnect, engine.Budget{}) > 0 {
				}
				time.Sleep(time.Second / 60)
			}
		}
		run(120 * time.Second)
		down := len(h.Net.Dials())
		if down < 1000 || down > 1201 {
			t.Errorf("%d dials in 120 s, want about 1,200", down)
		}
		if refused == 0 || h.Stats().Waiting < 999 {
			t.Errorf("%d connects refused, %d wait, want some and 1,000", refused, h.Stats().Waiting)
		}
		h.Net.FailDials(enginetest.Addr, nil)
		run(60 * time.Second)
		if opened < 590 || opened > 601 {
			t.Errorf("%d connections opened in 60 s, want 600: the line is never released in bulk", opened)
		}
		run(60 * time.Second)
		if h.Stats().Waiting != 0 || h.Stats().Connecting != 0 {
			t.Errorf("stats %+v, want nobody waiting", h.Stats())
		}
		if n := h.Net.MaxDials(time.Second); n > 10 {
			t.Errorf("%d dials began within a second of %v", n, time.Since(begin))
		}
		if h.GuardLines() != 0 {
			t.Error("the guard still remembers the server")
		}
	})

	inBubble(t, "a pace that does not divide a second", func(t *testing.T) {
		for _, pace := range []int{1, 3, 7, 11, 999} {
			h := enginetest.New(t, engine.Options{DialsPerSecond: pace})
			h.Net.FailDials(enginetest.Addr, syscall.ECONNREFUSED)
			h.End(h.Connect(enginetest.URL, engine.ConnectOptions{}))
			for range 4*pace + 1 {
				if _, err := h.Engine.Connect(enginetest.URL, engine.ConnectOptions{}); err != nil {
					break
				}
			}
			h.Run(6 * time.Second)
			if n := h.Net.MaxDials(time.Second); n != pace {
				t.Errorf("%d dials began within a second, want %d", n, pace)
			}
			h.Listener.Close()
		}
	})

	inBubble(t, "free again 10 s after the last failure", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		serve(t, h)
		h.Net.FailDials(enginetest.Addr, syscall.ECONNREFUSED)
		h.End(h.Connect(enginetest.URL, engine.ConnectOptions{}))
		h.Net.FailDials(enginetest.Addr, nil)
		burst := func() int {
			before := len(h.Net.Dials())
			for range 50 {
				h.Connect(enginetest.URL, engine.ConnectOptions{})
			}
			synctest.Wait()
			return len(h.Net.Dials()) - before
		}
		time.Sleep(3 * time.Second)
		if n := burst(); n != 1 {
			t.Errorf("%d dials at once 3 s after a failure, want 1", n)
		}
		time.Sleep(6999 * time.Millisecond)
		if n := burst(); n != 1 { // the line has been empty for 2 s
			t.Errorf("%d dials at once 9.999 s after a failure, want 1", n)
		}
		time.Sleep(5001 * time.Millisecond) // 49 tenths of a second, in which the line gets empty, and a tenth more
		if n := burst(); n != 50 {
			t.Errorf("%d dials at once with the line empty and 15 s after a failure, want 50", n)
		}
	})

	inBubble(t, "what ended within 1 s of opening counts, what lived longer does not", func(t *testing.T) {
		for _, c := range []struct {
			lived time.Duration
			dials int
		}{{999 * time.Millisecond, 1}, {time.Second, 20}} {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			time.Sleep(c.lived)
			peer.Close(1000, "")
			h.Want(`close 1000 "" clean`)
			before := len(h.Net.Dials())
			for range 20 {
				h.Connect(enginetest.URL, engine.ConnectOptions{})
			}
			synctest.Wait()
			if n := len(h.Net.Dials()) - before; n != c.dials {
				t.Errorf("after a life of %v %d dials at once, want %d", c.lived, n, c.dials)
			}
			h.Abort()
		}
	})

	inBubble(t, "1,000 healthy connections at once pay nothing", func(t *testing.T) {
		var log bytes.Buffer
		h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		serve(t, h)
		begin := time.Now()
		open := 0
		for range 1000 {
			h.Connect(enginetest.URL, engine.ConnectOptions{})
		}
		pump(t, h.Engine, handler{opened: func(engine.ID, *engine.Info) { open++ }},
			func() bool { return open == 1000 })
		if took := time.Since(begin); took > 0 || log.Len() > 0 {
			t.Errorf("took %v, log %q", took, &log)
		}
		h.CloseAll(1001, "")
		pump(t, h.Engine, handler{}, func() bool { return h.Live() == 0 })
	})

	inBubble(t, "hosts and ports are apart", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.End(h.Connect("ws://down.test:1/", engine.ConnectOptions{}))
		h.Connect("ws://down.test:1/a", engine.ConnectOptions{})
		for _, url := range []string{"ws://down.test:2/", "ws://other.test:1/"} {
			begin := time.Now()
			h.WantOf(h.Connect(url, engine.ConnectOptions{}), `error "Underlying Transport Error" refused`)
			if time.Since(begin) > 0 {
				t.Errorf("%s waited", url)
			}
		}
		if n := h.Stats().Waiting; n != 1 {
			t.Errorf("%d wait, want 1", n)
		}
	})

	inBubble(t, "1,000 wait at most, and Close gives a place back", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.Blackhole(enginetest.Addr)
		h.End(h.Connect(enginetest.URL, engine.ConnectOptions{})) // Timer Expired
		first := h.Connect(enginetest.URL, engine.ConnectOptions{})
		var last engine.ID
		for range 1000 {
			last = h.Connect(enginetest.URL, engine.ConnectOptions{})
		}
		if id, err := h.Engine.Connect(enginetest.URL, engine.ConnectOptions{}); !errors.Is(err,
			engine.ErrTooManyConnections) || id != 0 {
			t.Errorf("connection %d, error %v", id, err)
		}
		if id, err := h.Engine.Connect("ws://elsewhere.test/", engine.ConnectOptions{}); err != nil || id != last+1 {
			t.Errorf("connection %d to elsewhere: %v; want connection %d", id, err, last+1)
		}
		begin := time.Now()
		h.Close(last, 0, "")
		h.WantOf(last, `close 1006 ""`)
		if time.Since(begin) > 0 {
			t.Errorf("cancelling took %v", time.Since(begin))
		}
		h.Connect(enginetest.URL, engine.ConnectOptions{})
		if n := h.Stats().Waiting; n != 1000 {
			t.Errorf("%d wait, want 1,000", n)
		}
		h.WantOf(first, `error "Timer Expired" timeout`)
	})

	inBubble(t, "waiting counts towards no timeout", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{DialsPerSecond: 1})
		h.Net.Blackhole(enginetest.Addr)
		h.End(h.Connect(enginetest.URL, engine.ConnectOptions{}))
		begin := time.Now()
		opts := engine.ConnectOptions{Timeouts: engine.Timeouts{TCP: 2 * time.Second}}
		for range 30 {
			h.Connect(enginetest.URL, opts)
		}
		last := h.Connect(enginetest.URL, opts)
		h.Patience = time.Minute
		h.WantOf(last, `error "Timer Expired" timeout`)
		if took := time.Since(begin); took != 32*time.Second {
			t.Errorf("the 31st ended after %v, want 32s", took)
		}
	})

	inBubble(t, "one warning names the script's line", func(t *testing.T) {
		var log bytes.Buffer
		h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		h.End(h.Connect("ws://down.test/", engine.ConnectOptions{Caller: "bot.lua:1"}))
		for range 100 {
			h.Connect("ws://down.test/", engine.ConnectOptions{Caller: "bot.lua:12"})
		}
		h.Run(20 * time.Second)
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "bot.lua:12") {
			t.Errorf("%d warnings: %s", n, &log)
		}
	})

	inBubble(t, "what it remembers does not grow", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		for i := range 10_000 {
			h.Connect(fmt.Sprintf("ws://host%d.test/", i), engine.ConnectOptions{})
			if i%100 == 0 {
				pump(t, h.Engine, handler{}, func() bool { return h.Live() == 0 })
			}
		}
		pump(t, h.Engine, handler{}, func() bool { return h.Live() == 0 })
		if n := h.GuardLines(); n != 10_000 {
			t.Errorf("%d hosts under guard, want 10,000", n)
		}
		time.Sleep(11 * time.Second)
		if n := h.GuardLines(); n != 0 {
			t.Errorf("%d hosts under guard 11 s later", n)
		}
	})

	inBubble(t, "negative switches it off", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{DialsPerSecond: -1})
		h.Net.FailDials(enginetest.Addr, syscall.ECONNREFUSED)
		for range 3 {
			h.End(h.Connect(enginetest.URL, engine.ConnectOptions{}))
		}
		for range 2000 {
			h.Connect(enginetest.URL, engine.ConnectOptions{})
		}
		synctest.Wait()
		if n := len(h.Net.Dials()); n != 2003 {
			t.Errorf("%d dials at once, want 2,003", n)
		}
	})

	inBubble(t, "cancelled ones leave no gap in the line", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.Net.FailDials(enginetest.Addr, syscall.ECONNREFUSED)
		h.End(h.Connect(enginetest.URL, engine.ConnectOptions{}))
		var ids []engine.ID
		for range 100 {
			ids = append(ids, h.Connect(enginetest.URL, engine.ConnectOptions{}))
		}
		for _, id := range ids[:99] {
			h.Close(id, 0, "")
		}
		begin := time.Now()
		h.WantOf(ids[99], `error "Underlying Transport Error" refused`)
		if took := time.Since(begin); took > 100*time.Millisecond {
			t.Errorf("the only one left waited %v", took)
		}
	})
}
