package mathlib

import (
	"math"
	"strconv"

	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

// log has LuaJIT's second argument, a base.
func log(c *lua.Call) error {
	x := c.Number(1)
	if c.Count() < 2 {
		return c.ReturnNumber(ln(x))
	}
	return c.ReturnNumber(math.Log2(x) * (1 / math.Log2(c.Number(2))))
}

// smallestNormal is the smallest number with all bits of its mantissa. On some machines
// Go's logarithms replace smaller numbers by it.
const smallestNormal = 0x1p-1022

// ln is the natural logarithm.
func ln(x float64) float64 {
	if x > 0 && x < smallestNormal {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// log10 is the decimal logarithm. As in C it is exact for the powers of ten.
func log10(x float64) float64 {
	var y float64
	if x > 0 && x < smallestNormal {
		y = math.Log10(x*0x1p54) - 54*(math.Ln2/math.Ln10)
	} else {
		y = math.Log10(x)
	}
	if whole := math.Round(y); math.Abs(y-whole) < 1e-12 && powerOfTen(int(whole)) == x {
		return whole
	}
	return y
}

// powerOfTen returns the number that is nearest to 10^n, which math.Pow10 misses for some
// n.
func powerOfTen(n int) float64 {
	power, _ := number.Parse("1e" + strconv.Itoa(n))
	return power
}
