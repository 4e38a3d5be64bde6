package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// patience bounds each wait for a process, which may take half a minute on a machine that
// does much else.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tidewire": main})
}

// TestScripts runs the txtar files, whose commands run the real main. It adds these
// commands to testscript's own:
//
//	exits CODE CMD [ARGS...]
//	    runs a command and wants the exit code
//	signals CODE SIGNAL[,SIGNAL...] CMD [ARGS...]
//	    starts a command with an open standard input, waits for the first line of its
//	    standard output, sends the first signal, then each further one when standard error
//	    has mentioned the one before, and wants the exit code. "later" among the signals
//	    waits until a SIGINT counts as a new one; standard error need not have mentioned
//	    the one before, unless that was a SIGINT
//	deaf CODE SIGNALS STREAM CMD [ARGS...]
//	    is signals, but STREAM, stdout or stderr, is a full pipe that nobody reads. A signal
//	    is sent when the other stream has one line more, and late enough to count as a new
//	    signal; SIGNALS may be "none"
//	listen VAR
//	    listens to a port and sets VAR to its address; nobody accepts
//	free VAR
//	    sets VAR to an address for a server that is to be started
//	nobody VAR
//	    sets VAR to an address where nobody listens
//	stranger VAR
//	    starts a TLS server that nobody trusts and sets VAR to its address
//	web VAR
//	    starts an HTTP server, which web_test.go describes, and sets VAR to its address
//
// LIMIT is a limit of memory that is soon reached.
func TestScripts(t *testing.T) {
	catchIgnored()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("LIMIT", "64M")
			if detector.Race {
				env.Setenv("LIMIT", "32M")                 // which takes seconds to fill
				env.Setenv("GORACE", "atexit_sleep_ms=50") // each command would wait for 1 s at its end
			}
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"signals": signals,
			"deaf":    deaf,
			"hears":   hears,
			"listen":  func(ts *testscript.TestScript, _ bool, args []string) { listen(ts, args[0]) },
			"free":    free,
			"nobody":  nobody,

			"web": web,
			"stranger": func(ts *testscript.TestScript, _ bool, args []string) {
				server := httptest.NewUnstartedServer(nil)
				server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of broken handshakes
				server.StartTLS()
				ts.Defer(server.Close)
				ts.Setenv(args[0], server.Listener.Addr().String())
			},
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	wantExit(ts, ts.Exec(args[1], args[2:]...), args[0])
}

func wantExit(ts *testscript.TestScript, err error, want string) {
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

// catchIgnored has the commands start with the default actions of signals. A command
// ignores a signal that this process ignores, as it does SIGHUP under nohup and SIGINT in
// the background of a shell's script; one that this process catches has its default.
func catchIgnored() {
	for _, s := range signalsByName {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s) // up to the end of the process, which does not heed it
		}
	}
}

func listen(ts *testscript.TestScript, name string) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(name, listener.Addr().String())
	return listener
}

// free sets a variable to an address for a server that is to be started. On Linux it has a
// host of its own, as other tests listen at the same time.
func free(ts *testscript.TestScript, _ bool, args []string) {
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	}
	listener, err := net.Listen("tcp", host+":0")
	ts.Check(err)
	ts.Check(listener.Close())
	ts.Setenv(args[0], listener.Addr().String())
}

// nobody sets a variable to an address where nobody listens: the client's end of a
// connection, so that nobody else gets it.
func nobody(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := net.Dial("tcp", listen(ts, args[0]).Addr().String())
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	ts.Setenv(args[0], conn.LocalAddr().String())
}

func signals(ts *testscript.TestScript, _ bool, args []string) {
	watch(ts, args[0], args[2:], func(process *os.Process, _ io.Closer, stdout, stderr *watched) {
		stdout.await("\n")
		for i, name := range strings.Split(args[1], ",") {
			if name == "later" {
				if strings.HasPrefix(args[1], "INT") {
					stderr.await("SIG") // the time counts from when the runner has noticed it
				}
				time.Sleep(sameKey + sameKey/4)
				continue
			}
			if i > 0 && !strings.HasSuffix(args[1], "later,"+name) {
				stderr.await("SIG")
			}
			ts.Check(process.Signal(signalsByName[name]))
		}
	})
}

