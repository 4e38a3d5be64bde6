package script_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// ran is the outcome of a script.
type ran struct {
	script.Result
	stdout, log string
	took        time.Duration
}

// inBubble runs a script in fake time with three servers: ws://echo.test/,
// ws://mute.test/, which shakes hands and says no more, and ws://goodbye.test/, which
// wants "good", "bye" and 1001. A connection to ws://void.test/ never comes about. prepare
// may be nil.
func inBubble(t *testing.T, code string, prepare func(*script.Options) context.Context) (got ran) {
	t.Helper()
	return inBubbleWith(t, code, nil, prepare)
}

// inBubbleWith is inBubble with more servers by their addresses, each for one client.
func inBubbleWith(
	t *testing.T, code string, servers map[string]func(*wstest.Peer), prepare func(*script.Options) context.Context,
) (got ran) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network wstest.Net
		for addr, talk := range servers {
			defer serve(t, &network, addr, talk)()
		}
		network.Blackhole("void.test:80")
		listener, err := network.Listen("echo.test:80")
		if err != nil {
			t.Fatal(err)
		}
		server := echo.Serve(listener, echo.Options{})
		defer server.Close()
		defer serve(t, &network, "mute.test:80", (*wstest.Peer).Mute)()
		defer serve(t, &network, "goodbye.test:80", func(peer *wstest.Peer) {
			peer.WantFrame(wstest.Text("good"), wstest.Text("bye"), wstest.Close(1001, ""))
			peer.Close(1001, "")
		})()
		var stdout, log bytes.Buffer
		opts := script.Options{
			Code:   code,
			Stdout: &stdout,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Engine: engine.Options{DialContext: network.DialContext},
			Echo:   "ws://echo.test/",
		}
		ctx := t.Context()
		if prepare != nil {
			ctx = prepare(&opts)
		}
		begin := time.Now()
		got.Result, err = script.Run(ctx, opts)
		if err != nil {
			t.Errorf("Run: %v", err)
		}
		took := time.Since(begin)
		if unread, ok := opts.Stdout.(*unread); ok {
			unread.read()
		}
		got.took, got.stdout, got.log = took, stdout.String(), log.String()
	})
	return got
}

// serve shakes hands with one client of addr and leaves the rest to talk.
func serve(t *testing.T, network *wstest.Net, addr string, talk func(*wstest.Peer)) (stop func()) {
	listener, err := network.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	var server sync.WaitGroup
	server.Go(func() {
		if conn, err := listener.Accept(); err == nil {
			peer := wstest.NewPeer(t, conn)
			peer.Handshake(wstest.Answer{})
			talk(peer)
		}
	})
	return func() { listener.Close(); server.Wait() }
}

// cancelAfter returns a context that is cancelled with cause after d.
func cancelAfter(d time.Duration, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(d, func() { cancel(cause) })
	return ctx
}

func (r ran) want(t *testing.T, code int, stdout string, logged ...string) {
	t.Helper()
	if r.ExitCode != code || r.stdout != stdout {
		t.Errorf("exit code %d, printed %q, want %d, %q; log:\n%s", r.ExitCode, r.stdout, code, stdout, r.log)
	}
	for _, want := range logged {
		if !strings.Contains(r.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, r.log)
		}
	}
	if len(logged) == 0 && r.log != "" {
		t.Errorf("logged %s", r.log)
	}
}

func TestEcho(t *testing.T) {
	got := inBubble(t, `
		local id
		id = websocket.Connect(host.echo, {
			onOpen = function() websocket.Send(id, "hello") end,
			onMessage = function(data) print("got", data) websocket.Close(id) end,
			onClose = function(code, reason, clean) print("closed", code, reason, clean) end,
		})`, nil)
	got.want(t, 0, "got\thello\nclosed\t1000\t\ttrue\n")
}

