package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What cannot be measured is refused before anything is, with a way to mend it.
func TestRefusals(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"receive-32", `"receive-32" belongs to no flag: scenarios are named as in -scenario receive-32,send-32`},
		{"-cuont 7", "flag provided but not defined: -cuont: -h explains the flags"},
		{"-count 0", "-count is 0, and has to be 1 at least"},
		{"-count -1", "-count is -1, and has to be 1 at least"},
		{"-length 0s", "-length is 0s, and has to be more than 0, as 400ms is"},
		{"-length -1s", "-length is -1s, and has to be more than 0, as 400ms is"},
		{"-connections -5", "-connections is -5; 0 takes the scenario's own number"},
		{"-quick -count 7", "-quick is 3 rounds of 100ms: leave it out to use -count and -length"},
		{"-quick -length 1s", "-quick is 3 rounds of 100ms: leave it out to use -count and -length"},
		{"-scenario=", "-scenario names none: leave it out for all, or take names that -list shows"},
		{"-contestants=", "-contestants names none: leave it out for all, or take names that -list shows"},
		{"-scenario recieve-32", `no scenario is named "recieve-32": -list shows their names`},
		{"-contestants rwa", `no contestant is named "rwa": -list shows their names`},
		{"-scenario inflate -contestants raw", "inflate: no contestant of these plays it"},
		{"-scenario receive-32,echo-1 -contestants raw,node", ""},
		{"-scenario echo-1 -contestants raw,node", "node: it plays none of these scenarios"},
		{"-quick -scenario active-1", "active-1: no contestant of these plays it with -quick"},
		{"-cpuprofile x", "-cpuprofile is one file: name one scenario and one contestant"},
		{"-cpuprofile x -scenario echo-1 -contestants raw,gws",
			"-cpuprofile is one file: name one scenario and one contestant"},
		{"-cpuprofile x -scenario echo-1 -contestants raw", ""},
		{"-quick", ""}, {"", ""}, {"-contestants node", ""},
	} {
		o, err := parse(strings.Fields(test.args), io.Discard)
		if err == nil {
			_, _, err = o.cast()
		}
		if got := errorText(err); got != test.want {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
}

// A run of everything plays each scenario with somebody, so that no table is empty; it does
// not begin if its page cannot be written.
func TestWholeRun(t *testing.T) {
	for _, args := range [][]string{nil, {"-quick"}} {
		o, err := parse(args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		scenarios, playing, err := o.cast()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scenarios {
			if o.quick && s.Growth {
				t.Errorf("%s would be an empty table", s.Name)
			}
		}
		if len(scenarios) < 20 || len(playing) < 15 || !o.whole() {
			t.Errorf("%v: %d scenarios, %d contestants, whole: %t", args, len(scenarios), len(playing), o.whole())
		}
	}
	name := filepath.Join(t.TempDir(), "page.md")
	o := options{page: name}
	for text, want := range map[string]string{
		"":          "no such file or directory; is this the folder bench of a clone?",
		"no marks":  "are not there; is this the folder bench of a clone?",
		marks.Begin: "are not there; is this the folder bench of a clone?",
	} {
		if text != "" {
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		} else {
			os.Remove(name)
		}
		if got := errorText(o.checkPage()); !strings.HasSuffix(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if err := os.WriteFile(name, []byte(marks.Begin+marks.End), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := o.checkPage(); err != nil {
		t.Error(err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
