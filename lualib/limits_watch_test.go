package lualib_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// callAs runs source as a function that where names.
func (m *vm) callAs(t *testing.T, where, source string) error {
	t.Helper()
	if err := m.DoString("return " + source); err != nil {
		t.Fatal(err)
	}
	return lualib.CallAs(m.LState, where, 0)
}

func TestCallTimeIsUncatchableAndNamesTheCallback(t *testing.T) {
	m := newVM(t)
	var exceeded []error
	stop := lualib.Watch(m.LState, lualib.Limits{CallTime: 20 * time.Millisecond, Exceeded: func(err error) { exceeded = append(exceeded, err) }})
	err := m.callAs(t, "onMessage", "function() while true do pcall(function() while true do end end) end end")
	if want := "onMessage (<string>:1) was stopped: it ran for more than 20ms, the limit of --callback-timeout"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	m.wantOutput(t, `print "and the next call runs"`, "and the next call runs\n")
	stop()
	if len(exceeded) != 1 {
		t.Errorf("Exceeded was told %v", exceeded)
	}
}

// A hundred short calls in a row are a hundred calls, not a long one; and the watch wakes up again after it has slept.
func TestCallTimeIsOfOneCall(t *testing.T) {
	m := newVM(t)
	defer lualib.Watch(m.LState, lualib.Limits{CallTime: 400 * time.Millisecond})()
	for begin := time.Now(); time.Since(begin) < 800*time.Millisecond; {
		if _, err := m.run(t, `local x = 0 for i = 1, 100 do x = x + i end`); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(700 * time.Millisecond) // real time: the watch is to go to sleep, and looks at the process's clock
	if _, err := m.run(t, `while true do end`); err == nil {
		t.Error("nothing stopped an endless loop after the watch had slept")
	}
}

func TestStuckNamesWhatCannotBeInterrupted(t *testing.T) {
	m := newVM(t)
	release := make(chan struct{})
	m.SetGlobal("hang", m.NewFunction(func(*lua.LState) int { <-release; return 0 }))
	stop := lualib.Watch(m.LState, lualib.Limits{CallTime: 10 * time.Millisecond, Stuck: func(err error) {
		if !strings.HasPrefix(err.Error(), "timer (<string>:1) was stopped") || !strings.Contains(err.Error(), "inside one call of a library") {
			t.Errorf("%v", err)
		}
		close(release)
	}})
	defer stop()
	begin := time.Now()
	if err := m.callAs(t, "timer", "function() hang() end"); err == nil {
		t.Error("no error")
	}
	if waited := time.Since(begin); waited < 2*time.Second {
		t.Errorf("Stuck came after %v", waited)
	}
}

func TestMemoryLimit(t *testing.T) {
	for name, source := range map[string]string{
		"tables":   `local t = {} while true do pcall(function() t[#t + 1] = {1, 2, 3} end) end`,
		"doubling": `local s = "x" while true do s = s .. s end`,
	} {
		t.Run(name, func(t *testing.T) {
			debug.FreeOSMemory() // what the test before has left is not this one's
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			m := newVM(t)
			defer lualib.Watch(m.LState, lualib.Limits{Memory: int64(before.HeapAlloc) + 16<<20})()
			_, err := m.run(t, source)
			if err == nil || !strings.HasPrefix(err.Error(), "not enough memory: the main chunk (test.lua) was stopped: ") {
				t.Errorf("%v", err)
			}
			m.wantOutput(t, "print 'still there'", "still there\n")
		})
	}
}

// Garbage is not counted.
func TestGarbageIsNoMemory(t *testing.T) {
	m := newVM(t)
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	defer lualib.Watch(m.LState, lualib.Limits{Memory: int64(before.HeapAlloc) + 32<<20})()
	if _, err := m.run(t, `for i = 1, 80 do local s = ("x"):rep(2^20) .. i end`); err != nil {
		t.Error(err)
	}
}
