package client

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/bench/ws/payload"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// sent keeps the messages of a Task.
type sent [][]byte

func (s *sent) Send(_ int, data []byte) { *s = append(*s, data) }

func newTask(t *testing.T, role Role) *Task {
	task := &Task{Role: role, Burst: 128, Cycle: payload.Order{Shape: payload.Text, Size: 32}.Cycle()}
	if err := task.Prepare(); err != nil {
		t.Fatal(err)
	}
	return task
}

// A run fails if a message is lost, twice there, or changed where it is looked at.
func TestTaskChecks(t *testing.T) {
	cycle := newTask(t, Count).Cycle
	changed := append([]byte(nil), cycle[1]...)
	changed[20] ^= 1
	for _, c := range []struct {
		name     string
		verify   bool
		messages [][]byte
		fails    bool
	}{
		{"all there", false, cycle[:4], false},
		{"all there, looked at", true, cycle[:4], false},
		{"one lost", false, [][]byte{cycle[0], cycle[2]}, true},
		{"one lost, looked at", true, [][]byte{cycle[0], cycle[2]}, true},
		{"one twice", false, [][]byte{cycle[0], cycle[0], cycle[1]}, true},
		{"one changed, looked at", true, [][]byte{cycle[0], changed}, true},
		{"one short", false, [][]byte{cycle[0], cycle[1][:4]}, true},
	} {
		task := newTask(t, Count)
		task.Again(len(c.messages), c.verify)
		for i, m := range c.messages {
			if more := task.Received(nil, 0, m); more && i == len(c.messages)-1 {
				t.Errorf("%s: more than %d messages wanted", c.name, len(c.messages))
			}
		}
		if err := task.Err(true); (err != nil) != c.fails {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

// Bursts leave while fewer than Window are on their way, and the server has to
// acknowledge the messages that were sent.
func TestTaskBursts(t *testing.T) {
	task := newTask(t, Burst)
	task.Again(2*task.Burst, false)
	var out sent
	task.Begin(&out)
	if len(out) != Window*task.Burst {
		t.Fatalf("%d messages at the beginning, want %d", len(out), Window*task.Burst)
	}
	var sum uint64
	acknowledgement := func(n int) []byte {
		for i := range task.Burst {
			sum = payload.Sum(sum, out[(n-1)*task.Burst+i])
		}
		return server.Acknowledgement(n, sum)
	}
	if more := task.Received(&out, 0, acknowledgement(1)); !more {
		t.Error("one burst of two is enough")
	}
	if more := task.Received(&out, 0, acknowledgement(2)); more || task.Err(true) != nil {
		t.Errorf("two bursts are not enough; error %v", task.Err(true))
	}
	if want := (Window + 2) * task.Burst; len(out) != want || task.Count != 2*task.Burst {
		t.Errorf("%d messages sent, %d counted, want %d and %d", len(out), task.Count, want, 2*task.Burst)
	}
	sum++
	task.Received(&out, 0, acknowledgement(3))
	if err := task.Err(true); err == nil || !strings.Contains(err.Error(), "the server has received") {
		t.Errorf("a wrong checksum: error %v", err)
	}
}
