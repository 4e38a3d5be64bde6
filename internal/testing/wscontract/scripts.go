package wscontract

import (
	"embed"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
)

// scripts are Lua files that run over real sockets. Each gets the URL of an echo server,
// and that of a port which refuses connections; it prints "finished" when it is done. An
// error anywhere, and any other line, fails it.
//
//go:embed testdata/*.lua
var scripts embed.FS

func testScripts(t *testing.T, kind Kind) {
	files, err := fs.Glob(scripts, "testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		name := strings.TrimPrefix(file, "testdata/")
		t.Run(strings.TrimSuffix(name, ".lua"), func(t *testing.T) {
			source, err := scripts.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, kind, name, string(source))
		})
	}
}

// runScript runs a script until it has finished and no connection is left.
func runScript(t *testing.T, kind Kind, name, source string) {
	server, err := echo.Start("", echo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r := &rig{t: t, kind: kind, engine: &Engine{}}
	r.level.Set(slog.LevelError) // the engine may warn of a port where nobody listens
	eng := engine.New(engine.Options{Logger: r.logger()})
	defer eng.Shutdown(t.Context())
	r.open(eng)
	if err := r.Run(name, source, server.URL(), refusedURL(t)); err != nil {
		t.Fatal(err)
	}
	finished := []string{"finished"}
	deadline := time.After(20 * time.Second)
	for len(r.errors) == 0 && (eng.Live() > 0 || !slices.Equal(r.printed, finished)) {
		select {
		case <-eng.Ready():
			if _, err := r.Pump(engine.Budget{}); err != nil {
				t.Fatal(err)
			}
		case <-deadline:
			t.Fatalf("%d connections are left; printed %q\n%s", eng.Live(), r.printed, r.log.String())
		}
	}
	r.wantPrinted(finished...)
	r.wantNothingMore()
	if held, _ := r.Held(); held != 0 && !t.Failed() {
		t.Errorf("%d connections are held after the end", held)
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
