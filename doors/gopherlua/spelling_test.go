package gopherlua_test

import (
	"runtime"
	"strings"
	"testing"
)

func TestAMisspeltCallbackIsWarnedOfOnceATable(t *testing.T) {
	r := newRig(t)
	r.do(`local callbacks = {onOpen = print, OnError = print, on_close = print, retries = 5, 1, [true] = 2}
		for attempt = 1, 3 do
			websocket.Connect("ws://peer.test/", callbacks)
		end
		websocket.Connect("ws://peer.test/", {on_message = print})
		pcall(websocket.Connect, "ws://peer.test/", {on_message = print}, {nonsense = 1})`)
	lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("want two warnings:\n%s", r.log)
	}
	for i, want := range []string{
		`level=WARN msg="unknown callback \"OnError\": did you mean \"onError\"? unknown callback \"on_close\": did you mean \"onClose\"?" caller=bot.lua:3`,
		`level=WARN msg="unknown callback \"on_message\": did you mean \"onMessage\"?" caller=bot.lua:5`,
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("got  %s\nwant %s", lines[i], want)
		}
	}
}

// A script that makes a misspelt table for each of many connections is not remembered for
// ever.
func TestMisspeltTablesAreForgottenWithTheTables(t *testing.T) {
	r := newRig(t)
	for range 20 {
		r.do(`for i = 1, 50 do websocket.Connect("ws://peer.test/", {onopen = print}) end`)
		r.endAll()
		runtime.GC()
	}
	if _, misspelt := r.module.Held(); misspelt > 400 {
		t.Errorf("%d of 1000 tables are remembered", misspelt)
	}
}