func TestEndingClosesWhatIsLive(t *testing.T) {
	got := inBubble(t, `
		local id = websocket.Connect(host.echo, {
			onOpen = function() print "open" end,
			onMessage = function() print "never" end,
			onClose = function(code, reason, clean)
				print("closed", code, reason, clean)
				print(websocket.Connect(host.echo, { onError = print, onClose = print }))
			end,
		})
		host.Register("shutdown", function()
			print(websocket.Connect(host.echo, { onError = print, onClose = print }))
			websocket.Send(id, "goodbye")
		end)
		host.Register("onUpdate", function() end)`,
		func(*script.Options) context.Context { return cancelAfter(time.Second, script.ExitCode(143)) })
	got.want(t, 143, "open\n2\nclosed\t1001\t\ttrue\n3\n")
	if got.took > 2*time.Second {
		t.Errorf("took %v", got.took)
	}
}

// Every way to the end goes through the same steps: ticks and timers stop, shutdown
// handlers run, connections are closed, and those that are left when the grace is over are
// cut. What nobody has opened by then ends at once.
func TestEveryEndingGoesTheSameWay(t *testing.T) {
	const code = `
		host.Every(1, function() if host.Ending() then print "timer" end end)
		host.Register("onUpdate", function() if host.Ending() then print "tick" end end)
		function connect()
			return websocket.Connect(url or "ws://mute.test/", {
				onOpen = function() print("open", host.Ending()) end,
				onClose = function(code, reason, clean) print(code, reason, clean, host.Ending()) end,
			})
		end
		host.Register("shutdown", function() print("shutdown", host.Ending()) connect() host.Exit(9) end)
		host.Register("shutdown", function() print "once more" end)
	`
	const void, cancelled = `url = "ws://void.test/" connect() `, "1006\t\tfalse\ttrue\n"
	const closed = "open\tfalse\nshutdown\ttrue\nonce more\n1006\tThe closing handshake timed out\tfalse\ttrue\n"
	signal := func(*script.Options) context.Context { // between two timers, which may run on beside it
		return cancelAfter(time.Second+time.Millisecond/2, script.ExitCode(143))
	}
	for name, c := range map[string]struct {
		way     string
		cancel  func(*script.Options) context.Context
		code    int
		stdout  string
		seconds time.Duration // more than these, and less than one more
		logged  string
	}{
		"a signal":       {`connect()`, signal, 143, closed, 4, ""},
		"host.Exit":      {`connect() host.After(1000, function() host.Exit(4) end)`, nil, 4, closed, 4, ""},
		"without a code": {`connect() host.After(1000, function() host.Exit() end)`, nil, 9, closed, 4, ""},
		"os.exit":        {`connect() host.After(1000, function() os.exit() end)`, nil, 0, closed, 4, ""},
		"the main chunk": {void + `error "boom"`, nil, 9, "shutdown\ttrue\nonce more\n" + cancelled, 0, "boom"},
		"at once":        {void + `os.exit(3)`, nil, 3, "shutdown\ttrue\nonce more\n" + cancelled, 0, ""},
	} {
		prepare := func(opts *script.Options) context.Context {
			opts.Grace = 3 * time.Second
			if c.cancel != nil {
				return c.cancel(opts)
			}
			return context.Background()
		}
		got := inBubble(t, code+c.way, prepare)
		if got.ExitCode != c.code || got.stdout != c.stdout || got.took/time.Second != c.seconds ||
			!strings.Contains(got.log, c.logged) || c.logged == "" && got.log != "" {
			t.Errorf("%s: code %d, took %v, printed\n%slog %s", name, got.ExitCode, got.took, got.stdout, got.log)
		}
	}
}

func TestWhatShutdownHandlersSendStillLeaves(t *testing.T) {
	got := inBubble(t, `
		local id = websocket.Connect("ws://goodbye.test/", {
			onOpen = function() host.Exit() end,
			onClose = function(code, _, clean, info) print(code, clean, info.unsent.messages) end,
		})
		host.Register("shutdown", function() websocket.Send(id, "good") websocket.Send(id, "bye") end)`, nil)
	got.want(t, 0, "1001\ttrue\t0\n")
}

