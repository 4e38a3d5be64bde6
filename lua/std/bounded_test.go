package std_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// A script's output and the names it uses, of any size, take no multiple of the state's
// limit: each case, under a limit of 64 MiB, allocates no more than this all in all.
func TestOutputsAreBounded(t *testing.T) {
	const mib = 1 << 20
	for _, c := range detector.Some([]struct {
		name, source string
		most         uint64
	}{
		{"print of many large strings", `local s, t = ("x"):rep(2^20), {} for i = 1, 2000 do t[i] = s end ` +
			`print(unpack(t))`, 4 * mib},
		{"io.write of many large strings", `local s, t = ("x"):rep(2^20), {} for i = 1, 2000 do t[i] = s end ` +
			`io.write(unpack(t))`, 4 * mib},
		{"file:write of many large strings", `local s, t = ("x"):rep(2^20), {} for i = 1, 2000 do t[i] = s end ` +
			`io.stderr:write(unpack(t))`, 4 * mib},
		{"io.write of one string", `io.write(("x"):rep(15 * 2^20))`, 48 * mib},
		{"load of much source", `assert(not load(("x = 1 "):rep(2^21)))`, 100 * mib},
		{"load of much dumped source", `assert(not load("\27LuaQTchunk 1 0 0\n" .. ("x = 1 "):rep(2^21)))`, 100 * mib},
		{"os.date of a long format", `pcall(os.date, ("%c"):rep(2^20))`, 80 * mib},
		{"io.open of a huge name", `local n = ("x"):rep(15 * 2^20) for i = 1, 20 do io.open(n) pcall(io.lines, n) ` +
			`loadfile(n) end`, 48 * mib},
		{"io.open of a huge mode", `local n = ("r"):rep(15 * 2^20) for i = 1, 20 do io.open("x", n) end`, 48 * mib},
		{"os.remove, os.rename of huge names", `local n = ("x"):rep(15 * 2^20) for i = 1, 20 do os.remove(n) ` +
			`os.rename(n, n) end`, 48 * mib},
		{"os.execute, io.popen of huge commands", `local n = ("x"):rep(15 * 2^20) for i = 1, 20 do os.execute(n) ` +
			`io.popen(n) end`, 48 * mib},
		{"os.getenv of a huge name", `local n = ("x"):rep(15 * 2^20) for i = 1, 20 do os.getenv(n) end`, 64 * mib},
		{"read and write of small pieces", `for i = 1, 1e5 do io.write("x", i) io.read(1) end`, 16 * mib},
		{"argument errors about huge options", `local n = ("x"):rep(15 * 2^20) pcall(io.stdout.setvbuf, ` +
			`io.stdout, n) ` +
			`pcall(io.stdin.seek, io.stdin, n)`, 200 * mib},
	}) {
		t.Run(c.name, func(t *testing.T) {
			m := newVM(t, options{limits: lua.Options{MaxMemory: 64 * mib}, discard: true, stdin: "abc"})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := m.run(t, c.source)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Error(err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > c.most {
				t.Errorf("allocates %d KiB, want at most %d", took>>10, c.most>>10)
			} else {
				t.Logf("%d KiB", took>>10)
			}
		})
	}
}

// Many callbacks may each be in the middle of a replacement: all of the texts that are
// half done count, whatever walks there are meanwhile.
func TestHalfDoneTextsCount(t *testing.T) {
	size := detector.Part(1 << 20)
	m := newVM(t, options{limits: lua.Options{MaxMemory: int64(16 * size)}})
	m.wantOutput(t, fmt.Sprintf(`local text = ("x"):rep(%d)
		local function deep(n)
			return (text:gsub("x$", function() collectgarbage() if n > 0 then deep(n - 1) end return "y" end))
		end
		print(#deep(5), (pcall(deep, 40)))`, size), fmt.Sprintf("%d\tfalse\n", size))
}

// The names that os.getenv has warned of are not kept as long as they are.
func TestNamesThatWereWarnedOfAreShort(t *testing.T) {
	m := newVM(t, options{limits: lua.Options{MaxMemory: 64 << 20}})
	live := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := live()
	m.wantOutput(t, `local name = ("x"):rep(2^20) for i = 1, 60 do os.getenv(i .. name) end name = nil `+
		`collectgarbage() print "done"`, "done\n")
	if after := live(); after > before+16<<20 {
		t.Errorf("%d MiB more are in use", (after-before)>>20)
	}
}
