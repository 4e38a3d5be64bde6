// Package measure reads the use of a process, in CPU time, allocations and memory, and
// keeps histograms of times.
package measure

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

// A Usage is the process's use so far.
type Usage struct {
	Wall               time.Time
	CPU                time.Duration // user and system, of all threads
	Allocations, Bytes uint64
}

// Now reads the usage. The collector is not run.
func Now() Usage {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return Usage{Wall: time.Now(), CPU: CPU(), Allocations: memory.Mallocs, Bytes: memory.TotalAlloc}
}

// CPU is the time that the process has computed so far, in user mode and in the kernel.
func CPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // the arguments are right
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// A Memory is the process's memory, in bytes.
type Memory struct {
	Resident int64 // after a collection, with free memory given back
	Peak     int64 // the most that was ever resident
	Heap     int64 // live objects
	Stacks   int64 // of goroutines
}

// Held reads the memory after a collection.
func Held() (Memory, error) {
	runtime.GC() // the second one, in FreeOSMemory, frees the memory of pools
	debug.FreeOSMemory()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Memory{}, err
	}
	m := Memory{Heap: int64(memory.HeapAlloc), Stacks: int64(memory.StackInuse)}
	if m.Resident, err = kibibytes(status, "VmRSS:"); err != nil {
		return m, err
	}
	m.Peak, err = kibibytes(status, "VmHWM:")
	return m, err
}

// kibibytes reads a line of /proc/self/status.
func kibibytes(status []byte, name string) (int64, error) {
	for line := range bytes.Lines(status) {
		if rest, found := bytes.CutPrefix(line, []byte(name)); found {
			number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
			n, err := strconv.ParseInt(string(number), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", name)
}
