package host_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tidewire/tidewire/host"
)

func wantCode(t *testing.T, got host.Result, code int) {
	t.Helper()
	if got.Code != code || !got.Decided {
		t.Errorf("result %+v, want code %d", got, code)
	}
}

func TestExitWhereverItIsCalled(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(h *host.Host, src *source, s *story)
		want []string
	}{
		"main": {func(h *host.Host, _ *source, _ *story) { h.Exit(7) }, []string{"0 shutdown"}},
		"timer": {func(h *host.Host, _ *source, s *story) {
			h.After(time.Second, func() { h.Exit(7) })
			h.After(time.Second, s.say("never"))
		}, []string{"1000 shutdown"}},
		"tick": {func(h *host.Host, _ *source, s *story) {
			h.Register(host.Update, func() { h.Exit(7) })
			h.Register(host.Update, s.say("never"))
		}, []string{"1000 shutdown"}},
		"event": {func(h *host.Host, src *source, s *story) {
			src.push(func() { h.Exit(7) })
			h.After(0, s.say("never"))
		}, []string{"0 shutdown"}},
		"posted": {func(h *host.Host, _ *source, _ *story) { h.Post(func() { h.Exit(7) }) }, []string{"0 shutdown"}},
		"another goroutine": {func(h *host.Host, src *source, _ *story) {
			src.live = 1
			src.closeAll = func(src *source) { src.live = 0 }
			time.AfterFunc(time.Second, func() { h.Exit(7) })
		}, []string{"1000 shutdown"}},
		"shutdown handler": {func(h *host.Host, _ *source, _ *story) {
			h.Register(host.Shutdown, func() { h.Exit(7) })
		}, []string{"0 shutdown"}},
		"a second time": {func(h *host.Host, _ *source, _ *story) {
			h.Exit(7)
			h.Register(host.Shutdown, func() {})
			h.Exit(8)
		}, []string{"0 shutdown"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				src := newSource()
				h := host.New(host.Options{Events: src, FPS: 1})
				wantCode(t, h.Run(func() error {
					h.Register(host.Shutdown, s.say("shutdown"))
					test.set(h, src, s)
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
		h := host.New(host.Options{})
		wantCode(t, h.Run(func() error {
			h.Exit(130)
			h.Register(host.Shutdown, s.say("shutdown"))
			return nil
		}), 130)
		s.want(t, "0 shutdown")
	})
}

func TestExitBeforeRun(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		h := host.New(host.Options{})
		h.Exit(130)
		wantCode(t, h.Run(func() error { s.add("main"); return nil }), 130)
		s.want(t)
	})
}

func TestEndingGoesStepByStep(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		h := host.New(host.Options{Events: src})
		src.live = 2
		src.closeAll = func(src *source) {
			s.add("closeAll")
			time.AfterFunc(2*time.Second, func() { src.push(func() { s.add("closed"); src.live-- }) })
		}
		src.abort = func(src *source) {
			s.add("abort")
			src.push(func() { s.add("aborted"); src.live--; h.Exit(9) })
		}
		wantCode(t, h.Run(func() error {
			h.Every(time.Second, s.say("timer"))
			h.Register(host.Shutdown, func() {
				s.add("shutdown")
				h.After(0, s.say("never"))
				h.Register(host.Update, s.say("never"))
				h.Register(host.Shutdown, s.say("never"))
				h.Post(s.say("posted"))
			})
			time.AfterFunc(1500*time.Millisecond, func() { h.Exit(130) })
			return nil
		}), 130)
		s.want(t, "1000 timer", "1500 shutdown", "1500 closeAll", "1500 posted", "3500 closed", "6500 abort", "6500 aborted")
		log := slices.Compact(src.log)
		if want := []string{"refuse", "closeAll", "abort", "refuse"}; !slices.Equal(log, want) { // the last is Exit(9)
			t.Errorf("the source was told %q, want %q", log, want)
		}
	})
}

func TestEndingWithoutGraceCutsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		h := host.New(host.Options{Events: src, Grace: -1, Interrupt: func(bool) { s.add("interrupt") }})
		src.live = 1
		src.abort = func(src *source) { src.push(func() { s.add("aborted"); src.live = 0 }) }
		h.Run(func() error {
			h.Register(host.Shutdown, s.say("shutdown"))
			h.Exit(0)
			return nil
		})
		s.want(t, "0 interrupt", "0 shutdown", "0 aborted")
	})
}

// An engine that never delivers the last event holds the end up for the last words, not for ever.
func TestEndingDoesNotWaitForEver(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src := newSource()
		src.live = 1
		h := host.New(host.Options{Events: src, Overdue: func(int) { s.add("overdue") }})
		h.Run(func() error { h.Exit(0); return nil })
		s.add("end")
		s.want(t, "5900 end")
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
		h := host.New(host.Options{
			Events:    src,
			Grace:     2 * time.Second,
			Interrupt: func(bool) { s.add("interrupt"); endless <- struct{}{} },
			Overdue:   func(int) { s.add("overdue") },
		})
		wantCode(t, h.Run(func() error {
			h.Register(host.Shutdown, s.say("shutdown"))
			time.AfterFunc(time.Second, func() { h.Exit(130) })
			endless.run()
			return nil
		}), 130)
		s.want(t, "3000 interrupt", "3000 shutdown", "3000 terminal")
	})
}

func TestShutdownHandlerThatRunsWhenTheLastWordsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		endless := make(spin)
		h := host.New(host.Options{Interrupt: func(last bool) {
			s.add(map[bool]string{false: "interrupt", true: "last interrupt"}[last])
			endless <- struct{}{}
		}})
		h.Run(func() error {
			h.Register(host.Shutdown, endless.run)
			h.Register(host.Shutdown, endless.run)
			h.Register(host.Shutdown, s.say("never"))
			return nil
		})
		s.add("end")
		s.want(t, "5000 interrupt", "5900 last interrupt", "5900 end")
	})
}

func TestOverdue(t *testing.T) {
	for name, test := range map[string]struct {
		exit func(*host.Host)
		code int
	}{
		"a code":  {func(h *host.Host) { h.Exit(143) }, 143},
		"no code": {func(h *host.Host) {}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				endless, code := make(spin), -1
				h := host.New(host.Options{Overdue: func(c int) { s.add("overdue"); code = c; endless <- struct{}{} }})
				h.Run(func() error {
					h.Register(host.Shutdown, endless.run) // interrupts do not reach it
					test.exit(h)
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
