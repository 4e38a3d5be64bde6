package lualib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// defaultMaxString is the largest string that one call makes unless Options says another.
const defaultMaxString = 256 << 20

// CheckSize raises if a library is about to make a string of more bytes than L allows. Libraries of a host that make
// long strings of what a script gives them should ask it, too. It does nothing in a state that New has not made.
func CheckSize(L *lua.LState, bytes int) {
	if in := InterruptOf(L); in != nil && (bytes < 0 || bytes > in.maxString) {
		raiseTooLong(L, float64(bytes), in.maxString)
	}
}

// raiseTooLong raises what Lua raises when memory is short, with the reason.
func raiseTooLong(L *lua.LState, bytes float64, most int) {
	Errorf(L, "not enough memory: %s", fmt.Sprintf("a string of %.0f bytes, at most %d are allowed", bytes, most))
}
