package examples_test

import (
	"strings"
	"testing"
	"time"
)

const (
	outage = 120 * time.Second

	// maxGrowth is the most that an outage may add to the heap. The leaking script's
	// thousand handlers and thousand waiting connections take a few MiB.
	maxGrowth = 32 << 20
)

// The server goes away for two minutes. The script that does it right has one connection
// before and after, and dials rarely in between.
func TestReconnect(t *testing.T) {
	inFakeTime(t, "reconnect.lua", 60, func(r *fakeRun) {
		time.Sleep(20 * time.Second)
		if got := r.stdout.count("open"); got != 1 {
			t.Fatalf("open %d times before the outage, want once:\n%s", got, r.stdout.String())
		}
		before := heap()
		r.down()
		time.Sleep(outage)
		dials := len(r.net.Dials())
		if dials < 5 || dials > 15 {
			t.Errorf("%d dials up to the end of the outage, want 5 to 15: the pauses double up to 30 s", dials)
		}
		r.up()
		time.Sleep(31 * time.Second) // the longest pause and a little
		if got := r.stdout.count("open"); got != 2 {
			t.Errorf("open %d times, want twice:\n%s", got, r.stdout.String())
		}
		if got := r.net.OpenConns(); got != 1 {
			t.Errorf("%d connections after the outage, want 1", got)
		}

		// Once the connection has lasted, the pauses start over: the next attempt comes
		// within a second.
		time.Sleep(11 * time.Second)
		r.down()
		r.up()
		time.Sleep(1500 * time.Millisecond)
		if got := r.net.OpenConns(); got != 1 {
			t.Errorf("%d connections after a short outage, want 1:\n%s", got, r.stdout.String())
		}
		if got := r.net.MaxDials(time.Second); got > 2 {
			t.Errorf("%d dials in one second", got)
		}
		if grown := heap() - before; grown > maxGrowth {
			t.Errorf("the heap grew by %d bytes", grown)
		}
		r.wantQuiet()
	})
}

// The same with the script that leaks handlers: the dial guard bounds the damage to the
// server and to the host. Few frames a second, since each calls more than a thousand
// handlers.
func TestReconnectLeaky(t *testing.T) {
	inFakeTime(t, "reconnect_leaky.lua", 4, func(r *fakeRun) {
		time.Sleep(20 * time.Second)
		before := heap()
		r.down()
		time.Sleep(outage)
		if got := len(r.net.Dials()); got < 500 {
			t.Fatalf("%d dials during the outage: the script does not leak, and the test shows nothing", got)
		}
		grown := heap() - before
		for _, want := range []string{
			"connections to server.test:80 keep failing: dials there start at most 10 a second",
			"caller=reconnect_leaky.lua:",
			"too many connections",
		} {
			if !strings.Contains(r.log.String(), want) {
				t.Errorf("the log lacks %q", want)
			}
		}
		r.up()
		time.Sleep(10 * time.Second)
		if r.net.OpenConns() == 0 {
			t.Error("not connected again 10 s after the outage")
		}
		time.Sleep(110 * time.Second) // in which the line is dialled, 10 a second
		if got := r.net.MaxDials(time.Second); got > 10 {
			t.Errorf("%d dials in one second, want at most 10", got)
		}
		open := r.net.OpenConns()
		if open == 0 || open > 1100 {
			t.Errorf("%d connections in the end, want about the thousand that stood in line", open)
		}
		if grown > maxGrowth {
			t.Errorf("the heap grew by %d bytes", grown)
		}
		t.Logf("%d dials, %d connections in the end, heap grown by %d KiB", len(r.net.Dials()), open, grown>>10)
	})
}
