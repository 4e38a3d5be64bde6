// Lua runs the same Lua programs on our Lua, gopher-lua, PUC Lua 5.1 and LuaJIT with and
// without its compiler, in turn, and writes their times and memory into
// docs/performance.md. It runs on Linux, in the folder of this module:
//
//	go run ./lua                     # all, into the manual
//	go run ./lua -only 'fib|sort'    # these programs, to the standard output
//
// Figures are the CPU time of the child processes, start-up and garbage collection
// included, and the best of five rounds.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/tidewire/tidewire/bench/internal/page"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each program runs on each VM")
	only := flag.String("only", "", "run the programs whose names match this regular expression, print the tables")
	file := flag.String("page", "../docs/performance.md", "the file that holds the tables between two marks")
	flag.Parse()
	if err := run(*rounds, *only, *file); err != nil {
		fmt.Fprintln(os.Stderr, "bench/lua:", err)
		os.Exit(1)
	}
}

func run(rounds int, only, file string) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds is %d, and has to be 1 at least", rounds)
	}
	marks := page.Of("make bench-lua")
	if only == "" {
		if err := marks.Check(file); err != nil {
			return err
		}
	}
	match, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	programs, err := readPrograms(match)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "bench-lua")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	vms, err := prepare(folder)
	if err != nil {
		return err
	}
	results := newResults(vms)
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
		results.round(programs)
	}
	report := results.report(programs)
	if only != "" {
		fmt.Println(report)
		return nil
	}
	return marks.Insert(file, report)
}
