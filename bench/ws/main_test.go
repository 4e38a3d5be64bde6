package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// The test's own program is the server and the contestants, too.
func TestMain(m *testing.M) {
	for _, arg := range os.Args[1:] {
		if arg == "-"+serveFlag || arg == "-"+atFlag {
			main()
			return
		}
	}
	os.Exit(m.Run())
}

// Every contestant plays scenarios of each sort, with few messages and connections; a
// message that is lost or changed on the way fails there.
func TestPlay(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process for each contestant")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := server.Start(self, "-"+serveFlag)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := peer.Stop(); err != nil {
			t.Error(err)
		}
	}()
	scenarios, err := scenario.Named("receive-256,send-32,echo-1,latency-2k,idle-5000-wss,frames,inflate-takeover,deflate")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		o := options{length: 30 * time.Millisecond, connections: min(s.Connections, 5)}
		if s.Timed() {
			o.length = 100 * time.Millisecond // the server leaves out the first 20
		}
		for _, c := range contestants.List {
			if !s.Takes(c) || c.Script {
				continue
			}
			r, err := child(o, self, peer.Address, s, c)
			switch {
			case err != nil:
				t.Error(err)
			case r.Scenario != s.Name || r.Contestant != c.Name:
				t.Errorf("%s, %s: the result is of %s, %s", s.Name, c.Name, r.Scenario, r.Contestant)
			case s.Kind == scenario.Messages && (r.Messages == 0 || r.CPU <= 0 || r.ServerCPU <= 0),
				(s.Timed() || s.Name == "echo-1") && r.Latency.Count == 0,
				s.Kind == scenario.Frames && (r.Frames.Count == 0 || r.Messages == 0),
				s.Kind == scenario.Idle && (r.Connections != 5 || r.After.Resident == 0):
				t.Errorf("%s, %s: %+v", s.Name, c.Name, r)
			}
		}
	}
}

// A run of everything goes into the page and the plot, a part of it to the standard output.
func TestWrite(t *testing.T) {
	folder := t.TempDir()
	o := options{page: filepath.Join(folder, "page.md"), plot: filepath.Join(folder, "plot.svg")}
	if err := os.WriteFile(o.page, []byte("# Page\n\n"+marks.Begin+marks.End), 0o666); err != nil {
		t.Fatal(err)
	}
	run, err := newRun(o, scenario.List[:1], contestants.List)
	if err != nil {
		t.Fatal(err)
	}
	run.Results = []scenario.Result{
		{Scenario: "receive-32", Contestant: "engine", Messages: 10, CPU: 400},
		{Scenario: "receive-32", Contestant: "gobwas", Messages: 10, CPU: 800},
	}
	if err := write(o, run); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		o.page: "](plot.svg)\n\n" + run.Date.Format("2006-01-02") + ", 0 rounds", o.plot: ">receive 32 B</text>",
	} {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q, error %v:\n%s", path, want, err, text)
		}
	}
	for _, version := range []string{"github.com/gobwas/ws v", "github.com/coder/websocket v", "tidewire at "} {
		if !strings.Contains(run.Markdown(), "- "+version) {
			t.Errorf("the report has no version of %s", version)
		}
	}
}

// A contestant that cannot go on says why.
func TestPlayFails(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	nobody := server.Address{WS: "127.0.0.1:1", WSS: "127.0.0.1:1", Control: "127.0.0.1:1"}
	_, err = child(options{length: time.Millisecond}, self, nobody, scenario.List[0], contestants.List[0])
	if err == nil || !strings.Contains(err.Error(), "the server's certificate cannot be read") {
		t.Errorf("error %v", err)
	}
}

// Each name is that of one scenario or contestant.
func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range scenario.List {
		if seen[s.Name] {
			t.Errorf("two scenarios are named %s", s.Name)
		}
		seen[s.Name] = true
	}
	for _, c := range contestants.List {
		if seen[c.Name] {
			t.Errorf("two contestants are named %s", c.Name)
		}
		seen[c.Name] = true
	}
	if _, err := scenario.Named("receive-32,nothing"); err == nil {
		t.Error("no error for a scenario that is not there")
	}
	if _, err := contestants.Named("nobody"); err == nil {
		t.Error("no error for a contestant that is not there")
	}
}
