package main

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	"github.com/tidewire/tidewire/bench/internal/page"
	"github.com/tidewire/tidewire/bench/lua/embedding"
)

// report is the Markdown of all tables.
func (r *results) report(programs []program) string {
	var b strings.Builder
	r.writeMachine(&b)
	if rows := ofKind(programs, plain); rows != nil {
		b.WriteString("\n### Programs\n\nCPU seconds of the whole process.\n\n")
		r.writePrograms(&b, rows)
	}
	if rows := ofKind(programs, operation); rows != nil {
		b.WriteString("\n### Operations\n\n" +
			"Nanoseconds of CPU time for one operation of a loop, start-up and loop included.\n\n")
		r.writeTable(&b, "operation", rows, "%.0f", 1)
	}
	r.writeEmbedding(&b, ofKind(programs, size))
	if rows := ofKind(programs, start); rows != nil {
		b.WriteString("\n### Start-up\n\n" +
			"CPU milliseconds of a process with an empty script. Every figure of a script includes it.\n\n")
		r.writeTable(&b, "", rows, "%.1f", 1000)
	}
	r.writeProblems(&b, programs)
	return b.String()
}

func ofKind(programs []program, k kind) []program {
	var found []program
	for _, p := range programs {
		if p.kind == k {
			found = append(found, p)
		}
	}
	return found
}

