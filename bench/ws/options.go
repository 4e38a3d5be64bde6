package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// The flags that make this program one of the processes that it starts.
const (
	serveFlag = "serve"
	atFlag    = "at"
)

// Quick runs have less of everything: quickCount rounds of parts of quickLength, memory,
// the shapes of READMEs and our runner's frames in the first round alone, and nothing of growth.
const (
	quickCount  = 3
	quickLength = 100 * time.Millisecond
)

// options has the flags of the command line.
type options struct {
	scenarios, contestants string
	count                  int
	length                 time.Duration
	connections            int
	quick, print, list     bool
	page, plot             string
	profile                string

	serve bool
	at    string
}

// parse reads the command line, without the program's name, and refuses what cannot be
// measured. The help goes to out; the error is flag.ErrHelp then.
func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("ws", flag.ContinueOnError)
	f.SetOutput(io.Discard) // the error says the same
	f.StringVar(&o.scenarios, "scenario", "", "play these scenarios, separated by commas, and print the tables")
	f.StringVar(&o.contestants, "contestants", "", "with these contestants, separated by commas")
	f.IntVar(&o.count, "count", 5, "how often each contestant plays each scenario")
	f.DurationVar(&o.length, "length", 400*time.Millisecond, "how long each measured part takes")
	f.IntVar(&o.connections, "connections", 0, "the number of connections, instead of the scenario's")
	f.BoolVar(&o.quick, "quick", false, "three rounds of short parts, some of them once")
	f.BoolVar(&o.print, "print", false, "print the tables, change no file")
	f.BoolVar(&o.list, "list", false, "list scenarios and contestants")
	f.StringVar(&o.page, "page", "../docs/performance.md", "the file that holds the tables between two marks")
	f.StringVar(&o.plot, "plot", "../docs/performance-ws.svg", "the file of the plot")
	f.StringVar(&o.profile, "cpuprofile", "",
		"write a profile of the measured part here; name one scenario and one contestant")
	f.BoolVar(&o.serve, serveFlag, false, "be the server's process, which this program starts")
	f.StringVar(&o.at, atFlag, "", "be a contestant's process, which this program starts; the server's address as JSON")
	f.Usage = func() {}
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		f.SetOutput(out)
		fmt.Fprint(out, "go run ./ws [flags], in the folder bench\n\nWithout -scenario and -contestants it measures "+
			"everything for most of an hour, and changes -page and -plot.\n\n")
		f.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, fmt.Errorf("%w: -h explains the flags", err)
	}
	set := make(map[string]bool)
	f.Visit(func(given *flag.Flag) { set[given.Name] = true })
	switch {
	case o.at != "" || o.serve:
		return o, nil
	case f.NArg() > 0:
		return o, fmt.Errorf("%q belongs to no flag: scenarios are named as in -scenario receive-32,send-32", f.Arg(0))
	case o.count < 1:
		return o, fmt.Errorf("-count is %d, and has to be 1 at least", o.count)
	case o.length <= 0:
		return o, fmt.Errorf("-length is %v, and has to be more than 0, as 400ms is", o.length)
	case o.connections < 0:
		return o, fmt.Errorf("-connections is %d; 0 takes the scenario's own number", o.connections)
	case o.quick && (set["count"] || set["length"]):
		return o, fmt.Errorf("-quick is %d rounds of %v: leave it out to use -count and -length",
			quickCount, quickLength)
	}
	for _, name := range []string{"scenario", "contestants"} {
		if set[name] && f.Lookup(name).Value.String() == "" {
			return o, fmt.Errorf("-%s names none: leave it out for all, or take names that -list shows", name)
		}
	}
	if o.quick {
		o.count, o.length = quickCount, quickLength
	}
	return o, nil
}

// whole reports whether everything is measured and goes into the manual.
func (o options) whole() bool { return !o.print && o.scenarios == "" && o.contestants == "" }

// cast returns the scenarios and contestants of a run: those that can be played, or play.
// One that was named and has nobody, or nothing, to play is an error.
func (o options) cast() (scenarios []scenario.Scenario, playing []contestants.Contestant, err error) {
	allScenarios, err := scenario.Named(o.scenarios)
	if err != nil {
		return nil, nil, err
	}
	all, err := contestants.Named(o.contestants)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range allScenarios {
		if slices.ContainsFunc(all, func(c contestants.Contestant) bool { return o.plays(0, s, c) }) {
			scenarios = append(scenarios, s)
		} else if o.scenarios != "" {
			return nil, nil, fmt.Errorf("%s: %s", s.Name, o.refusal("no contestant of these plays it"))
		}
	}
	for _, c := range all {
		if slices.ContainsFunc(allScenarios, func(s scenario.Scenario) bool { return o.plays(0, s, c) }) {
			playing = append(playing, c)
		} else if o.contestants != "" {
			return nil, nil, fmt.Errorf("%s: %s", c.Name, o.refusal("it plays none of these scenarios"))
		}
	}
	if o.profile != "" && (len(scenarios) != 1 || len(playing) != 1) {
		return nil, nil, errors.New("-cpuprofile is one file: name one scenario and one contestant")
	}
	return scenarios, playing, nil
}

func (o options) refusal(reason string) string {
	if o.quick {
		return reason + " with -quick"
	}
	return reason
}

// plays reports whether a contestant plays a scenario in this round.
func (o options) plays(round int, s scenario.Scenario, c contestants.Contestant) bool {
	once := c.Shown || s.Kind == scenario.Idle || s.Kind == scenario.Storm
	return s.Takes(c) && !(o.quick && (s.Growth || round > 0 && once))
}

// checkPage makes sure that the report can be written, before it is measured.
func (o options) checkPage() error {
	if !o.whole() {
		return nil
	}
	return marks.Check(o.page)
}

// marks are those of the part of the page that this program writes.
var marks = page.Of("make bench-ws")

// collected is how many messages a script collects.
func (o options) collected() int {
	const inSecond = 300_000
	return max(10_000, int(inSecond*o.length.Seconds()))
}
