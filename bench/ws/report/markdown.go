package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/measure"
	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// The names of the contestants that the tables of ratios put beside each other.
const (
	raw             = "raw"
	engine          = "engine"
	engineLua       = "engine-lua"
	engineGopherLua = "engine-gopherlua"
	gobwasLua       = "gobwas-lua"
	gobwasGopherLua = "gobwas-gopherlua"
	runner          = "runner"
)

// none takes the place of a figure that was not measured.
const none = "–"

// Markdown is the whole report.
func (r *Run) Markdown() string {
	var b strings.Builder
	r.writeRun(&b)
	r.writeRatios(&b)
	r.writeTargets(&b)
	r.writeLua(&b)
	r.writeScripts(&b)
	r.writeFrames(&b)
	r.writeContestants(&b)
	for _, s := range r.Scenarios {
		r.writeScenario(&b, s)
	}
	r.writeFailures(&b)
	return b.String()
}

func (r *Run) writeRun(b *strings.Builder) {
	fmt.Fprintf(b, "%s, %s, measured parts of %v. Machine: %s, %s, %s.\n"+
		"Load average %s at the start, %s at the end.\n\n",
		r.Date.Format("2006-01-02"), amount(r.Rounds, "round"), r.Length, r.Machine, r.Go, r.Settings,
		r.LoadBefore, r.LoadAfter)
	for _, version := range r.Versions {
		fmt.Fprintf(b, "- %s\n", version)
	}
}

// of returns the results of one contestant in one scenario.
func (r *Run) of(s scenario.Scenario, contestant string) (found []scenario.Result) {
	for _, result := range r.Results {
		if result.Scenario == s.Name && result.Contestant == contestant {
			found = append(found, result)
		}
	}
	return found
}

// median is that of a contestant's headline figure.
func (r *Run) median(s scenario.Scenario, contestant string) (float64, bool) {
	return r.medianOf(s, contestant, headlineOf(s))
}

// medianOf is that of any figure of a contestant. ok is false if it was not measured.
func (r *Run) medianOf(s scenario.Scenario, contestant string, figure func(scenario.Result) float64) (
	median float64, ok bool,
) {
	sp, ok := over(r.of(s, contestant), figure)
	return sp.median, ok && sp.median > 0
}

// best is the least median of these contestants, and the name of the one that has it; 0
// and "" if none has one.
func (r *Run) best(s scenario.Scenario, names []string, figure func(scenario.Result) float64) (
	least float64, best string,
) {
	for _, name := range names {
		if x, ok := r.medianOf(s, name, figure); ok && (best == "" || x < least) {
			least, best = x, name
		}
	}
	return least, best
}

// libraries are the contestants that our engine with a handler in Go is compared with; fast
// leaves out the shapes of READMEs.
func (r *Run) libraries(fast bool) (names []string) {
	for _, c := range r.Contestants {
		if !c.Ours && !c.Lua && !c.Script && c.Name != raw && !(fast && c.Shown) {
			names = append(names, c.Name)
		}
	}
	return names
}

// plays reports whether a contestant has any result.
func (r *Run) plays(name string) bool {
	return slices.ContainsFunc(r.Results, func(x scenario.Result) bool { return x.Contestant == name })
}

// ratio is one contestant's figure over another's, in bold if the first one loses.
func (r *Run) ratio(s scenario.Scenario, a, b string) string {
	x, hasX := r.median(s, a)
	y, hasY := r.median(s, b)
	if !hasX || !hasY {
		return none
	}
	if b == raw {
		return fmt.Sprintf("%.2f", x/y)
	}
	return emphasised(x/y, 1)
}

// emphasised writes a ratio, in bold if it is greater than most as it is written.
func emphasised(ratio, most float64) string {
	text := fmt.Sprintf("%.2f", ratio)
	if math.Round(100*ratio) > math.Round(100*most) {
		return "**" + text + "**"
	}
	return text
}

