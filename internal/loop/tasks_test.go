package loop_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/loop"
)

// tasks is a TaskSource of functions that go on when something else has woken them.
type tasks struct {
	ready     []func()
	live      int
	cancelled func()
	deadlocks int
}

func (s *tasks) Runnable() bool { return len(s.ready) > 0 }

func (s *tasks) Run(most int, _ time.Duration) (ran int) {
	for ran < most && len(s.ready) > 0 {
		f := s.ready[0]
		s.ready = s.ready[1:]
		f()
		ran++
	}
	return ran
}

func (s *tasks) Live() int { return s.live }

func (s *tasks) CancelAll() {
	if s.cancelled != nil {
		s.cancelled()
	}
}

func (s *tasks) Deadlocked() { s.deadlocks++ }

func (s *tasks) wake(f func()) func() { return func() { s.ready = append(s.ready, f) } }

// Tasks go on after the code that has woken them, in the same turn.
func TestTasksGoOnInTheSameTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src, tasks := newSource(), &tasks{}
		l := loop.New(loop.Options{Events: src, Tasks: tasks, FPS: 1, AfterTurn: s.say("turn")})
		l.Run(func() error {
			tasks.wake(s.say("of main"))()
			src.push(tasks.wake(s.say("of event")))
			l.After(time.Second, tasks.wake(s.say("of timer")))
			l.Register(loop.Update, tasks.wake(func() { s.add("of tick"); l.Exit(0) }))
			return nil
		})
		s.want(t, "0 turn", "0 of main", "0 of event", "0 turn", "1000 of timer", "1000 of tick", "1000 turn", "1000 turn",
			"1000 turn")
	})
}

// A turn has 256 events and tasks taken together, and each kind has half of them.
func TestTasksAndEventsShareATurn(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *story) {
		src, tasks := newSource(), &tasks{}
		var events, resumed, turns int
		l := loop.New(loop.Options{Events: src, Tasks: tasks, AfterTurn: func() { turns++ }})
		var event, task func()
		event = func() { events++; src.push(event) }
		task = func() { resumed++; tasks.wake(task)() }
		l.Run(func() error {
			src.push(event)
			tasks.wake(task)()
			var until func()
			until = func() {
				if turns == 100 {
					event, task = func() {}, func() {} // those that wait are the last
					l.Exit(0)
					return
				}
				l.Post(until)
			}
			l.Post(until)
			return nil
		})
		if events < 99*128 || resumed < 99*128 || events+resumed > 100*256 {
			t.Errorf("%d events and %d tasks in 100 turns", events, resumed)
		}
	})
}

// Tasks that nothing can wake do not keep the loop alive, and are reported.
func TestDeadlock(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		tasks := &tasks{live: 2}
		l := loop.New(loop.Options{Tasks: tasks})
		l.Run(func() error {
			l.After(time.Second, tasks.wake(func() { s.add("woken"); tasks.live = 1 }))
			return nil
		})
		s.add("end")
		s.want(t, "1000 woken", "1000 end")
		if tasks.deadlocks != 1 {
			t.Errorf("%d deadlocks", tasks.deadlocks)
		}
	})
	for name, main := range map[string]func(l *loop.Loop) error{
		"an exit":  func(l *loop.Loop) error { l.Exit(0); return nil },
		"an error": func(*loop.Loop) error { return errors.New("boom") },
	} {
		inBubble(t, func(t *testing.T, _ *story) {
			tasks := &tasks{live: 1}
			l := loop.New(loop.Options{Tasks: tasks})
			l.Run(func() error { return main(l) })
			if tasks.deadlocks != 0 {
				t.Errorf("%s counts as a deadlock", name)
			}
		})
	}
}

// The ending cancels waits before the shutdown handlers run; the tasks go on after these,
// and those that wait for connections until these have ended.
func TestTasksInTheEnding(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		src, tasks := newSource(), &tasks{live: 1}
		l := loop.New(loop.Options{Events: src, Tasks: tasks})
		src.live = 1
		src.closeAll = func(src *source) {
			s.add("closeAll")
			time.AfterFunc(time.Second, func() {
				src.push(tasks.wake(func() { s.add("of the last event"); tasks.wake(s.say("and the next"))(); src.live = 0 }))
			})
		}
		tasks.cancelled = func() { s.add("cancel"); tasks.wake(s.say("cancelled"))() }
		l.Run(func() error {
			l.Register(loop.Shutdown, s.say("shutdown"))
			l.Exit(0)
			return nil
		})
		s.want(t, "0 cancel", "0 shutdown", "0 cancelled", "0 closeAll", "1000 of the last event", "1000 and the next")
	})
}
