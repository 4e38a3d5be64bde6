package main

import (
	"fmt"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
	"github.com/tidewire/tidewire/bench/lua/embedding"
)

// embedTime is how long each loop runs that is measured from a Go program's side.
const embedTime = 100 * time.Millisecond

// A cell is the report's entry for one program on one VM.
type cell struct {
	best    float64 // the least figure of all rounds; 0 as long as there is none
	problem string  // why there is no figure to compare
}

// results collects the figures of all rounds.
type results struct {
	vms      []vm
	cells    map[string][]cell // by the path of the program, then by VM
	outputs  map[string]string // PUC's, by the path of the program
	embedded [vmCount]map[string]embedding.Figure
	problems [vmCount]string // why a VM could not be embedded
	rounds   int
	date     time.Time
	load     string // when the first round began
}

func newResults(vms []vm) *results {
	return &results{
		vms:     vms,
		cells:   make(map[string][]cell),
		outputs: make(map[string]string),
		date:    time.Now(),
		load:    page.Load(),
	}
}

// round runs every program once on every VM. The VMs take turns within a program, so that
// a slow minute of the machine hits all of them.
func (r *results) round(programs []program) {
	r.rounds++
	for _, p := range programs {
		cells := r.cells[p.path]
		if cells == nil {
			cells = make([]cell, vmCount)
			r.cells[p.path] = cells
		}
		for _, i := range order {
			if p.kind == size && !r.vms[i].counts {
				continue
			}
			if err := r.one(p, i, &cells[i]); err != nil {
				cells[i].problem = err.Error()
			}
		}
	}
	for i, v := range r.vms {
		if !v.embeds {
			continue
		}
		figures, err := v.embed(embedTime)
		if err != nil {
			r.problems[i] = err.Error()
			continue
		}
		r.embedded[i] = better(r.embedded[i], figures)
	}
}

// order begins with the VM whose output the others have to print, too.
var order = [vmCount]int{puc, ours, gopherLua, luajitOff, luajit}

func (r *results) one(p program, i int, c *cell) error {
	run, err := r.vms[i].run(p.path)
	if err != nil {
		return err
	}
	if p.kind != size {
		if i == puc {
			r.outputs[p.path] = run.output
		}
		if want, known := r.outputs[p.path]; known && run.output != want {
			return fmt.Errorf("printed %q, PUC %q", run.output, want)
		}
	}
	figure, err := run.figure(p.kind)
	if err != nil {
		return err
	}
	if c.best == 0 || figure < c.best {
		c.best = figure
	}
	return nil
}

// better takes the lesser of two figures for each name.
func better(a, b map[string]embedding.Figure) map[string]embedding.Figure {
	least := make(map[string]embedding.Figure)
	for name, figure := range b {
		if old, ok := a[name]; ok {
			figure.Nanoseconds = min(figure.Nanoseconds, old.Nanoseconds)
			figure.Allocations = min(figure.Allocations, old.Allocations)
			figure.Bytes = min(figure.Bytes, old.Bytes)
		}
		least[name] = figure
	}
	return least
}