// writeRatios writes our engine's figures over those of each library with a handler in
// Go, and over the best of them.
func (r *Run) writeRatios(b *strings.Builder) {
	if !r.plays(engine) {
		return
	}
	peers := r.libraries(false)
	b.WriteString("\n### Our engine over the others\n\n" +
		"The engine's CPU time over that of the column, both with a handler in Go. At a fixed rate\n" +
		"it is the median time instead, for frames their delay that 1 in 100 exceeds, and for idle\n" +
		"connections the resident memory. Below 1 the engine needs less, in bold it needs more.\n\n")
	r.writeWins(b)
	columns := append([]string{"scenario", engine, "/ " + raw}, prefixed("/ ", peers)...)
	header(b, append(columns, "/ the best")...)
	for _, s := range r.Scenarios {
		figure, ok := r.median(s, engine)
		if !ok {
			continue
		}
		cells := []string{s.Title, unit(s.Kind, figure), r.ratio(s, engine, raw)}
		for _, peer := range peers {
			cells = append(cells, r.ratio(s, engine, peer))
		}
		last := none
		if least, name := r.best(s, peers, headlineOf(s)); name != "" {
			last = emphasised(figure/least, 1) + " " + name
		}
		line(b, append(cells, last)...)
	}
}

// writeWins says in how many scenarios our engine needs less than all libraries.
func (r *Run) writeWins(b *strings.Builder) {
	won, played := r.wins(r.libraries(false))
	wonFast, playedFast := r.wins(r.libraries(true))
	if playedFast == 0 {
		return
	}
	fmt.Fprintf(b, "The engine needs less than each library in either shape in %d of %s,\n"+
		"and less than each one in its fast shape in %d of %d.\n\n",
		won, amount(played, "scenario"), wonFast, playedFast)
}

// wins counts the scenarios that our engine and some of these contestants play, and those
// where it needs less than each of them.
func (r *Run) wins(names []string) (won, played int) {
	for _, s := range r.Scenarios {
		figure, ok := r.median(s, engine)
		least, name := r.best(s, names, headlineOf(s))
		if !ok || name == "" {
			continue
		}
		played++
		if figure < least {
			won++
		}
	}
	return won, played
}

// writeLua writes the same for callbacks in Lua: both engines on both VMs.
func (r *Run) writeLua(b *strings.Builder) {
	if !r.plays(engineLua) {
		return
	}
	b.WriteString("\n### With a callback in Lua\n\n" +
		"CPU time of our engine with our VM, and over that of the column. Both engines run on both\n" +
		"VMs, so that the gain of the one is not taken for the gain of the other.\n\n")
	others := []string{gobwasGopherLua, gobwasLua, engineGopherLua, engine}
	header(b, append([]string{"scenario", engineLua}, prefixed("/ ", others)...)...)
	for _, s := range r.Scenarios {
		figure, ok := r.median(s, engineLua)
		if !ok {
			continue
		}
		cells := []string{s.Title, unit(s.Kind, figure)}
		for _, other := range others {
			cells = append(cells, r.ratio(s, engineLua, other))
		}
		line(b, cells...)
	}
}

// writeScripts writes our runner's figures over those of the other scripts.
func (r *Run) writeScripts(b *strings.Builder) {
	if !r.plays(runner) {
		return
	}
	var others []string
	for _, c := range r.Contestants {
		if c.Script && !c.Ours {
			others = append(others, c.Name)
		}
	}
	b.WriteString("\n### Scripts\n\n" +
		"CPU time of our runner's process, and over that of the column.\n\n")
	header(b, append([]string{"scenario", runner}, prefixed("/ ", others)...)...)
	for _, s := range r.Scenarios {
		figure, ok := r.median(s, runner)
		if !ok {
			continue
		}
		cells := []string{s.Title, unit(s.Kind, figure)}
		for _, other := range others {
			cells = append(cells, r.ratio(s, runner, other))
		}
		line(b, cells...)
	}
}

