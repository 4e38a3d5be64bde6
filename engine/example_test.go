package engine_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
)

// greeter is a handler of events: it sends a message when the connection opens, and
// closes when the answer is there.
type greeter struct {
	engine.NopHandler // for events that it does not know
	eng               *engine.Engine
}

func (g greeter) Opened(id engine.ID, info *engine.Info) {
	fmt.Println("open")
	g.eng.Send(id, engine.Text, "hello")
}

func (g greeter) Received(id engine.ID, data []byte, kind engine.Kind) {
	fmt.Printf("received %q\n", data) // data is valid until Received returns
	g.eng.Close(id, 1000, "done")
}

func (g greeter) Ended(id engine.ID, end *engine.End) {
	if end.Failed {
		fmt.Println("failed:", end.Message, end.Detail)
		return
	}
	fmt.Println("closed", end.Code, end.Reason, end.Clean)
}

// A program makes an engine and dispatches its events, all on one goroutine.
func Example() {
	server, err := echo.Start("", echo.Options{}) // any WebSocket server will do
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	eng := engine.New(engine.Options{})
	if _, err := eng.Connect(server.URL(), engine.ConnectOptions{}); err != nil {
		log.Fatal(err)
	}
	for eng.Live() > 0 {
		<-eng.Ready()
		eng.Dispatch(greeter{eng: eng}, engine.Budget{Events: 256, Time: 4 * time.Millisecond})
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := eng.Shutdown(ctx); err != nil { // every goroutine of the engine has ended
		log.Fatal(err)
	}
	// Output:
	// open
	// received "hello"
	// closed 1000 done true
}
