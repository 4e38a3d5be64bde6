// Package mathlib is Lua's library math, as LuaJIT has it (Lua 5.1 manual §5.6).
package mathlib

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tidewire/tidewire/lua"
)

// functions are those that need no state.
var functions = []lua.Func{
	{Name: "abs", Call: abs},
	{Name: "acos", Call: unary(math.Acos)},
	{Name: "asin", Call: unary(math.Asin)},
	{Name: "atan", Call: unary(math.Atan)},
	{Name: "atan2", Call: binary(atan2)},
	{Name: "ceil", Call: ceil},
	{Name: "cos", Call: unary(math.Cos)},
	{Name: "cosh", Call: unary(math.Cosh)},
	{Name: "deg", Call: unary(func(x float64) float64 { return x * (180 / math.Pi) })},
	{Name: "exp", Call: unary(math.Exp)},
	{Name: "floor", Call: floor},
	{Name: "fmod", Call: binary(math.Mod)},
	{Name: "frexp", Call: frexp},
	{Name: "ldexp", Call: ldexp},
	{Name: "log", Call: log},
	{Name: "log10", Call: unary(log10)},
	{Name: "max", Call: greatest},
	{Name: "min", Call: least},
	{Name: "modf", Call: modf},
	{Name: "pow", Call: binary(lua.Power)},
	{Name: "rad", Call: unary(func(x float64) float64 { return x * (math.Pi / 180) })},
	{Name: "sin", Call: unary(math.Sin)},
	{Name: "sinh", Call: unary(math.Sinh)},
	{Name: "sqrt", Call: sqrt},
	{Name: "tan", Call: unary(math.Tan)},
	{Name: "tanh", Call: unary(math.Tanh)},
}

// Open opens the library in a state: the global math. The state has a random generator of
// its own, whose numbers only math.randomseed makes predictable.
func Open(s *lua.State) error {
	random := newGenerator(float64(rand.Uint32()))
	lib, err := s.NewModule("math", slices.Concat(functions, []lua.Func{
		{Name: "random", Call: random.random},
		{Name: "randomseed", Call: random.randomseed},
	})...)
	if err != nil {
		return err
	}
	if err := lib.SetString("huge", lua.Number(math.Inf(1))); err != nil {
		return err
	}
	return lib.SetString("pi", lua.Number(math.Pi))
}

func unary(f func(float64) float64) lua.GoFunction {
	return func(c *lua.Call) error { return c.ReturnNumber(f(c.Number(1))) }
}

func binary(f func(x, y float64) float64) lua.GoFunction {
	return func(c *lua.Call) error {
		x, y := c.Number(1), c.Number(2)
		return c.ReturnNumber(f(x, y))
	}
}

// Go compiles these to a few instructions where they are called by name.

func abs(c *lua.Call) error { return c.ReturnNumber(math.Abs(c.Number(1))) }

func ceil(c *lua.Call) error { return c.ReturnNumber(math.Ceil(c.Number(1))) }

func floor(c *lua.Call) error { return c.ReturnNumber(math.Floor(c.Number(1))) }

func sqrt(c *lua.Call) error { return c.ReturnNumber(math.Sqrt(c.Number(1))) }

// greatest and least return one of their arguments. If neither of two is greater it is
// the later one, as in LuaJIT: with a NaN, and with zeros of either sign.

func greatest(c *lua.Call) error {
	x := c.Number(1)
	for i := 2; i <= c.Count(); i++ {
		if y := c.Number(i); !(x > y) {
			x = y
		}
	}
	return c.ReturnNumber(x)
}

func least(c *lua.Call) error {
	x := c.Number(1)
	for i := 2; i <= c.Count(); i++ {
		if y := c.Number(i); !(x < y) {
			x = y
		}
	}
	return c.ReturnNumber(x)
}

func frexp(c *lua.Call) error {
	fraction, exponent := math.Frexp(c.Number(1))
	return c.Return(lua.Number(fraction), lua.Int(exponent))
}

func ldexp(c *lua.Call) error {
	x, exponent := c.Number(1), c.Number(2)
	return c.ReturnNumber(scale(x, exponent))
}

// scale is x * 2^exponent, without the part of the exponent after the point.
func scale(x, exponent float64) float64 {
	if math.IsNaN(exponent) || x == 0 && math.IsInf(exponent, 1) || math.IsInf(x, 0) && math.IsInf(exponent, -1) {
		return math.NaN()
	}
	const most = 1 << 12 // takes the smallest number to infinity, and the largest to 0
	return math.Ldexp(x, int(max(-most, min(exponent, most))))
}

// atan2 has the sign of y also where y/x is too small for a number, which Go's forgets.
func atan2(y, x float64) float64 { return math.Copysign(math.Atan2(y, x), y) }

// modf gives C's answers for numbers that are not finite.
func modf(c *lua.Call) error {
	x := c.Number(1)
	whole, fraction := math.Trunc(x), math.Copysign(0, x)
	if !math.IsInf(x, 0) {
		fraction = math.Copysign(x-whole, x)
	}
	return c.Return(lua.Number(whole), lua.Number(fraction))
}
