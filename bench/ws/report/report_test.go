package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/measure"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// known is a run of one scenario of each kind, two rounds, in which our engine wins, loses
// and is missing.
func known() *Run {
	r := &Run{
		Date:   time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC),
		Rounds: 2, Length: time.Second, Machine: "2 × processor", Go: "go1.26 linux/amd64",
		LoadBefore: "0.01 0.02 0.03", LoadAfter: "1.01 0.52 0.23", Settings: "GOMAXPROCS=2 GOGC=100",
		Versions: []string{"tidewire at abc", "example.com/gobwas v1"},
		Scenarios: []scenario.Scenario{
			{Name: "receive-32", Title: "receive 32 B", Kind: scenario.Messages, Role: client.Count},
			{Name: "deflate-takeover", Title: "deflate", Kind: scenario.Messages, Role: client.Burst,
				Serve: server.Task{Deflate: server.Takeover}},
			{Name: "echo-1", Title: "echo, 1 in flight", Kind: scenario.Messages, Role: client.Echo,
				Serve: server.Task{Mode: server.Ping}},
			{Name: "latency", Title: "echo at a rate", Kind: scenario.Latency, Role: client.Echo,
				Serve: server.Task{Mode: server.Pace}},
			{Name: "idle-5000", Title: "idle connections", Kind: scenario.Idle},
			{Name: "frames", Title: "frames beside a flood", Kind: scenario.Frames, Role: client.Mixed},
			{Name: "storm", Title: "connections at once", Kind: scenario.Storm},
		},
		Contestants: []contestants.Contestant{
			{Name: "raw", Shape: "TCP", Checks: "nothing"},
			{Name: "gobwas", Shape: "batches", Checks: "little"},
			{Name: "gws", Shape: "batches", Checks: "some"},
			{Name: "gobwas-shown", Shape: "a channel", Checks: "little", Shown: true},
			{Name: "engine", Shape: "a handler", Checks: "all", Ours: true},
			{Name: "gobwas-lua", Shape: "a call", Checks: "little", Lua: true},
			{Name: "engine-lua", Shape: "a module", Checks: "all", Lua: true, Ours: true},
			{Name: "runner", Shape: "a script", Checks: "all", Script: true, Ours: true},
			{Name: "node", Shape: "a script", Checks: "all", Script: true},
		},
		Failures: []Failure{{Scenario: "deflate-takeover", Contestant: "gws", Text: "a message was lost"}},
	}
	for scenarioName, figures := range map[string]map[string][2]time.Duration{
		"receive-32": {"raw": {10, 12}, "gobwas": {100, 100}, "gws": {200, 220}, "engine": {50, 60},
			"gobwas-lua": {400, 400}, "engine-lua": {200, 300}, "runner": {300, 300}, "node": {600, 600}},
		"deflate-takeover": {"gobwas": {8_000, 8_000}, "engine": {9_000, 11_000}},
		"echo-1": {"raw": {5_000, 5_000}, "gobwas": {16_000, 16_000}, "gws": {20_000, 20_000},
			"gobwas-shown": {10_000, 10_000}, "engine": {12_000, 12_000}},
		"latency": {"raw": {10_000, 10_000}, "gobwas": {20_000, 20_000}, "engine": {20_200, 20_200}},
		"frames":  {"gws": {250, 250}, "engine": {500, 500}},
		"storm":   {"gws": {300_000, 300_000}, "engine": {200_000, 100_000}},
	} {
		for contestant, rounds := range figures {
			for _, cpu := range rounds {
				r.Results = append(r.Results, scenario.Result{
					Scenario: scenarioName, Contestant: contestant,
					Script: contestant == "runner" || contestant == "node", Messages: 1000, Connections: 1000,
					Wall: 2000 * cpu, CPU: 1000 * cpu, ServerCPU: 500 * cpu, Allocations: 1000, Bytes: 64_000,
					Sent: 300_000, Latency: measure.Quantiles{Count: 1000, P50: cpu, P90: 2 * cpu, P99: 3 * cpu,
						P999: 4 * cpu, Most: 5 * cpu},
					Frames: measure.Quantiles{Count: 60, P50: 10 * cpu, P90: 20 * cpu, P99: 30 * cpu, P999: 40 * cpu,
						Most: 50 * cpu},
					FrameCounts: measure.Counts{2: 30, 4: 27, 9: 3},
					After:       measure.Memory{Resident: 8 << 20, Peak: 9 << 20},
				})
			}
		}
	}
	for contestant, resident := range map[string]int64{"raw": 4 << 10, "gobwas": 11 << 10, "engine": 5 << 10} {
		for range 2 {
			r.Results = append(r.Results, scenario.Result{
				Scenario: "idle-5000", Contestant: contestant, Connections: 1000,
				Before: measure.Memory{Resident: 1 << 20, Heap: 1 << 10, Stacks: 1 << 10},
				After: measure.Memory{Resident: 1<<20 + 1000*resident, Peak: 1<<20 + 1500*resident,
					Heap: 1<<10 + 1000*2048, Stacks: 1<<10 + 1000*2048},
			})
		}
	}
	for round := range time.Duration(2) {
		for i, beside := range []string{"nothing", "a flood"} {
			delay := (100 + 10*round) * time.Microsecond
			r.Frames = append(r.Frames, Frames{
				Beside: beside, Rate: 1000, Length: time.Second, Messages: int64(1000 * i),
				Delays: measure.Quantiles{Count: 1000, P50: delay, P99: 3 * delay,
					P999: 4*delay + time.Duration(i)*3*time.Millisecond, Most: 5 * time.Millisecond},
			})
		}
	}
	return r
}

