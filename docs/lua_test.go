package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/script"
)

// Every block that begins with ```lua is a whole script and is run as `tidewire run
// --echo` would. One that begins with ```lua fragment is compiled only.
func TestLuaBlocks(t *testing.T) {
	ran := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			name := fmt.Sprintf("%s:%d", page, b.line)
			switch b.language {
			case "lua":
				ran++
				t.Run(name, func(t *testing.T) { runBlock(t, b) })
			case "lua fragment":
				t.Run(name, func(t *testing.T) { compileBlock(t, b) })
			}
		}
	}
	if ran < 3 {
		t.Errorf("%d scripts ran, want those of README and lua-api.md at least", ran)
	}
}

func runBlock(t *testing.T, b block) {
	// A callback that raises does not end a run; then the time does, with another exit
	// code. A busy machine takes ten seconds for the largest.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout, log bytes.Buffer
	result, err := script.Run(ctx, script.Options{
		Code:   b.code,
		Echo:   echoURL,
		Stdout: &stdout,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 0 || log.Len() > 0 || strings.Contains(stdout.String(), "failed") {
		t.Errorf("exit code %d, error %v\n%s%s", result.ExitCode, result.Err, &stdout, &log)
	}
}

func compileBlock(t *testing.T, b block) {
	if _, err := lua.Compile([]byte(b.code), "=block"); err != nil {
		t.Error(err)
	}
}

// newState makes a state with all libraries and the websocket module. It returns a
// function that runs a chunk and returns its results as text.
func newState(t *testing.T) (evaluate func(code string) string) {
	t.Helper()
	s := lua.NewState(lua.Options{})
	t.Cleanup(s.Close)
	eng := engine.New(engine.Options{})
	t.Cleanup(func() { eng.Shutdown(context.Background()) })
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := websocket.Open(s, eng, websocket.Options{}); err != nil {
		t.Fatal(err)
	}
	return func(code string) string {
		t.Helper()
		results, err := s.Run([]byte(code), "=test")
		if err == nil {
			results, err = s.Call(s.Global("tostring"), results...)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := results[0].AsString()
		return text
	}
}

// The options of the manual are those of Connect: they are read, and there are no others.
func TestOptions(t *testing.T) {
	const page = "docs/lua-api.md"
	supported := table(t, page, "## Options")
	phases := table(t, page, "others:")

	evaluate := newState(t)
	// connectError returns the error that Connect raises for one option, or "".
	connectError := func(option, value string) string {
		t.Helper()
		return evaluate(fmt.Sprintf(
			"local ok, err = pcall(websocket.Connect, 'nonsense', {}, {%s = %s}) return ok and '' or err", option,
			value))
	}

	for _, row := range supported {
		// A function is a bad value for every option. The error shows that the name is
		// known, and the type that it needs.
		name := word(t, row[0])
		if got := connectError(name, "print"); !strings.Contains(got, "(field '"+name+"': ") ||
			!strings.Contains(got, "expected, got function") {
			t.Errorf("option %s: %q", name, got)
		}
		if value := strings.Trim(row[1], "`"); value != "none" {
			if got := connectError(name, value); got != "" {
				t.Errorf("option %s: its default %s is refused: %q", name, value, got)
			}
		}
	}
	for _, row := range phases {
		name := word(t, row[0])
		if got := connectError("timeout", "{"+name+" = 1}"); got != "" {
			t.Errorf("timeout.%s: %q", name, got)
		}
	}
	if got := connectError("nonsense", "1"); !strings.Contains(got, "unknown option 'nonsense'") {
		t.Errorf("an unknown option: %q", got)
	}
	if got := len(supported); got != len(luaapi.Options) || got < 14 {
		t.Errorf("%d options, %d are described; the contract has 14", got, len(luaapi.Options))
	}
	if len(phases) != 4 {
		t.Errorf("%d phases of timeout, want 4", len(phases))
	}
}

// The manual's list of differences has each reason for which the probe's answers may
// differ from LuaJIT's.
func TestDifferencesHaveReasons(t *testing.T) {
	page := read(t, "docs/lua-api.md")
	allowed := 0
	for line := range strings.Lines(read(t, "lua/std/testdata/probe/probe.allow")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if reason == "" || !strings.Contains(page, reason) {
			t.Errorf("%s: the manual has no reason %q", name, reason)
		}
		allowed++
	}
	if text := fmt.Sprintf("allows %d of", allowed); !strings.Contains(page, text) {
		t.Errorf("the manual does not say that the probe %q its checks to differ", text)
	}
}

// The manual's statements about the VM are true. A change of the VM needs one of the
// manual.
func TestVM(t *testing.T) {
	evaluate := newState(t)
	for _, row := range table(t, "docs/lua-api.md", "<!-- test: vm -->") {
		expression, want := word(t, row[0]), word(t, row[1])
		if got := evaluate("return (" + expression + ")"); got != want {
			t.Errorf("%s is %s, the manual has %s", expression, got, want)
		}
	}
}

// The texts of argument errors are those that the functions raise.
func TestArgumentErrors(t *testing.T) {
	rows := table(t, "docs/lua-api.md", "where a number is wanted, and a number passes where a string is wanted. "+
		"Optional arguments may be nil.")
	calls := []string{
		`websocket.Send({}, "x")`,
		`websocket.Send(1, "\255", "text")`,
		`websocket.Send(1, "x", "txt")`,
		`websocket.Close(1, 1001)`,
		`websocket.Close(1, 1000, ("x"):rep(124))`,
		`websocket.Connect("ws://x/", {}, {timeout = "5"})`,
	}
	if len(rows) != len(calls) {
		t.Fatalf("%d rows, want %d", len(rows), len(calls))
	}
	evaluate := newState(t)
	for i, row := range rows {
		got := evaluate(fmt.Sprintf("return select(2, pcall(function() %s end))", calls[i]))
		if want := ": bad argument " + word(t, row[1]); !strings.HasSuffix(got, want) {
			t.Errorf("%s raises %q, want %q", calls[i], got, want)
		}
	}
}
