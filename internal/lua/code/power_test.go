package code_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/code"
)

// Powers are right to the last digits, also those for which a number is squared often.
func TestPower(t *testing.T) {
	for _, c := range []struct{ a, b, want float64 }{ // computed with 80 digits
		{1 + 1e-9, 1e9, 2.7182820520115603}, {1.0000001, 1e8, 22026.454910182532}, {1.001, 5000, 148.0428361625591},
		{0.999, 10000, 4.517334597704824e-05}, {123456.789, 31, 6.870119514739557e+157}, {0.5, -0.5, math.Sqrt2},
		{1e308, 0.3, 2.5118864315095603e+92}, {1e-300, 0.7, 1.0000000000000308e-210}, {10, 22, 1e22}, {10, -5, 1e-5},
		{2, -1074, 5e-324}, {2, -1075, 0}, {1 - 0x1p-53, 0x1p70, 0}, {2, 1024, math.Inf(1)}, {-2, 3, -8},
		{-2, -3, -0.125},
		{-2, 0x1p60, math.Inf(1)},
		{0.5, 0x1p60, 0}, {3, 0, 1}, {7, -1, 1 / 7.0}, {math.Inf(1), -2, 0}, {math.Copysign(0, -1), -3, math.Inf(-1)},
		{9, 0.5, 3},
	} {
		got := code.Power(c.a, c.b)
		if got != c.want && !(math.Abs(got-c.want) <= 3*math.Abs(math.Nextafter(c.want, 0)-c.want)) {
			t.Errorf("%v ^ %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
	for _, c := range [][2]float64{{-2, 0.5}, {-2, 1.5}, {math.NaN(), 2}, {2, math.NaN()}, {-1e300, -0.1}} {
		if got := code.Power(c[0], c[1]); !math.IsNaN(got) {
			t.Errorf("%v ^ %v is %v, want NaN", c[0], c[1], got)
		}
	}
}

// Whole powers differ from the exact ones by no more than a unit in the last place.
func TestWholePowers(t *testing.T) {
	for i := range 2000 {
		a, n := 0.7+float64(i)/1499, int64(i%301)
		exact := new(big.Float).SetPrec(4000).SetInt64(1)
		for range n {
			exact.Mul(exact, new(big.Float).SetPrec(4000).SetFloat64(a))
		}
		want, _ := exact.Float64()
		got := code.Power(a, float64(n))
		if got != want && got != math.Nextafter(want, 0) && got != math.Nextafter(want, math.Inf(1)) {
			t.Errorf("%v ^ %d is %v, want %v", a, n, got, want)
		}
	}
}
