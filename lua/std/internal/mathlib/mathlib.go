// Package mathlib is Lua's library math, as LuaJIT has it (Lua 5.1 manual §5.6).
package mathlib

import (
	"math"
	"math/rand/v2"

	"github.com/tidewire/tidewire/lua"
)

// Open opens the library in a state: the global math. The state has a random generator of its own, whose numbers nothing but
// math.randomseed makes predictable.
func Open(s *lua.State) error {
	random := newGenerator(float64(rand.Uint32()))
	lib, err := s.NewModule("math",
		lua.Func{Name: "abs", Call: abs},
		lua.Func{Name: "acos", Call: unary(math.Acos)},
		lua.Func{Name: "asin", Call: unary(math.Asin)},
		lua.Func{Name: "atan", Call: unary(math.Atan)},
		lua.Func{Name: "atan2", Call: binary(math.Atan2)},
		lua.Func{Name: "ceil", Call: ceil},
		lua.Func{Name: "cos", Call: unary(math.Cos)},
		lua.Func{Name: "cosh", Call: unary(math.Cosh)},
		lua.Func{Name: "deg", Call: unary(func(x float64) float64 { return x * (180 / math.Pi) })},
		lua.Func{Name: "exp", Call: unary(math.Exp)},
		lua.Func{Name: "floor", Call: floor},
		lua.Func{Name: "fmod", Call: binary(math.Mod)},
		lua.Func{Name: "frexp", Call: frexp},
		lua.Func{Name: "ldexp", Call: ldexp},
		lua.Func{Name: "log", Call: log},
		lua.Func{Name: "log10", Call: unary(log10)},
		lua.Func{Name: "max", Call: greatest},
		lua.Func{Name: "min", Call: least},
		lua.Func{Name: "modf", Call: modf},
		lua.Func{Name: "pow", Call: binary(lua.Power)},
		lua.Func{Name: "rad", Call: unary(func(x float64) float64 { return x * (math.Pi / 180) })},
		lua.Func{Name: "random", Call: random.random},
		lua.Func{Name: "randomseed", Call: random.randomseed},
		lua.Func{Name: "sin", Call: unary(math.Sin)},
		lua.Func{Name: "sinh", Call: unary(math.Sinh)},
		lua.Func{Name: "sqrt", Call: sqrt},
		lua.Func{Name: "tan", Call: unary(math.Tan)},
		lua.Func{Name: "tanh", Call: unary(math.Tanh)},
	)
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

// Go makes a few instructions of these where they are called by name.

func abs(c *lua.Call) error { return c.ReturnNumber(math.Abs(c.Number(1))) }

func ceil(c *lua.Call) error { return c.ReturnNumber(math.Ceil(c.Number(1))) }

func floor(c *lua.Call) error { return c.ReturnNumber(math.Floor(c.Number(1))) }

func sqrt(c *lua.Call) error { return c.ReturnNumber(math.Sqrt(c.Number(1))) }

// greatest and least return one of their arguments. Where neither of two is more than the other that is the later one, as
// in LuaJIT: with a NaN, and with zeros of either sign.

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
	x, exponent := c.Number(1), c.Int32(2)
	return c.ReturnNumber(math.Ldexp(x, exponent))
}

// modf gives C's answers for numbers that are not finite.
func modf(c *lua.Call) error {
	x := c.Number(1)
	whole, fraction := math.Trunc(x), math.Copysign(0, x)
	if !math.IsInf(x, 0) {
		fraction = math.Copysign(x-whole, x)
	}
	return c.Return(lua.Number(whole), lua.Number(fraction))
}
