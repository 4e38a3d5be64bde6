package engine_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestCounters(t *testing.T) {
	inBubble(t, "everything once", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		want := func(want engine.Counters) {
			t.Helper()
			synctest.Wait()
			got := h.Counters()
			if !maps.Equal(got.Ended, want.Ended) {
				t.Errorf("ended: %v, want %v", got.Ended, want.Ended)
			}
			got.Ended, want.Ended = nil, nil
			if got.Received != want.Received || got.Sent != want.Sent || got.Dialed != want.Dialed || got.Opened != want.Opened {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		want(engine.Counters{Dialed: 1, Opened: 1})
		peer.Send(wstest.Text("one"), wstest.Ping(""), wstest.Text("three"))
		want(engine.Counters{Dialed: 1, Opened: 1}) // not delivered
		h.Want(`text "one"`, `text "three"`)
		h.Send(h.ID, engine.Text, "x")
		h.Send(h.ID, engine.Binary, strings.Repeat("y", 100_000))
		peer.WantFrame(wstest.Pong(""), wstest.Text("x"), wstest.Binary(strings.Repeat("y", 100_000)))
		counts := engine.Counters{Received: engine.Tally{2, 8}, Sent: engine.Tally{2, 100_001}, Dialed: 1, Opened: 1}
		want(counts)
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		counts.Ended = map[engine.Category]int64{engine.CategoryClosed: 1}
		want(counts)
		h.WantOf(h.Connect("nonsense", engine.ConnectOptions{}), `error "invalid uri" uri`)
		counts.Ended[engine.CategoryURI] = 1
		want(counts)
	})
}
