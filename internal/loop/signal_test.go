package loop_test

import (
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/loop"
)

// A signal is one call for all that set it before, however many functions are posted, and
// keeps nothing alive.
func TestSignal(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		signal := l.NewSignal(s.say("signal"))
		var again *loop.Signal
		again = l.NewSignal(func() {
			s.add("again")
			if time.Since(s.begin) < 1500*time.Millisecond {
				again.Set()
			}
		})
		l.Run(func() error {
			for i := 0; l.Post(func() {}); i++ {
				signal.Set()
			}
			time.AfterFunc(1500*time.Millisecond, func() { again.Set(); signal.Set() })
			l.After(2*time.Second, func() { again.Set() })
			return nil
		})
		s.want(t, "0 signal", "1500 again", "1500 signal", "2000 again")
		signal.Set() // after the end: nothing
	})
}

func TestHoldKeepsTheLoopAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Hold()
		released := l.NewSignal(func() { s.add("released"); l.Release() })
		l.Run(func() error {
			l.Hold()
			l.Release()
			time.AfterFunc(time.Second, released.Set)
			return nil
		})
		s.want(t, "1000 released")
	})
}

// A timer that keeps nothing alive is called as long as another does.
func TestUnref(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Run(func() error {
			tick := l.Every(time.Second, s.say("tick"))
			l.Unref(tick)
			l.Unref(tick)
			once := l.After(1500*time.Millisecond, s.say("once"))
			l.Unref(once)
			cancelled := l.After(time.Second, s.say("never"))
			l.Unref(cancelled)
			l.Unregister(cancelled)
			l.Unref(cancelled)
			l.Unref(l.Register(loop.Shutdown, s.say("shutdown")))
			l.After(2500*time.Millisecond, func() { l.Unref(once); s.add("last") })
			return nil
		})
		s.want(t, "1000 tick", "1500 once", "2000 tick", "2500 last", "2500 shutdown")
	})
}
