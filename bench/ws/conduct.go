package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/report"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/scripts"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// How long our runner's frames are measured in a round.
const (
	framesLength      = time.Minute
	quickFramesLength = 5 * time.Second
)

// playTimeout ends a contestant that hangs.
const playTimeout = 2 * time.Minute

// conduct starts the server and plays everything in turns.
func conduct(o options) (err error) {
	scenarios, playing, err := o.cast()
	if err != nil {
		return err
	}
	if err := o.checkPage(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	self, err := os.Executable()
	if err != nil {
		return err
	}
	peer, err := server.Start(self, "-"+serveFlag)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.Stop()) }()
	run, err := newRun(o, scenarios, playing)
	if err != nil {
		return err
	}
	running, err := newCollectors(scenarios, playing, run)
	defer func() { err = errors.Join(err, os.RemoveAll(running.folder)) }()
	if err != nil {
		return err
	}
	playAll(ctx, o, self, peer.Address, running, run)
	if ctx.Err() != nil {
		return errors.New("interrupted: nothing is written")
	}
	run.LoadAfter = page.Load()
	if err := write(o, run); err != nil {
		return err
	}
	if failures := run.Failures[running.missing:]; len(failures) > 0 {
		return fmt.Errorf("%d measurements have failed, the first one: %s", len(failures), failures[0].Text)
	}
	return nil
}

// playAll plays everything in turns, until ctx ends.
func playAll(ctx context.Context, o options, self string, at server.Address, running collectors, run *report.Run) {
	for round := range o.count {
		for _, s := range run.Scenarios {
			fmt.Fprintf(os.Stderr, "%s round %d of %d, %s:", time.Since(run.Date).Round(time.Second), round+1, o.count,
				s.Name)
			for _, c := range run.Contestants {
				if ctx.Err() != nil {
					return
				}
				if !o.plays(round, s, c) {
					continue
				}
				if !c.Script {
					r, err := child(o, self, at, s, c)
					add(run, s, c, r, err)
				} else if script, ok := running.found[c.Name]; ok {
					r, err := script.Play(c.Name, s, at, o.collected())
					add(run, s, c, r, err)
				}
			}
			fmt.Fprintln(os.Stderr)
		}
		if o.scenarios == "" && running.plays("runner") && (round == 0 || !o.quick) {
			playFrames(o, run, running.folder, at)
		}
	}
}

// playFrames measures our runner's frames, idle and beside a flood.
func playFrames(o options, run *report.Run, folder string, at server.Address) {
	length := framesLength
	if o.quick {
		length = quickFramesLength
	}
	flood, err := scenario.Named("receive-32")
	if err != nil {
		panic(err) // it is in the list
	}
	for _, beside := range []struct{ name, url string }{
		{report.Nothing, ""}, {"a flood of 32 B", "ws://" + at.WS + flood[0].Serve.Path()},
	} {
		fmt.Fprintf(os.Stderr, "%s frames beside %s\n", time.Since(run.Date).Round(time.Second), beside.name)
		delays, messages, err := scripts.FrameDelays(folder, beside.url, length)
		if err != nil {
			run.Failures = append(run.Failures, report.Failure{Scenario: "frames", Contestant: "runner", Text: err.Error()})
			continue
		}
		run.Frames = append(run.Frames, report.Frames{
			Beside: beside.name, Rate: scripts.FrameRate, Length: length, Messages: messages, Delays: delays,
		})
	}
}

// collectors are the scripts that can be run.
type collectors struct {
	folder  string // empty if no script plays
	found   map[string]scripts.Script
	missing int // scripts whose programs are not installed: the first Failures of the run
}

func (c collectors) plays(name string) bool {
	_, found := c.found[name]
	return found
}

// newCollectors prepares the scripts, if any play, and notes those that cannot.
func newCollectors(scenarios []scenario.Scenario, playing []contestants.Contestant, run *report.Run) (
	c collectors, err error,
) {
	if !slices.ContainsFunc(scenarios, func(s scenario.Scenario) bool { return s.Scripts }) ||
		!slices.ContainsFunc(playing, func(c contestants.Contestant) bool { return c.Script }) {
		return c, nil
	}
	if c.folder, err = os.MkdirTemp("", "bench-ws"); err != nil {
		return c, err
	}
	found, missing, err := scripts.Prepare(c.folder)
	c.found = found
	for _, p := range playing {
		if script, ok := found[p.Name]; ok && !p.Ours {
			run.Versions = append(run.Versions, script.Version)
		}
		if reason, ok := missing[p.Name]; ok {
			failure := report.Failure{Contestant: p.Name, Scenario: "all scenarios", Text: reason.Error()}
			run.Failures = append(run.Failures, failure)
			fmt.Fprintf(os.Stderr, "%s cannot play: %v\n", p.Name, reason)
			c.missing++
		}
	}
	return c, err
}

// add puts a measurement into the run.
func add(run *report.Run, s scenario.Scenario, c contestants.Contestant, r scenario.Result, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, " %s fails", c.Name)
		run.Failures = append(run.Failures, report.Failure{Scenario: s.Name, Contestant: c.Name, Text: err.Error()})
		return
	}
	run.Results = append(run.Results, r)
	fmt.Fprintf(os.Stderr, " %s %s", c.Name, report.Figure(s, r))
}

// child plays in a process of its own.
func child(o options, self string, at server.Address, s scenario.Scenario, c contestants.Contestant) (
	r scenario.Result, err error,
) {
	address, err := json.Marshal(at)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), playTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, self, "-"+atFlag, string(address), "-scenario", s.Name,
		"-contestants", c.Name, "-length", o.length.String(), "-connections", strconv.Itoa(o.connections),
		"-cpuprofile", o.profile)
	var out, problem bytes.Buffer
	command.Stdout, command.Stderr = &out, &problem
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("still running after %v", playTimeout)
		}
		return r, fmt.Errorf("%s, %s: %w: %s", s.Name, c.Name, err, firstLine(problem.String()))
	}
	return r, json.Unmarshal(out.Bytes(), &r)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimPrefix(line, "bench/ws: ")
}

// write puts the report where it belongs: a part of it to the standard output, the whole
// into the manual.
func write(o options, run *report.Run) error {
	if !o.whole() {
		_, err := io.WriteString(os.Stdout, run.Markdown())
		return err
	}
	plot, err := run.Plot()
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.plot, plot, 0o666); err != nil {
		return err
	}
	image := "![The figures of the others over our engine's](" + filepath.Base(o.plot) + ")\n\n"
	return marks.Insert(o.page, image+run.Markdown())
}

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func newRun(o options, scenarios []scenario.Scenario, playing []contestants.Contestant) (*report.Run, error) {
	revision, err := page.Revision()
	if err != nil {
		return nil, err
	}
	versions := []string{"tidewire at " + revision}
	for _, c := range playing {
		if c.Module == "" {
			continue
		}
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}", c.Module).Output()
		if err != nil {
			return nil, fmt.Errorf("the version of %s: %w", c.Module, err)
		}
		if version := strings.TrimSpace(string(out)); !slices.Contains(versions, version) {
			versions = append(versions, version)
		}
	}
	return &report.Run{
		Date:       time.Now(),
		Rounds:     o.count,
		Length:     o.length,
		Machine:    page.Machine(),
		Go:         fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
		LoadBefore: page.Load(),
		Versions:   versions,
		Settings: fmt.Sprintf("GOMAXPROCS=%d", runtime.GOMAXPROCS(0)) +
			" GOGC=" + setting("GOGC", "100"),
		Scenarios:   scenarios,
		Contestants: playing,
	}, nil
}
