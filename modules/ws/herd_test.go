package ws_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// herd keeps 1,000 sockets.
const herd = `
	opens, downs = 0, 0
	for i = 1, 1000 do
		ws.keep("ws://peer.test/", {
			onOpen = function() opens = opens + 1 end,
			onDown = function() downs = downs + 1 end,
		})
	end`

// A server that was away is not met by all of its clients at once, and none of them has
// to wait for long.
func TestHerdComesBack(t *testing.T) {
	for _, away := range detector.Some([]time.Duration{0, 5 * time.Second}) {
		bubble(t, fmt.Sprint("away for ", away), func(t *testing.T) {
			r := newRig(t, options{engine: engine.Options{DialsPerSecond: 200}})
			first := r.serve()
			r.start(herd)
			time.Sleep(20 * time.Second)
			synctest.Wait()
			if n := r.engine.Stats().Open; n != 1000 {
				t.Fatalf("%d sockets are open", n)
			}
			first.crash()
			time.Sleep(away)
			second := r.serve()
			back := time.Now()
			time.Sleep(60 * time.Second)
			synctest.Wait()
			if n := r.engine.Stats().Open; n != 1000 {
				t.Errorf("%d sockets are open again", n)
			}
			most, last := second.most()
			t.Logf("at most %d a second; the last one after %v", most, last.Sub(back))
			if most > 150 {
				t.Errorf("%d connections came in one second", most)
			}
			if n := len(second.accepted); n != 1000 {
				t.Errorf("%d connections came", n)
			}
			second.Server.Close()
			r.loop.Exit(0)
			r.ran.Wait()
			if opens, _ := r.state.Global("opens").AsNumber(); opens != 2000 {
				t.Errorf("onOpen was called %v times", opens)
			}
			r.log.Reset() // the dial guard's warning
		})
	}
}
