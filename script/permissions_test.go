package script_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/permission"
	"github.com/tidewire/tidewire/script"
)

// Without Options.Permissions a script has none, and the streams are the embedder's.
func TestZeroOptionsAreClosed(t *testing.T) {
	var stdout, stderr bytes.Buffer
	result, err := script.Run(t.Context(), script.Options{
		Code: `print((select(3, io.open("run.go"))), (select(3, os.execute("true"))), os.getenv("PATH"), (pcall(require, "run")))
			io.stderr:write(io.read())`,
		Stdin: strings.NewReader("typed\n"), Stdout: &stdout, Stderr: &stderr,
	})
	if err != nil || result.ExitCode != 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if want := "13\t13\tnil\tfalse\n"; stdout.String() != want || stderr.String() != "typed" {
		t.Errorf("stdout %q, want %q, stderr %q", stdout.String(), want, stderr.String())
	}
}

// meetsWalls is refused everything, and then stopped over each limit, which ends the run:
// connections that still wait for something would be closed without a refusal.
const meetsWalls = `
	print((select(2, io.open "/etc/hosts")))
	print((select(2, os.execute "id")))
	os.getenv "HOME"
	local left = 3
	local function fails(url, options)
		websocket.Connect(url, { onError = function(_, info)
			print(info.detail)
			left = left - 1
			if left == 0 then host.After(1, function() while true do end end) end
		end }, options)
	end
	fails "ws://192.0.2.1/"
	fails "ws://127.0.0.1:9/"
	fails("wss://127.0.0.1:9/", { tls = { ca = "/etc/ours.pem" } })`

// walls runs meetsWalls, and returns all that a person could read of it.
func walls(t *testing.T, words script.Words) string {
	t.Helper()
	policy, err := engine.NewPolicy([]string{"localhost"}, []string{"$private:9"})
	if err != nil {
		t.Fatal(err)
	}
	var seen lockedBuffer
	opts := script.Options{
		Code: meetsWalls, Stdout: &seen, Stderr: &seen, Logger: slog.New(slog.NewTextHandler(&seen, nil)),
		Engine: engine.Options{Policy: policy}, Words: words, CallbackTimeout: 200 * time.Millisecond,
	}
	if _, err := script.Run(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	opts.Code, opts.CallbackTimeout = `local t = {} while true do t[#t + 1] = {} end`, 0 // the filling takes its time
	opts.MaxMemory = 32 << 20
	if _, err := script.Run(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	return seen.String()
}

func wantSeen(t *testing.T, seen string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(seen, text) {
			t.Errorf("nobody sees %q in\n%s", text, seen)
		}
	}
}

// Nothing that a script or its log says names a flag of a program that the player of a
// game never saw.
func TestRefusalsNameNoFlags(t *testing.T) {
	seen := walls(t, script.Words{})
	wantSeen(t, seen,
		"/etc/hosts: reading is not allowed\n",
		"id: running programs is not allowed\n",
		`msg="HOME: reading the environment is not allowed"`,
		"the policy refuses it: 192.0.2.1:80: connecting is not allowed\n",
		"the policy refuses it: 127.0.0.1:9: connecting is not allowed by the rule $private:9\n",
		`read tls.ca file "/etc/ours.pem": reading is not allowed`,
		`limit="MaxMemory 32M"`,
		"was stopped: it ran for more than 200ms, the limit of CallbackTimeout")
	if flag := regexp.MustCompile(`--[a-z][a-z-]*`).FindString(seen); flag != "" {
		t.Errorf("%s is named in\n%s", flag, seen)
	}
}

func TestWords(t *testing.T) {
	seen := walls(t, script.Words{
		Refusal: func(r permission.Refusal, form permission.Form) string {
			return fmt.Sprintf("<%d %s %s %d>", r.Permission, r.Item, r.Rule, form)
		},
		Option: func(field string) string { return "<" + field + ">" },
	})
	wantSeen(t, seen, "<0 /etc/hosts  0>", "<2 id  0>", "<3 HOME  0>", "<4 192.0.2.1:80  0>",
		"<4 127.0.0.1:9 $private:9 0>",
		"<0 /etc/ours.pem  1>", "<MaxMemory> 32M", "the limit of <CallbackTimeout>")
}
