package script_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/hostile"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

// attempts is how often the kept socket of TestHostilePeers comes back before it is closed.
const attempts = 6

// kept is a kept socket that says what happens to it. It closes itself in the last onDown,
// or once it has been open for so many seconds: -1 is at once, 0 never.
const kept = `
	local ws = require "tide.ws"
	local seconds, sends, before, attempts, compression = %g, %d, "%s", %d, %t
	local downs, due = 0, 0
	ws.keep("ws://hostile.test/", {
		onOpen = function(_, k)
			if sends > 0 then k:send(("x"):rep(sends), "binary") end
			if seconds > 0 then host.After(seconds * 1000, function() k:close() end) end
			if seconds < 0 then k:close() end
		end,
		onMessage = function(data) if downs == 0 and data == before then print("message") end end,
		onDown = function(info, pause, k)
			downs = downs + 1
			print("down", info.message or info.reason, info.category, info.phase, info.closeCode)
			if downs == attempts then k:close() end
			assert(pause >= 0 and pause <= 30, pause)
			assert(host.Clock() > due - 1e-6, "it came back before its pause was over")
			due = host.Clock() + pause
		end,
		onEnd = function(info)
			print("end", info.message or info.reason, info.category, info.phase, info.closeCode)
		end,
	}, {maxMessage = %d, ping = %g, pong = %g, compression = compression})`

// A kept socket comes back to a hostile peer if the end is worth another try, as often as
// it may and no faster than its pauses; otherwise it ends for good, once. Nothing stays.
func TestHostilePeers(t *testing.T) {
	for p := range hostile.Kinds() {
		t.Run(p.Name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { keepToHostile(t, p) }) })
	}
}

func keepToHostile(t *testing.T, p *hostile.Peer) {
	var network wstest.Net
	listener, err := network.Listen("hostile.test:80")
	if err != nil {
		t.Fatal(err)
	}
	var peers sync.WaitGroup
	var conns []*wstest.Conn // of the goroutine below, until it has ended
	peers.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			server := conn.(*wstest.Conn)
			conns = append(conns, server)
			peers.Go(func() { p.Run(server) })
		}
	})

	account := memory.New(0)
	var stdout, log bytes.Buffer
	begin := time.Now()
	result, err := script.Run(t.Context(), script.Options{
		Code: fmt.Sprintf(kept, closesAfter(p), p.Sends, hostile.Before, attempts, p.Compress, hostile.MaxMessage,
			hostile.Ping.Seconds(), hostile.Pong.Seconds()),
		Stdout: &stdout, Logger: slog.New(slog.NewTextHandler(&log, nil)), Memory: account,
		Engine: engine.Options{DialContext: network.DialContext},
	})
	took := time.Since(begin)
	if err != nil || result.ExitCode != 0 || strings.Contains(log.String(), "ERROR") {
		t.Errorf("exit code %d, %v; log:\n%s", result.ExitCode, err, log.String())
	}
	if got, want := stdout.String(), wantOfKept(p); got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
	dials := len(network.Dials())
	if again := comesBack(p); again && dials != attempts || !again && dials != 1 {
		t.Errorf("%d attempts, worth another try: %v", dials, again)
	}
	if most := time.Duration(dials)*(p.Want.Within+30*time.Second) + hostile.Stay; took > most {
		t.Errorf("it took %v, want at most %v", took, most)
	}
	if f := account.Figures(); f.Used != 0 || f.Peak > 2*p.Want.Memory+16<<10 {
		t.Errorf("the account has %+v, want at most %d", f, p.Want.Memory)
	}
	if n := network.OpenConns(); n != 0 {
		t.Errorf("%d connections are open at the end", n)
	}
	listener.Close()
	synctest.Wait() // conns is complete
	for _, conn := range conns {
		conn.Close()
	}
	peers.Wait()
}

// closesAfter is for how many seconds the socket is to stay open; negative means none.
func closesAfter(p *hostile.Peer) float64 {
	switch {
	case p.Closes:
		return -1
	case p.Want.Stays:
		return hostile.Stay.Seconds()
	}
	return 0
}

// comesBack is whether another attempt follows such an end: not after k:close.
func comesBack(p *hostile.Peer) bool {
	if p.Closes || p.Want.Stays {
		return false
	}
	return p.Want.Again || p.Want.Closed && p.Want.Code == 1000
}

func wantOfKept(p *hostile.Peer) string {
	end := fmt.Sprintf("\t%s\t%s\t%s\t%d\n", p.Want.Message, p.Want.Category, p.Want.Phase, p.Want.CloseCode)
	var want strings.Builder
	if p.Opens && !p.Closes {
		want.WriteString("message\n") // the script leaves out those of later attempts
	}
	if !comesBack(p) {
		return want.String() + "end" + end
	}
	for range attempts {
		want.WriteString("down" + end)
	}
	return want.String() + "end\t\tclosed\tclosing\t1006\n"
}
