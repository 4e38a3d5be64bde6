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
)

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
