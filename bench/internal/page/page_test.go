package page

import (
	"regexp"
	"runtime"
	"testing"
)

func TestSplice(t *testing.T) {
	m := Of("make it")
	got, err := m.Splice("top\n"+m.Begin+"old\n"+m.End+"bottom\n", "new\n")
	if want := "top\n" + m.Begin + "\nnew\n\n" + m.End + "bottom\n"; err != nil || got != want {
		t.Errorf("%q, error %v, want %q", got, err, want)
	}
	for _, text := range []string{"", m.Begin, m.End, m.End + m.Begin} {
		if _, err := m.Splice(text, "new\n"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// The machine is its processors and its kernel.
func TestMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	if got := Machine(); !regexp.MustCompile(`^\d+ × \S.*, Linux \d+\.\d+\S*$`).MatchString(got) {
		t.Errorf("the machine is %q", got)
	}
}
