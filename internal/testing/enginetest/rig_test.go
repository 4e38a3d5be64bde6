package enginetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// failing is a testing.TB that keeps its complaints.
type failing struct {
	testing.TB
	said []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// A host whose engine does nothing: the test calls its handler.
func recording(t *testing.T) (*Rig, *failing) {
	tb := &failing{TB: t}
	return &Rig{
		tb:     tb,
		events: make(map[engine.ID][]string),
		stages: make(map[engine.ID]stage),
		ends:   make(map[engine.ID]*engine.End),
		infos:  make(map[engine.ID]*engine.Info),
	}, tb
}

func TestEvents(t *testing.T) {
	h, tb := recording(t)
	r := recorder{h: h}
	r.Opened(1, &engine.Info{})
	r.Opened(2, &engine.Info{Protocol: "mqtt"})
	r.Received(1, []byte("x"), engine.Text)
	r.Received(1, []byte{0, 255}, engine.Binary)
	r.Ended(1, &engine.End{Code: 1000, Reason: "bye", Clean: true})
	r.Ended(2, &engine.End{Code: 1006})
	r.Ended(3, &engine.End{Failed: true, Message: failure.MsgEOF, Category: engine.CategoryEOF})
	for id, want := range map[engine.ID][]string{
		1: {"open", `text "x"`, `binary "\x00\xff"`, `close 1000 "bye" clean`},
		2: {"open protocol mqtt", `close 1006 ""`},
		3: {`error "End of File" eof`},
	} {
		if got := h.events[id]; !slices.Equal(got, want) {
			t.Errorf("connection %d: %q, want %q", id, got, want)
		}
	}
	if tb.said != nil {
		t.Errorf("complaints %q", tb.said)
	}
}

func TestOrderIsChecked(t *testing.T) {
	for want, deliver := range map[string]func(recorder){
		`rig: connection 1: text "x" comes first`: func(r recorder) {
			r.Received(1, []byte("x"), engine.Text)
		},
		`rig: connection 1: open comes after open`: func(r recorder) {
			r.Opened(1, &engine.Info{})
			r.Opened(1, &engine.Info{})
		},
		`rig: connection 1: text "x" comes after the end`: func(r recorder) {
			r.Opened(1, &engine.Info{})
			r.Ended(1, &engine.End{})
			r.Received(1, []byte("x"), engine.Text)
		},
		`rig: connection 1: close 0 "" comes after the end`: func(r recorder) {
			r.Ended(1, &engine.End{})
			r.Ended(1, &engine.End{})
		},
	} {
		h, tb := recording(t)
		deliver(recorder{h: h})
		if !slices.Equal(tb.said, []string{want}) {
			t.Errorf("complaints %q, want %q", tb.said, want)
		}
	}
}
