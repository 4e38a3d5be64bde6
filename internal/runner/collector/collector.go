// Package collector paces Go's collector for a process that runs scripts. Scripts make
// much garbage on a small heap, and Go collects when the heap has doubled: a heap of 1
// MiB is collected a hundred times a second, and each time every goroutine is
// interrupted.
package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// floor is how much a process allocates at least between two collections.
const floor = 16 << 20

// maxPercent bounds how far the heap grows before it is collected, as GOGC does.
const maxPercent = 400

const (
	// spare is the memory of a process beside the script's, in bytes: the runner itself, and
	// garbage that is not collected yet.
	spare = 24 << 20

	// sparePart is how much more of the script's own memory may be garbage: one part of so
	// many.
	sparePart = 4
)

// Bound makes the collector work harder when a process with a script of so many bytes
// comes near to a quarter more than these and 24 MiB. Its code, and memory that the system
// has not taken back yet, come on top. It changes a setting of the whole process, so only a
// program does so, and only if its user has not set GOMEMLIMIT.
func Bound(bytes int64) { debug.SetMemoryLimit(softLimit(bytes)) }

func softLimit(bytes int64) int64 { return bytes + bytes/sparePart + spare }

var once sync.Once

// Pace lets at least 16 MiB be allocated between two collections, and as much as is live
// once that is more. It changes a setting of the whole process, so only a program does
// so, and only if its user has not set GOGC. Safe for concurrent use; later calls do
// nothing.
func Pace() {
	once.Do(func() {
		p := &pacer{percent: 100}
		p.adjust()
		p.watch()
	})
}

// pacer adjusts GOGC after each collection.
type pacer struct{ percent int }

// sentinel becomes garbage at once: its finalizer runs after the next collection.
type sentinel struct{ _ [16]byte }

func (p *pacer) watch() {
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		p.adjust()
		p.watch()
	})
}

func (p *pacer) adjust() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := percentFor(live[0].Value.Uint64())
	if percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
}

// percentFor returns the GOGC for a heap. It changes in steps, since each change stops
// the world for a moment.
func percentFor(live uint64) int {
	for percent := maxPercent; percent > 100; percent /= 2 {
		if live*uint64(percent)/100 <= floor {
			return percent
		}
	}
	return 100
}
