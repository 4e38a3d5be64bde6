package script_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/script"
)

// A script that copies its input to a slow server loses none of 300,000 lines, and queues
// little more than its high-water mark.
func TestLinesToASlowServer(t *testing.T) {
	count := detector.Part(300_000)
	var input strings.Builder
	for i := range count {
		fmt.Fprintf(&input, "line %d\n", i)
	}
	account := memory.New(64 << 20)
	received := 0
	got := inBubbleWith(t, `local task, ws = require "tide.task", require "tide.ws"
		task.go(function()
			local s = assert(ws.open("ws://slow.test/", {highWater = 100000}))
			local n = 0
			for line in task.lines() do
				assert(s:send(line))
				n = n + 1
			end
			s:close()
			print(n, select(2, s:receive()), s.info.code, s.info.unsent.messages)
		end)`, map[string]func(*wstest.Peer){"slow.test:80": func(peer *wstest.Peer) {
		for ; received < count; received++ {
			peer.WantFrame(wstest.Text(fmt.Sprintf("line %d", received)))
			if received%500 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Close(1000, "")
	}}, func(o *script.Options) context.Context {
		o.Stdin, o.Memory = strings.NewReader(input.String()), account
		return context.Background()
	})
	if want := fmt.Sprintf("%d\tclosed\t1000\t0\n", count); got.stdout != want || got.ExitCode != 0 || received != count {
		t.Errorf("exit code %d, %d lines have come, printed %q, want %q\n%s", got.ExitCode, received, got.stdout, want, got.log)
	}
	if peak := account.Figures().Peak; peak > 2<<20 {
		t.Errorf("%d bytes were charged at most", peak)
	}
}
