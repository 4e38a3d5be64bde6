//go:build interop

package interop

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/luagen"
)

const (
	programSeeds    = 8                // files that TestPrograms runs; TIDEWIRE_PROGRAM_SEEDS chooses others
	programsPerFile = 300              // of one seed
	programTimeout  = 20 * time.Second // for a file, which takes less than one second
	shownPrograms   = 5                // differences that are shrunk and shown
	shrinkTime      = 20 * time.Second // for each of them
	shrinkBatch     = 300 << 10        // bytes of the reductions that are tried in one run
	shrinkTimeout   = 5 * time.Second  // for such a run: a reduction may hang where the program did not
	hangs           = "hangs\n"        // is printed last of a program that takes longer than the timeout, as the first of its file
)

// Random programs print the same in a real luajit and in ours. A difference is shown with
// the seed and the index of its program, made small.
//
// TIDEWIRE_PROGRAM_SEEDS=100-199 runs these seeds, TIDEWIRE_PROGRAM_SEEDS=7 this one.
func TestPrograms(t *testing.T) {
	first, last := seeds(t)
	for _, in := range ours {
		t.Run(in.name, func(t *testing.T) {
			different := 0
			for seed := first; seed <= last; seed++ {
				different += comparePrograms(t, in, seed, different)
			}
			if different > 0 {
				t.Errorf("%d of %d programs differ", different, (last-first+1)*programsPerFile)
			}
		})
	}
}

// comparePrograms runs the programs of a seed in luajit and in one of ours, and returns
// how many differ. shown is how many differences there were before.
func comparePrograms(t *testing.T, in implementation, seed uint64, shown int) (different int) {
	t.Helper()
	programs := programsOf(seed, in.program)
	theirs := runPrograms(t, programs, luajit)
	mine := runPrograms(t, programs, in)
	for i := range programs {
		if theirs[i] == mine[i] {
			continue
		}
		if strings.HasSuffix(theirs[i], hangs) {
			t.Logf("seed %d, program %d is left out: luajit does not end it within %v", seed, i, programTimeout)
			continue
		}
		different++
		if shown+different > shownPrograms {
			t.Errorf("seed %d, program %d differs, too", seed, i)
			continue
		}
		small := shrink(t, in, difference{programs[i], theirs[i], mine[i]})
		t.Errorf("seed %d, program %d, made smaller:\n%s\nluajit:\n%s\n%s:\n%s", seed, i, small.program, small.theirs,
			in.name, small.ours)
	}
	return different
}

// The programs lean on nothing that is undefined: luajit's interpreter and its compiled
// code agree, and each program is accepted and ends.
func TestProgramsInLuaJIT(t *testing.T) {
	compiler := implementation{name: "luajit with its compiler", run: command("luajit", "-O3", "-Ohotloop=2")}
	for seed := range uint64(3) {
		programs := programsOf(seed, luagen.NewCrossing)
		interpreted := runPrograms(t, programs, luajit)
		compiled := runPrograms(t, programs, compiler)
		for i, program := range programs {
			if interpreted[i] != compiled[i] || !strings.HasSuffix(interpreted[i], "end\n") {
				t.Errorf("seed %d, program %d:\n%s\ninterpreted:\n%s\ncompiled:\n%s", seed, i, program,
					interpreted[i], compiled[i])
			}
		}
	}
}

// seeds returns the first and the last that TestPrograms runs.
func seeds(t *testing.T) (first, last uint64) {
	t.Helper()
	text := os.Getenv("TIDEWIRE_PROGRAM_SEEDS")
	if text == "" {
		return 0, programSeeds - 1
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 64)
	if err != nil {
		t.Fatalf("TIDEWIRE_PROGRAM_SEEDS: %v", err)
	}
	if last, err = strconv.ParseUint(to, 10, 64); err != nil {
		t.Fatalf("TIDEWIRE_PROGRAM_SEEDS: %v", err)
	}
	return first, last
}

