package spelling_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/api/spelling"
)

// Meant's rules are held by wsapi's test of callbacks, which is where they come from.
func TestMeantOfShortNames(t *testing.T) {
	for name, want := range map[string]string{"io": "", "IO": "io", "i": "", "iox": "io", "oi": "", "": ""} {
		if got := spelling.Meant(name, []string{"io", "os"}); got != want {
			t.Errorf("%q is taken for %q, want %q", name, got, want)
		}
	}
	if got := spelling.Meant("x", nil); got != "" {
		t.Errorf("of no names %q", got)
	}
}

func TestNear(t *testing.T) {
	known := []string{"print", "pairs", "ipairs", "websocket", "utility", "os"}
	for name, want := range map[string]string{
		"pritn": "print", "prnt": "print", "Print": "print", "webscoket": "websocket", "websockets": "websocket",
		"utilities": "",
		"pair":      "pairs", "xy": "", "o": "", "s": "", "config": "", "": "",
	} {
		if got := spelling.Near(name, known); got != want {
			t.Errorf("%q is near %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"TIMEOUT": "did you mean 'o.timeout'?", "pnog": "did you mean 'o.pong'?",
		"foo": "'o' takes 'ping', 'pong' or 'timeout'", "1": "'o' takes 'ping', 'pong' or 'timeout'",
	} {
		if got := spelling.OptionHint("o.", name, []string{"ping", "pong", "timeout"}, "Some page"); got != want {
			t.Errorf("%q gets %q, want %q", name, got, want)
		}
	}
	if got, want := spelling.OptionHint("", "foo", []string{"ping"}, "Some page"),
		`those that exist are under "Some page" in the manual`; got != want {
		t.Errorf("of many options: got %q, want %q", got, want)
	}
	if got, want := spelling.OptionHint("o.", "foo", []string{"ping"}, "Some page"), "'o' takes 'ping'"; got != want {
		t.Errorf("of one within: got %q, want %q", got, want)
	}
	modules := []string{"json", "tide.json", "tide.task", "tide.ws"}
	for name, want := range map[string]string{
		"tide.tasks": "tide.task", "task": "tide.task", "ws": "tide.ws", "jsn": "json", "socket": "", "s": "", "": "",
	} {
		if got := spelling.Module(name, modules); got != want {
			t.Errorf("the module %q: got %q, want %q", name, got, want)
		}
	}
	if got := spelling.Near("x", nil); got != "" {
		t.Errorf("of no names %q", got)
	}
}
