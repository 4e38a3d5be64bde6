package gopherlua_test

import (
	"context"
	"go/format"
	"log"
	"os"
	"os/exec"
	"path/filepath"
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

// The program of README.md compiles in a module of its own that has run the commands of
// README.md with the clone that this is, and talks to a server.
func TestREADME(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(page), "```")
	if len(parts) != 7 {
		t.Fatalf("README.md has %d parts, want three blocks", len(parts))
	}
	get, edit, program := block(t, parts[1], "sh"), block(t, parts[3], "sh"), block(t, parts[5], "go")
	if formatted, err := format.Source([]byte(program)); err != nil || string(formatted) != program {
		t.Errorf("the program is not formatted, %v", err)
	}
	clone, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := "go mod init example.org/program\n" + strings.ReplaceAll(edit, "CLONE", clone) + get + "go run . " + url
	var out []byte
	for line := range strings.SplitSeq(commands, "\n") {
		words := strings.Fields(line)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOWORK=off") // all is in the cache of modules
		if out, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	if string(out) != "received hello\n" {
		t.Errorf("printed %q", out)
	}
}

// block returns the code of a block of README.md in a language.
func block(t *testing.T, part, language string) string {
	t.Helper()
	code, ok := strings.CutPrefix(part, language+"\n")
	if !ok {
		t.Fatalf("a block in %s expected, it is\n%s", language, part)
	}
	return code
}
