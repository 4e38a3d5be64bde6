package page

import "testing"

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
