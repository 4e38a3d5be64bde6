package mathlib

import (
	"math"

	"github.com/tidewire/tidewire/lua"
)

// generator is LuaJIT's: four Tausworthe generators, combined (P. L'Ecuyer, "Tables of
// maximally equidistributed combined LFSR generators", 1999), so that a seed gives a
// script the numbers that it gives there.
type generator struct{ state [4]uint64 }

// parameters has k, q and s of L'Ecuyer's table.
var parameters = [4]struct{ k, q, s uint }{{63, 31, 18}, {58, 19, 28}, {55, 24, 7}, {47, 21, 8}}

func newGenerator(seed float64) *generator {
	g := &generator{}
	g.seed(seed)
	return g
}

func (g *generator) seed(seed float64) {
	for i := range g.state {
		least := uint64(1) << (64 - parameters[i].k) // the bits above must not all be zero
		seed = float64(seed*math.Pi) + math.E
		g.state[i] = math.Float64bits(seed)
		if g.state[i] < least {
			g.state[i] += least
		}
	}
	for range 10 {
		g.next()
	}
}

func (g *generator) next() uint64 {
	var combined uint64
	for i, p := range parameters {
		z := g.state[i]
		z = ((z<<p.q)^z)>>(p.k-p.s) ^ (z&(math.MaxUint64<<(64-p.k)))<<p.s
		g.state[i] = z
		combined ^= z
	}
	return combined
}

// float returns a number from 0 up to 1, exclusive.
func (g *generator) float() float64 {
	return math.Float64frombits(g.next()&(1<<52-1)|0x3ff<<52) - 1
}

func (g *generator) random(c *lua.Call) error {
	x := g.float()
	switch c.Count() {
	case 0:
	case 1:
		x = math.Floor(x*c.Number(1)) + 1
	default:
		low, high := c.Number(1), c.Number(2)
		x = math.Floor(x*(high-low+1)) + low
	}
	return c.ReturnNumber(x)
}

func (g *generator) randomseed(c *lua.Call) error {
	seed := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	g.seed(seed)
	return c.Return()
}
