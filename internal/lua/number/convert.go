package number

import "math"

// Int32 drops the fraction of f, as C's conversion on x64 does where LuaJIT wants an
// index or a count. A number beyond 32 bits, and a NaN, becomes the least integer. Unlike
// Go's conversion it is the same on all machines.
func Int32(f float64) int {
	if !(f > math.MinInt32-1 && f < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(f)
}

// Int64 is Int32 for 64 bits.
func Int64(f float64) int64 {
	if !(f >= math.MinInt64 && f < math.MaxInt64) {
		return math.MinInt64
	}
	return int64(f)
}

// Uint64 is Int64 for numbers without a sign: negative ones wrap around, and from 2^64 on
// the result is that of the conversion on x64.
func Uint64(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(Int64(f - 1<<64))
	}
	return uint64(Int64(f))
}
