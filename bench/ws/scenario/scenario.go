// Package scenario has the tasks that are measured, and plays one of them with one
// contestant.
package scenario

import (
	"fmt"

	"github.com/tidewire/tidewire/bench/internal/named"
	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/payload"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// A Kind says which figures a scenario yields.
type Kind string

// The kinds.
const (
	Messages Kind = "messages" // CPU time, wall time and allocations for each message
	Latency  Kind = "latency"  // the same, and times from the due time at a fixed rate
	Idle     Kind = "idle"     // memory for each connection
	Storm    Kind = "storm"    // CPU and wall time for each connection
	Frames   Kind = "frames"   // how late frames begin, beside Messages
)

// A Scenario is one row of the report.
type Scenario struct {
	Name  string
	Title string
	Kind  Kind
	Role  client.Role
	Serve server.Task

	// Frames: the second connection's task. Serve is the first one's.
	Beside server.Task

	Connections int
	TLS         bool
	Scripts     bool // the scripts with programs of their own play it, too
	Growth      bool // the same as another one with more of something: few play it, and none quickly
	NoLua       bool // the contestants with Lua sit it out
	NoRaw       bool // there is no floor to move the same bytes
}

func order(shape payload.Shape, size int) payload.Order {
	return payload.Order{Shape: shape, Size: size}
}

// burst is how many messages are sent between two acknowledgements.
const burst = 512

func flood(shape payload.Shape, size int, d server.Deflate) server.Task {
	return server.Task{Mode: server.Flood, Order: order(shape, size), Deflate: d}
}

func sink(shape payload.Shape, size int, d server.Deflate) server.Task {
	return server.Task{Mode: server.Sink, Order: order(shape, size), Deflate: d, Burst: burst}
}

func echo(shape payload.Shape, size, inFlight int) server.Task {
	return server.Task{Mode: server.Echo, Order: order(shape, size), InFlight: inFlight}
}

func ping(size int) server.Task {
	return server.Task{Mode: server.Ping, Order: order(payload.Text, size)}
}

func pace(size, rate int) server.Task {
	return server.Task{Mode: server.Pace, Order: order(payload.Text, size), Rate: rate}
}

// Connections of once have carried a message each way, so that they hold the buffers that
// a message needs.
var (
	once = server.Task{Mode: server.Once, Order: order(payload.Text, 64)}
	idle = server.Task{Mode: server.Idle, Order: order(payload.Text, payload.Least)}
)

// List has all scenarios, in the order of the report.
var List = []Scenario{
	{Name: "receive-32", Title: "receive 32 B", Role: client.Count, Scripts: true,
		Serve: flood(payload.Text, 32, server.Plain)},
	{Name: "receive-256", Title: "receive 256 B", Role: client.Count, Scripts: true,
		Serve: flood(payload.Text, 256, server.Plain)},
	{Name: "receive-1k", Title: "receive 1 KiB of JSON", Role: client.Count, Scripts: true,
		Serve: flood(payload.JSON, 1024, server.Plain)},
	{Name: "send-32", Title: "send 32 B", Role: client.Burst, Serve: sink(payload.Text, 32, server.Plain)},
	{Name: "send-256", Title: "send 256 B", Role: client.Burst, Serve: sink(payload.Text, 256, server.Plain)},
	{Name: "echo-1", Title: "echo 64 B, 1 in flight", Role: client.Echo, Serve: ping(64)},
	{Name: "echo-64", Title: "echo 64 B, 64 in flight", Role: client.Echo, Serve: echo(payload.Text, 64, 64)},
	{Name: "echo-64k", Title: "echo 64 KiB", Role: client.Echo, Serve: echo(payload.Binary, 64<<10, 1)},
	{Name: "echo-1m", Title: "echo 1 MiB", Role: client.Echo, Serve: echo(payload.Binary, 1<<20, 1)},
	{Name: "echo-16m", Title: "echo 16 MiB", Role: client.Echo, Serve: echo(payload.Binary, 16<<20, 1)},
	{Name: "latency-2k", Title: "echo 64 B, 2,000 a second", Kind: Latency, Role: client.Echo, Serve: pace(64, 2_000)},
	{Name: "latency-50k", Title: "echo 64 B, 50,000 a second", Kind: Latency, Role: client.Echo,
		Serve: pace(64, 50_000)},
	{Name: "active-500", Title: "500 connections, 64 B, 4 in flight each", Role: client.Echo,
		Serve: echo(payload.Text, 64, 4), Connections: 500},
	{Name: "idle-5000", Title: "5,000 idle connections, ws", Kind: Idle, Role: client.Echo, Serve: once,
		Connections: 5000, NoLua: true},
	{Name: "idle-5000-wss", Title: "5,000 idle connections, wss", Kind: Idle, Role: client.Echo, Serve: once,
		Connections: 5000, TLS: true, NoLua: true},
	{Name: "storm-1000", Title: "1,000 connections at once", Kind: Storm, Role: client.Idle, Serve: idle,
		Connections: 1000, NoLua: true},
	{Name: "frames", Title: "60 frames a second beside a flood of 256 B and a ping-pong", Kind: Frames,
		Role:   client.Mixed,
		Serve:  flood(payload.Text, 256, server.Plain),
		Beside: ping(256), NoRaw: true},
	{Name: "inflate", Title: "inflate 880 B of JSON, no takeover", Role: client.Count,
		Serve: flood(payload.JSON, 880, server.NoTakeover), NoRaw: true},
	{Name: "inflate-takeover", Title: "inflate 880 B of JSON, takeover", Role: client.Count,
		Serve: flood(payload.JSON, 880, server.Takeover), NoRaw: true},
	{Name: "deflate", Title: "deflate and send 880 B of JSON, no takeover", Role: client.Burst,
		Serve: sink(payload.JSON, 880, server.NoTakeover), NoRaw: true},
	{Name: "deflate-takeover", Title: "deflate and send 880 B of JSON, takeover", Role: client.Burst,
		Serve: sink(payload.JSON, 880, server.Takeover), NoRaw: true},
	{Name: "receive-32-wss", Title: "receive 32 B over TLS", Role: client.Count,
		Serve: flood(payload.Text, 32, server.Plain), TLS: true},
	{Name: "receive-256-wss", Title: "receive 256 B over TLS", Role: client.Count,
		Serve: flood(payload.Text, 256, server.Plain), TLS: true},
	{Name: "receive-1k-wss", Title: "receive 1 KiB of JSON over TLS", Role: client.Count,
		Serve: flood(payload.JSON, 1024, server.Plain), TLS: true},
	{Name: "send-32-wss", Title: "send 32 B over TLS", Role: client.Burst,
		Serve: sink(payload.Text, 32, server.Plain), TLS: true},
	{Name: "send-256-wss", Title: "send 256 B over TLS", Role: client.Burst,
		Serve: sink(payload.Text, 256, server.Plain), TLS: true},
}

// growing has the scenarios that show how cost grows with connections and with sizes.
func growing() (list []Scenario) {
	for _, c := range []struct {
		n     int
		title string
	}{
		{1, "1 connection, 64 B, 4 in flight"},
		{10, "10 connections, 64 B, 4 in flight each"},
		{100, "100 connections, 64 B, 4 in flight each"},
		{1000, "1,000 connections, 64 B, 4 in flight each"},
		{10_000, "10,000 connections, 64 B, 4 in flight each"},
	} {
		list = append(list, Scenario{
			Name: fmt.Sprintf("active-%d", c.n), Title: c.title,
			Role: client.Echo, Serve: echo(payload.Text, 64, 4), Connections: c.n, Growth: true,
		})
	}
	for _, message := range []struct {
		name, size string
		bytes      int
	}{
		{"4k", "4 KiB", 4 << 10}, {"64k", "64 KiB", 64 << 10}, {"1m", "1 MiB", 1 << 20}, {"16m", "16 MiB", 16 << 20},
	} {
		list = append(list, Scenario{
			Name: "receive-" + message.name, Title: "receive " + message.size + ", binary",
			Role: client.Count, Serve: flood(payload.Binary, message.bytes, server.Plain), Growth: true,
		})
	}
	return list
}

func init() {
	List = append(List, growing()...)
	for i := range List {
		s := &List[i]
		if s.Kind == "" {
			s.Kind = Messages
		}
		s.Connections = max(s.Connections, 1)
	}
}

// Takes reports whether a contestant takes part.
func (s Scenario) Takes(c contestants.Contestant) bool {
	if c.Script {
		return s.Scripts
	}
	few := !c.Lua && !c.Shown && c.Name != "gorilla" && c.Name != "coder"
	return c.Can(s.Serve.Deflate) && (few || !s.Growth) && !(c.Lua && s.NoLua) && !(c.Name == "raw" && s.NoRaw)
}

// Timed reports whether the server measures how long each message of the first connection
// takes.
func (s Scenario) Timed() bool { return s.Serve.Mode == server.Ping || s.Serve.Mode == server.Pace }

// Named returns the scenarios with these names, separated by commas; all for none.
func Named(names string) ([]Scenario, error) {
	return named.Of("scenario", List, func(s Scenario) string { return s.Name }, names)
}
