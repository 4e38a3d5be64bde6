package luaws_test

import (
	"context"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/luaws"
)

// A gopher-lua host of its own gets the module with Open, and runs the callbacks with Pump, on the goroutine that owns
// the Lua state.
func ExampleOpen() {
	server, err := echo.Start("", echo.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	L := lua.NewState()
	defer L.Close()
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(context.Background())
	module := luaws.Open(L, eng, luaws.Options{})

	L.SetGlobal("url", lua.LString(server.URL()))
	err = L.DoString(`
		local id
		id = websocket.Connect(url, {
			onOpen = function() websocket.Send(id, "hello") end,
			onMessage = function(data) print("echo: " .. data) websocket.Close(id) end,
			onClose = function(code, reason, wasClean) print("closed", code, wasClean) end,
			onError = function(message) print("error: " .. message) end,
		})`)
	if err != nil {
		fmt.Println(err)
	}
	for eng.Live() > 0 {
		<-eng.Ready()
		module.Pump(engine.Budget{})
	}
	// Output:
	// echo: hello
	// closed	1000	true
}
