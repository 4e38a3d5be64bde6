package lualib

import (
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

// openBit makes the library bit, as LuaJIT has it: Bit Operations by Mike Pall, on signed 32-bit numbers.
func openBit(L *lua.LState) *lua.LTable {
	return L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"tobit": bitUnary(func(x int32) int32 { return x }),
		"bnot":  bitUnary(func(x int32) int32 { return ^x }),
		"bswap": bitUnary(func(x int32) int32 { return int32(bits.ReverseBytes32(uint32(x))) }),
		"band":  bitFold(func(x, y int32) int32 { return x & y }),
		"bor":   bitFold(func(x, y int32) int32 { return x | y }),
		"bxor":  bitFold(func(x, y int32) int32 { return x ^ y }),

		// Shifts use the low 5 bits of the count.
		"lshift":  bitShift(func(x int32, n int) int32 { return x << n }),
		"rshift":  bitShift(func(x int32, n int) int32 { return int32(uint32(x) >> n) }),
		"arshift": bitShift(func(x int32, n int) int32 { return x >> n }),
		"rol":     bitShift(func(x int32, n int) int32 { return int32(bits.RotateLeft32(uint32(x), n)) }),
		"ror":     bitShift(func(x int32, n int) int32 { return int32(bits.RotateLeft32(uint32(x), -n)) }),
		"tohex":   bitTohex,
	})
}

func checkBits(L *lua.LState, n int) int32 {
	if number, ok := L.Get(n).(lua.LNumber); ok {
		return toBits(float64(number))
	}
	return toBits(CheckNumber(L, n))
}

func bitUnary(f func(x int32) int32) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(f(checkBits(L, 1))))
		return 1
	}
}

func bitFold(f func(x, y int32) int32) lua.LGFunction {
	return func(L *lua.LState) int {
		x := checkBits(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			x = f(x, checkBits(L, i))
		}
		L.Push(lua.LNumber(x))
		return 1
	}
}

func bitShift(f func(x int32, n int) int32) lua.LGFunction {
	return func(L *lua.LState) int {
		x, n := checkBits(L, 1), checkBits(L, 2)
		L.Push(lua.LNumber(f(x, int(n&31))))
		return 1
	}
}

// maxHexDigits is where LuaJIT's formatter stops to pad.
const maxHexDigits = 254

// bitTohex writes the low digits of its argument, 8 unless told; a negative number of digits gives upper case.
func bitTohex(L *lua.LState) int {
	x, count := uint32(checkBits(L, 1)), 8
	digits := "0123456789abcdef"
	if L.Get(2) != lua.LNil {
		count = int(checkBits(L, 2))
	}
	if count < 0 {
		count, digits = -count, "0123456789ABCDEF"
	}
	count = min(count, maxHexDigits)
	out := make([]byte, count)
	for i := range out {
		out[count-1-i] = digits[x&15]
		x >>= 4
	}
	L.Push(lua.LString(out))
	return 1
}
