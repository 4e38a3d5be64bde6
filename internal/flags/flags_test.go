package flags_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/flags"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

func TestRefusal(t *testing.T) {
	long := strings.Repeat("A", 1000)
	for _, c := range []struct {
		permission  sandbox.Permission
		item        string
		text, named string
	}{
		{sandbox.Read, "/etc/hosts", "/etc/hosts: reading is not allowed: run again with --allow-read=/etc/hosts",
			"reading is not allowed: run again with --allow-read=/etc/hosts"},
		{sandbox.Write, "x y", "x y: writing is not allowed: run again with --allow-write='x y'",
			"writing is not allowed: run again with --allow-write='x y'"},
		{sandbox.Read, "it's", "it's: reading is not allowed: run again with --allow-read='it'\\''s'", ""},
		{sandbox.Read, "", ": reading is not allowed: run again with --allow-read=''", ""},
		{sandbox.Run, "id", "id: running programs is not allowed: run again with --allow-run",
			"running programs is not allowed: run again with --allow-run"},
		{sandbox.Env, "HOME", "HOME: reading the environment is not allowed: run again with --allow-env=HOME", ""},
		{sandbox.Env, "A\x1b[31m\nB", `"A\x1b[31m\nB" is not in --allow-env`, ""},
		{sandbox.Env, "A\u202eB", `"A\u202eB" is not in --allow-env`, ""},
		{sandbox.Env, "\xff", `"\xff" is not in --allow-env`, ""},
		{sandbox.Env, "", `"" is not in --allow-env`, ""},
		{sandbox.Env, "A*", `"A*" is not in --allow-env`, ""},
		{sandbox.Env, "ProgramFiles(x86)",
			"ProgramFiles(x86): reading the environment is not allowed: run again with --allow-env='ProgramFiles(x86)'", ""},
		{sandbox.Env, long, `"` + long[:200] + `" and 800 bytes more is not in --allow-env`, ""},
		{sandbox.Read, long + long + long + long + long, long[:200] + "… and 4800 bytes more: reading is not allowed",
			"reading is not allowed"},
	} {
		r := sandbox.Refusal{Permission: c.permission, Item: c.item}
		if got := flags.Refusal(r, false); got != c.text {
			t.Errorf("%+v: %q, want %q", r, got, c.text)
		}
		if got := flags.Refusal(r, true); got != c.named && c.named != "" {
			t.Errorf("%+v, named: %q, want %q", r, got, c.named)
		}
	}
}
