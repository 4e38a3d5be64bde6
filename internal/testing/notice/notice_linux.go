package notice

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tidewire/tidewire/lua"
)

const (
	always = 10 * time.Millisecond // until an interrupt is noticed
	perMiB = time.Millisecond      // more, for each MiB that an operation is about
	shared = 2                     // how many times as much is allowed: machines are shared
	heap   = 8                     // how many MiB of fresh memory Go's heap may take meanwhile

	longest = 150 * time.Millisecond // how much of the time of an operation is looked at
	moments = 4                      // at which it is interrupted, at most
	tries   = 6                      // at a moment at which the time is over the bound
)

// A Probe interrupts Lua code of a state at moments all over its time, and wants each
// interrupt to be noticed in time. The shortest time at each moment counts: other work of
// the machine comes at others.
type Probe struct {
	t      *testing.T
	s      *lua.State
	thread uintptr       // the clock of the thread
	fresh  time.Duration // the time for a MiB of fresh memory
}

// New makes a probe, and locks the test's thread, whose clock it reads. It measures how
// long the machine takes to give the process fresh memory: in a virtual machine that may
// be a hundred times as long as elsewhere.
func New(t *testing.T, s *lua.State) *Probe {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	p := &Probe{t: t, s: s, thread: threadClock(syscall.Gettid())}
	p.fresh = p.freshMiB()
	t.Logf("a MiB of fresh memory takes %v", p.fresh)
	return p
}

// Check runs source again and again. mib is how many MiB one operation of it makes,
// copies or compares, and fresh for how many of these it takes new memory.
func (p *Probe) Check(name, source string, mib, fresh int) {
	p.t.Helper()
	want := always + time.Duration(mib)*perMiB + time.Duration(fresh+heap)*p.fresh
	got, at, err := p.worst(source, want)
	switch {
	case err != nil:
		p.t.Errorf("%s: %v", name, err)
	case got > shared*want:
		p.t.Errorf("%s: noticed after %v, at %v, want %v", name, got, at, want)
	default:
		p.t.Logf("%-34s %6.1f of %3.0f ms", name, got.Seconds()*1e3, want.Seconds()*1e3)
	}
}

// worst returns the longest time until an interrupt is noticed, and the moment of that
// interrupt.
func (p *Probe) worst(source string, want time.Duration) (worst, at time.Duration, err error) {
	once, err := lua.Compile([]byte(source), "=once")
	if err != nil {
		return 0, 0, err
	}
	endless, err := lua.Compile([]byte("while true do "+source+" end"), "=endless")
	if err != nil {
		return 0, 0, err
	}
	begin := clockTime(p.thread)
	if _, err := p.interrupt(once, longest); err != nil && !errors.Is(err, errEnded) {
		return 0, 0, err
	}
	takes := min(clockTime(p.thread)-begin, longest)
	n := min(max(int(2*takes/want), 2), moments)
	for i := range n {
		after := time.Millisecond + takes*time.Duration(i)/time.Duration(n)
		best := time.Duration(math.MaxInt64)
		for try := 0; try < tries && best > want; try++ {
			took, err := p.interrupt(endless, after)
			if err != nil {
				return 0, 0, err
			}
			best = min(best, took)
		}
		if best > worst {
			worst, at = best, after
		}
	}
	return worst, at, nil
}

func (p *Probe) run(chunk *lua.Chunk) error {
	f, err := p.s.Load(chunk)
	if err != nil {
		return err
	}
	_, err = p.s.Call(f)
	return err
}

var (
	errStop  = errors.New("stop")
	errEnded = errors.New("ended before it was interrupted, or in spite of that")
)

// interrupt interrupts a chunk after some time, and returns how long it takes to end
// then.
func (p *Probe) interrupt(chunk *lua.Chunk, after time.Duration) (time.Duration, error) {
	var ended atomic.Bool
	at := make(chan time.Duration, 1)
	begin := clockTime(p.thread)
	go func() {
		for left := after; left > 0 && !ended.Load(); left = begin + after - clockTime(p.thread) {
			time.Sleep(left) // the processor's time does not pass faster
		}
		now := clockTime(p.thread)
		p.s.Interrupt(errStop)
		at <- now
	}()
	err := p.run(chunk)
	end := clockTime(p.thread)
	ended.Store(true)
	took := end - <-at
	p.s.ClearInterrupt()
	switch {
	case err == nil:
		return 0, errEnded
	case !errors.Is(err, errStop):
		return 0, err
	}
	return took, nil
}

// freshMiB returns how long it takes to get a MiB from the system and to touch it.
func (p *Probe) freshMiB() time.Duration {
	const size, page = 16 << 20, 4 << 10
	var times []time.Duration
	for range 5 {
		debug.FreeOSMemory()
		begin := clockTime(p.thread)
		block := make([]byte, size)
		for i := 0; i < size; i += page {
			block[i] = 1
		}
		times = append(times, clockTime(p.thread)-begin)
		runtime.KeepAlive(block)
	}
	slices.Sort(times)
	return times[len(times)/2] / (size >> 20)
}

// threadClock returns the clock of the processor time of a thread of this process, for
// clock_gettime.
func threadClock(thread int) uintptr { return uintptr(^thread<<3 | 4 | 2) }

func clockTime(clock uintptr) time.Duration {
	var at syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&at)),
		0); errno != 0 {
		panic(errno)
	}
	return time.Duration(at.Nano())
}
