// Package embedding measures a VM from a Go program's side: callbacks, fields by keys
// from outside, and the size of states and coroutines. The child processes that run a VM
// call Measure; the command reads the figures.
package embedding

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// A VM makes the states that Measure uses.
type VM interface {
	// NewState returns an empty state with all libraries.
	NewState() State
}

// A State is one Lua state, used by one goroutine. A function is of the VM's own type.
type State interface {
	// Load runs a chunk and returns the function that the chunk returns.
	Load(source string) (function any, err error)

	// Callback calls a function n times with a string made of data, false and 1, under an
	// error handler, and drops the results.
	Callback(function any, data []byte, n int) error

	// Read calls a function once, with a table decoded from JSON and n.
	Read(function any, json string, n int) error

	Close()
}

// The names of the figures, in the order of the report. Times are for one operation.
const (
	Callback      = "callback with 3 arguments, a 32-byte string among them, and an error handler"
	FieldConstant = "`t.price`, the table from a constructor"
	FieldJSON     = "`t.price`, the table from JSON"
	KeyJSON       = "`t[k]`, the key from JSON"
	NewState      = "empty state with all libraries, made and closed"
	StateSize     = "size of an empty state with all libraries"
	CoroutineSize = "size of a suspended coroutine and its slot in a table"
)

// Names lists them.
var Names = []string{Callback, FieldConstant, FieldJSON, KeyJSON, NewState, StateSize, CoroutineSize}

// A Figure is one measurement. Sizes have Bytes alone.
type Figure struct {
	Nanoseconds float64 // CPU time of the process, the collector's included
	Allocations float64
	Bytes       float64 // allocated by an operation, or held by an object
}

const (
	data = "0123456789abcdef0123456789abcdef"
	text = `{"id": 7, "symbol": "ABC", "price": 1.5, "size": 100, "side": "buy", "open": true, "key": "price"}`

	constructor = `{id = 7, symbol = "ABC", price = 1.5, size = 100, side = "buy", open = true, key = "price"}`

	// readsEach is how often a turn of a loop of reads reads the field, so that the loop
	// itself counts little.
	readsEach = 10

	states     = 100
	coroutines = 1000
)

// Measure returns one figure for each of Names. A loop that is measured uses least of CPU
// time or more.
func Measure(vm VM, least time.Duration) (map[string]Figure, error) {
	figures := make(map[string]Figure)
	for _, m := range []struct {
		name  string
		under float64 // operations in a turn
		run   func(vm VM) (func(n int) error, func(), error)
	}{
		{Callback, 1, callback},
		{FieldConstant, readsEach, reads(`local t = `+constructor, "t.price")},
		{FieldJSON, readsEach, reads(`local t = decoded`, "t.price")},
		{KeyJSON, readsEach, reads(`local t, k = `+constructor+`, decoded.key`, "t[k]")},
		{NewState, 1, newState},
	} {
		turn, done, err := m.run(vm)
		if err == nil {
			figures[m.name], err = timed(turn, m.under, least)
			done()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	figures[StateSize] = stateSize(vm)
	size, err := coroutineSize(vm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", CoroutineSize, err)
	}
	figures[CoroutineSize] = size
	return figures, nil
}

func callback(vm VM) (turn func(n int) error, done func(), err error) {
	s := vm.NewState()
	f, err := s.Load(`local bytes = 0 return function(data, isBinary, id) bytes = bytes + #data end`)
	return func(n int) error { return s.Callback(f, []byte(data), n) }, s.Close, err
}

// reads makes a measurement of an expression, after a line that may use decoded, a table
// from JSON.
func reads(prepare, expression string) func(vm VM) (func(n int) error, func(), error) {
	source := "return function(decoded, n) " + prepare + " local x for _ = 1, n do\n"
	for range readsEach {
		source += "x = " + expression + "\n"
	}
	source += "end assert(x == 1.5) end"
	return func(vm VM) (turn func(n int) error, done func(), err error) {
		s := vm.NewState()
		f, err := s.Load(source)
		return func(n int) error { return s.Read(f, text, n) }, s.Close, err
	}
}

func newState(vm VM) (turn func(n int) error, done func(), err error) {
	return func(n int) error {
		for range n {
			vm.NewState().Close()
		}
		return nil
	}, func() {}, nil
}

// timed finds how many turns take least and measures these, for one of the operations in
// a turn.
func timed(turn func(n int) error, operations float64, least time.Duration) (Figure, error) {
	for n := 1; ; n *= 2 {
		before := now()
		if err := turn(n); err != nil {
			return Figure{}, err
		}
		after := now()
		if after.cpu-before.cpu >= least {
			count := float64(n) * operations
			return Figure{
				Nanoseconds: float64(after.cpu-before.cpu) / count,
				Allocations: float64(after.allocations-before.allocations) / count,
				Bytes:       float64(after.bytes-before.bytes) / count,
			}, nil
		}
	}
}

// usage holds the resources that the process has used so far.
type usage struct {
	cpu                time.Duration
	allocations, bytes uint64
}

// now collects garbage first, so that a measurement does not pay for earlier garbage.
func now() usage {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // the arguments are right
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	return usage{cpu: cpu, allocations: memory.Mallocs, bytes: memory.TotalAlloc}
}

func stateSize(vm VM) Figure {
	var kept [states]State
	before := held()
	for i := range kept {
		kept[i] = vm.NewState()
	}
	size := held() - before
	for _, s := range kept {
		s.Close()
	}
	return Figure{Bytes: size / states}
}

func coroutineSize(vm VM) (Figure, error) {
	s := vm.NewState()
	defer s.Close()
	f, err := s.Load(`
		local function body(first) coroutine.yield(first) end
		return function(_, n)
			kept = {}
			for i = 1, n do
				kept[i] = coroutine.create(body)
				coroutine.resume(kept[i], i)
			end
		end`)
	if err != nil {
		return Figure{}, err
	}
	if err := s.Read(f, text, 1); err != nil {
		return Figure{}, err
	}
	before := held()
	err = s.Read(f, text, coroutines)
	return Figure{Bytes: (held() - before) / coroutines}, err
}

// held is the size of live objects and of the stacks of goroutines, in bytes.
func held() float64 {
	runtime.GC()
	runtime.GC() // the second one frees the memory of finalizers and pools
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return float64(memory.HeapAlloc + memory.StackInuse)
}
