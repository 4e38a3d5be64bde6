package loop_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/loop"
)

func wantCode(t *testing.T, got loop.Result, code int) {
	t.Helper()
	if got.Code != code || !got.Decided {
		t.Errorf("result %+v, want code %d", got, code)
	}
}

func TestExitWhereverItIsCalled(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(l *loop.Loop, src *source, s *story)
		want []string
	}{
		"main": {func(l *loop.Loop, _ *source, _ *story) { l.Exit(7) }, []string{"0 shutdown"}},
		"timer": {func(l *loop.Loop, _ *source, s *story) {
			l.After(time.Second, func() { l.Exit(7) })
			l.After(time.Second, s.say("never"))
		}, []string{"1000 shutdown"}},
		"tick": {func(l *loop.Loop, _ *source, s *story) {
			l.Register(loop.Update, func() { l.Exit(7) })
			l.Register(loop.Update, s.say("never"))
		}, []string{"1000 shutdown"}},
		"event": {func(l *loop.Loop, src *source, s *story) {
			src.push(func() { l.Exit(7) })
			l.After(0, s.say("never"))
		}, []string{"0 shutdown"}},
		"posted": {func(l *loop.Loop, _ *source, _ *story) { l.Post(func() { l.Exit(7) }) }, []string{"0 shutdown"}},
		"another goroutine": {func(l *loop.Loop, src *source, _ *story) {
			src.live = 1
			src.closeAll = func(src *source) { src.live = 0 }
			time.AfterFunc(time.Second, func() { l.Exit(7) })
		}, []string{"1000 shutdown"}},
		"shutdown handler": {func(l *loop.Loop, _ *source, _ *story) {
			l.Register(loop.Shutdown, func() { l.Exit(7) })
		}, []string{"0 shutdown"}},
		"a second time": {func(l *loop.Loop, _ *source, _ *story) {
			l.Exit(7)
			l.Register(loop.Shutdown, func() {})
			l.Exit(8)
		}, []string{"0 shutdown"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				src := newSource()
				l := loop.New(loop.Options{Events: src, FPS: 1})
				wantCode(t, l.Run(func() error {
					l.Register(loop.Shutdown, s.say("shutdown"))
					test.set(l, src, s)
					return nil
				}), 7)
				s.want(t, test.want...)
			})
		})
	}
}

// A signal may come while main is still registering its handlers.
func TestShutdownHandlerRegisteredAfterExit(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		wantCode(t, l.Run(func() error {
			l.Exit(130)
			l.Register(loop.Shutdown, s.say("shutdown"))
			return nil
		}), 130)
		s.want(t, "0 shutdown")
	})
}

// End is an ending without a code, which a later Exit still gives.
func TestEnd(t *testing.T) {
	for name, test := range map[string]struct {
		shutdown func(l *loop.Loop)
		want     loop.Result
	}{
		"no code":         {func(*loop.Loop) {}, loop.Result{Asked: true}},
		"a code after it": {func(l *loop.Loop) { l.Exit(7) }, loop.Result{Code: 7, Decided: true, Asked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				l := loop.New(loop.Options{})
				time.AfterFunc(1500*time.Millisecond, l.End)
				got := l.Run(func() error {
					l.Every(time.Second, s.say("timer"))
					l.Register(loop.Shutdown, func() { s.add("shutdown"); test.shutdown(l) })
					return nil
				})
				if got != test.want {
					t.Errorf("result %+v, want %+v", got, test.want)
				}
				s.want(t, "1000 timer", "1500 shutdown")
			})
		})
	}
}

func TestExitBeforeRun(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Exit(130)
		wantCode(t, l.Run(func() error { s.add("main"); return nil }), 130)
		s.want(t)
	})
}

func TestEndingGoesStepByStep(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src})
		src.live = 2
		src.closeAll = func(src *source) {
			s.add("closeAll")
			time.AfterFunc(2*time.Second, func() { src.push(func() { s.add("closed"); src.live-- }) })
		}
		src.abort = func(src *source) {
			s.add("abort")
			src.push(func() { s.add("aborted"); src.live--; l.Exit(9) })
		}
		wantCode(t, l.Run(func() error {
			l.Every(time.Second, s.say("timer"))
			l.Register(loop.Shutdown, func() {
				s.add("shutdown")
				l.After(0, s.say("never"))
				l.Register(loop.Update, s.say("never"))
				l.Register(loop.Shutdown, s.say("never"))
				l.Post(s.say("posted"))
			})
			time.AfterFunc(1500*time.Millisecond, func() { l.Exit(130) })
			return nil
		}), 130)
		s.want(t, "1000 timer", "1500 shutdown", "1500 closeAll", "1500 posted", "3500 closed", "6500 abort",
			"6500 aborted")
		log := slices.Compact(src.log)
		if want := []string{"refuse", "closeAll", "abort", "refuse"}; !slices.Equal(log, want) { // the last is Exit(9)
			t.Errorf("the source was told %q, want %q", log, want)
		}
	})
}

