package main

import (
	"math"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/bench/lua/embedding"
)

func TestGeometricMean(t *testing.T) {
	if got := geometricMean([]float64{1, 4, 16}); math.Abs(got-4) > 1e-12 {
		t.Errorf("%v, want 4", got)
	}
}

// known are results of three programs: one that fails on gopher-lua, one with strings.
func known() (*results, []program) {
	vms := make([]vm, vmCount)
	for i, title := range []string{"ours", "gopher-lua", "PUC 5.1", "LuaJIT -joff", "LuaJIT"} {
		vms[i] = vm{title: title, version: title + " 1", counts: i >= puc}
	}
	r := newResults(vms)
	cells := func(figures ...float64) []cell {
		row := make([]cell, vmCount)
		for i, f := range figures {
			row[i].best = f
		}
		return row
	}
	r.cells["a"] = cells(4, 8, 1, 0.5, 0.25)
	r.cells["b"] = cells(1, 4, 1, 0.5, 0.25)
	r.cells["c"] = cells(9, 0, 1, 0.5, 0.25)
	r.cells["c"][gopherLua] = cell{best: 3, problem: "stack overflow"} // in a later round
	r.cells["suspended"] = cells(0, 0, 2048, 512, 512)
	r.embedded[gopherLua] = map[string]embedding.Figure{embedding.Callback: {Nanoseconds: 200, Allocations: 2}}
	r.embedded[ours] = map[string]embedding.Figure{embedding.Callback: {Nanoseconds: 100, Allocations: 1}}
	return r, []program{
		{kind: plain, name: "a", path: "a"},
		{kind: plain, name: "b", path: "b", strings: true},
		{kind: plain, name: "c", path: "c"},
		{kind: size, name: "suspended", path: "suspended"},
	}
}

func TestReport(t *testing.T) {
	r, programs := known()
	report := r.report(programs)
	for _, want := range []string{
		"| a | 4.000 | 8.000 | 1.000 | 0.500 | 0.250 | 4.00 | 0.50 |\n",
		"| b (strings) | 1.000 | 4.000 | 1.000 | 0.500 | 0.250 | 1.00 | 0.25 |\n",
		"| c | 9.000 | fails | 1.000 | 0.500 | 0.250 | 9.00 | – |\n",
		"| **geometric mean of ours / column** |  | **0.35** | **3.30** | **6.60** | **13.21** | **3.30** | " +
			"**0.35** |\n",
		"| **the same, programs without strings** |  | **0.50** | **6.00** | **12.00** |",
		"Slowest against PUC: c, 9.00 times its time.\n",
		"| 100 ns, 1 allocation | 200 ns, 2 allocations | 0.50 |\n",
		"PUC 5.1 2.00 KiB, LuaJIT -joff 0.50 KiB, LuaJIT 0.50 KiB.\n",
		"- c on gopher-lua: `stack overflow`\n",
		"- PUC 5.1: PUC 5.1 1\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no line %q:\n%s", want, report)
		}
	}
}

// Each figure is the least of its rounds, and output other than PUC's is a failure.
func TestRounds(t *testing.T) {
	vms := make([]vm, vmCount)
	for i := range vms {
		vms[i].command = []string{"echo"} // prints the path of the program
	}
	vms[luajit].command = []string{"echo", "-n"}
	vms[ours].command = []string{"no-such-lua"}
	r := newResults(vms)
	p := program{kind: plain, name: "same", path: "program.lua"}
	r.round([]program{p})
	cells := r.cells[p.path]
	if cells[luajit].problem == "" || cells[ours].problem == "" || cells[gopherLua].problem != "" {
		t.Errorf("%+v, want failures of ours and of luajit alone", cells)
	}
	cells[gopherLua].best, cells[puc].best = 1e-9, 1e9
	r.round([]program{p})
	if cells[gopherLua].best != 1e-9 || cells[puc].best >= 1e9 {
		t.Errorf("%+v, want the least of all rounds", cells)
	}
	a := map[string]embedding.Figure{"x": {Nanoseconds: 3, Bytes: 1}}
	b := map[string]embedding.Figure{"x": {Nanoseconds: 2, Bytes: 4}}
	if got := better(a, b)["x"]; got != (embedding.Figure{Nanoseconds: 2, Bytes: 1}) {
		t.Errorf("better of %v and %v: %v", a, b, got)
	}
}
