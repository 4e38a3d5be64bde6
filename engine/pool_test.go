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
