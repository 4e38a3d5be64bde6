//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// crowdSize is how many connections one script holds at once.
const crowdSize = 1000

// Each script of this list checks one subject against every peer.
func TestScripts(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			for _, name := range []string{
				"contract", "messages", "big", "order", "control", "close", "drop", "handshake", "pressure",
				"violations",
				"reentry",
			} {
				t.Run(name, func(t *testing.T) { script{name: name, args: []string{p.base}}.mustPass(t) })
			}
		})
	}
}

// The scripts that need only an echo run against our own server, too.
func TestEmbeddedEcho(t *testing.T) {
	for _, name := range []string{"contract", "messages", "big", "order"} {
		t.Run(name, func(t *testing.T) {
			script{name: name, args: []string{"embedded"}, flags: []string{"--echo"}}.mustPass(t)
		})
	}
	t.Run("crowd", func(t *testing.T) {
		script{name: "crowd", args: []string{"embedded", strconv.Itoa(crowdSize)},
			flags: []string{"--echo"}}.mustPass(t)
	})
}

// Errors in callbacks leave connections alone, and are reported with their place in the
// script.
func TestRaising(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			stdout, stderr, code := script{name: "raising", args: []string{p.base}}.run(t)
			if stdout != "ok\n" || code != 1 {
				t.Errorf("printed %q, exit status %d; want %q, 1", stdout, code, "ok\n")
			}
			for _, want := range []string{
				"raising.lua:23: bad argument #1 to 'Send' (number expected, got nil)",
				"raising.lua:24: boom",
				"raising.lua:26: ",
				"raising.lua:27: attempt to yield across C-call boundary",
				"stack traceback",
			} {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("stderr:\n%s", stderr)
			}
		})
	}
}

func TestCrowd(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			script{name: "crowd", args: []string{p.base, strconv.Itoa(crowdSize)}}.mustPass(t)
		})
	}
}

// Failures before a connection exists, with the servers there only to be reached in the
// wrong way.
func TestFailures(t *testing.T) {
	refused, mute := refusedAddress(t), muteAddress(t)
	for _, p := range peers {
		if p.secure {
			t.Run(p.name, func(t *testing.T) {
				script{name: "failures", args: []string{p.base, refused, mute, p.plain, p.tls}}.mustPass(t)
			})
		}
	}
}

func TestUnknownCertificate(t *testing.T) {
	for _, p := range peers {
		if p.secure {
			t.Run(p.name, func(t *testing.T) {
				script{name: "untrusted", args: []string{p.base},
					distrust: true}.mustPass(t)
			})
		}
	}
}

// The examples that end by themselves take the URL of any echo server.
func TestExamples(t *testing.T) {
	for name, want := range map[string]string{
		"hello": "received hello\nclosed with 1000\n",
		"queue": "received first in the queue\nreceived second in the queue\nreceived sent when open\nclosed " +
			"with 1000\n",
		"binary": "received DE AD BE EF CA FE BA BE as sent\nclosed with 1000\n",
	} {
		for _, p := range peers {
			t.Run(name+"/"+p.name, func(t *testing.T) {
				stdout, stderr, code := script{name: "../../examples/" + name, args: []string{p.base + "/echo"}}.run(t)
				if stdout != want || code != 0 {
					t.Errorf("printed %q, exit status %d; want %q, 0\nstderr:\n%s", stdout, code, want, stderr)
				}
			})
		}
	}
}

// However a host ends, the server sees the closing handshake with 1001 and the script its
// onClose.
func TestEnding(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Run("exit", func(t *testing.T) { testEnding(t, p, "exit", nil, 7) })
			if runtime.GOOS == "windows" {
				return // a process there cannot be sent a signal
			}
			t.Run("SIGINT", func(t *testing.T) { testEnding(t, p, "SIGINT", os.Interrupt, 130) })
			t.Run("SIGTERM", func(t *testing.T) { testEnding(t, p, "SIGTERM", syscall.SIGTERM, 143) })
		})
	}
}

func testEnding(t *testing.T, p peer, key string, signal os.Signal, wantCode int) {
	cmd := script{name: "ending", args: []string{p.base, key}}.command(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if lines.Text() == "open" && signal != nil {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	code := exitCode(t, cmd.Wait())
	if got, want := strings.Join(said, "\n"), "open\nshutdown\nclosed 1001 true"; got != want || code != wantCode {
		t.Errorf("said %q, exit status %d; want %q, %d\nstderr:\n%s", got, code, want, wantCode, stderr.String())
	}
	verdict, errs, _ := script{name: "verdict", args: []string{p.base, key}}.run(t)
	if want := "1001 1 \n"; verdict != want {
		t.Errorf("the server saw %q, want %q (code, messages, reason)\nstderr:\n%s", verdict, want, errs)
	}
}

// refusedAddress is one where nobody listens: it is the client's end of a connection, so that
// nobody else gets it.
func refusedAddress(t *testing.T) string {
	listener := listen(t)
	t.Cleanup(func() { listener.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// given are the addresses that freeAddress has returned: the system gives out the same one
// again at times.
var given sync.Map

// freeAddress is one for a server that is to be started.
func freeAddress(t *testing.T) string {
	for {
		listener := listen(t)
		address := listener.Addr().String()
		listener.Close()
		if _, known := given.LoadOrStore(address, true); !known {
			return address
		}
	}
}

// muteAddress is one that accepts TCP, reads, and never says anything.
func muteAddress(t *testing.T) string {
	listener := listen(t)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String() // the kernel accepts on its own
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
