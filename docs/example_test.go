package docs_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"net/url"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/modules/ws"
	"github.com/tidewire/tidewire/permission"
	"github.com/tidewire/tidewire/script"
)

// The Go blocks of the pages that are no whole programs are pieces of this file
// (TestGoBlocks), so that the code in them compiles and runs.

// echoURL is the echo server's; constant while tests run.
var echoURL string

func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil { // so that paths are those that the pages name
		log.Fatal(err)
	}
	server, err := echo.Start("", echo.Options{})
	if err != nil {
		log.Fatal(err)
	}
	echoURL = server.URL()
	code := m.Run()
	server.Close()
	os.Exit(code)
}

func Example_start() {
	ctx, cancel := context.WithCancelCause(context.Background())
	started, err := script.Start(ctx, script.Options{
		Code:   `host.Every(1000, function() end)`,
		GiveUp: true,
	})
	if err != nil {
		log.Fatal(err) // nothing was run
	}

	cancel(script.ExitCode(3)) // from any goroutine; the script ends within the grace
	result, err := started.Wait()
	if err != nil {
		log.Fatal(err) // only the end of the process ends the Lua code that still runs
	}
	fmt.Println("exit code", result.ExitCode)

	// Output:
	// exit code 3
}

func Example_policy() {
	policy, err := engine.NewPolicy(nil, []string{"$private", "*.example.org"})
	if err != nil {
		log.Fatal(err) // names the item that cannot be read
	}
	eng := engine.New(engine.Options{Policy: policy})
	defer eng.Shutdown(context.Background())

	fmt.Println(policy(context.Background(), "printer.lan", netip.MustParseAddrPort("192.168.0.9:80")))

	// Output:
	// printer.lan:80: connecting is not allowed by the rule $private
}

func Example_limits() {
	limits := permission.Limits{
		MaxMessage: 1 << 20, SendQueue: 1 << 20, ReceiveQueue: 1 << 20, MaxBody: 1 << 20, // bytes
		Timeout:        10 * time.Second,
		ForbidProxy:    true,
		ForbidInsecure: true,
	}
	if _, err := script.Run(context.Background(), script.Options{
		Code:   `print(select(2, pcall(websocket.Connect, "wss://example.org/", {}, {maxMessage = 2^30})))`,
		Limits: limits,
	}); err != nil {
		log.Fatal(err)
	}

	// Output:
	// bad argument #3 to '?' (field 'maxMessage': at most 1048576 expected, got 1073741824: this value is not allowed)
}

// pump has the functions that timers leave for the goroutine that owns the state.
type pump struct {
	calls   chan func()
	waiting int // timers; the state's goroutine alone counts them
}

// After implements task.Host and ws.Host.
func (p *pump) After(d time.Duration, f func()) (cancel func()) {
	p.waiting++
	over := false
	end := func() bool {
		if over {
			return false
		}
		over = true
		p.waiting--
		return true
	}
	timer := time.AfterFunc(d, func() {
		p.calls <- func() {
			if end() {
				f()
			}
		}
	})
	return func() {
		timer.Stop()
		end()
	}
}

// Ending implements task.Host and ws.Host.
func (p *pump) Ending() bool { return false }

func Example_sockets() {
	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: os.Stdout}); err != nil {
		log.Fatal(err)
	}
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(context.Background())

	p := &pump{calls: make(chan func(), 64)}
	sockets, err := websocket.Open(s, eng, websocket.Options{})
	if err != nil {
		log.Fatal(err)
	}
	tasks, err := task.Open(s, p, task.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ws.Open(s, ws.Options{Engine: eng, Sockets: sockets, Host: p, Tasks: tasks}); err != nil {
		log.Fatal(err)
	}

	url, err := s.String(echoURL)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Run([]byte(`
		local url = ...
		local task, ws = require "tide.task", require "tide.ws"
		task.go(function()
			local socket = assert(ws.open(url))
			socket:send "hello"
			print("received " .. socket:receive())
			task.sleep(0.01)
			socket:close()
		end)
		ws.keep(url, {onOpen = function(info, kept) kept:close() end, onEnd = function() print "ended" end})
	`), "@sockets.lua", url); err != nil {
		log.Fatal(err)
	}

	for {
		tasks.Run(task.Budget{})
		tasks.EndTurn()
		eng.Flush()
		if tasks.Live() == 0 && eng.Live() == 0 && p.waiting == 0 {
			break
		}
		if tasks.Runnable() {
			continue // after a look at your own loop's work
		}
		select {
		case <-eng.Ready():
			if _, err := sockets.Pump(engine.Budget{}); err != nil {
				log.Fatal(err)
			}
		case call := <-p.calls:
			call()
		}
	}

	// Unordered output:
	// received hello
	// ended
}

func Example_words() {
	words := func(r permission.Refusal, form permission.Form) string {
		return permission.Plain(r, form) + ": ask the server's admin"
	}
	if _, err := script.Run(context.Background(), script.Options{
		Code:  `print((select(2, io.open "/etc/hosts")))`,
		Words: script.Words{Refusal: words},
	}); err != nil {
		log.Fatal(err)
	}

	// Output:
	// /etc/hosts: reading is not allowed: ask the server's admin
}

func Example_memory() {
	account := memory.New(16 << 20)
	eng := engine.New(engine.Options{Memory: account})
	defer eng.Shutdown(context.Background())
	download := account.Share()
	defer download.Close()
	if err := download.Grow(64 << 10); err != nil {
		log.Fatal(err) // it did not fit: errors.Is(err, memory.ErrFull)
	}
	fmt.Println(account.Figures().Used, "of", account.Figures().Limit)
	// Output: 65536 of 16777216
}

func Example_environment() {
	fromEnvironment := httpproxy.FromEnvironment().ProxyFunc()
	eng := engine.New(engine.Options{
		Proxy: func(target *url.URL) (engine.Proxy, error) {
			proxy, err := fromEnvironment(target)
			if proxy == nil || err != nil {
				return engine.Proxy{}, err
			}
			return engine.Proxy{URL: proxy.String(), Source: "the environment"}, nil
		},
	})
	defer eng.Shutdown(context.Background())

	// Output:
}
