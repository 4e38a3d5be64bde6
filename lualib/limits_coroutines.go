package lualib

import lua "github.com/yuin/gopher-lua"

const (
	// maxNestedCoroutines bounds how many coroutines wait for one another, as LuaJIT does.
	maxNestedCoroutines = 200

	// maxNestedFrames bounds the calls on the stacks of all these together. The VM runs each coroutine, pcall and
	// metamethod on Go's stack, at up to 2 KiB a call, and Go ends the process when that passes 1 GiB.
	maxNestedFrames = 200_000

	// fewFrames is what a stack with no more calls counts as: looking at more of it would slow each resume down.
	fewFrames = 50
)

// refuseResume says why L must not resume a coroutine, in LuaJIT's words, or "". The VM lets a coroutine resume the one
// that waits for it, and any number nest, which overflows Go's stack and ends the process.
func refuseResume(L, coroutine *lua.LState) string {
	if coroutine.Dead {
		return "cannot resume dead coroutine"
	}
	depth, frames := 0, 0
	for waiting := L; waiting != nil; waiting = waiting.Parent {
		if waiting == coroutine {
			return "cannot resume running coroutine"
		}
		depth++
		frames += countFrames(waiting)
	}
	if depth > maxNestedCoroutines || frames > maxNestedFrames {
		return "C stack overflow"
	}
	return ""
}

// countFrames returns about how many calls are on a stack: at least fewFrames, and up to twice as many as there are.
func countFrames(L *lua.LState) int {
	count := fewFrames
	for {
		if _, ok := L.GetStack(count); !ok {
			return count
		}
		count *= 2
	}
}
