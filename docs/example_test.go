package docs_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/permission"
	"github.com/tidewire/tidewire/script"
)

// The Go blocks of the pages are pieces of this file (TestGoBlocks), so that the code in
// them compiles and runs.

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

func Example_script() {
	result, err := script.Run(context.Background(), script.Options{
		Path:   "examples/hello.lua",
		Args:   []string{echoURL},
		Logger: slog.Default(),
	})
	if err != nil {
		log.Fatal(err) // the script could not be read
	}
	fmt.Println("exit code", result.ExitCode)

	// Output:
	// received hello
	// closed with 1000
	// exit code 0
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

const source = `
	local id
	id = websocket.Connect(url, {
		onOpen = function() websocket.Send(id, "hello") end,
		onMessage = function(data) print("received " .. data) websocket.Close(id) end,
	})`

func Example_lua() {
	s := lua.NewState(lua.Options{MaxMemory: 64 << 20, Tracebacks: true})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: os.Stdout}); err != nil {
		log.Fatal(err)
	}
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(context.Background())
	module, err := websocket.Open(s, eng, websocket.Options{Logger: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}

	address, err := s.String(echoURL)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.SetGlobal("url", address); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Run([]byte(source), "@hello.lua"); err != nil {
		log.Fatal(err)
	}
	for eng.Live() > 0 { // or a case of your own loop's select
		<-eng.Ready()
		if _, err := module.Pump(engine.Budget{}); err != nil { // callbacks run here and nowhere else
			log.Fatal(err)
		}
	}

	// Output:
	// received hello
}

// client says hello on each connection and closes it at the answer.
type client struct {
	engine.NopHandler // for events that it does not know
	eng               *engine.Engine
}

func (c client) Opened(id engine.ID, info *engine.Info) {
	c.eng.Send(id, engine.Text, "hello")
}

func (c client) Received(id engine.ID, data []byte, kind engine.Kind) {
	fmt.Printf("received %s\n", data) // data is valid until Received returns
	c.eng.Close(id, 1000, "")
}

func (c client) Ended(id engine.ID, end *engine.End) {
	if end.Failed {
		fmt.Println("failed:", end.Message, end.Detail)
		return
	}
	fmt.Println("closed with", end.Code)
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

func Example_engine() {
	eng := engine.New(engine.Options{Logger: slog.Default()})
	defer eng.Shutdown(context.Background())

	if _, err := eng.Connect(echoURL, engine.ConnectOptions{MaxMessage: 1 << 20}); err != nil {
		log.Fatal(err) // a bad option, or too many connections: nothing about the network
	}
	for eng.Live() > 0 {
		<-eng.Ready()
		eng.Dispatch(client{eng: eng}, engine.Budget{})
	}

	// Output:
	// received hello
	// closed with 1000
}
