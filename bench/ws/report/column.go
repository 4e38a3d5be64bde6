package report

import (
	"fmt"
	"math"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/measure"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// A column is one figure of a scenario's table.
type column struct {
	title  string
	figure func(scenario.Result) float64
	text   func(float64) string
	spread bool // the table has the least and the greatest, too
}

func kib(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/1024) }
func mib(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }
func count(n float64) string   { return fmt.Sprintf("%.2f", n) }
func percent(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }
func whole(n float64) string   { return fmt.Sprintf("%.0f", n) }

// measured makes a figure of a column that scripts do not have.
func measured(figure func(scenario.Result) float64) func(scenario.Result) float64 {
	return func(r scenario.Result) float64 {
		if r.Script {
			return math.NaN()
		}
		return figure(r)
	}
}

// cell is the text of a figure.
func (c column) cell(figure float64) string {
	if math.IsNaN(figure) {
		return none
	}
	return c.text(figure)
}

// columnsOf are those of a kind of scenario.
func columnsOf(s scenario.Scenario) []column {
	switch s.Kind {
	case scenario.Idle:
		return idleColumns()
	case scenario.Storm:
		return append([]column{
			{"CPU a connection", func(r scenario.Result) float64 { return headline(s, r) }, duration, true},
			{"until all are open", func(r scenario.Result) float64 { return float64(r.Wall) }, duration, true},
		}, shared(func(r scenario.Result) int64 { return r.Connections })...)
	}
	columns := []column{{"CPU a message",
		func(r scenario.Result) float64 { return per(float64(r.CPU), r.Messages) }, duration, true}}
	switch s.Kind {
	case scenario.Frames:
		columns = append(columns, quantiles("frame late by, ", frames)...)
		columns = append(columns, quantiles("ping ", latency)...)
	case scenario.Latency:
		columns = append(columns, quantiles("", latency)...)
	default:
		columns = append(columns, column{"time a message",
			func(r scenario.Result) float64 { return per(float64(r.Wall), r.Messages) }, duration, false})
		if s.Timed() {
			columns = append(columns, quantiles("", latency)...)
		}
	}
	if s.Role == client.Burst && s.Serve.Deflate != server.Plain {
		columns = append(columns, column{"bytes sent",
			func(r scenario.Result) float64 { return per(float64(r.Sent), r.Messages) }, whole, false})
	}
	return append(append(columns, shared(func(r scenario.Result) int64 { return r.Messages })...), memory()...)
}

func frames(r scenario.Result) measure.Quantiles  { return r.Frames }
func latency(r scenario.Result) measure.Quantiles { return r.Latency }

func quantiles(prefix string, of func(scenario.Result) measure.Quantiles) []column {
	return []column{
		{prefix + "p50", func(r scenario.Result) float64 { return float64(of(r).P50) }, duration, true},
		{prefix + "p99", func(r scenario.Result) float64 { return float64(of(r).P99) }, duration, true},
		{prefix + "p99.9", func(r scenario.Result) float64 { return float64(of(r).P999) }, duration, false},
		{prefix + "longest", func(r scenario.Result) float64 { return float64(of(r).Most) }, duration, false},
	}
}

// shared are the columns for the work that one message or connection takes.
func shared(n func(scenario.Result) int64) []column {
	return []column{
		{"with the server's", func(r scenario.Result) float64 { return per(float64(r.CPU+r.ServerCPU), n(r)) },
			duration, false},
		{"server busy", func(r scenario.Result) float64 { return float64(r.ServerCPU) / float64(max(r.Wall, 1)) },
			percent, false},
		{"allocations", measured(func(r scenario.Result) float64 { return per(float64(r.Allocations), n(r)) }),
			count, false},
		{"bytes allocated", measured(func(r scenario.Result) float64 { return per(float64(r.Bytes), n(r)) }),
			whole, false},
	}
}

func memory() []column {
	return []column{
		{"resident", measured(func(r scenario.Result) float64 { return float64(r.After.Resident) }), mib, false},
		{"peak", measured(func(r scenario.Result) float64 { return float64(r.After.Peak) }), mib, false},
	}
}

func idleColumns() []column {
	each := func(figure func(scenario.Result) int64) func(scenario.Result) float64 {
		return func(r scenario.Result) float64 { return per(float64(figure(r)), r.Connections) }
	}
	return []column{
		{"resident", each(func(r scenario.Result) int64 { return r.After.Resident - r.Before.Resident }), kib, true},
		{"heap", each(func(r scenario.Result) int64 { return r.After.Heap - r.Before.Heap }), kib, false},
		{"stacks", each(func(r scenario.Result) int64 { return r.After.Stacks - r.Before.Stacks }), kib, false},
		{"peak", each(func(r scenario.Result) int64 { return r.After.Peak - r.Before.Resident }), kib, false},
	}
}