func TestGolden(t *testing.T) {
	run := known()
	plot, err := run.Plot()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"report.md": []byte(run.Markdown()), "plot.svg": plot} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; run with -update and look at the difference. Got:\n%s", path, got)
		}
	}
}

// Figures that decide are computed here by hand.
func TestRatios(t *testing.T) {
	report := known().Markdown()
	for _, want := range []string{
		// 55 over 11, over 100, over 210: the medians of two rounds are their means.
		"| receive 32 B | 55.0 ns | 5.00 | 0.55 | 0.26 | – | 0.55 gobwas |\n",
		// A loss is bold, and a missing contestant is not shown as 0.
		"| deflate | 10.0 µs | – | **1.25** | – | – | **1.25** gobwas |\n",
		"| echo at a rate | 20.2 µs | 2.02 | **1.01** | – | – | **1.01** gobwas |\n",
		"| idle connections | 5.0 KiB | 1.25 | 0.45 | – | – | 0.45 gobwas |\n",
		"| frames beside a flood | 15.0 µs | – | – | **2.00** | – | **2.00** gws |\n",
		"| connections at once | 150 µs | – | – | 0.50 | – | 0.50 gws |\n",
		// The shape of a README wins one scenario that the fast shapes lose.
		"The engine needs less than each library in either shape in 3 of 7 scenarios,\n" +
			"and less than each one in its fast shape in 4 of 7.\n",
		// Targets: one reached, missed ones in bold, figures that are missing.
		"| idle connections | gobwas | 0.50 | 0.45 | 0.36 | 0.45 gobwas |\n",
		"| receive 32 B | gobwas | 0.45 | **0.55** | 0.11 | 0.55 gobwas |\n",
		"| receive 32 B, a callback in Lua | gobwas-gopherlua | 0.60 | – | – | 0.62 gobwas-lua |\n",
		"| echo, 1 in flight, p50 | the best | 0.85 | **1.20** | 0.50 | 1.20 gobwas-shown |\n",
		"| deflate | coder | 0.89 | – | – | 1.25 gobwas |\n",
		"| p99.9 of a script's frames beside a flood | its frames without | at most 2 ms later | **3.00 ms later** | – | – |\n",
		"| receive 32 B | 250 ns | – | 0.62 | – | **4.55** |\n",
		"| **engine** | 55.0 ns (50.0 ns – 60.0 ns) | 110 ns | 82.5 ns | 25 % | 1.00 | 64 | 8.0 MiB | 9.0 MiB |\n",
		"| receive 32 B | 300 ns | 0.50 |\n",
		"| **engine** | 12.0 µs | 24.0 µs | 12.0 µs | 36.0 µs | 48.0 µs | 60.0 µs | 18.0 µs | 25 % |",
		"| node | 600 ns | 1.20 µs | 900 ns | 25 % | – | – | – | – |\n",
		"- gws in deflate-takeover: `a message was lost`\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no line %q:\n%s", want, report)
		}
	}
}