// hears runs a command whose standard input ends when its standard error has had a text:
//
//	hears STATUS TEXT COMMAND ...
func hears(ts *testscript.TestScript, _ bool, args []string) {
	watch(ts, args[0], args[2:], func(_ *os.Process, stdin io.Closer, _, stderr *watched) {
		stderr.await(args[1])
		stdin.Close()
	})
}

// watch runs a command that has to end with a status, and does something beside it.
// Standard input stays open until then, unless that closes it.
func watch(ts *testscript.TestScript, status string, command []string,
	beside func(process *os.Process, stdin io.Closer, stdout, stderr *watched)) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = ts.MkAbs(".")
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	defer stdin.Close()
	stdout, stderr := newWatched(), newWatched()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ts.Check(cmd.Start())
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()

	beside(cmd.Process, stdin, stdout, stderr)
	err = cmd.Wait()
	ts.Stdout().Write(stdout.bytes())
	ts.Stderr().Write(stderr.bytes())
	wantExit(ts, err, status)
}

func deaf(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[3], args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	reader, full := fullPipe(ts)
	defer reader.Close()
	heard := newWatched()
	switch args[2] {
	case "stdout":
		cmd.Stdout, cmd.Stderr = full, heard
	case "stderr":
		cmd.Stdout, cmd.Stderr = heard, full
	default:
		ts.Fatalf("no such stream: %s", args[2])
	}
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	defer stdin.Close()
	ts.Check(cmd.Start())
	full.Close()
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()

	if args[1] != "none" {
		for i, name := range strings.Split(args[1], ",") {
			heard.awaitLines(i + 1)
			if i > 0 {
				time.Sleep(sameKey + sameKey/4)
			}
			ts.Check(cmd.Process.Signal(signalsByName[name]))
		}
	}
	err = cmd.Wait()
	ts.Stdout().Write(heard.bytes())
	wantExit(ts, err, args[0])
}

var signalsByName = map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}

// fullPipe returns both ends of a pipe that takes no byte more.
func fullPipe(ts *testscript.TestScript) (reader, writer *os.File) {
	reader, writer, err := os.Pipe()
	ts.Check(err)
	for err == nil {
		ts.Check(writer.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)))
		_, err = writer.Write(make([]byte, 4096))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		ts.Fatalf("fill a pipe: %v", err)
	}
	return reader, writer
}

// watched is a buffer in which somebody waits for a text.
type watched struct {
	mu      sync.Mutex
	changed *sync.Cond
	buffer  bytes.Buffer
}

func newWatched() *watched {
	w := &watched{}
	w.changed = sync.NewCond(&w.mu)
	return w
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.changed.Broadcast()
	return w.buffer.Write(p)
}

// await waits until text was written, or for patience.
func (w *watched) await(text string) {
	w.awaitThat(func(written []byte) bool { return bytes.Contains(written, []byte(text)) })
}

// awaitLines waits until so many lines were written, or for patience.
func (w *watched) awaitLines(lines int) {
	w.awaitThat(func(written []byte) bool { return bytes.Count(written, []byte("\n")) >= lines })
}

func (w *watched) awaitThat(written func([]byte) bool) {
	overdue := false
	timer := time.AfterFunc(patience, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		overdue = true
		w.changed.Broadcast()
	})
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !overdue && !written(w.buffer.Bytes()) {
		w.changed.Wait()
	}
}

func (w *watched) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.buffer.Bytes())
}

func TestGrace(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": -1, "0s": -1, "5": 5 * time.Second, "2.5": 2500 * time.Millisecond, "1e1": 10 * time.Second,
		"500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "24h": 24 * time.Hour,
	} {
		g := duration{most: maxGrace}
		if err := g.Set(text); err != nil || g.option() != want {
			t.Errorf("--grace %s is %v, %v, want %v", text, g.option(), err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "-1s", "nan", "inf", "1e300", "25h", "5 s"} {
		g := duration{most: maxGrace}
		if g.Set(text) == nil {
			t.Errorf("--grace %s was taken", text)
		}
	}
}
