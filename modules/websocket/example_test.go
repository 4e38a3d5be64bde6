package websocket_test

import (
	"context"
	"log"
	"os"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/permission"
)

// A script of a stranger asks for more than the host allows: that raises, and its author
// reads the host's words.
func ExampleOptions() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: os.Stdout}); err != nil {
		log.Fatal(err)
	}
	eng := engine.New(engine.Options{MaxConnections: 10})
	defer eng.Shutdown(context.Background())
	if _, err := websocket.Open(s, eng, websocket.Options{Limits: permission.Limits{
		MaxMessage:     1 << 20, // bytes
		ForbidProxy:    true,
		ForbidInsecure: true,
		Words: func(r permission.Refusal, form permission.Form) string {
			return permission.Plain(r, form) + " in the free plan"
		},
	}}); err != nil {
		log.Fatal(err)
	}

	if _, err := s.Run([]byte(`
		for _, options in ipairs {{maxMessage = 2^21}, {proxy = false}, {tls = {insecure = true}}} do
			local _, message = pcall(websocket.Connect, "wss://example.org/", {}, options)
			print((message:match "%((.*)%)"))
		end`), "@stranger.lua"); err != nil {
		log.Fatal(err)
	}

	// Output:
	// field 'maxMessage': at most 1048576 expected, got 2097152: this value is not allowed in the free plan
	// field 'proxy': nil expected, got false: this value is not allowed in the free plan
	// field 'tls.insecure': false expected, got true: this value is not allowed in the free plan
}

// A host gives its state the module with Open, and runs the callbacks with Pump, on the
// goroutine that owns the state.
func ExampleOpen() {
	server, err := echo.Start("", echo.Options{}) // any WebSocket server
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: os.Stdout}); err != nil {
		log.Fatal(err)
	}
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(context.Background())
	module, err := websocket.Open(s, eng, websocket.Options{})
	if err != nil {
		log.Fatal(err)
	}

	url, err := s.String(server.URL())
	if err != nil {
		log.Fatal(err)
	}
	const source = `
local url = ...
local id
id = websocket.Connect(url, {
	onOpen = function() websocket.Send(id, "hello") end,
	onMessage = function(data) print("received " .. data) websocket.Close(id) end,
	onClose = function(code, reason, wasClean) print("closed", code, wasClean) end,
	onError = function(message) print("failed: " .. message) end,
})
`
	if _, err := s.Run([]byte(source), "@hello.lua", url); err != nil {
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
	// closed	1000	true
}