func programsOf(seed uint64, program func(seed, index uint64) *luagen.Program) []*luagen.Program {
	programs := make([]*luagen.Program, programsPerFile)
	for i := range programs {
		programs[i] = program(seed, uint64(i))
	}
	return programs
}

// runPrograms returns the output of each program. If one ends the run or hangs, its
// output says so, and the programs after it run in another file. When the time is up, the
// program is run again as the first of its file: the machine may be slow.
func runPrograms(t *testing.T, programs []*luagen.Program, in implementation) []string {
	t.Helper()
	var printed []string
	for len(printed) < len(programs) {
		found, failure := runFile(t, programs[len(printed):], in, programTimeout)
		if failure == hangs && len(found) > 1 {
			found, failure = found[:len(found)-1], ""
		}
		printed = append(printed, found...)
		printed[len(printed)-1] += failure
	}
	return printed
}

// runFile runs programs in one file and returns the output of each one that began, at
// least one. The last of them is the place of a failure.
func runFile(t *testing.T, programs []*luagen.Program, in implementation, timeout time.Duration) (printed []string,
	failure string) {
	t.Helper()
	const file = "programs.lua"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(luagen.File(programs)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	stdout, err := in.run(ctx, dir, file)
	printed, ended := split(string(stdout))
	if ended < len(programs) {
		if ended == len(printed) {
			printed = append(printed, "")
		}
		failure = fmt.Sprintf("did not end: %v\n", err)
		if ctx.Err() != nil {
			failure = hangs
		}
	}
	return printed, failure
}

// split parts the output of a file of programs by program, and counts those that came to
// their end.
func split(stdout string) (printed []string, ended int) {
	for line := range strings.Lines(stdout) {
		number, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		index, err := strconv.Atoi(number)
		if err != nil || index < len(printed)-1 {
			index, text = max(0, len(printed)-1), strings.TrimSuffix(line, "\n")
		}
		for len(printed) <= index {
			printed = append(printed, "")
		}
		printed[index] += text + "\n"
		if text == "end" || text == "does not compile" {
			ended = index + 1
		}
	}
	return printed, ended
}

// A difference is a program and its output in both.
type difference struct {
	program      *luagen.Program
	theirs, ours string
}

// shrink looks for a smaller program that luajit accepts and that differs, too.
func shrink(t *testing.T, in implementation, smallest difference) difference {
	t.Helper()
	deadline := time.Now().Add(shrinkTime)
	for found := true; found; {
		found = false
		for batch := range batches(smallest.program.Reductions()) {
			if time.Now().After(deadline) {
				return smallest
			}
			var smaller difference
			if smaller, found = firstDifference(t, in, batch); found {
				smallest = smaller
				break
			}
		}
	}
	return smallest
}

// batches parts programs into runs of a bounded size.
func batches(programs []*luagen.Program) iter.Seq[[]*luagen.Program] {
	return func(yield func([]*luagen.Program) bool) {
		for first := 0; first < len(programs); {
			end := first
			for size := 0; end < len(programs) && size < shrinkBatch; end++ {
				size += len(programs[end].String())
			}
			if !yield(programs[first:end]) {
				return
			}
			first = end
		}
	}
}

// firstDifference runs programs once in both and returns the first that luajit accepts
// and runs to its end, and that has another output in ours.
func firstDifference(t *testing.T, in implementation, programs []*luagen.Program) (difference, bool) {
	t.Helper()
	theirs, _ := runFile(t, programs, luajit, shrinkTimeout)
	ours, failure := runFile(t, programs, in, shrinkTimeout)
	for i := range min(len(theirs), len(ours)) {
		if theirs[i] == ours[i] || !strings.HasSuffix(theirs[i], "end\n") {
			continue
		}
		if i == len(ours)-1 {
			ours[i] += failure
		}
		return difference{programs[i], theirs[i], ours[i]}, true
	}
	return difference{}, false
}
