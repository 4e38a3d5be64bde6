package docs_test

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
)

// The Go blocks of the pages about our own VM are pieces of this file, as those of
// example_test.go.

func Example_ownVM() {
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

	address, err := s.String(url)
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
