package main

import (
	"regexp"
	"testing"
)

// small is an argument for each program with which it takes a moment.
var small = map[string]string{
	"ackermann": "3", "binarytrees": "6", "closures": "200", "coroutines": "120", "fannkuch": "5", "fft": "1",
	"fib": "10", "fields": "100", "format": "100", "json": "1", "lu": "12", "mandelbrot": "12", "methods": "100",
	"modulo": "1000", "nbody": "50", "patterns": "1", "pcall": "64", "queens": "6", "sort": "200",
	"sortcomparator": "200", "spectralnorm": "12", "strings": "600", "tableinsert": "1", "varargs": "50",
}

// The Lua programs print the same on the VMs that need no installation.
func TestProgramsAgree(t *testing.T) {
	vms := builtVMs(t)
	programs, err := readPrograms(regexp.MustCompile(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ofKind(programs, plain) {
		size, known := small[p.name]
		if !known {
			t.Errorf("%s has no small size in this test", p.name)
			continue
		}
		want, err := vms[gopherLua].run(p.path, size)
		if err != nil {
			t.Errorf("%s on gopher-lua: %v", p.name, err)
			continue
		}
		got, err := vms[ours].run(p.path, size)
		if err != nil || got.output != want.output || len(got.output) < 2 {
			t.Errorf("%s: ours printed %q (%v), gopher-lua %q", p.name, got.output, err, want.output)
		}
	}
	if len(small) != len(ofKind(programs, plain)) {
		t.Errorf("%d sizes for %d programs", len(small), len(ofKind(programs, plain)))
	}
}

func TestWithoutStrings(t *testing.T) {
	t.Chdir("..")
	programs, err := readPrograms(regexp.MustCompile("^(fib|json)$"))
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) != 2 || programs[0].name != "fib" || programs[0].strings || !programs[1].strings {
		t.Errorf("%+v, want fib without strings and json with them", programs)
	}
}
