package std_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// testdata/strings.golden is luajit 2.1's output for testdata/strings.lua.
func TestStringsAsLuaJIT(t *testing.T) {
	source, err := os.ReadFile("testdata/strings.lua")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/strings.golden")
	if err != nil {
		t.Fatal(err)
	}
	got, err := runStrings(t, lua.Options{}, string(source))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(want), "\n") {
		if lines := strings.Split(got, "\n"); i >= len(lines) || lines[i] != line {
			t.Fatalf("line %d differs from %q:\n%s", i+1, line, got)
		}
	}
}

func runStrings(t *testing.T, opts lua.Options, source string) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	s := lua.NewState(opts)
	if err := std.Open(s, std.Options{Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Run([]byte(source), "@strings.lua")
	return out.String(), err
}

// Each way to make much of little ends in an error that can be caught, within the limit.
func TestStringsMemoryLimit(t *testing.T) {
	for name, source := range map[string]string{
		"rep":            `("x"):rep(2^30)`,
		"rep of nothing": `assert((""):rep(2^30) == "") error "not enough memory"`,
		"nested rep":     `local s = "x" while true do s = s:rep(2) end`,
		"gsub":           `local s = ("x"):rep(1000) s:gsub("x", ("%0"):rep(2000))`,
		"gsub function": `local big = ("x"):rep(1000) local s = ("x"):rep(3000) s:gsub("x", function() return ` +
			`big end)`,
		"format": `local big = ("x"):rep(200000) string.format(("%s"):rep(20), big, big, big, big, big, big, ` +
			`big, big, big, big, big, big, big, big, big, big, big, big, big, big)`,
		"long pattern": `("x"):find(("%a"):rep(2^16))`,
		"format q":     `local big = ("\0"):rep(200000) string.format("%q", big)`,
		"upper":        `local t = {} for i = 1, 1e6 do t[i] = ("x"):rep(100000):upper() end`,
		"long set": `("x"):find("[" .. ("a"):rep(2^20 / 4) .. "]") local t = {} for i = 1, 1e6 do t[i] = ` +
			`("x"):rep(1000) end`,
	} {
		t.Run(name, func(t *testing.T) {
			out, err := runStrings(t, lua.Options{MaxMemory: 1 << 20},
				`local ok, e = pcall(function() `+source+` end) print(ok, e)`)
			if err != nil && !errors.Is(err, lua.ErrExhausted) {
				t.Fatal(err)
			}
			if !strings.Contains(out, "not enough memory") && !strings.Contains(out, "string length overflow") &&
				err == nil {
				t.Errorf("printed %q", out)
			}
		})
	}
}

// Work that takes long ends at a step limit, and soon.
func TestStringsStepLimit(t *testing.T) {
	for name, source := range detector.SomeOf(map[string]string{
		"long set":   `string.find(("x"):rep(20000), "[" .. ("a"):rep(1e6) .. "]")`,
		"balance":    `string.find(("a"):rep(1e5), "(a*)%1b")`,
		"back":       `string.find(("a"):rep(3e4), ".-.-.-b")`,
		"plain find": `local s = ("a"):rep(1e6) .. "b" for i = 1, 1e6 do s:find(("a"):rep(1000) .. "c", 1, true) end`,
		"gsub":       `local s = ("a"):rep(1e6) for i = 1, 1e6 do s:gsub("a", "b") end`,
		"lower":      `local s = ("a"):rep(1e6) for i = 1, 1e6 do s:lower() end`,
	}) {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			if _, err := runStrings(t, lua.Options{MaxSteps: 1_000_000}, source); !errors.Is(err, lua.ErrSteps) {
				t.Fatalf("error %v, want the step limit", err)
			}
			t.Log(time.Since(begin))
		})
	}
}
