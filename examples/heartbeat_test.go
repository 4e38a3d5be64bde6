package examples_test

import (
	"testing"
	"time"
)

func TestHeartbeat(t *testing.T) {
	inFakeTime(t, "heartbeat.lua", 60, func(r *fakeRun) {
		// The first ping is sent at the first frame, before the connection is open, which
		// takes two round trips.
		time.Sleep(5 * latency)
		if got, want := r.stdout.String(), "open\n"; got != want {
			t.Fatalf("after 250 ms %q, want %q: the ping's answer takes 300 ms", got, want)
		}
		time.Sleep(65*time.Second - 5*latency)
		if got := r.stdout.count("received ping"); got != 7 {
			t.Errorf("%d answers in 65 s, want 7:\n%s", got, r.stdout.String())
		}

		// After the end it goes on sending, and nobody minds.
		r.down()
		time.Sleep(time.Minute)
		if got := r.stdout.count("closed with 1001"); got != 1 {
			t.Errorf("closed %d times, want once:\n%s", got, r.stdout.String())
		}
		if got := r.stdout.count("received ping"); got != 7 {
			t.Errorf("%d answers after the end, want 7", got)
		}
		select {
		case <-r.ended:
			t.Error("the run has ended: its handler should keep it alive")
		default:
		}
		r.wantQuiet()
	})
}
