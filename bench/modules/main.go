// Modules measures the modules of tide beside the same written in Lua by hand, beside Node,
// and where they have the like beside LuaJIT and lua-http, and writes a table into
// docs/performance.md. It runs in the folder of this module and needs node; interop/install
// installs the others, too:
//
//	go run ./modules                # into the manual
//	go run ./modules -rounds 1 -print
//
// Figures are medians of all rounds, in each of which the programs take turns.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each program runs")
	file := flag.String("page", "../docs/performance.md", "the file that holds the tables between two marks")
	print := flag.Bool("print", false, "print the tables instead")
	flag.Parse()
	if err := run(*rounds, *file, *print); err != nil {
		fmt.Fprintln(os.Stderr, "bench/modules:", err)
		os.Exit(1)
	}
}

func run(rounds int, file string, print bool) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds is %d, and has to be 1 at least", rounds)
	}
	marks := page.Of("make bench-modules")
	if !print {
		if err := marks.Check(file); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "bench-modules")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	programs, err := prepare(folder)
	if err != nil {
		return err
	}
	url, stop, err := serve()
	if err != nil {
		return err
	}
	defer stop()
	results := newResults(programs)
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
		if err := results.round(url); err != nil {
			return err
		}
	}
	if print {
		fmt.Println(results.report())
		return nil
	}
	return marks.Insert(file, results.report())
}

// serve answers requests with 200 bytes on a port of the loopback interface.
func serve() (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	body := []byte(strings.Repeat("tidewire", 25))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(body) // a client that is gone notices itself
	})}
	ended := make(chan struct{})
	go func() { // ended by stop, and joined there
		defer close(ended)
		_ = server.Serve(listener) // http.ErrServerClosed
	}()
	return "http://" + listener.Addr().String() + "/", func() { _ = server.Close(); <-ended }, nil
}

// program is a contestant: it prints a line for each work.
type program struct {
	version string
	missing string // why it cannot run
	command []string
}

// prepare builds our runner. Node has to be there.
func prepare(folder string) ([]program, error) {
	runner := filepath.Join(folder, "tidewire")
	build := exec.Command("go", "build", "-o", runner, "./cmd/tidewire")
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	revision, err := page.Revision()
	if err != nil {
		return nil, err
	}
	node, err := exec.Command("node", "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	programs := []program{
		{version: "module, Lua: tidewire at " + revision, command: []string{runner, "run", "modules/scripts/modules.lua"}},
		{version: "Node: " + strings.TrimSpace(string(node)), command: []string{"node", "modules/scripts/node.js"}},
	}
	luajit, err := exec.Command("luajit", "-e",
		`io.write(jit.version, ", lua-http ", require("http.version").version)`).Output()
	if err != nil {
		return append(programs, program{missing: "LuaJIT with lua-http, which interop/install installs, is not there"}), nil
	}
	return append(programs, program{
		version: "LuaJIT: " + string(luajit), command: []string{"luajit", "modules/scripts/luajit.lua"},
	}), nil
}

// timeout ends a program that hangs.
const timeout = 5 * time.Minute

// measured is a line that a program has printed.
type measured struct {
	work, who         string
	amount, wall, cpu float64 // wall is bytes for memory
}

func (p program) run(url string) (lines []measured, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	command := exec.CommandContext(ctx, p.command[0], append(p.command[1:len(p.command):len(p.command)], url)...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.version, err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 5 {
			return nil, fmt.Errorf("%s: a line that is not understood: %q", p.version, line)
		}
		m := measured{work: fields[0], who: fields[1]}
		for i, number := range []*float64{&m.amount, &m.wall, &m.cpu} {
			if *number, err = strconv.ParseFloat(fields[2+i], 64); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", p.version, line, err)
			}
		}
		lines = append(lines, m)
	}
	return lines, nil
}
