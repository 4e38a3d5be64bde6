package loop_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/loop"
)

// source is an EventSource whose events are functions. The test decides how it ends.
type source struct {
	mu    sync.Mutex
	ready chan struct{}
	queue []func()
	log   []string // the loop's calls
	live  int

	closeAll, abort func(*source)
}

func newSource() *source {
	return &source{ready: make(chan struct{}, 1), closeAll: func(*source) {}, abort: func(*source) {}}
}

func (s *source) push(f func()) {
	s.mu.Lock()
	s.queue = append(s.queue, f)
	s.mu.Unlock()
	s.signal()
}

func (s *source) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *source) Ready() <-chan struct{} { return s.ready }

// Dispatch calls at most 256 functions, as many as an engine delivers events.
func (s *source) Dispatch(most int, _ time.Duration) (delivered int) {
	for range most {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.mu.Unlock()
			return delivered
		}
		f := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		f()
		delivered++
	}
	s.signal()
	return delivered
}

func (s *source) Live() int { return s.live }

func (s *source) note(what string) {
	s.mu.Lock()
	s.log = append(s.log, what)
	s.mu.Unlock()
}

func (s *source) Refuse()   { s.note("refuse") }
func (s *source) CloseAll() { s.note("closeAll"); s.closeAll(s) }
func (s *source) Abort()    { s.note("abort"); s.abort(s) }

// story is a list of events with their times, in milliseconds since it began.
type story struct {
	begin time.Time
	lines []string
}

func newStory() *story { return &story{begin: time.Now()} }

func (s *story) add(what string) {
	s.lines = append(s.lines, fmt.Sprintf("%g %s", float64(time.Since(s.begin).Microseconds())/1000, what))
}

// say returns a function that adds an event.
func (s *story) say(what string) func() { return func() { s.add(what) } }

func (s *story) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(s.lines, lines) {
		t.Errorf("happened\n\t%q\nwant\n\t%q", s.lines, lines)
	}
}

// inBubble runs f in fake time.
func inBubble(t *testing.T, f func(t *testing.T, s *story)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newStory()) })
}

func TestRunEndsWhenNothingIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		got := l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			l.Register("onSomething", s.say("never"))
			s.add("main")
			return nil
		})
		s.want(t, "0 main", "0 shutdown")
		if got != (loop.Result{}) {
			t.Errorf("result %+v, want the zero value", got)
		}
	})
}

func TestEachKindOfWorkKeepsTheHostAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src})
		l.Run(func() error {
			src.live = 1
			time.AfterFunc(time.Second, func() {
				src.push(func() {
					src.live = 0
					s.add("event")
					l.After(time.Second,
						s.say("timer"))
				})
			})
			var update loop.Handle
			l.After(3*time.Second, func() {
				update = l.Register(loop.Update, func() {
					s.add("tick")
					l.Unregister(update)
					l.Post(s.say("posted"))
				})
			})
			return nil
		})
		s.want(t, "1000 event", "2000 timer", "3016.666 tick", "3016.666 posted")
	})
}

func TestTicksKeepTheGridAndSkipLateFrames(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *story) {
		l := loop.New(loop.Options{})
		begin := time.Now()
		var frames []float64
		l.Run(func() error {
			l.Register(loop.Update, func() {
				frames = append(frames, time.Since(begin).Seconds()*60)
				switch len(frames) {
				case 3:
					time.Sleep(50 * time.Millisecond) // frame 6 is over when this one is
				case 3600:
					l.Exit(0)
				}
			})
			return nil
		})
		for i, frame := range frames {
			want := float64(i + 1)
			if i >= 3 {
				want += 3 // 4, 5 and 6
			}
			if frame < want-0.0001 || frame > want+0.0001 {
				t.Fatalf("tick %d at frame %g, want %g", i+1, frame, want)
			}
		}
	})
}

func TestFrameRate(t *testing.T) {
	for _, fps := range []int{1, 7, 30, 144, 1000} {
		inBubble(t, func(t *testing.T, _ *story) {
			l := loop.New(loop.Options{FPS: fps})
			ticks := 0
			l.Run(func() error {
				l.Register(loop.Update, func() { ticks++ })
				l.After(10*time.Second+time.Microsecond, func() { l.Exit(0) })
				return nil
			})
			if ticks != 10*fps {
				t.Errorf("%d ticks in 10 s at %d fps", ticks, fps)
			}
		})
	}
}

func TestHandlers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{FPS: 1})
		l.Run(func() error {
			twice := s.say("twice")
			l.Register(loop.Update, twice)
			l.Register(loop.Update, twice)
			var late, second loop.Handle
			l.Register(loop.Update, func() {
				s.add("first")
				l.Unregister(second)
				if late == 0 {
					late = l.Register(loop.Update, s.say("late"))
				} else {
					l.After(0, func() { l.Exit(0) })
				}
			})
			second = l.Register(loop.Update, s.say("removed"))
			l.Unregister(12345)
			return nil
		})
		s.want(t, "1000 twice", "1000 twice", "1000 first", "2000 twice", "2000 twice", "2000 first", "2000 late")
	})
}

func TestRegisteringAnewDoesNotOutrunTheFrames(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{FPS: 10})
		var handle loop.Handle
		ticks := 0
		var tick func()
		tick = func() {
			l.Unregister(handle)
			if ticks++; ticks < 10 {
				handle = l.Register(loop.Update, tick)
			}
		}
		l.Run(func() error { handle = l.Register(loop.Update, tick); return nil })
		s.add("end")
		s.want(t, "1000 end")
	})
}