func (r *results) writeMachine(b *strings.Builder) {
	fmt.Fprintf(b, "%s, best of %d rounds. Machine: %s, %s/%s, %s.\nLoad average %s at the start, %s at the end.\n\n",
		r.date.Format("2006-01-02"), r.rounds, page.Machine(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.load,
		page.Load())
	for _, v := range r.vms {
		fmt.Fprintf(b, "- %s: %s\n", v.title, v.version)
	}
}

// header starts a table with a column for each VM.
func (r *results) header(b *strings.Builder, first string, more ...string) {
	columns := []string{first}
	for _, v := range r.vms {
		columns = append(columns, v.title)
	}
	columns = append(columns, more...)
	fmt.Fprintf(b, "| %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)-1))
}

func (r *results) writePrograms(b *strings.Builder, programs []program) {
	r.header(b, "program", "ours / PUC", "ours / gopher-lua")
	for _, p := range programs {
		name := p.name
		if p.strings {
			name += " (strings)"
		}
		fmt.Fprintf(b, "| %s | %s", name, r.row(p, "%.3f", 1))
		fmt.Fprintf(b, " | %s | %s |\n", r.ratio(p, puc), r.ratio(p, gopherLua))
	}
	var light []program
	for _, p := range programs {
		if !p.strings {
			light = append(light, p)
		}
	}
	r.writeMean(b, "geometric mean of ours / column", programs)
	r.writeMean(b, "the same, programs without strings", light)
	if worst, ratio := r.worst(programs); ratio > 0 {
		fmt.Fprintf(b, "\nSlowest against PUC: %s, %.2f times its time.\n", worst.name, ratio)
	}
}

// writeMean writes a row with the geometric mean of our time over that of each VM.
func (r *results) writeMean(b *strings.Builder, title string, programs []program) {
	fmt.Fprintf(b, "| **%s**", title)
	mean := func(other int) string {
		var ratios []float64
		for _, p := range programs {
			if ratio, ok := r.compare(p, other); ok {
				ratios = append(ratios, ratio)
			}
		}
		if ratios == nil {
			return "–"
		}
		return fmt.Sprintf("**%.2f**", geometricMean(ratios))
	}
	for i := range r.vms {
		if i == ours {
			b.WriteString(" | ")
			continue
		}
		b.WriteString(" | " + mean(i))
	}
	fmt.Fprintf(b, " | %s | %s |\n", mean(puc), mean(gopherLua))
}

func geometricMean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

func (r *results) worst(programs []program) (worst program, ratio float64) {
	for _, p := range programs {
		if x, ok := r.compare(p, puc); ok && x > ratio {
			worst, ratio = p, x
		}
	}
	return worst, ratio
}

// compare returns our figure over that of another VM, if both are there and right.
func (r *results) compare(p program, other int) (ratio float64, ok bool) {
	a, b := r.cells[p.path][ours], r.cells[p.path][other]
	if a.best == 0 || b.best == 0 || a.problem != "" || b.problem != "" {
		return 0, false
	}
	return a.best / b.best, true
}

func (r *results) ratio(p program, other int) string {
	if ratio, ok := r.compare(p, other); ok {
		return fmt.Sprintf("%.2f", ratio)
	}
	return "–"
}

func (r *results) writeTable(b *strings.Builder, first string, programs []program, format string, factor float64) {
	r.header(b, first, "ours / PUC")
	for _, p := range programs {
		title := p.title
		if p.kind == start {
			title = "empty script"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", title, r.row(p, format, factor), r.ratio(p, puc))
	}
}

// row is one cell for each VM.
func (r *results) row(p program, format string, factor float64) string {
	var texts []string
	for _, c := range r.cells[p.path] {
		switch {
		case c.problem != "":
			texts = append(texts, "fails")
		case c.best == 0:
			texts = append(texts, "–")
		default:
			texts = append(texts, fmt.Sprintf(format, c.best*factor))
		}
	}
	return strings.Join(texts, " | ")
}

// writeEmbedding writes the VMs of Go side by side, and beside them the others' own count
// for a coroutine.
func (r *results) writeEmbedding(b *strings.Builder, sizes []program) {
	b.WriteString("\n### From a Go program\n\n" +
		"CPU time, allocations of Go's heap, and bytes of heap and stacks that live objects hold.\n\n")
	first, second := r.vms[ours].title, r.vms[gopherLua].title
	fmt.Fprintf(b, "| | %s | %s | %s / %s |\n|---|---:|---:|---:|\n", first, second, first, second)
	for _, name := range embedding.Names {
		a, hasA := r.embedded[ours][name]
		g, hasG := r.embedded[gopherLua][name]
		ratio := "–"
		switch {
		case hasA && hasG && g.Nanoseconds > 0:
			ratio = fmt.Sprintf("%.2f", a.Nanoseconds/g.Nanoseconds)
		case hasA && hasG && g.Bytes > 0:
			ratio = fmt.Sprintf("%.2f", a.Bytes/g.Bytes)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, figure(a, hasA), figure(g, hasG), ratio)
	}
	for _, p := range sizes {
		var texts []string
		for i, c := range r.cells[p.path] {
			if c.best > 0 && c.problem == "" {
				texts = append(texts, fmt.Sprintf("%s %.2f KiB", r.vms[i].title, c.best/1024))
			}
		}
		fmt.Fprintf(b, "\nA suspended coroutine and its slot, as `collectgarbage` counts them: %s.\n",
			strings.Join(texts, ", "))
	}
}

func figure(f embedding.Figure, known bool) string {
	allocations := fmt.Sprintf("%.0f allocations", f.Allocations)
	if allocations == "1 allocations" {
		allocations = "1 allocation"
	}
	switch {
	case !known:
		return "–"
	case f.Nanoseconds == 0:
		return fmt.Sprintf("%.2f KiB", f.Bytes/1024)
	case f.Nanoseconds >= 10_000:
		return fmt.Sprintf("%.0f µs, %s", f.Nanoseconds/1000, allocations)
	case f.Allocations < 0.5:
		return fmt.Sprintf("%.1f ns", f.Nanoseconds)
	}
	return fmt.Sprintf("%.0f ns, %s", f.Nanoseconds, allocations)
}

// writeProblems says why a figure is missing.
func (r *results) writeProblems(b *strings.Builder, programs []program) {
	var lines []string
	for _, p := range programs {
		for i, c := range r.cells[p.path] {
			if c.problem != "" {
				lines = append(lines, fmt.Sprintf("- %s on %s: `%s`\n", p.name, r.vms[i].title, c.problem))
			}
		}
	}
	for i, problem := range r.problems {
		if problem != "" {
			lines = append(lines, fmt.Sprintf("- %s from a Go program: `%s`\n", r.vms[i].title, problem))
		}
	}
	if lines != nil {
		b.WriteString("\n### Failures\n\nNot in the means:\n\n" + strings.Join(lines, ""))
	}
}
