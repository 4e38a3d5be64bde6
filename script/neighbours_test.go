package script_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

// modest is a script that does a little of everything, 5 times: a connection, a message
// and its echo, a task, a timer, a request, a third of its memory.
const modest = `
local task, http = require "tide.task", require "tide.http"
local rounds = 0
local function round()
	if rounds == 5 then print "done" return host.Exit(0) end
	rounds = rounds + 1
	local left = 3
	local function finish()
		left = left - 1
		if left == 0 then host.After(1, round) end
	end
	local values = {}
	for i = 1, 8 do values[i] = ("v"):rep(2^20 - i) end
	websocket.Connect(host.echo, {
		onOpen = function(info) websocket.Send(info.id, ("m"):rep(100000)) end,
		onMessage = function(data, _, id) assert(#data == 100000) websocket.Close(id) end,
		onClose = finish,
		onError = function(message, info) error(message .. ": " .. info.detail) end,
	})
	task.go(function() task.sleep(0.001) finish() end)
	http.get((host.echo:gsub("^ws", "http")), function(response, message, info)
		assert(response, message and message .. ": " .. info.detail)
		finish()
	end)
end
round()`

// Whatever one script of a process does within its limits, and at them, another one goes
// on: nothing of it is refused, and its callbacks come.
func TestNeighbours(t *testing.T) {
	server, err := echo.Start("127.0.0.1:0", echo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	flood := floodServer(t)
	for _, c := range []struct{ name, code string }{ // each prints "full" when it has come to its limit
		{"an endless loop", `print "full" while true do end`},
		{"an endless loop in each callback", `
			host.Every(1, function() local stop = utility.GetTickCount() + 200 while utility.GetTickCount() < stop do end end)
			host.After(1, function() print "full" end)`},
		{"values up to the limit, again and again", `
			host.Every(1, function()
				local kept = {}
				local ok, message = pcall(function() while true do kept[#kept + 1] = ("x"):rep(1e5) .. #kept end end)
				if message and message:find "not enough memory" then print "full" end
			end)`},
		{"garbage as fast as it can", `
			host.Every(1, function() for i = 1, 1e5 do local garbage = {i, {i}} end print "full" end)`},
		{"messages that it does not take", `
			for i = 1, 20 do
				websocket.Connect(flood, {onError = false}, {maxMessage = math.huge, receiveQueue = math.huge})
			end
			host.After(200, function() print "full" while true do end end)`},
		{"messages that nobody reads", `
			local function again()
				local id
				id = websocket.Connect(flood, {
					onOpen = function() for i = 1, 400 do websocket.Send(id, ("y"):rep(1e5)) end end,
					onError = function(_, info) if info.category == "memory" then print "full" end again() end,
				}, {sendQueue = math.huge})
			end
			again()`},
		{"connections up to the limit", `
			host.Every(1, function()
				local ok, message
				repeat ok, message = pcall(websocket.Connect, host.echo, {}) until not ok
				if message:find "too many connections" then print "full" end
			end)`},
		{"connections to the same server that fail", `
			local secure = host.echo:gsub("^ws", "wss")
			host.Every(1, function()
				local ok, message
				repeat ok, message = pcall(websocket.Connect, secure, {onError = false}) until not ok
				if message:find "too many connections" then print "full" end
			end)`},
		{"requests up to the limit", `
			local http = require "tide.http"
			local url = flood:gsub("^ws", "http")
			host.Every(1, function()
				for i = 1, 10000 do http.post(url, ("r"):rep(10000), function(_, _, info)
					if info and info.category == "memory" then print "full" end
				end) end
			end)`},
		{"tasks and timers without end", `
			local task = require "tide.task"
			for i = 1, 1000 do
				task.go(function() while true do task.sleep(0) end end)
				host.Every(1, function() end)
			end
			print "full"`},
		{"errors and output without end", `
			host.Every(1, function() error(("e"):rep(1000)) end)
			host.Every(1, function() for i = 1, 1000 do print("full", ("e"):rep(1000)) end end)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			greedy := neighbour{code: "local flood = ...\n" + c.code, args: []string{flood}, echo: server.URL()}
			greedy.start(t)
			greedy.await(t, "full")
			other := neighbour{code: modest, echo: server.URL()}
			other.start(t)
			began := time.Now()
			other.await(t, "done")
			result, err := other.Wait()
			t.Logf("%v; %+v beside %+v", time.Since(began).Round(time.Millisecond), other.account.Figures(), greedy.account.Figures())
			if err != nil || result.ExitCode != 0 || result.Errors > 0 || other.account.Figures().Refused > 0 {
				t.Errorf("%+v, %v, %+v\n%s", result, err, other.account.Figures(), &other.log)
			}
			select {
			case <-greedy.Done():
				t.Errorf("the greedy script has ended: %s", &greedy.log)
			default:
			}
		})
	}
}

// neighbour is a script of several in a process, with 32 MiB of memory and at most 200
// connections.
type neighbour struct {
	code, echo string
	args       []string

	*script.Script
	account *memory.Account
	printed chan string
	log     lockedBuffer
}

func (n *neighbour) start(t *testing.T) {
	t.Helper()
	const mebibytes = 32
	n.account = memory.New(mebibytes << 20 / 4)
	n.printed = make(chan string, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	n.Script, err = script.Start(ctx, script.Options{
		Code: n.code, Args: n.args, Echo: n.echo, Stdin: strings.NewReader(""), Grace: -1, Lines: true,
		Stdout: writerFunc(func(p []byte) (int, error) {
			select {
			case n.printed <- strings.TrimSpace(string(p)):
			default:
			}
			return len(p), nil
		}),
		Stderr:    io.Discard,
		Logger:    slog.New(slog.NewTextHandler(&n.log, nil)),
		MaxMemory: mebibytes << 20, Memory: n.account,
		Engine: engine.Options{MaxConnections: 200},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		n.Wait()
	})
}

// await waits until the script prints a word.
func (n *neighbour) await(t *testing.T, word string) {
	t.Helper()
	for patience := time.After(2 * time.Minute); ; {
		select {
		case got := <-n.printed:
			if strings.Contains(got, word) {
				return
			}
		case <-n.Done():
			t.Fatalf("ended before it printed %q", word)
		case <-patience:
			t.Fatalf("no %q; %s", word, &n.log)
		}
	}
}

// floodServer is a loopback server that sends messages to each client as fast as it can,
// and reads nothing after the opening handshake.
func floodServer(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	raw := wstest.Binary(strings.Repeat("f", 60_000)).Append(nil)
	var serving sync.WaitGroup
	serve := func(conn net.Conn) {
		defer conn.Close()
		_, err := handshake.Server(t.Context(), conn, conn, handshake.Choices{}, time.Minute)
		for err == nil {
			_, err = conn.Write(raw)
		}
	}
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return "ws://" + l.Addr().String() + "/"
}
