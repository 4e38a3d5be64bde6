package lualib_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lualib"
)

// BenchmarkCall is what an interruptible call costs beside the VM's own, with a callback of a few instructions.
func BenchmarkCall(b *testing.B) {
	const callback = `return function(data, isBinary, id) n = (n or 0) + #data end`
	bare := lua.NewState()
	defer bare.Close()
	interruptible := lualib.NewState(lualib.NewStdout(nil, false))
	defer interruptible.Close()
	for _, c := range []struct {
		name string
		L    *lua.LState
		call func(L *lua.LState, nargs int) error
	}{
		{"bare PCall", bare, func(L *lua.LState, nargs int) error { return L.PCall(nargs, 0, nil) }},
		{"PCall with context", interruptible, func(L *lua.LState, nargs int) error { return L.PCall(nargs, 0, nil) }},
		{"Call", interruptible, lualib.Call},
	} {
		b.Run(c.name, func(b *testing.B) {
			if err := c.L.DoString(callback); err != nil {
				b.Fatal(err)
			}
			f, data := c.L.Get(-1), lua.LString("0123456789abcdef0123456789abcdef")
			b.ReportAllocs()
			for b.Loop() {
				c.L.Push(f)
				c.L.Push(data)
				c.L.Push(lua.LFalse)
				c.L.Push(lua.LNumber(1))
				if err := c.call(c.L, 3); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
