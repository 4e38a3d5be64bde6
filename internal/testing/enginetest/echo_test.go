package enginetest_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
)

// Both roles of ours meet: many connections at once, each with its messages in order,
// small buffers all the way.
func TestAgainstEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connections, messages = 50, 100
		h := enginetest.New(t, engine.Options{})
		h.Net.Capacity = 300
		s := echo.Serve(h.Listener, echo.Options{})
		defer s.Close()

		var ids []engine.ID
		for range connections {
			ids = append(ids, h.Connect(enginetest.URL, engine.ConnectOptions{}))
		}
		for _, id := range ids {
			h.WantOf(id, "open")
			for i := range messages {
				if err := h.Send(id, engine.Auto, fmt.Sprint(id, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, id := range ids {
			for i := range messages {
				h.WantOf(id, fmt.Sprintf("text %q", fmt.Sprint(id, i)))
			}
			if err := h.Close(id, 4000, "done"); err != nil {
				t.Fatal(err)
			}
			h.WantOf(id, `close 4000 "done" clean`)
		}
	})
}
