package lualib

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

// openMath replaces the functions of math by ones that check their arguments as LuaJIT does. Each state has a random
// generator of its own, which nothing but math.randomseed makes predictable.
func openMath(L *lua.LState, lib *lua.LTable) {
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos,
		"cosh": math.Cosh, "exp": math.Exp, "floor": math.Floor, "log10": math.Log10, "sin": math.Sin,
		"sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
		"deg": func(x float64) float64 { return x * (180 / math.Pi) },
		"rad": func(x float64) float64 { return x * (math.Pi / 180) },
	} {
		lib.RawSetString(name, L.NewFunction(mathUnary(f)))
	}
	for name, f := range map[string]func(x, y float64) float64{
		"atan2": math.Atan2, "fmod": math.Mod, "pow": math.Pow,
	} {
		lib.RawSetString(name, L.NewFunction(mathBinary(f)))
	}
	random := newRandom(float64(rand.Uint32()))
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"frexp":      mathFrexp,
		"ldexp":      mathLdexp,
		"log":        mathLog,
		"max":        mathFold(func(x, y float64) bool { return x > y }),
		"min":        mathFold(func(x, y float64) bool { return x < y }),
		"modf":       mathModf,
		"random":     random.luaRandom,
		"randomseed": random.luaSeed,
	})
	lib.RawSetString("huge", lua.LNumber(math.Inf(1)))
	lib.RawSetString("mod", lua.LNil)
}

func mathUnary(f func(float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(f(CheckNumber(L, 1))))
		return 1
	}
}

func mathBinary(f func(x, y float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		x := CheckNumber(L, 1)
		L.Push(lua.LNumber(f(x, CheckNumber(L, 2))))
		return 1
	}
}

// mathFold keeps one of its arguments; stays says that x is kept before y. Where neither is more than the other it is y, as
// in LuaJIT: with a nan, and with zeros of either sign.
func mathFold(stays func(x, y float64) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		x := CheckNumber(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			if y := CheckNumber(L, i); !stays(x, y) {
				x = y
			}
		}
		L.Push(lua.LNumber(x))
		return 1
	}
}

func mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(CheckNumber(L, 1))
	L.Push(lua.LNumber(fraction))
	L.Push(lua.LNumber(exponent))
	return 2
}

func mathLdexp(L *lua.LState) int {
	x := CheckNumber(L, 1)
	L.Push(lua.LNumber(math.Ldexp(x, checkInt(L, 2))))
	return 1
}

// mathLog has LuaJIT's second argument, a base.
func mathLog(L *lua.LState) int {
	x := CheckNumber(L, 1)
	if L.Get(2) == lua.LNil {
		L.Push(lua.LNumber(math.Log(x)))
		return 1
	}
	base := CheckNumber(L, 2)
	L.Push(lua.LNumber(math.Log2(x) / math.Log2(base)))
	return 1
}

// mathModf gives C's answers for numbers that are not finite.
func mathModf(L *lua.LState) int {
	x := CheckNumber(L, 1)
	whole, fraction := math.Trunc(x), math.Copysign(0, x)
	if !math.IsInf(x, 0) {
		fraction = math.Copysign(x-whole, x)
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(fraction))
	return 2
}

// random is LuaJIT's generator: four Tausworthe generators, combined (P. L'Ecuyer, "Tables of maximally equidistributed
// combined LFSR generators", 1999), so that a seed gives a script the numbers that it gives there.
type random struct{ state [4]uint64 }

// generators has what L'Ecuyer's table calls k, q and s.
var generators = [4]struct{ k, q, s uint }{{63, 31, 18}, {58, 19, 28}, {55, 24, 7}, {47, 21, 8}}

func newRandom(seed float64) *random {
	r := &random{}
	r.seed(seed)
	return r
}

func (r *random) seed(seed float64) {
	shifts := uint32(0x11090601) // 64-k for each generator: its lowest bits must not all be zero
	for i := range r.state {
		least := uint64(1) << (shifts & 255)
		shifts >>= 8
		seed = seed*math.Pi + math.E
		r.state[i] = math.Float64bits(seed)
		if r.state[i] < least {
			r.state[i] += least
		}
	}
	for range 10 {
		r.next()
	}
}

func (r *random) next() uint64 {
	var combined uint64
	for i, g := range generators {
		z := r.state[i]
		z = ((z<<g.q)^z)>>(g.k-g.s) ^ (z&(math.MaxUint64<<(64-g.k)))<<g.s
		r.state[i] = z
		combined ^= z
	}
	return combined
}

// float returns a number from 0 up to 1, exclusive.
func (r *random) float() float64 {
	return math.Float64frombits(r.next()&(1<<52-1)|0x3ff<<52) - 1
}

func (r *random) luaRandom(L *lua.LState) int {
	number := r.float()
	switch L.GetTop() {
	case 0:
	case 1:
		number = math.Floor(number*CheckNumber(L, 1)) + 1
	default:
		low := CheckNumber(L, 1)
		number = math.Floor(number*(CheckNumber(L, 2)-low+1)) + low
	}
	L.Push(lua.LNumber(number))
	return 1
}

func (r *random) luaSeed(L *lua.LState) int {
	r.seed(CheckNumber(L, 1))
	return 0
}
