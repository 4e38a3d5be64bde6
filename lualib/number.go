package lualib

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// checkInt returns argument n as an index or a count: a number without its fraction. What 32 bits do not hold becomes
// the smallest integer, as in LuaJIT on x64, so that ("x"):sub(1, 1e10) is empty there and here.
func checkInt(L *lua.LState, n int) int { return toInt32(CheckNumber(L, n)) }

// optInt is checkInt for an argument that may be absent or nil, which gives fallback.
func optInt(L *lua.LState, n, fallback int) int {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return checkInt(L, n)
}

// checkAny raises if there is no argument n (luaL_checkany).
func checkAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		ArgError(L, n, "value expected")
	}
	return L.Get(n)
}

// toInt32 is C's conversion as x64 does it. Other than Go's it is the same on all machines.
func toInt32(number float64) int {
	if !(number > math.MinInt32-1 && number < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(number)
}

// toInt64 is toInt32 for 64 bits.
func toInt64(number float64) int64 {
	if !(number >= math.MinInt64 && number < math.MaxInt64) {
		return math.MinInt64
	}
	return int64(number)
}

// toUint64 wraps negative numbers around.
func toUint64(number float64) uint64 {
	if number >= 1<<63 {
		return uint64(toInt64(number - 1<<64))
	}
	return uint64(toInt64(number))
}

// toBits makes a number the 32 bits that the functions of bit work on: rounded to an integer, halves to even, and taken
// modulo 2^32. Beyond 2^51 it is what the trick gives that BitOp names in its manual: the low bits of a sum's mantissa.
func toBits(number float64) int32 {
	const magic = 1<<52 + 1<<51
	return int32(uint32(math.Float64bits(number + magic)))
}
