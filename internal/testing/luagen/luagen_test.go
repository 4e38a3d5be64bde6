package luagen_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/luagen"
)

func TestSameSeedSameProgram(t *testing.T) {
	program := luagen.New(1, 2).String()
	if again := luagen.New(1, 2).String(); again != program {
		t.Errorf("seed 1, index 2 gave\n%s\nand\n%s", program, again)
	}
	if program == luagen.New(1, 3).String() || program == luagen.New(2, 2).String() {
		t.Error("another seed or index gave the same program")
	}
}

// The features that a comparison is to see occur among the programs of one seed.
func TestProgramsUse(t *testing.T) {
	var all strings.Builder
	for i := range uint64(300) {
		all.WriteString(luagen.New(1, i).String())
	}
	for _, piece := range []string{
		"local function ", "= function(", "...)", "self", "(...)", "return ", "keep(function(", "flush()",
		"try(function(",
		"error(",
		"while ", "repeat", "until ", " or ", " and ", "not ", "elseif ", "else", "break", "goto next1", "::next2::",
		"goto top", "for ", " in pairs(", " in ipairs(",
		" .. ", "#{", "select(", "unpack(", "object(", "dump(", "nil, ", "v110", "t.key", "p15, ", ":m(", ".m(",
		"drive(", "coroutine.create(", "coroutine.wrap(", "said(coroutine.resume(", "coroutine.status(",
		"coroutine.running()", "isyieldable()", "step(",
		"return yield(", "return ask(", "(yield(", "I(yield(", "S(coroutine.yield(", "{yield(", ", yield(",
		"asker:yield(",
		"if yield(", "while yield(", "= yield(",
		" in yield, ", " in function(s, c) tick() yield(", " - 1, yield(", "until not z or ", "not (yield(",
		"and yield(",
		"or yield(",
	} {
		if !strings.Contains(all.String(), piece) {
			t.Errorf("no program has %q", piece)
		}
	}
}

// NewCrossing adds yields across functions that are not Lua code.
func TestCrossingProgramsUse(t *testing.T) {
	var all strings.Builder
	for i := range uint64(300) {
		all.WriteString(luagen.NewCrossing(1, i).String())
		if program := luagen.New(1, i).String(); strings.Contains(program, "Y") {
			t.Fatalf("a program of New yields in a metamethod:\n%s", program)
		}
	}
	for _, piece := range []string{
		"id(Y + ", " % Z)", "id(-Y", "Y .. Z", "id(Y.x", "id(Y < Z", "id(not (Y ", "Z(", "tostring(Y)", "said(xpcall(",
		"said(pcall(pcall, ", "said(pcall(ask",
		"Y.x = ", "if Y == Z then", "repeat tick() until", " in Y, ", "try(table.sort, ", "tryWith(function",
		"local p, q = Y < Z",
	} {
		if !strings.Contains(all.String(), piece) {
			t.Errorf("no program has %q", piece)
		}
	}
}

// Reductions of reductions end with the empty program.
func TestReductions(t *testing.T) {
	program := luagen.New(1, 1)
	reductions := program.Reductions()
	if len(reductions) < 20 || reductions[0].String() != "" {
		t.Fatalf("%d reductions, the first %q, want many and the empty program first", len(reductions), reductions[0])
	}
	for steps := 0; len(reductions) > 0; steps++ {
		if steps > 10_000 {
			t.Fatal("reductions do not end")
		}
		at := len(reductions) / 2
		if detector.Race {
			at /= 4 // which leaves out more at once
		}
		program = reductions[at]
		reductions = program.Reductions()
	}
	if program.String() != "" {
		t.Errorf("no reduction of %q", program)
	}
}

func TestFileNumbersPrograms(t *testing.T) {
	file := luagen.File([]*luagen.Program{luagen.New(1, 0), luagen.New(1, 1)})
	for _, want := range []string{"function run(", "\nrun(0, [===[\n" + luagen.New(1, 0).String() + "]===])\n",
		"\nrun(1, [===[\n" + luagen.New(1, 1).String() + "]===])\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("the file lacks %q", want)
		}
	}
}
