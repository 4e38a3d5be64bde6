package websocket_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
)

var leakCycles = flag.Int("leak.cycles", 2000, "TestScriptsLeaveNothing: how many connections begin and end")

// leakScript begins connections whose callbacks hold tables that hold the callbacks. Some
// of them fail, some take other callbacks along the way, some have none.
const leakScript = `
live, ended = 0, 0
function begin(url, kind)
	local id
	local held = {text = ("held "):rep(40)}
	local callbacks = setmetatable({held = held}, {__index = function(_, key)
		if key == "onClose" then return function() live = live - 1; ended = ended + 1 end end
	end})
	held.callbacks = callbacks
	callbacks.onOpen = function(info)
		held.info = info
		for _, m in ipairs{"first", "message after message", "last"} do websocket.Send(id, m) end
		if kind == 1 then error("in onOpen") end
		if kind == 2 then callbacks.onMessage = nil; websocket.Close(id) end
	end
	callbacks.onMessage = function(data)
		held[#held + 1] = data
		if kind == 3 and data ~= "last" then error(held) end
		if data == "last" or kind == 4 then websocket.Close(id, 3000, "enough") end
	end
	callbacks.onError = function(message, info)
		held.info = info
		live = live - 1
		ended = ended + 1
		if kind == 5 then error({message, callbacks}) end
	end
	if kind == 6 then callbacks.OnError = print end
	live = live + 1
	id = websocket.Connect(url, callbacks, {compression = kind == 7, headers = {["X-Number"] = tostring(ended)}})
	if kind == 8 then websocket.Close(id) end
	if kind == 9 then pcall(websocket.Connect, url, callbacks, {nonsense = true}) end
end`

// deaf forgets the errors of callbacks.
type deaf struct{}

func (deaf) Report(string, error, ...any) {}

// grown is the content of a state after many connections have ended.
type grown struct {
	values      int64 // bytes of the state's, by its own account
	connections int   // that the module holds
	goroutines  int
	heap        uint64
}

// spare is how many goroutines more than before are no leak: that of the finalizers counts
// while it runs one.
const spare = 1

func measure(t *testing.T, s *lua.State, m *websocket.Module) (g grown) {
	t.Helper()
	var err error
	if g.values, err = s.Collect(); err != nil {
		t.Fatal(err)
	}
	g.connections, _ = m.Held()
	g.goroutines = runtime.NumGoroutine()
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	g.heap = stats.HeapAlloc
	return g
}

// A script whose connections begin, fail in every phase, raise in callbacks and close has
// after thousands of them no more values, references and memory than after some.
func TestScriptsLeaveNothing(t *testing.T) {
	seed := rand.Uint64()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		var mu sync.Mutex // guards random: dials run at the same time
		fault := func(client *wstest.Conn) {
			mu.Lock()
			defer mu.Unlock()
			at := random.Int64N(400)
			switch random.IntN(6) {
			case 0:
				client.In().CutAfter(at)
			case 1:
				client.Out().ResetAfter(at)
			case 2:
				client.In().StallAfter(at)
			}
		}
		var network *wstest.Net // of the batch: it remembers every dial
		eng := engine.New(engine.Options{DialsPerSecond: -1,
			DialContext: func(ctx context.Context, kind, addr string) (net.Conn, error) {
				return network.DialContext(ctx, kind, addr)
			}})
		s := lua.NewState(lua.Options{Tracebacks: true})
		defer s.Close()
		defer eng.Shutdown(context.Background())
		if err := std.Open(s, std.Options{}); err != nil {
			t.Fatal(err)
		}
		module, err := websocket.Open(s, eng, websocket.Options{Errors: deaf{}})
		if err != nil {
			t.Fatal(err)
		}
		run := func(source string) {
			if _, err := s.Run([]byte(source), "@bot.lua"); err != nil {
				t.Fatal(err)
			}
		}
		run(leakScript)
		number := func(name string) int {
			n, _ := s.Global(name).AsNumber()
			return int(n)
		}
		urls := []string{"ws://echo.test/", "ws://echo.test/", "ws://echo.test/", "ws://refused.test/",
			"ws://x.invalid/", "nonsense"}
		const batch = 500
		var first grown
		for done := batch; done <= *leakCycles; done += batch {
			network = &wstest.Net{Setup: fault}
			l, err := network.Listen("echo.test:80")
			if err != nil {
				t.Fatal(err)
			}
			server := echo.Serve(l, echo.Options{})
			for begun := done - batch; number("ended") < done; {
				for ; begun < done && number("live") < 20; begun++ {
					mu.Lock()
					call := fmt.Sprintf("begin(%q, %d)", urls[random.IntN(len(urls))], random.IntN(10))
					mu.Unlock()
					run(call)
				}
				if number("ended") < done && number("live") > 0 {
					<-eng.Ready()
				}
				if _, err := module.Pump(engine.Budget{}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute) // sockets that wait for a FIN
			server.Close()
			synctest.Wait()
			now := measure(t, s, module)
			if now.connections > 0 {
				t.Fatalf("seed %d: after %d connections the module holds %d", seed, done, now.connections)
			}
			switch {
			case done <= 2*batch:
				first = now
			case now.values > first.values+4<<10, now.goroutines > first.goroutines+spare, now.heap > first.heap+200<<10:
				t.Fatalf("seed %d: after %d connections %+v, at first %+v", seed, done, now, first)
			}
		}
	})
}