// Messages that wait when a callback calls host.Exit are dropped as by Close, not
// delivered.
func TestNoMessageAfterExit(t *testing.T) {
	got := inBubble(t, `
		local id
		id = websocket.Connect(host.echo, {
			onOpen = function() for n = 1, 9 do websocket.Send(id, n) end end,
			onMessage = function(data) print(data) if data == "3" then host.Exit(5) end end,
			onClose = function(code, _, _, info) print(code, info.dropped.messages) end,
		})
		host.Register("shutdown", function() print("shutdown") end)`, nil)
	if want := "1\n2\n3\nshutdown\n1001\t6\n"; got.stdout != want || got.ExitCode != 5 {
		t.Errorf("printed %q, code %d, want %q, 5; %s", got.stdout, got.ExitCode, want, got.log)
	}
}

func TestGraceCutsAPeerThatDoesNotAnswer(t *testing.T) {
	got := inBubble(t, `
		websocket.Connect("ws://mute.test/", {
			onOpen = function() print "open" host.Exit(4) end,
			onClose = function(code, reason, clean) print(code, reason, clean) end,
		})`,
		func(opts *script.Options) context.Context {
			opts.Grace = 3 * time.Second
			return context.Background()
		})
	got.want(t, 4, "open\n1006\tThe closing handshake timed out\tfalse\n")
	if got.took < 3*time.Second || got.took >= 4*time.Second {
		t.Errorf("took %v, want the grace of 3s", got.took)
	}
}

func TestExitCode(t *testing.T) {
	for code, want := range map[string]int{
		``:                       0,
		`host.Exit(7)`:           7,
		`os.exit(false)`:         1,
		`pcall(error, "caught")`: 0,
		`host.Register("shutdown", function() host.Exit(3) end)`: 3,
	} {
		inBubble(t, code, nil).want(t, want, "")
	}
	got := inBubble(t, `host.After(0, function() error "boom" end) host.After(1, function() print "goes on" end)`, nil)
	got.want(t, 1, "goes on\n", `"timer: (command line):1: boom\nstack traceback:`)
	got = inBubble(t, `host.After(0, function() error "boom" end) host.After(1, function() host.Exit(0) end)`, nil)
	got.want(t, 0, "", "boom")
	got = inBubble(t, `host.Register("shutdown", function() print "ending" end) error "boom"`, nil)
	got.want(t, 1, "ending\n", `"(command line):1: boom\nstack traceback:`)
	if got.Err == nil || got.Errors != 1 {
		t.Errorf("result %+v", got.Result)
	}
	inBubble(t, `print(`, nil).want(t, 1, "", `(command line):1: unexpected symbol near '<eof>'`)
	inBubble(t, `websocket.Connect("ws://nowhere.test/", { onError = function(message) print(message) end })`, nil).
		want(t, 0, "Underlying Transport Error\n")
	for callbacks, unheard := range map[string]int{`{}`: 1, `{onError = false}`: 0, `{onError = print}`: 0} {
		got = inBubble(t, `websocket.Connect("ws://nowhere.test/", `+callbacks+`)`, nil)
		if got.ExitCode != unheard || got.Unheard != unheard || got.Errors != 0 {
			t.Errorf("%s: result %+v, want %d unheard", callbacks, got.Result, unheard)
		}
	}
	// Its event comes in the ending, which does not count.
	got = inBubble(t, `websocket.Connect("no url", {}) host.Exit()`, nil)
	if got.ExitCode != 0 || got.Unheard != 0 || !strings.Contains(got.log, "no onError") {
		t.Errorf("ended by host.Exit: result %+v, log %s", got.Result, got.log)
	}
}

