package std_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/luagen"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// asTask runs source in a task and returns its output. print, pcall, tostring and the
// functions of coroutines that programs call suspend the task first, where that is
// possible and suspended says so.
func asTask(t *testing.T, source string, suspended func() bool) (printed string, suspensions int) {
	t.Helper()
	var out strings.Builder
	s := lua.NewState(lua.Options{MaxSteps: 2_000_000})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	wrap := func(in lua.Value, names ...string) {
		table, _ := in.AsTable()
		for _, name := range names {
			f := table.GetString(name)
			s.Ref(f)
			err := table.SetString(name, s.NewFunction(name, func(c *lua.Call) error {
				args := c.Args(1)
				if task, err := c.Task(); task == nil || err != nil || !suspended() {
					return c.TailCall(f, args...)
				}
				suspensions++
				return c.Suspend(func(c *lua.Call) error { return c.TailCall(f, args...) })
			}))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	wrap(s.Globals().Value(), "print", "pcall", "xpcall", "tostring", "select", "next", "setmetatable")
	wrap(s.Global("coroutine"), "yield", "resume", "status", "create")
	wrap(s.Global("string"), "format", "rep", "sub")
	f, err := s.LoadString(source, "=task")
	if err != nil {
		t.Fatal(err)
	}
	task, err := s.NewTask(f)
	if err != nil {
		t.Fatal(err)
	}
	s.Ref(task.Value())
	goOn := s.NewFunction("task", func(c *lua.Call) error {
		return c.Resume(task, func(c *lua.Call) error {
			if failed := c.Failed(); failed != nil {
				return failed
			}
			return c.Return()
		})
	})
	s.Ref(goOn)
	s.SetDeadline(time.Now().Add(time.Minute)) // a failure, not a limit
	for err == nil && !task.Ended() {
		err = s.Call0(goOn)
	}
	if err != nil && !errors.Is(err, lua.ErrSteps) {
		out.WriteString(err.Error())
	}
	if s.Thread() != s.MainThread() {
		t.Fatal("the state is left in a coroutine")
	}
	return out.String(), suspensions
}

// A task that is suspended at random does the same as one that never is.
func FuzzTask(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, seed*3)
	}
	f.Fuzz(func(t *testing.T, seed, index uint64) {
		program := luagen.NewCrossing(seed, index)
		source := luagen.File([]*luagen.Program{program})
		want, _ := asTask(t, source, func() bool { return false })
		random := rand.New(rand.NewPCG(seed, index))
		got, suspensions := asTask(t, source, func() bool { return random.IntN(3) > 0 })
		if got != want {
			t.Errorf("%s\nprints\n%s\nand with %d suspensions\n%s", program, want, suspensions, got)
		}
	})
}
