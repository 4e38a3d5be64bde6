// Codecs measures the modules tide.encoding, tide.crypto and tide.zlib beside the same
// functions written in Lua, on our own VM, and beside Node's, and prints a table in
// megabytes a second. It runs in the folder of this module, and needs node:
//
//	go run ./codecs
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/codecs:", err)
		os.Exit(1)
	}
}

func run() error {
	folder, err := os.MkdirTemp("", "bench-codecs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	runner := filepath.Join(folder, "tidewire")
	build := exec.Command("go", "build", "-o", runner, "./cmd/tidewire")
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	speeds := make(map[string]map[string]float64) // by function, then by who
	var names []string
	for _, command := range []*exec.Cmd{
		exec.Command(runner, "run", "codecs/codecs.lua"), exec.Command("node", "codecs/codecs.js"),
	} {
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(out)) {
			fields := strings.Split(strings.TrimSpace(line), "\t")
			if len(fields) != 3 {
				return fmt.Errorf("a line that is not understood: %q", line)
			}
			speed, err := strconv.ParseFloat(fields[2], 64)
			if err != nil {
				return err
			}
			if speeds[fields[0]] == nil {
				speeds[fields[0]] = make(map[string]float64)
				names = append(names, fields[0])
			}
			speeds[fields[0]][fields[1]] = speed
		}
	}
	fmt.Println("| function | module, MB/s | Lua, MB/s | Node, MB/s | module : Lua | module : Node |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, name := range names {
		s := speeds[name]
		fmt.Printf("| %s | %.4g | %.3g | %.4g | %.3g | %.2f |\n", name, s["module"], s["lua"], s["node"],
			s["module"]/s["lua"], s["module"]/s["node"])
	}
	return nil
}
