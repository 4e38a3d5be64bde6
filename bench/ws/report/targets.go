package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// A target is a ratio that the design wants our engine to reach.
type target struct {
	scenario string
	detail   string   // that the scenario's title does not say
	ours     string   // engine if empty
	over     []string // contestants, of which the best counts; empty means all libraries in either shape
	most     float64  // the greatest ratio that reaches it

	figure func(scenario.Result) float64 // nil means the headline figure
}

// targets are those of the design, in its order.
var targets = []target{
	{scenario: "receive-32", over: []string{"gobwas"}, most: 0.45},
	{scenario: "receive-256", over: []string{"gobwas"}, most: 0.45},
	{scenario: "receive-32", detail: "a callback in Lua", ours: engineLua, over: []string{gobwasGopherLua}, most: 0.60},
	{scenario: "send-32", most: 1.00},
	{scenario: "send-256", most: 0.60},
	{scenario: "echo-1", detail: "CPU", most: 0.75},
	{scenario: "echo-1", detail: "p50", most: 0.85,
		figure: func(r scenario.Result) float64 { return float64(r.Latency.P50) }},
	{scenario: "echo-64k", over: []string{"gws"}, most: 1.00},
	{scenario: "echo-1m", over: []string{"gws"}, most: 0.45},
	{scenario: "echo-16m", over: []string{"gobwas", "gws"}, most: 0.90},
	{scenario: "active-500", over: []string{"gobwas"}, most: 0.95},
	{scenario: "idle-5000", over: []string{"gobwas"}, most: 0.50},
	{scenario: "inflate", most: 0.78},
	{scenario: "inflate-takeover", most: 0.78},
	{scenario: "deflate", over: []string{"gws"}, most: 1.00},
	{scenario: "deflate-takeover", over: []string{"coder"}, most: 0.89},
}

// framesLater is how much later p99.9 of a script's frames may be beside a flood.
const framesLater = 2 * time.Millisecond

// writeTargets writes the ratios of the design's targets. Targets of scenarios that were
// not played are left out.
func (r *Run) writeTargets(b *strings.Builder) {
	var rows strings.Builder
	for _, t := range targets {
		i := slices.IndexFunc(r.Scenarios, func(s scenario.Scenario) bool { return s.Name == t.scenario })
		if i >= 0 {
			line(&rows, r.targetCells(t, r.Scenarios[i])...)
		}
	}
	r.writeFramesTarget(&rows)
	if rows.Len() == 0 || !r.plays(engine) {
		return
	}
	b.WriteString("\n### The targets\n\n" +
		"The ratios that the design wants the engine to reach, of the figures above; p50 is the\n" +
		"median time of a round trip. In bold is a ratio that misses its target. *The best* is the\n" +
		"library with the least figure in either shape; with a callback in Lua it is the best of\n" +
		"gobwas on both VMs. The targets of inflating are the ratios when the design was written,\n" +
		"8.2 of 10.5 µs and, with takeover, 7.3 of 9.3 µs; that of deflating with takeover is 17 of\n" +
		"19.1 µs.\n\n" +
		"| scenario | over | target | engine | raw | over the best in either shape |\n" +
		"|---|---|---:|---:|---:|---:|\n" + rows.String())
}

// targetCells is a target's row.
func (r *Run) targetCells(t target, s scenario.Scenario) []string {
	figure := t.figure
	if figure == nil {
		figure = headlineOf(s)
	}
	title, ours := s.Title, engine
	if t.detail != "" {
		title += ", " + t.detail
	}
	libraries := r.libraries(false)
	if t.ours != "" {
		ours, libraries = t.ours, []string{gobwasGopherLua, gobwasLua}
	}
	others := t.over
	if len(others) == 0 {
		others = libraries
	}
	against, _ := r.best(s, others, figure)
	x, hasX := r.medianOf(s, ours, figure)
	cells := []string{title, t.overText(), fmt.Sprintf("%.2f", t.most), none, none, none}
	if hasX && against > 0 {
		cells[3] = emphasised(x/against, t.most)
	}
	if floor, ok := r.medianOf(s, raw, figure); ok && against > 0 {
		cells[4] = fmt.Sprintf("%.2f", floor/against)
	}
	if best, name := r.best(s, libraries, figure); hasX && best > 0 {
		cells[5] = fmt.Sprintf("%.2f %s", x/best, name)
	}
	return cells
}

func (t target) overText() string {
	switch len(t.over) {
	case 0:
		return "the best"
	case 1:
		return t.over[0]
	}
	return "the better of " + strings.Join(t.over, " and ")
}

// writeFramesTarget compares the frames of a script beside a flood with those without.
func (r *Run) writeFramesTarget(b *strings.Builder) {
	var with, without []Frames
	for _, f := range r.Frames {
		if f.Beside == Nothing {
			without = append(without, f)
		} else {
			with = append(with, f)
		}
	}
	p999 := func(f Frames) float64 { return float64(f.Delays.P999) }
	flooded, hasFlooded := over(with, p999)
	idle, hasIdle := over(without, p999)
	if !hasFlooded || !hasIdle {
		return
	}
	later := flooded.median - idle.median
	text := duration(math.Abs(later)) + " earlier"
	if later >= 0 {
		text = duration(later) + " later"
	}
	if later > float64(framesLater) {
		text = "**" + text + "**"
	}
	line(b, "p99.9 of a script's frames beside a flood", "its frames without",
		"at most 2 ms later", text, none, none)
}