// writeFrames writes how late our runner's frames begin.
func (r *Run) writeFrames(b *strings.Builder) {
	if len(r.Frames) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Frames of a script\n\n"+
		"How late frames of our runner begin at `--fps %d` in %v, each counted from its due time, those\n"+
		"that were left out, too. The runs took turns.\n\n", r.Frames[0].Rate, r.Frames[0].Length)
	header(b, "beside", "runs", "frames a run", "messages a run", "p50", "p99", "p99.9", "longest")
	beside := make(map[string][]Frames)
	var order []string
	for _, f := range r.Frames {
		if beside[f.Beside] == nil {
			order = append(order, f.Beside)
		}
		beside[f.Beside] = append(beside[f.Beside], f)
	}
	for _, name := range order {
		runs := beside[name]
		cells := []string{name, fmt.Sprint(len(runs))}
		for _, c := range []struct {
			figure func(Frames) float64
			text   func(float64) string
		}{
			{func(f Frames) float64 { return float64(f.Delays.Count) }, whole},
			{func(f Frames) float64 { return float64(f.Messages) }, whole},
			{func(f Frames) float64 { return float64(f.Delays.P50) }, duration},
			{func(f Frames) float64 { return float64(f.Delays.P99) }, duration},
			{func(f Frames) float64 { return float64(f.Delays.P999) }, duration},
			{func(f Frames) float64 { return float64(f.Delays.Most) }, duration},
		} {
			sp, _ := over(runs, c.figure)
			cells = append(cells, sp.in(c.text))
		}
		line(b, cells...)
	}
}

func (r *Run) writeContestants(b *strings.Builder) {
	b.WriteString("\n### Contestants\n\n")
	fmt.Fprintf(b, "| contestant | built with | checks of what it receives |\n|---|---|---|\n")
	for _, c := range r.Contestants {
		line(b, c.Name, c.Shape, c.Checks)
	}
}

// writeScenario writes everything that was measured in one scenario.
func (r *Run) writeScenario(b *strings.Builder, s scenario.Scenario) {
	columns := columnsOf(s)
	titles := []string{"contestant"}
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	fmt.Fprintf(b, "\n### %s\n\n", strings.ToUpper(s.Title[:1])+s.Title[1:])
	header(b, titles...)
	for _, c := range r.Contestants {
		results := r.of(s, c.Name)
		if len(results) == 0 {
			continue
		}
		cells := []string{name(c)}
		for _, column := range columns {
			sp, _ := over(results, column.figure)
			if column.spread {
				cells = append(cells, sp.in(column.cell))
				continue
			}
			cells = append(cells, column.cell(sp.median))
		}
		line(b, cells...)
	}
	if s.Kind == scenario.Frames {
		r.writeHistogram(b, s)
	}
}

// writeHistogram writes the delays of the frames of all rounds.
func (r *Run) writeHistogram(b *strings.Builder, s scenario.Scenario) {
	b.WriteString("\nThe frames of all rounds by their delay, in percent:\n\n")
	titles := []string{"contestant", "frames"}
	for _, bound := range measure.Bounds {
		titles = append(titles, "to "+duration(float64(bound)))
	}
	header(b, append(titles, "more")...)
	for _, c := range r.Contestants {
		var counts measure.Counts
		all := int64(0)
		for _, result := range r.of(s, c.Name) {
			for i, n := range result.FrameCounts {
				counts[i] += n
				all += n
			}
		}
		if all == 0 {
			continue
		}
		cells := []string{name(c), fmt.Sprint(all)}
		for _, n := range counts {
			cells = append(cells, fmt.Sprintf("%.1f", 100*float64(n)/float64(all)))
		}
		line(b, cells...)
	}
}

func name(c contestants.Contestant) string {
	if c.Ours {
		return "**" + c.Name + "**"
	}
	return c.Name
}

// writeFailures says which figures are missing.
func (r *Run) writeFailures(b *strings.Builder) {
	if len(r.Failures) == 0 {
		return
	}
	b.WriteString("\n### Failures\n\nNot in the figures:\n\n")
	for _, f := range r.Failures {
		fmt.Fprintf(b, "- %s in %s: `%s`\n", f.Contestant, f.Scenario, f.Text)
	}
}

// amount is a number of things, in the singular for one.
func amount(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

// header starts a table whose first column is text.
func header(b *strings.Builder, columns ...string) {
	line(b, columns...)
	b.WriteString("|---|" + strings.Repeat("---:|", len(columns)-1) + "\n")
}

func line(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
