// Package luagen makes random Lua 5.1 programs for tests that run them in two
// implementations and compare their output.
//
// A program always ends, and prints the same in every right implementation. It leans on
// nothing that the language leaves open: the order of reading an operand and of a side
// effect in the same expression, the order of pairs, the length of tables with holes. Nor
// does it lean on differences between VMs that no compiler removes: the wordings of the
// VM's errors, numbers in concatenations that are not small integers, remainders of
// infinities, a -0 that is computed, numerals as strings in for loops, digits that round
// from a tie. Two more that are the VM's: the function that error and wrap take for the
// caller in a tail call, and, except for NewCrossing, yields across functions that are
// not Lua code and across metamethods.
package luagen

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
)

//go:embed prelude.lua
var prelude string

// A Program is a function body. It never changes.
type Program struct{ root *node }

// New makes the program that belongs to seed and index, always the same.
func New(seed, index uint64) *Program {
	g := &gen{rng: rand.New(rand.NewPCG(seed, index))}
	return &Program{root: g.program()}
}

// NewCrossing is New for implementations whose coroutines yield across pcall,
// metamethods, tostring and any iterator, as LuaJIT's do: its programs do that, too.
func NewCrossing(seed, index uint64) *Program {
	g := &gen{rng: rand.New(rand.NewPCG(seed, index)), crossing: true}
	return &Program{root: g.program()}
}

// String is the program's source. It calls functions that File defines.
func (p *Program) String() string { return p.root.source() }

// File is a script that runs programs in order and needs no other file. Each line that a
// program prints begins with its number, counted from 0, and a space; the last line of
// one that came to its end is "number end". One that is not accepted prints "number does
// not compile".
func File(programs []*Program) string {
	var b strings.Builder
	b.WriteString(prelude)
	for i, p := range programs {
		fmt.Fprintf(&b, "\nrun(%d, [===[\n%s]===])\n", i, p)
	}
	return b.String()
}
