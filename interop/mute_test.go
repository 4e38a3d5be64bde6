//go:build interop && unix

package interop

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// falls runs testdata/mute.lua, has the server go mute when the connection is open, and
// back again if the script waits for that. It returns the script's report of the end, by
// name.
func falls(t *testing.T, cmd *exec.Cmd, mute, resume func()) report {
	t.Helper()
	var stderr output
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := report{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "open":
			mute()
			io.WriteString(stdin, "mute\n")
		case "closing":
			resume()
		default:
			seen[name] = value
		}
	}
	if code := exitCode(t, cmd.Wait()); code != 0 {
		t.Errorf("exit status %d\nstderr:\n%s", code, &stderr)
	}
	return seen
}

// wantAfter checks how long the end took. The end may be as late as a busy machine makes
// it.
func (r report) wantAfter(t *testing.T, earliest, latest time.Duration) {
	t.Helper()
	ms, err := strconv.Atoi(r["after"])
	if after := time.Duration(ms) * time.Millisecond; err != nil || after < earliest || after > latest {
		t.Errorf("ended after %s ms, want %s to %s", r["after"], earliest, latest)
	}
}

// A server whose process is stopped: its kernel accepts bytes until its buffers are full,
// nobody answers.
func TestStoppedServer(t *testing.T) {
	const grace = 30 * time.Second // of a busy machine: without a limit of ours it would take minutes
	promised := []time.Duration{2 * time.Second, 2*time.Second + grace}
	for _, c := range []struct {
		what, options    string
		want             report
		earliest, latest time.Duration
	}{
		{"wait", "{ping = 1, pong = 1}", report{"error": "Timer Expired", "phase": "open", "category": "keepalive",
			"unsent": "0"},
			promised[0] - 100*time.Millisecond, promised[1]},
		{"send", "{ping = 1, pong = 1}", report{"error": "Timer Expired", "phase": "open", "category": "keepalive"},
			promised[0] - 100*time.Millisecond, promised[1]},
		{"close", "{timeout = {closing = 0.5}}",
			report{"close": `1006 "The closing handshake timed out" false`, "phase": "closing",
				"category": "timeout", "unsent": "0"}, 500 * time.Millisecond, 500*time.Millisecond + grace},
		{"full", "{timeout = {closing = 0.5}, sendQueue = 32 * 2 ^ 20}",
			report{"close": `1006 "The closing handshake ` +
				`timed out" false`,
				"phase": "closing", "category": "timeout"}, 500 * time.Millisecond, 500*time.Millisecond + 2*grace},
		{"resume", "{timeout = {closing = 10}}", report{"close": `4000 "bye" true`, "category": "closed"},
			200 * time.Millisecond, 10 * time.Second},
	} {
		for _, scheme := range []string{"ws", "wss"} {
			t.Run(c.what+"/"+scheme, func(t *testing.T) {
				t.Parallel() // each waits most of its time
				server := serve(t, "node", "servers/node_ws.mjs", certs.certFile, certs.keyFile)
				ports := server.says(t, `^ready (\d+) (\d+)$`)
				url := map[string]string{"ws": "ws://127.0.0.1:" + ports[1],
					"wss": "wss://localhost:" + ports[2]}[scheme] + "/echo"
				cmd := script{name: "mute", args: []string{url, c.options, c.what}}.command(t)
				seen := falls(t, cmd,
					func() {
						signal(t, server.process, syscall.SIGSTOP)
						t.Cleanup(func() { signal(t, server.process, syscall.SIGCONT) }) // or it could not end
					},
					func() { signal(t, server.process, syscall.SIGCONT) })
				seen.want(t, c.want)
				seen.wantAfter(t, c.earliest, c.latest)
				if c.what == "full" && seen["unsent"] == "0" {
					t.Error("nothing was counted as unsent")
				}
			})
		}
	}
}

func signal(t *testing.T, process *os.Process, what os.Signal) {
	t.Helper()
	if err := process.Signal(what); err != nil {
		t.Error(err)
	}
}