// A ratio misses its target if it is greater as it is written, and a script's frames if they
// are more than 2 ms later.
func TestTargetReached(t *testing.T) {
	for ratio, want := range map[float64]string{0.44: "0.44", 0.4549: "0.45", 0.4551: "**0.46**", 1: "**1.00**"} {
		if got := emphasised(ratio, 0.45); got != want {
			t.Errorf("%v is written %s, want %s", ratio, got, want)
		}
	}
	for flooded, want := range map[time.Duration]string{
		1500 * time.Microsecond: "| 500 µs earlier |", 4 * time.Millisecond: "| 2.00 ms later |",
		4001 * time.Microsecond: "| **2.00 ms later** |",
	} {
		run := &Run{Frames: []Frames{
			{Beside: Nothing, Delays: measure.Quantiles{P999: 2 * time.Millisecond}},
			{Beside: "a flood", Delays: measure.Quantiles{P999: flooded}},
		}}
		var b strings.Builder
		run.writeFramesTarget(&b)
		if !strings.Contains(b.String(), want) {
			t.Errorf("%v beside a flood and 2 ms without: %q, want %q", flooded, b.String(), want)
		}
	}
}

// All targets are of scenarios that are played.
func TestTargetsArePlayed(t *testing.T) {
	for _, target := range targets {
		if list, err := scenario.Named(target.scenario); err != nil || len(list) != 1 {
			t.Errorf("%s: %d scenarios, error %v", target.scenario, len(list), err)
		}
	}
}

// A table that would have no rows is not there: a run of other scenarios has no targets.
func TestNoEmptyTables(t *testing.T) {
	run := known()
	run.Results = slices.DeleteFunc(run.Results, func(r scenario.Result) bool { return r.Contestant != "gobwas" })
	for _, title := range []string{"### Our engine", "### The targets", "### With a callback", "### Scripts"} {
		if report := run.Markdown(); strings.Contains(report, title) {
			t.Errorf("%q is there:\n%s", title, report)
		}
	}
	run = known()
	run.Scenarios = slices.DeleteFunc(run.Scenarios, func(s scenario.Scenario) bool { return s.Name != "storm" })
	run.Frames = nil
	if report := run.Markdown(); strings.Contains(report, "### The targets") {
		t.Errorf("the targets are there:\n%s", report)
	}
}

// One round is no plural.
func TestOneRound(t *testing.T) {
	run := known()
	run.Rounds = 1
	if report := run.Markdown(); !strings.Contains(report, "2026-11-29, 1 round, measured") {
		t.Errorf("the report has not 1 round:\n%.80s", report)
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[float64]string{
		7.54: "7.5 ns", 99.94: "99.9 ns", 123.4: "123 ns", 1234: "1.23 µs", 12_345: "12.3 µs", 123_456: "123 µs",
		1_234_567: "1.23 ms", 12_345_678: "12.3 ms", 123_456_789: "123 ms", 1_234_567_890: "1.23 s",
	} {
		if got := duration(ns); got != want {
			t.Errorf("%v ns is written %q, want %q", ns, got, want)
		}
	}
}

// No letters hide each other, however many are close; they keep their place on the axis, and
// those that are alone their row.
func TestApart(t *testing.T) {
	marks := []letter{{X: 100}, {X: 104}, {X: 97}, {X: 300}, {X: 101}, {X: 103}}
	above, below := apart(marks)
	for i, want := range []letter{
		{X: 100}, {X: 104, Y: -laneHeight}, {X: 97, Y: laneHeight}, {X: 300}, {X: 101, Y: -2 * laneHeight},
		{X: 103, Y: 2 * laneHeight},
	} {
		if marks[i] != want {
			t.Errorf("letter %d is at %+v, want %+v", i, marks[i], want)
		}
	}
	if above != 2*laneHeight || below != 2*laneHeight {
		t.Errorf("the row takes %v above and %v below", above, below)
	}
}

// Rows with letters above and below them take more room, and no row reaches into another.
func TestPlotRows(t *testing.T) {
	run := &Run{}
	for _, name := range []string{"one", "two", "three"} {
		s := scenario.Scenario{Name: name, Title: name, Kind: scenario.Messages}
		run.Scenarios = append(run.Scenarios, s)
		for _, c := range append([]letter{{Name: engine}}, letters...) {
			run.Results = append(run.Results, scenario.Result{Scenario: name, Contestant: c.Name, Messages: 1, CPU: 100})
		}
	}
	bottom := 0.0
	for _, s := range run.Scenarios {
		top := bottom
		row, ok := run.plotRow(s, &bottom)
		if !ok || len(row.Marks) != len(letters) {
			t.Fatalf("%+v, %v", row, ok)
		}
		for _, m := range row.Marks {
			if m.Y < top+laneHeight/2 || m.Y > bottom-laneHeight/2 {
				t.Errorf("%s: %s at %v reaches out of %v to %v", s.Name, m.Name, m.Y, top, bottom)
			}
		}
	}
}
