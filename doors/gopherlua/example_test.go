package gopherlua_test

import (
	"context"
	"log"
	"os"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
)

// url is the echo server's; constant while tests run.
var url string

func TestMain(m *testing.M) {
	server, err := echo.Start("", echo.Options{})
	if err != nil {
		log.Fatal(err)
	}
	url = server.URL()
	code := m.Run()
	server.Close()
	os.Exit(code)
}

const source = `
local id
id = websocket.Connect(url, {
	onOpen = function() websocket.Send(id, "hello") end,
	onMessage = function(data) print("received " .. data) websocket.Close(id) end,
})
`

// A program gets the module with Open, and runs the callbacks with Pump, on the goroutine
// that owns the Lua state.
func ExampleOpen() {
	L := lua.NewState()
	defer L.Close()
	eng := engine.New(engine.Options{})
	defer eng.Shutdown(context.Background())
	module := gopherlua.Open(L, eng, gopherlua.Options{})

	L.SetGlobal("url", lua.LString(url))
	if err := L.DoString(source); err != nil {
		log.Fatal(err)
	}
	for eng.Live() > 0 { // or a case of your own loop's select
		<-eng.Ready()
		module.Pump(engine.Budget{}) // callbacks run here and nowhere else
	}

	// Output:
	// received hello
}

// The blocks of README.md are those of this file.
func TestREADME(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := strings.ReplaceAll(string(file), "\n\t", "\n") // as it looks outside of its function
	parts := strings.Split(string(page), "```")
	if len(parts) != 5 {
		t.Fatalf("README.md has %d parts, want two blocks", len(parts))
	}
	if block, ok := strings.CutPrefix(parts[1], "go\n"); !ok || !strings.Contains(code, block) {
		t.Errorf("this file does not have the block\n%s", block)
	}
	if block, ok := strings.CutPrefix(parts[3], "lua\n"); !ok || "\n"+block != source {
		t.Errorf("source is not the block\n%s", block)
	}
}