func TestIdleHostDoesNotWakeUp(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *story) {
		src, turns := newSource(), 0
		l := loop.New(loop.Options{Events: src, AfterTurn: func() { turns++ }})
		l.Run(func() error {
			src.live = 1
			l.After(time.Hour, func() { src.live = 0 })
			return nil
		})
		if turns > 4 { // main, the one turn, two steps of the ending
			t.Errorf("%d turns in an hour without work, want 4", turns)
		}
	})
}

func TestTimersRunByDueTimeThenByCreation(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Run(func() error {
			l.After(20*time.Millisecond, s.say("d"))
			l.After(10*time.Millisecond, s.say("b"))
			l.After(10*time.Millisecond, s.say("c"))
			l.After(-time.Second, s.say("a"))
			l.After(1500*time.Microsecond, s.say("fraction"))
			removed := l.After(5*time.Millisecond, s.say("removed"))
			l.After(4*time.Millisecond, func() { l.Unregister(removed) })
			neighbour := loop.Handle(0)
			l.After(30*time.Millisecond, func() { s.add("e"); l.Unregister(neighbour) })
			neighbour = l.After(30*time.Millisecond, s.say("removed by e"))
			return nil
		})
		s.want(t, "0 a", "1.5 fraction", "10 b", "10 c", "20 d", "30 e")
	})
}

func TestEverySkipsMissedPeriods(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		var every loop.Handle
		runs := 0
		every = l.Every(100*time.Millisecond, func() {
			s.add("every")
			switch runs++; runs {
			case 2:
				time.Sleep(250 * time.Millisecond)
			case 4:
				l.Unregister(every)
			}
		})
		l.Run(func() error { return nil })
		s.want(t, "100 every", "200 every", "500 every", "600 every")
	})
}

func TestEveryIsAtLeastOneMillisecond(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		runs := 0
		l.Every(-1, func() {
			if runs++; runs == 1000 {
				s.add("1000th")
				l.Exit(0)
			}
		})
		l.Run(func() error { return nil })
		s.want(t, "1000 1000th")
	})
}

func TestTurnIsEventsThenTimersThenOneTick(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src, FPS: 10})
		l.Run(func() error {
			l.Register(loop.Update, func() { s.add("tick"); l.Exit(0) })
			l.After(0, s.say("timer"))
			for range 2 {
				src.push(func() { s.add("event"); l.After(0, s.say("timer of an event")) })
			}
			l.Post(s.say("posted"))
			time.Sleep(time.Second) // everything is due now
			return nil
		})
		s.want(t, "1000 posted", "1000 event", "1000 event", "1000 timer", "1000 tick")
	})
}

// A timer that arms itself again, an event that brings the next and a function that posts
// itself each take their own share and leave the others theirs.
func TestNothingStarvesTheRest(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src, FPS: 100})
		var events, timers, posts, ticks int
		l.Run(func() error {
			var event, timer, post func()
			event = func() { events++; src.push(event) }
			timer = func() { timers++; time.Sleep(time.Millisecond); l.After(0, timer) }
			post = func() {
				posts++
				if !l.Ending() { // fake time does not pass while there is work
					l.Post(post)
				}
			}
			src.push(event)
			l.After(0, timer)
			l.Post(post)
			l.Register(loop.Update, func() { ticks++ })
			l.After(time.Second, func() { l.Exit(0) })
			return nil
		})
		if timers < 990 || posts < 990 || events < 256*990 || ticks < 99 {
			t.Errorf("%d timers, %d posts, %d events, %d ticks in 1 s, want 1000, 1000, 256,000 and 100", timers, posts,
				events, ticks)
		}
	})
}

func TestCancelledTimersAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		turns := 0
		l := loop.New(loop.Options{AfterTurn: func() { turns++ }})
		l.Run(func() error {
			var pending loop.Handle
			runs := 0
			every := l.Every(time.Second, func() {
				l.Unregister(pending)
				pending = l.After(1500*time.Millisecond, s.say("never"))
				runs++
			})
			l.After(time.Minute, func() { l.Unregister(every); l.Unregister(pending); s.add("last") })
			return nil
		})
		s.want(t, "60000 last")
		if want := 1 + 60 + 2; turns > want { // main, the periods, the ending
			t.Errorf("%d turns, want %d: cancelled timers wake the loop", turns, want)
		}
	})
}

func TestPostedFunctionMayBeginSomething(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Run(func() error {
			l.Post(func() { l.After(time.Second, s.say("timer")) })
			return nil
		})
		s.want(t, "1000 timer")
	})
}

func TestPost(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Run(func() error {
			l.After(time.Second, func() {})
			time.AfterFunc(500*time.Millisecond, func() { l.Post(s.say("posted")) })
			return nil
		})
		s.want(t, "500 posted")
		if l.Post(func() {}) {
			t.Error("Post after the end was taken")
		}
		full := loop.New(loop.Options{})
		for i := range 4096 {
			if !full.Post(func() {}) {
				t.Fatalf("post %d refused", i)
			}
		}
		if full.Post(func() {}) {
			t.Error("post 4097 was taken")
		}
	})
}

func TestMainError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		boom := errors.New("boom")
		got := l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			l.Register(loop.Update, s.say("never"))
			l.After(0, s.say("never"))
			return boom
		})
		s.want(t, "0 shutdown")
		if got.Err != boom || got.Decided {
			t.Errorf("result %+v, want boom", got)
		}
	})
}
