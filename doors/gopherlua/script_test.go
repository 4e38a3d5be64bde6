package gopherlua_test

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/errorlog"
)

// TestScripts runs the Lua files of testdata over real sockets. Each gets the URL of an
// echo server, a function to call when it is done, and the URL of a port that refuses
// connections. An error anywhere fails it.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			server, err := echo.Start("", echo.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, filepath.Base(file), string(source), server.URL(), refusedURL(t))
		})
	}
}

// runScript runs a script with its arguments until it has called finish and no connection
// is left.
func runScript(t *testing.T, name, source, echoURL, refusedURL string) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	errors := errorlog.New(logger)
	eng := engine.New(engine.Options{Logger: logger})
	defer eng.Shutdown(t.Context())
	L := lua.NewState()
	defer L.Close()
	module := gopherlua.Open(L, eng, gopherlua.Options{Logger: logger, Errors: errors})

	finished := false
	chunk, err := L.Load(strings.NewReader(source), name)
	if err != nil {
		t.Fatal(err)
	}
	L.Push(chunk)
	L.Push(lua.LString(echoURL))
	L.Push(L.NewFunction(func(*lua.LState) int { finished = true; return 0 }))
	L.Push(lua.LString(refusedURL))
	if err := L.PCall(3, 0, nil); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for errors.Count() == 0 && (eng.Live() > 0 || !finished) {
		select {
		case <-eng.Ready():
			module.Pump(engine.Budget{})
		case <-deadline:
			t.Fatalf("%d connections are left, finished: %v\n%s", eng.Live(), finished, log.String())
		}
	}
	if errors.Count() > 0 || strings.Contains(log.String(), "no onError") {
		t.Error(log.String())
	}
	if held, _ := module.Held(); held != 0 && !t.Failed() {
		t.Errorf("%d callback tables are held after the end", held)
	}
}

// refusedURL is the URL of a port of this machine on which nobody listens.
func refusedURL(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "ws://" + listener.Addr().String() + "/"
}
