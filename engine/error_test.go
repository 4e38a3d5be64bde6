package engine_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// The cause of an end answers the questions that Go's callers ask an error.
func TestCauseAnswers(t *testing.T) {
	type cause struct {
		category engine.Category
		timeout  bool
		is       error // nil for none
	}
	for name, c := range map[string]struct {
		end  func(t *testing.T, h *enginetest.Rig) engine.ID
		want cause
	}{
		"no answer to TCP": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Net.Blackhole(enginetest.Addr)
			return h.Connect(enginetest.URL, engine.ConnectOptions{})
		}, cause{engine.CategoryTimeout, true, nil}},
		"no answer to the opening handshake": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			return h.Connect(enginetest.URL, engine.ConnectOptions{})
		}, cause{engine.CategoryTimeout, true, nil}},
		"no answer to a ping": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{Ping: time.Second, Pong: time.Second}, wstest.Answer{})
			return h.ID
		}, cause{engine.CategoryKeepalive, true, nil}},
		"no answer to the close frame": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{})
			h.Want("open")
			h.Close(h.ID, 0, "")
			return h.ID
		}, cause{engine.CategoryTimeout, true, nil}},
		"aborted": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{})
			h.Want("open")
			h.Abort()
			return h.ID
		}, cause{engine.CategoryTimeout, true, net.ErrClosed}},
		"refused": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			return h.Connect("ws://nobody.test/", engine.ConnectOptions{})
		}, cause{engine.CategoryRefused, false, syscall.ECONNREFUSED}},
		"reset": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{}).Conn.(*wstest.Conn).Reset()
			return h.ID
		}, cause{engine.CategoryReset, false, syscall.ECONNRESET}},
		"end": {func(_ *testing.T, h *enginetest.Rig) engine.ID {
			h.Open(engine.ConnectOptions{}, wstest.Answer{}).Hangup()
			return h.ID
		}, cause{engine.CategoryEOF, false, io.EOF}},
	} {
		inBubble(t, name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{})
			h.Patience = time.Minute
			id := c.end(t, h)
			end := h.End(id)
			if end.Err == nil || end.Err.ID != id || end.Err.Op != end.Phase || end.Err.Category != c.want.category {
				t.Fatalf("error %+v of end %+v", end.Err, end)
			}
			var err error = end.Err
			var timeout interface{ Timeout() bool }
			if !errors.As(err, &timeout) || timeout.Timeout() != c.want.timeout {
				t.Errorf("Timeout is %v of %v", !c.want.timeout, err)
			}
			for _, of := range []error{net.ErrClosed, syscall.ECONNREFUSED, syscall.ECONNRESET, io.EOF} {
				if is := errors.Is(err, of); is != (of == c.want.is) {
					t.Errorf("errors.Is(%v, %v) is %v", err, of, is)
				}
			}
		})
	}
}

// A handler that embeds NopHandler has only the methods that it wants.
func TestNopHandler(t *testing.T) {
	inBubble(t, "an end", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		peer.Send(wstest.Text("x"))
		peer.Close(1000, "")
		only := &struct{ engine.NopHandler }{}
		pump(t, h.Engine, only, func() bool { return h.Live() == 0 })
	})
}
