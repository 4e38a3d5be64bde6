package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/internal/page"
	"github.com/tidewire/tidewire/bench/lua/embedding"
)

// childTimeout ends a program that hangs.
const childTimeout = 2 * time.Minute

// The VMs by their place in a row of the report.
const (
	ours = iota
	gopherLua
	puc
	luajitOff
	luajit
	vmCount
)

// A vm is a command that runs a Lua file.
type vm struct {
	title   string
	version string
	command []string
	embeds  bool // knows embedding.Flag
	counts  bool // has a collectgarbage("count") that counts the memory of its own objects
}

// prepare looks for the VMs that have to be installed and builds the children of this
// module in folder.
func prepare(folder string) ([]vm, error) {
	vms := []vm{
		ours:      {title: "ours", command: []string{filepath.Join(folder, "ours")}, embeds: true},
		gopherLua: {title: "gopher-lua", command: []string{filepath.Join(folder, "gopherlua")}, embeds: true},
		puc:       {title: "PUC 5.1", command: []string{"lua5.1"}, counts: true},
		luajitOff: {title: "LuaJIT -joff", command: []string{"luajit", "-joff"}, counts: true},
		luajit:    {title: "LuaJIT", command: []string{"luajit"}, counts: true},
	}
	for i := range vms {
		version, err := vms[i].ask(i)
		if err != nil {
			return nil, err
		}
		vms[i].version = version
	}
	if out, err := build(folder); err != nil {
		return nil, fmt.Errorf("build the children: %w\n%s", err, out)
	}
	return vms, nil
}

// ask returns the version of the VM at a place of the report.
func (v vm) ask(place int) (string, error) {
	switch place {
	case ours:
		commit, err := page.Revision()
		return "tidewire at " + commit, err
	case gopherLua:
		return output("go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "github.com/yuin/gopher-lua")
	}
	version, err := output(v.command[0], "-v")
	if err != nil {
		return "", fmt.Errorf("%w (Debian: apt-get install lua5.1 luajit)", err)
	}
	version, _, _ = strings.Cut(version, " Copyright")
	return strings.TrimRight(version, " -"), nil
}

// build puts the children of this module into folder.
func build(folder string) (output []byte, err error) {
	return exec.Command("go", "build", "-o", folder, "./lua/ours", "./lua/gopherlua").CombinedOutput()
}

// output returns a command's output on either stream, as one line.
func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// A ran is one run of one program.
type ran struct {
	cpu    time.Duration // user and system time of the child, with those of its threads
	output string
}

// run runs a Lua file on the VM.
func (v vm) run(args ...string) (ran, error) {
	argv := append(v.command[1:len(v.command):len(v.command)], args...)
	cmd := exec.Command(v.command[0], argv...)
	var out, problem strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Start(); err != nil {
		return ran{}, err
	}
	timer := time.AfterFunc(childTimeout, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	if !timer.Stop() {
		return ran{}, fmt.Errorf("still running after %v", childTimeout)
	}
	if err != nil {
		first, _, _ := strings.Cut(problem.String(), "\n")
		return ran{}, fmt.Errorf("%w: %s", err, strings.ReplaceAll(first, v.command[0], filepath.Base(v.command[0])))
	}
	return ran{cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), output: out.String()}, nil
}

// figure is the result of a run of the program: seconds, nanoseconds or bytes.
func (r ran) figure(k kind) (float64, error) {
	switch k {
	case plain, start:
		return r.cpu.Seconds(), nil
	}
	printed, err := strconv.ParseFloat(strings.TrimSpace(r.output), 64)
	switch {
	case err != nil:
		return 0, err
	case printed <= 0:
		return 0, errors.New("the program printed no count")
	case k == operation:
		return float64(r.cpu) / printed, nil
	}
	return printed, nil
}

// embed measures a VM of Go from a Go program's side, in loops of least of CPU time.
func (v vm) embed(least time.Duration) (map[string]embedding.Figure, error) {
	r, err := v.run(embedding.Flag, least.String())
	if err != nil {
		return nil, err
	}
	var figures map[string]embedding.Figure
	return figures, json.Unmarshal([]byte(r.output), &figures)
}
