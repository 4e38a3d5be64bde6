package report

import (
	"fmt"
	"slices"

	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// headline is the figure that a scenario is about: nanoseconds of the contestant's CPU time
// for a message or a connection, nanoseconds of half of all echoes or of 99 % of
// the frames' delays, or bytes resident for a connection.
func headline(s scenario.Scenario, r scenario.Result) float64 {
	switch s.Kind {
	case scenario.Idle:
		return per(float64(r.After.Resident-r.Before.Resident), r.Connections)
	case scenario.Latency:
		return float64(r.Latency.P50)
	case scenario.Frames:
		return float64(r.Frames.P99)
	case scenario.Storm:
		return per(float64(r.CPU), r.Connections)
	}
	return per(float64(r.CPU), r.Messages)
}

func headlineOf(s scenario.Scenario) func(scenario.Result) float64 {
	return func(r scenario.Result) float64 { return headline(s, r) }
}

func per(total float64, n int64) float64 { return total / float64(max(n, 1)) }

// Figure is the main figure as text.
func Figure(s scenario.Scenario, r scenario.Result) string { return unit(s.Kind, headline(s, r)) }

func unit(k scenario.Kind, figure float64) string {
	if k == scenario.Idle {
		return fmt.Sprintf("%.1f KiB", figure/1024)
	}
	return duration(figure)
}

// duration writes nanoseconds with three digits.
func duration(ns float64) string {
	switch {
	case ns >= 9.995e8:
		return fmt.Sprintf("%.2f s", ns/1e9)
	case ns >= 99.95e6:
		return fmt.Sprintf("%.0f ms", ns/1e6)
	case ns >= 9.995e6:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	case ns >= 9.995e5:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	case ns >= 99.95e3:
		return fmt.Sprintf("%.0f µs", ns/1e3)
	case ns >= 9.995e3:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	case ns >= 999.5:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns >= 99.95:
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f ns", ns)
}

// A spread is a figure over all rounds.
type spread struct{ low, median, high float64 }

// over is the spread of a figure; ok is false without any result.
func over[T any](results []T, figure func(T) float64) (sp spread, ok bool) {
	if len(results) == 0 {
		return sp, false
	}
	figures := make([]float64, len(results))
	for i, r := range results {
		figures[i] = figure(r)
	}
	slices.Sort(figures)
	n := len(figures)
	return spread{low: figures[0], median: (figures[(n-1)/2] + figures[n/2]) / 2, high: figures[n-1]}, true
}

// in is the spread in a cell of a table.
func (sp spread) in(cell func(float64) string) string {
	if sp.low < sp.high {
		return fmt.Sprintf("%s (%s – %s)", cell(sp.median), cell(sp.low), cell(sp.high))
	}
	return cell(sp.median)
}
