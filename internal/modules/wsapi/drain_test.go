package wsapi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// note returns a function for OnDrain that adds its name and argument to a list.
func note(list *[]string, name string) func(bool) {
	return func(drained bool) { *list = append(*list, fmt.Sprint(name, " ", drained)) }
}

func wantNotes(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("called %q, want %q", got, want)
	}
}

func (r *rig) wantMarks(want ...int64) {
	r.t.Helper()
	if !slices.Equal(r.engine.marks, want) {
		r.t.Errorf("marks %v, want %v", r.engine.marks, want)
	}
	r.engine.marks = nil
}

func TestOnDrain(t *testing.T) {
	r := newRig(t)
	c := r.live()
	var got []string
	r.engine.messages, r.engine.bytes = 5, 500
	for _, mark := range []int64{100, 300, 200} {
		if _, live := r.OnDrain(c.Number, mark, note(&got, fmt.Sprint(mark))); !live {
			t.Error("a live connection is unknown")
		}
	}
	r.wantMarks(100, 300, 300)
	if messages, bytes := r.Buffered(c.Number); messages != 5 || bytes != 500 {
		t.Errorf("%d messages, %d bytes", messages, bytes)
	}

	r.engine.bytes = 250
	r.Drained(c.ID(), false)
	wantNotes(t, got, "300 true")
	r.wantMarks(200)

	r.engine.bytes = 600 // sent since the event was on its way
	r.Drained(c.ID(), false)
	wantNotes(t, got, "300 true")
	r.wantMarks(200)

	r.engine.bytes = 0
	r.Drained(c.ID(), false)
	wantNotes(t, got, "300 true", "100 true", "200 true")
	r.Drained(c.ID(), false)
	r.wantMarks() // nobody waits
	r.End(c.ID())
	wantNotes(t, got, "300 true", "100 true", "200 true")
}

// A function that is called may send, wait again, and cancel the next one.
func TestOnDrainWithinOne(t *testing.T) {
	r := newRig(t)
	c := r.live()
	var got []string
	r.OnDrain(c.Number, 100, func(drained bool) {
		note(&got, "first")(drained)
		r.engine.bytes = 150
		r.OnDrain(c.Number, 100, note(&got, "again"))
	})
	r.OnDrain(c.Number, 120, note(&got, "120"))
	cancelled, _ := r.OnDrain(c.Number, 200, note(&got, "cancelled"))
	r.OnDrain(c.Number, 150, func(bool) { r.CancelDrain(c.Number, cancelled) })
	r.CancelDrain(c.Number, cancelled)
	r.engine.marks = nil
	r.Drained(c.ID(), false)
	wantNotes(t, got, "first true")
	r.wantMarks(100, 120)
	r.CancelDrain(c.Number, cancelled)
	r.End(c.ID())
	wantNotes(t, got, "first true", "120 false", "again false")
}

func TestOnDrainOfAnEndedConnection(t *testing.T) {
	r := newRig(t)
	c := r.live()
	var got []string
	d, _ := r.OnDrain(c.Number, 0, func(drained bool) {
		note(&got, "f")(drained)
		if r.Live(c.Number) != nil {
			t.Error("the id is still known")
		}
	})
	r.engine.bytes = 1
	r.Drained(c.ID(), true) // the messages that wait come first
	wantNotes(t, got)
	r.End(c.ID())
	wantNotes(t, got, "f false")
	r.CancelDrain(c.Number, d)
	for _, number := range []float64{c.Number, 0, 1.5, -1, 1e300} {
		if _, live := r.OnDrain(number, 0, note(&got, "late")); live {
			t.Errorf("%v is live", number)
		}
		if messages, bytes := r.Buffered(number); messages != 0 || bytes != 0 {
			t.Errorf("%v has %d messages, %d bytes", number, messages, bytes)
		}
	}
	wantNotes(t, got, "f false")
	r.Drained(12345, false) // of somebody else
}

// A connection of Go code has an id of the script's, and hears of its end in any case.
func TestBegin(t *testing.T) {
	r := newRig(t)
	first := r.live()
	c, err := r.Begin("ws://peer.test/", engine.ConnectOptions{}, "go")
	if err != nil || c.Number != first.Number+1 || c.Door != "go" || r.Live(c.Number) != c {
		t.Fatalf("%+v, %v", c, err)
	}
	r.wantMarks(-1)
	var got []string
	r.OnDrain(c.Number, 7, note(&got, "f"))
	r.Drained(c.ID(), false)
	wantNotes(t, got, "f true")
	r.wantMarks(7, -1)
	if r.Drained(c.ID(), true) != c || r.End(c.ID()) != c || r.Live(c.Number) != nil {
		t.Error("it is another one")
	}
	r.engine.refusing = true
	if c, err := r.Begin("ws://peer.test/", engine.ConnectOptions{}, "go"); c != nil || err != wsapi.ErrEnding {
		t.Errorf("in the ending: %+v, %v", c, err)
	}
	r.engine.connectErr = engine.ErrTooManyConnections
	if c, err := r.Begin("ws://peer.test/", engine.ConnectOptions{}, "go"); c != nil || err != engine.ErrTooManyConnections {
		t.Errorf("%+v, %v", c, err)
	}
	if last := first.Number + 1; r.engine.connectErr != nil {
		r.engine.connectErr = nil
		if next := r.live(); next.Number != last+1 {
			t.Errorf("the id after a refusal is %v", next.Number)
		}
	}
}