// A run of limited time ends as it ends by itself, after exactly that time, and one that
// ends before is not kept.
func TestFor(t *testing.T) {
	forever := `host.Every(1000, function() print "tick" end)
		host.Register("shutdown", function() print "shutdown" end) `
	limited := func(opts *script.Options) context.Context {
		opts.For = 2500 * time.Millisecond
		return context.Background()
	}
	got := inBubble(t, forever, limited)
	got.want(t, 0, "tick\ntick\nshutdown\n")
	if got.took != 2500*time.Millisecond {
		t.Errorf("took %v, want 2.5s", got.took)
	}
	inBubble(t, forever+`host.After(1, function() error "x" end)`, limited).
		want(t, 1, "tick\ntick\nshutdown\n", "timer: (command line):")
	inBubble(t, forever+`host.Register("shutdown", function() host.Exit(7) end)`, limited).
		want(t, 7, "tick\ntick\nshutdown\n")
	if got := inBubble(t, `print "done"`, limited); got.took != 0 || got.stdout != "done\n" {
		t.Errorf("took %v, printed %q", got.took, got.stdout)
	}
}

func TestCancelledContext(t *testing.T) {
	before := func(*script.Options) context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx
	}
	inBubble(t, `print "never"`, before).want(t, 130, "")
	inBubble(t, `host.Every(1000, print) host.Register("shutdown", function() host.Exit(1) end)`,
		func(*script.Options) context.Context { return cancelAfter(1500*time.Millisecond, errors.New("enough")) }).
		want(t, 130, "\n")
}

func TestUnreadableScriptRunsNothing(t *testing.T) {
	var stdout bytes.Buffer
	_, err := script.Run(t.Context(), script.Options{Code: "print(1)", Path: filepath.Join(t.TempDir(), "none.lua"),
		Stdout: &stdout})
	if !errors.Is(err, fs.ErrNotExist) || stdout.Len() > 0 {
		t.Errorf("error %v, printed %q", err, stdout.String())
	}
}

// A run that ends before its input does leaves nobody behind who reads on; TestMain looks
// for that.
func TestOnLineThatIsLeft(t *testing.T) {
	var stdout bytes.Buffer
	got, err := script.Run(t.Context(), script.Options{
		Code:   `host.OnLine(function(line) print(line) host.Exit(3) end)`,
		Stdin:  strings.NewReader(strings.Repeat("line\n", 100_000)),
		Stdout: &stdout,
	})
	if err != nil || got.ExitCode != 3 || stdout.String() != "line\n" {
		t.Errorf("%+v, %v, printed %q", got, err, stdout.String())
	}
}

// The longest line is that of a string, and too long a one does not take the memory.
func TestOnLineWithoutLines(t *testing.T) {
	account := memory.New(8 << 20)
	got, err := script.Run(t.Context(), script.Options{
		Code:   `host.OnLine(function(line) assert(line == nil) end)`,
		Stdin:  zeros{},
		Stdout: io.Discard,
		Memory: account,
	})
	if figures := account.Figures(); err != nil || got.ExitCode != 1 || got.Errors != 1 || figures.Used != 0 ||
		figures.Peak > 8<<20 {
		t.Errorf("%+v, %v, memory %+v", got, err, figures)
	}
}

