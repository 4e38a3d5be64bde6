package ws

import (
	"testing"

	"github.com/tidewire/tidewire/modules/task"
)

// A socket keeps no wait that is over.
func TestWaitsThatAreOverGo(t *testing.T) {
	s := new(socket)
	pending := new(task.Wait)
	s.untilEnd(pending)
	for range 1000 {
		w := new(task.Wait)
		s.untilEnd(w)
		w.Settle()
	}
	if n := len(s.enders); n != 2 || s.enders[0] != pending {
		t.Errorf("%d waits are kept, want the pending one and the last", n)
	}
}
