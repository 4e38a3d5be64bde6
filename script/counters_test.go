package script_test

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/script"
)

// A program may count what a script does, while it runs and afterwards.
func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, script.Options{Code: `
			local id
			id = websocket.Connect("ws://mute.test/", {onOpen = function() websocket.Send(id, "hello") end})
			websocket.Connect("nonsense", {onError = false})
			host.After(1000, function() host.Exit(0) end)`})
		time.Sleep(500 * time.Millisecond)
		now := s.Counters()
		if live := s.Stats(); live.Open != 1 || now.Opened != 1 || now.Sent != (engine.Tally{Messages: 1, Bytes: 5}) ||
			!maps.Equal(now.Ended, map[engine.Category]int64{engine.CategoryURI: 1}) {
			t.Errorf("%+v, %+v", live, now)
		}
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		last := s.Counters()
		if live := s.Stats(); live != (engine.Stats{}) || last.Dialed != 1 || len(last.Ended) != 2 {
			t.Errorf("at the end %+v, %+v", live, last)
		}
	})
}