// AfterTurn is called after each step: output of the shutdown handlers, and messages that
// they send, leave before the connections are closed.
func TestAfterTurnInTheEnding(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src, AfterTurn: s.say("after")})
		src.live = 1
		src.closeAll = func(src *source) {
			s.add("closeAll")
			src.push(func() { s.add("closed"); src.live = 0 })
		}
		l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			l.Exit(0)
			return nil
		})
		s.want(t, "0 after", "0 shutdown", "0 after", "0 closeAll", "0 closed", "0 after")
	})
}

// Posted functions have their turn to the last, also those that another one posts.
func TestPostsInTheEnding(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		l := loop.New(loop.Options{})
		l.Run(func() error {
			l.Register(loop.Shutdown, func() {
				l.Post(func() { s.add("first"); l.Post(s.say("second")) })
			})
			return nil
		})
		s.want(t, "0 first", "0 second")
	})
}

func TestEndingWithoutGraceCutsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		l := loop.New(loop.Options{Events: src, Grace: -1, Interrupt: func(bool) { s.add("interrupt") }})
		src.live = 1
		src.abort = func(src *source) { src.push(func() { s.add("aborted"); src.live = 0 }) }
		l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			l.Exit(0)
			return nil
		})
		s.want(t, "0 interrupt", "0 shutdown", "0 aborted")
	})
}

// An engine that never delivers the last event holds the end up for the last words, not
// for ever.
func TestEndingDoesNotWaitForEver(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		src.live = 1
		l := loop.New(loop.Options{Events: src, Overdue: func(int) { s.add("overdue") }})
		l.Run(func() error { l.Exit(0); return nil })
		s.add("end")
		s.want(t, "5900 end")
		if l.Post(func() {}) {
			t.Error("Post after the end was taken")
		}
	})
}

// spin is a function that runs until it is interrupted.
type spin chan struct{}

func (c spin) run() { <-c }

func TestFunctionThatRunsWhenTheGraceEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src, endless := newSource(), make(spin)
		src.live = 1
		src.abort = func(src *source) { src.push(func() { s.add("terminal"); src.live = 0 }) }
		l := loop.New(loop.Options{
			Events:    src,
			Grace:     2 * time.Second,
			Interrupt: func(bool) { s.add("interrupt"); endless <- struct{}{} },
			Overdue:   func(int) { s.add("overdue") },
		})
		wantCode(t, l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			time.AfterFunc(time.Second, func() { l.Exit(130) })
			endless.run()
			return nil
		}), 130)
		s.want(t, "3000 interrupt", "3000 shutdown", "3000 terminal")
	})
}

func TestShutdownHandlerThatRunsWhenTheLastWordsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		endless := make(spin)
		l := loop.New(loop.Options{Interrupt: func(last bool) {
			s.add(map[bool]string{false: "interrupt", true: "last interrupt"}[last])
			endless <- struct{}{}
			synctest.Wait() // the loop is as quick as it can be
		}})
		l.Run(func() error {
			l.Register(loop.Shutdown, endless.run)
			l.Register(loop.Shutdown, endless.run)
			l.Register(loop.Shutdown, s.say("never"))
			return nil
		})
		s.add("end")
		s.want(t, "5000 interrupt", "5900 last interrupt", "5900 end")
	})
}

func TestOverdue(t *testing.T) {
	for name, test := range map[string]struct {
		exit func(*loop.Loop)
		code int
	}{
		"a code":  {func(l *loop.Loop) { l.Exit(143) }, 143},
		"no code": {func(l *loop.Loop) {}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				endless, code := make(spin), -1
				l := loop.New(loop.Options{Overdue: func(c int) { s.add("overdue"); code = c; endless <- struct{}{} }})
				l.Run(func() error {
					l.Register(loop.Shutdown, endless.run) // interrupts do not reach it
					test.exit(l)
					return nil
				})
				s.want(t, "6000 overdue")
				if code != test.code {
					t.Errorf("code %d, want %d", code, test.code)
				}
			})
		})
	}
}