// zeros is an endless input without a newline.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "args.lua")
	source := "#!/usr/bin/env tidewire\nprint(..., select('#', ...)) print(arg[-2], arg[-1], arg[0] == path, " +
		"arg[1], arg[2], #arg)"
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	run := func(opts script.Options) {
		t.Helper()
		opts.Stdout = &stdout
		opts.Command = []string{"tidewire", "run"}
		opts.Args = []string{"a", "-b"}
		if got, err := script.Run(t.Context(), opts); err != nil || got.ExitCode != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	run(script.Options{Path: path, Code: "path = arg[0] print(...)"})
	run(script.Options{Path: script.FromStdin, Stdin: strings.NewReader("print(arg[0], ...)")})
	run(script.Options{Code: "print(arg[0], arg[-1], ...)"})
	want := "\na\t2\ntidewire\trun\ttrue\ta\t-b\t2\n-\ta\t-b\ntidewire\tnil\ta\t-b\n"
	if stdout.String() != want {
		t.Errorf("printed %q, want %q", stdout.String(), want)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Real time: the VM spins.
func TestEndlessLoopIsInterrupted(t *testing.T) {
	var log, stdout bytes.Buffer
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	got, err := script.Run(ctx, script.Options{
		Code: `
			host.Register("shutdown", function() print "shutdown" end)
			print "runs" io.flush()
			while true do pcall(error) end`,
		Grace: 50 * time.Millisecond,
		Stdout: writerFunc(func(p []byte) (int, error) {
			cancel(script.ExitCode(130)) // once the loop begins
			return stdout.Write(p)
		}),
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil || got.ExitCode != 130 || stdout.String() != "runs\nshutdown\n" ||
		!strings.Contains(log.String(), "interrupted: ") {
		t.Errorf("%+v, %v, printed %q, log %s", got, err, stdout.String(), log.String())
	}
}

// Output that nobody reads holds up neither the ending's steps nor its end; a reader that
// comes in time gets all of it.
func TestOutputThatNobodyReads(t *testing.T) {
	const code = `
		host.Register("shutdown", function() print "shutdown" end)
		local id
		id = websocket.Connect(host.echo, {
			onOpen = function() websocket.Send(id, ("x"):rep(40000)) end,
			onMessage = print,
			onClose = function(code, reason, clean) print(code, reason, clean) io.stderr:write "closed" end,
		})`
	for name, c := range map[string]struct {
		readAt, took time.Duration // readAt counts from the signal; 0 means never
		printed      string
		errors       int
	}{
		"never": {took: 2500 * time.Millisecond, errors: 1},
		"late":  {readAt: 2 * time.Second, took: 2 * time.Second, printed: "shutdown\n1001\t\ttrue\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout unread
			var stderr bytes.Buffer
			got := inBubble(t, code, func(opts *script.Options) context.Context {
				stdout.wanted = make(chan struct{}) // of the bubble
				opts.Stdout, opts.Stderr, opts.Grace = &stdout, &stderr, 2500*time.Millisecond
				if c.readAt > 0 {
					time.AfterFunc(time.Second+c.readAt, stdout.read)
				}
				return cancelAfter(time.Second, script.ExitCode(143))
			})
			if got.ExitCode != 143 || got.Errors != c.errors || got.took != time.Second+c.took {
				t.Errorf("%+v after %v, log %s", got.Result, got.took, got.log)
			}
			if stderr.String() != "closed" {
				t.Errorf("no onClose; log %s", got.log)
			}
			if c.printed != "" && !strings.HasSuffix(stdout.String(), "x\tfalse\t1\n"+c.printed) {
				t.Errorf("printed %d bytes, ending in %q", stdout.Len(), stdout.String()[max(0, stdout.Len()-60):])
			}
		})
	}
}

// unread is an output whose writes wait until read is called.
type unread struct {
	wanted chan struct{}
	once   sync.Once
	bytes.Buffer
}

func (u *unread) Write(p []byte) (int, error) {
	<-u.wanted
	return u.Buffer.Write(p)
}

func (u *unread) read() { u.once.Do(func() { close(u.wanted) }) }

// brokenPipe is an output that has lost its reader.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	got := inBubble(t, `host.Every(100, function() print "x" end) host.After(1000, function() host.Exit() end)`,
		func(opts *script.Options) context.Context { opts.Stdout = brokenPipe{}; return context.Background() })
	if got.Errors != 1 || strings.Count(got.log, "write the script's output: broken pipe") != 1 {
		t.Errorf("%d errors, log %s", got.Errors, got.log)
	}
}
