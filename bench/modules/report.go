package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
)

// work is a row's kind.
type work struct {
	name, title string
	unit        string  // of the figures
	scale       float64 // from seconds, or bytes, for one to the unit
}

var works = []work{
	{"sha256", "SHA-256 of 1.2 MB", "ms/MB", 1e9},
	{"hmac", "HMAC-SHA-256 of 200 bytes", "µs", 200 * 1e6},
	{"base64.encode", "base64 of 1.2 MB", "ms/MB", 1e9},
	{"base64.decode", "1.2 MB from base64", "ms/MB", 1e9},
	{"inflate", "1.2 MB by inflate", "ms/MB", 1e9},
	{"requests", "an HTTP request, of 1,000 by ten at once", "µs", 1e6},
	{"switches", "a switch, of 100,000", "ns", 1e9},
	{"starts", "a start and an end, of 10,000 at once", "ns", 1e9},
	{"waiting", "memory of one that waits, of 10,000", "bytes", 1},
}

// everyone is the columns' order within a work.
var everyone = []string{"module", "Lua", "Node", "Node's fetch", "LuaJIT"}

type key struct{ work, who string }

// results collects the figures of all rounds, for one byte or one piece.
type results struct {
	programs  []program
	wall, cpu map[key][]float64
	rounds    int
	date      time.Time
	load      string // when the first round began
}

func newResults(programs []program) *results {
	return &results{
		programs: programs, wall: make(map[key][]float64), cpu: make(map[key][]float64),
		date: time.Now(), load: page.Load(),
	}
}

func (r *results) round(url string) error {
	r.rounds++
	for _, p := range r.programs {
		if p.missing != "" {
			continue
		}
		lines, err := p.run(url)
		if err != nil {
			return err
		}
		for _, m := range lines {
			k := key{m.work, m.who}
			r.wall[k] = append(r.wall[k], m.wall/m.amount)
			r.cpu[k] = append(r.cpu[k], m.cpu/m.amount)
		}
	}
	return nil
}

func (r *results) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, medians of %d rounds, in brackets the least and the greatest. Machine: %s, %s/%s, %s.\n"+
		"Load average %s at the start, %s at the end.\n\n", r.date.Format("2006-01-02"), r.rounds, page.Machine(),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), r.load, page.Load())
	for _, p := range r.programs {
		fmt.Fprintf(&b, "- %s\n", p.version+p.missing)
	}
	b.WriteString("\n| work | unit | who | elapsed | CPU time | elapsed / module's |\n|---|---|---|---:|---:|---:|\n")
	for _, w := range works {
		for _, who := range everyone {
			k := key{w.name, who}
			if r.wall[k] == nil {
				continue
			}
			cpu := "–"
			if median(r.cpu[k]) > 0 {
				cpu = spread(r.cpu[k], w.scale)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", w.title, w.unit, who, spread(r.wall[k], w.scale), cpu,
				figure(median(r.wall[k])/median(r.wall[key{w.name, "module"}])))
		}
	}
	r.writeSlower(&b)
	return b.String()
}

// writeSlower names what others do in less time than the modules.
func (r *results) writeSlower(b *strings.Builder) {
	var list []string
	for _, w := range works {
		ours := median(r.wall[key{w.name, "module"}])
		for _, who := range everyone[1:] {
			if other := r.wall[key{w.name, who}]; other != nil && median(other) < 0.95*ours {
				list = append(list, fmt.Sprintf("- %s: %s with %s of the module's", w.title, who, figure(median(other)/ours)))
			}
		}
	}
	if list != nil {
		b.WriteString("\nAhead of the modules:\n\n" + strings.Join(list, "\n") + "\n")
	}
}

func spread(values []float64, scale float64) string {
	return fmt.Sprintf("%s (%s–%s)", figure(median(values)*scale), figure(slices.Min(values)*scale),
		figure(slices.Max(values)*scale))
}

// figure is a number with about three digits.
func figure(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
