package lua

import "math"

// Int32 returns a number, cut to a whole one of 32 bits, as LuaJIT reads indices and
// counts: a number beyond 32 bits, and NaN, becomes the smallest one, so that
// ("x"):sub(1, 1e10) is empty. It is the same on all machines.
func (c *Call) Int32(n int) int {
	if v := c.Arg(n); v.isNumber() {
		return toInt32(v.float())
	}
	return toInt32(c.Number(n))
}

// OptInt32 is Int32 for an argument that may be nil or absent, which gives fallback.
func (c *Call) OptInt32(n int, fallback int) int {
	if c.Arg(n).IsNil() {
		return fallback
	}
	return c.Int32(n)
}

func toInt32(f float64) int {
	if !(f > math.MinInt32-1 && f < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(f)
}
