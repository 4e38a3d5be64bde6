package ws

import (
	"testing"

	"github.com/tidewire/tidewire/modules/task"
)

// A socket keeps no wait that is over.
func TestWaitsThatAreOverGo(t *testing.T) {
	s := new(socket)
	pending := new(task.Wait)
	s.wait(pending)
	for range 1000 {
		w := new(task.Wait)
		s.wait(w)
		w.Settle()
	}
	if n := len(s.senders); n != 2 || s.senders[0] != pending {
		t.Errorf("%d waits are kept, want the pending one and the last", n)
	}
}
