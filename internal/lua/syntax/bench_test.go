package syntax_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// program is a mix of usual code.
const program = `
-- A queue of orders, the best price first.
local Queue = {}
Queue.__index = Queue

function Queue.new(limit)
  return setmetatable({first = 1, last = 0, limit = limit or 100, items = {}}, Queue)
end

function Queue:push(order)
  if self.last - self.first + 1 >= self.limit then
    return nil, "queue is full: " .. tostring(self.limit) .. " orders"
  end
  local at = self.last + 1
  for i = self.last, self.first, -1 do
    if self.items[i].price * 1.0005 <= order.price then break end
    self.items[i + 1], at = self.items[i], i
  end
  self.items[at], self.last = order, self.last + 1
  return at
end

local function onMessage(message, info)
  local kind, price, amount = message:match("^(%w+) (%d+%.?%d*) (%d+)\n?$")
  if not kind or #message > 0x100 then
    print(string.format('cannot read %q of %s', message, info and info.id or "nobody"))
    return
  elseif kind == "buy" or kind == "sell" then
    local ok, why = queue:push({kind = kind, price = tonumber(price), amount = tonumber(amount), at = os.time()})
    if not ok then print(why) end
  end
  while queue.first < queue.last and queue.items[queue.first].amount == 0 do
    queue.items[queue.first] = nil
    queue.first = queue.first + 1
  end
end
`

func BenchmarkParse(b *testing.B) {
	for name, source := range map[string]string{
		"program": "do " + strings.Repeat("do "+program+" end ", 200) + "end",
		"chunk":   "return a + 1",
	} {
		b.Run(name, func(b *testing.B) {
			source := []byte(source)
			b.ReportAllocs()
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				if _, err := syntax.Parse(source, "s", syntax.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
