package gopherlua_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkBarePCall is the VM's share of BenchmarkReceive: the same call with the same
// arguments.
func BenchmarkBarePCall(b *testing.B) {
	r := newRig(b)
	r.do("handler = function(data, isBinary, id) end")
	handler, id := r.L.GetGlobal("handler"), lua.LValue(lua.LNumber(1))
	data := []byte(strings.Repeat("x", 32))
	b.ReportAllocs()
	for b.Loop() {
		r.L.Push(handler)
		r.L.Push(lua.LString(data))
		r.L.Push(lua.LTrue)
		r.L.Push(id)
		if err := r.L.PCall(3, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
}
