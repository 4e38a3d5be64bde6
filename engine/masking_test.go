package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// Each frame that leaves has a masking key of its own, whatever way it takes through the
// encoder, and the keys of one connection say nothing about those of the next (RFC 6455
// §5.3).
func TestMaskingKeys(t *testing.T) {
	seen := make(map[[4]byte]string)
	inBubble(t, "", func(t *testing.T) {
		for range 3 {
			h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
			next := func(name string, frames int) {
				t.Helper()
				h.Flush()
				for range frames {
					frame := peer.ReadFrame()
					if !frame.Masked {
						t.Errorf("%s is not masked", name)
					}
					if other, used := seen[frame.Key]; used {
						t.Errorf("%s has the key %x of %s", name, frame.Key, other)
					}
					seen[frame.Key] = name
				}
			}
			for range 20 {
				h.Send(h.ID, engine.Text, "short")
				h.Queue(h.ID, engine.Text, "short in a turn")
			}
			next("a short message", 40)
			h.Send(h.ID, engine.Binary, strings.Repeat("x", 3<<20))
			next("a fragment", 3)
			h.SendBytes(h.ID, engine.Binary, make([]byte, 3<<20))
			next("a fragment of bytes", 3)
			peer.Send(wstest.Ping("p"))
			next("a pong", 1)
			peer.Send(wstest.Ping("p"))
			next("the same pong", 1)
			peer.Close(1000, "")
			next("a close frame", 1)
			h.Want(`close 1000 "" clean`)
		}
		synctest.Wait()
	})
	if len(seen) < 140 {
		t.Errorf("%d keys", len(seen))
	}
}
