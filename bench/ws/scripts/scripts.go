// Package scripts has programs that the author of a script would run: our runner, Node,
// LuaJIT and Python, each with a collector of messages. They measure their CPU time and the
// time elapsed themselves, after a warm-up, so that start-up does not count.
package scripts

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

//go:embed source
var source embed.FS

// timeout ends a script that hangs.
const timeout = 2 * time.Minute

// runnerName is the file of our runner in the folder of Prepare.
const runnerName = "tidewire"

// A Script is a collector that can be run.
type Script struct {
	Version string

	command []string
	env     []string
}

// Prepare writes the collectors into folder and builds our runner there. It returns those
// that can be run, and why others cannot.
func Prepare(folder string) (found map[string]Script, missing map[string]error, err error) {
	files, err := fs.Sub(source, "source")
	if err != nil {
		return nil, nil, err
	}
	if err := os.CopyFS(folder, files); err != nil {
		return nil, nil, err
	}
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tidewire/tidewire")
	if err != nil {
		return nil, nil, err
	}
	runner := filepath.Join(folder, runnerName)
	if _, err := output("go", "-C", root, "build", "-o", runner, "./cmd/tidewire"); err != nil {
		return nil, nil, err
	}
	modules := []string{"NODE_PATH=" + filepath.Join(root, "interop", "node_modules"), "WS_NO_BUFFER_UTIL="}
	alone := slices.Clone(modules)
	alone[1] += "1"
	found, missing = make(map[string]Script), make(map[string]error)
	for name, s := range map[string]struct {
		script  Script
		version []string
	}{
		"runner": {Script{command: []string{runner, "run", filepath.Join(folder, "collector.lua")}},
			[]string{runner, "version"}},
		"node": {Script{command: []string{"node", filepath.Join(folder, "collector.cjs")}, env: alone},
			[]string{"node", "-p", `"Node " + process.version + ", ws " + require("ws/package.json").version`}},
		"node-bufferutil": {Script{command: []string{"node", filepath.Join(folder, "collector.cjs")}, env: modules},
			[]string{"node", "-p", `"bufferutil " + require("bufferutil/package.json").version`}},
		"luajit": {Script{command: []string{"luajit", filepath.Join(folder, "luahttp.lua")}},
			[]string{"luajit", "-e", `print(jit.version .. ", lua-http " .. require("http.version").version)`}},
		"python": {Script{command: []string{"/usr/bin/python3", filepath.Join(folder, "collector.py")}},
			[]string{"/usr/bin/python3", "-c", "import platform, websockets; " +
				"print('Python', platform.python_version() + ', websockets', websockets.__version__)"}},
	} {
		version, err := s.script.run(nil, s.version...)
		if err != nil {
			missing[name] = fmt.Errorf("%w (interop/install installs it)", err)
			continue
		}
		s.script.Version, _, _ = strings.Cut(version, "\n")
		found[name] = s.script
	}
	return found, missing, nil
}

func output(argv ...string) (string, error) { return Script{}.run(nil, argv...) }

// lines is the output of a program. It calls each, if that is not nil, when a line has come.
type lines struct {
	text bytes.Buffer
	each func()
}

func (l *lines) Write(data []byte) (int, error) {
	for n := bytes.Count(data, []byte("\n")); n > 0 && l.each != nil; n-- {
		l.each()
	}
	return l.text.Write(data)
}

// run returns the output of a command that ends well, and calls each, if that is not nil, as
// lines of it come.
func (s Script) run(each func(), argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Env = append(os.Environ(), s.env...)
	out := lines{each: each}
	var problem bytes.Buffer
	command.Stdout, command.Stderr = &out, &problem
	err := command.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("still running after %v", timeout)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, reason(problem.String()+out.text.String()))
	}
	return strings.TrimSpace(out.text.String()), nil
}

// reason is the line that says why a program failed: the one of an error, or the first.
func reason(text string) string {
	text = strings.TrimSpace(text)
	for line := range strings.Lines(text) {
		if strings.Contains(line, "Error: ") {
			return strings.TrimSpace(line)
		}
	}
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// Play collects messages of a scenario, and a quarter of them before to warm up. The
// script's two lines of output are the times between which the server's CPU time counts.
func (s Script) Play(name string, of scenario.Scenario, at server.Address, messages int) (
	r scenario.Result, err error,
) {
	r = scenario.Result{Scenario: of.Name, Contestant: name, Connections: 1, Script: true}
	url := "ws://" + at.WS + of.Serve.Path()
	argv := append(s.command[:len(s.command):len(s.command)], url, fmt.Sprint(max(messages/4, 1)), fmt.Sprint(messages))
	control, err := server.Dial(at.Control)
	if err != nil {
		return r, err
	}
	defer control.Close()
	var reports []server.Report
	var reportErr error
	out, err := s.run(func() {
		report, err := control.Report()
		reports, reportErr = append(reports, report), errors.Join(reportErr, err)
	}, argv...)
	if err := errors.Join(err, reportErr); err != nil {
		return r, fmt.Errorf("%s, %s: %w", of.Name, name, err)
	}
	var begins string
	var collected int64
	var computed, elapsed float64 // seconds
	if _, err := fmt.Sscan(out, &begins, &r.Messages, &collected, &computed, &elapsed); err != nil {
		return r, fmt.Errorf("%s, %s printed %q: %w", of.Name, name, out, err)
	}
	if begins != "begins" || len(reports) != 2 {
		return r, fmt.Errorf("%s, %s printed %q, want \"begins\" and a line of figures", of.Name, name, out)
	}
	if r.Messages != int64(messages) || collected != int64(messages*of.Serve.Order.Size) {
		return r, fmt.Errorf("%s, %s has collected %d messages of %d bytes in all, want %d of %d bytes each",
			of.Name, name, r.Messages, collected, messages, of.Serve.Order.Size)
	}
	r.CPU = time.Duration(computed * float64(time.Second))
	r.Wall = time.Duration(elapsed * float64(time.Second))
	r.ServerCPU = reports[1].CPU - reports[0].CPU
	return r, nil
}
