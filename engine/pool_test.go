package engine_test

import (
	"runtime"
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/tidewire/tidewire/engine"
)

func TestLargeBlocks(t *testing.T) {
	engine.DropFreeBlocks()
	// The blocks made here would cause collections, and those drop free ones.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	t.Run("a free block is taken again, by any size that it suits", func(t *testing.T) {
		b := engine.AllocBytes(3 << 20)
		if cap(b) != 4<<20+engine.Headroom {
			t.Errorf("%d bytes for 3 MiB, want 4 MiB and the headroom", cap(b))
		}
		engine.FreeBytes(b)
		if other := engine.AllocBytes(1 << 20); unsafe.SliceData(other) == unsafe.SliceData(b) {
			t.Error("1 MiB has got a block of 4 MiB")
		}
		if again := engine.AllocBytes(4<<20 + 100); unsafe.SliceData(again) != unsafe.SliceData(b) {
			t.Error("the block was not taken again")
		}
		if free := engine.FreeBlocks(); free != 0 {
			t.Errorf("%d bytes are free, want 0", free)
		}
	})
	t.Run("no more than 48 MiB are free", func(t *testing.T) {
		for range 7 {
			engine.FreeBytes(make([]byte, 0, 8<<20+engine.Headroom))
		}
		engine.FreeBytes(make([]byte, 0, 64<<20+engine.Headroom))
		if free := engine.FreeBlocks(); free != 48<<20 {
			t.Errorf("%d bytes are free, want 48 MiB", free)
		}
	})
	t.Run("memory that is not of the pools is left alone", func(t *testing.T) {
		engine.DropFreeBlocks()
		engine.FreeBytes(make([]byte, 0, 1<<20))
		engine.FreeBytes(engine.AllocBytes(65 << 20))
		if free := engine.FreeBlocks(); free != 0 {
			t.Errorf("%d bytes are free, want 0", free)
		}
	})
	t.Run("blocks that nobody wants go", func(t *testing.T) {
		engine.FreeBytes(make([]byte, 0, 1<<20+engine.Headroom))
		engine.FreeBytes(make([]byte, 0, 16<<20+engine.Headroom))
		until(t, "end of the free blocks", func() bool {
			runtime.GC()
			return engine.FreeBlocks() == 0
		})
	})
}

// However large a read may be, a connection with a small queue has small blocks.
func TestLentByQueue(t *testing.T) {
	const kib = 1 << 10
	for _, c := range []struct{ queue, asked, want int }{
		{4096 * kib, 64 * kib, 72 * kib},
		{4096 * kib, 256 * kib, 264 * kib},
		{600 * kib, 256 * kib, 264 * kib}, // 150 KiB in a block of the next size
		{400 * kib, 256 * kib, 136 * kib},
		{1, 256 * kib, 72 * kib},
		{1, 1 * kib, 1 * kib},
	} {
		if got := engine.Lent(int64(c.queue), c.asked); got != c.want {
			t.Errorf("with a queue of %d bytes and asked for %d it lends %d, want %d", c.queue, c.asked, got, c.want)
		}
	}
}

// A parcel that waits has no list of a flood's size around a few messages.
func TestTrim(t *testing.T) {
	for _, room := range []int{5600, 20_000} { // just above the block, and far above it
		if got := engine.TrimmedList(64<<10, 40, room); got > 100 {
			t.Errorf("room for %d events is kept with 40", got)
		}
	}
	if got := engine.TrimmedList(256<<10, 20_000, 24_000); got != 24_000 {
		t.Errorf("the list of a full block is copied, for %d events", got)
	}
}
