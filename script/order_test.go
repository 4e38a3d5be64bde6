package script_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/script"
)

// The same seed gives the same callbacks in the same order at the same times, over sockets
// that come back, tasks and timers; another seed gives others.
func TestOrderBySeed(t *testing.T) {
	const code = `
		local task, ws = require "tide.task", require "tide.ws"
		local begun = host.Clock()
		local function note(...) print(("%.6f"):format(host.Clock() - begun), ...) end
		local queue = task.queue(5)
		local function keep(i, url)
			local ends = 0
			ws.keep(url, {
				onOpen = function(info, k) note(i, "open") k:send(tostring(i)) end,
				onMessage = function(data, _, k) note(i, "message", data) websocket.Close(k.id) end,
				onDown = function(info, seconds, k)
					note(i, "down", info.code or info.message, seconds)
					ends = ends + 1
					if ends == 6 then k:close() end
					queue:push(i)
				end,
				onEnd = function() note(i, "end") if i == 30 then queue:close() end end,
			})
		end
		for i = 1, 30 do -- each at a moment of its own: events of one moment have no order
			host.After(i * 7, function() keep(i, i % 3 == 0 and "ws://nobody" .. i .. ".test/" or "ws://echo.test/") end)
		end
		for i = 1, 3 do
			task.go(function()
				for value in function() return queue:pop() end do note("task", i, value) task.sleep(value * i / 1000) end
			end)
		end`
	run := func(seed uint64) string {
		got := inBubble(t, code, func(opts *script.Options) context.Context {
			opts.Seed = seed
			opts.Engine.DialsPerSecond = -1
			return context.Background()
		})
		if got.ExitCode != 0 {
			t.Errorf("exit code %d, log:\n%s", got.ExitCode, got.log)
		}
		return got.stdout
	}
	first := run(1)
	if n := strings.Count(first, "down"); n != 30*6 {
		t.Fatalf("%d ends:\n%s", n, first)
	}
	for range 3 {
		if again := run(1); again != first {
			t.Fatalf("first\n%s\nthen\n%s", first, again)
		}
	}
	if run(2) == first {
		t.Error("another seed gives the same")
	}
}
