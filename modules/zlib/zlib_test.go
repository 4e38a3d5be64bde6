package zlib_test

import (
	"bytes"
	stdgzip "compress/gzip"
	stdzlib "compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/zlib"
)

// prelude has the assertions of the scripts.
const prelude = `
	zlib = require "tide.zlib"
	function unhex(text) return (text:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)) end
	local function shown(value) return type(value) == "string" and ("%q"):format(value) or tostring(value) end
	function same(got, want, what)
		if got ~= want then
			error(("%sgot %s, want %s"):format(what and what .. ": " or "", shown(got), shown(want)), 2)
		end
	end
	function refused(want, f, ...)
		local got, message = f(...)
		if got ~= nil or message ~= want then
			error(("got %s and %s, want nil and %s"):format(shown(got), shown(message), shown(want)), 2)
		end
	end
	function raises(want, f, ...)
		local ok, message = pcall(f, ...)
		if ok or message ~= want then error(("got %s, want the error %s"):format(shown(message), shown(want)), 2) end
	end`

// newState returns a state with all libraries and the prelude.
func newState(t testing.TB, opts lua.Options) *lua.State {
	t.Helper()
	s := lua.NewState(opts)
	t.Cleanup(s.Close)
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := zlib.Open(s); err != nil {
		t.Fatal(err)
	}
	run(t, s, prelude)
	return s
}

// run runs a chunk that must not fail, and returns its results.
func run(t testing.TB, s *lua.State, source string) []lua.Value {
	t.Helper()
	results, err := s.Run([]byte(source), "=test")
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return results
}

// setGlobal sets a global to a text.
func setGlobal(t testing.TB, s *lua.State, name, text string) {
	t.Helper()
	value, err := s.String(text)
	if err == nil {
		err = s.SetGlobal(name, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The script in testdata runs through.
func TestScript(t *testing.T) {
	source, err := os.ReadFile("testdata/zlib.lua")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newState(t, lua.Options{}).Run(source, "@zlib.lua"); err != nil {
		t.Error(err)
	}
}

// The standard library reads each format of each level.
func TestOthersReadIt(t *testing.T) {
	s := newState(t, lua.Options{})
	text := strings.Repeat("some text, and some more of the text; ", detector.Part(10_000))
	setGlobal(t, s, "text", text)
	for format, open := range map[string]func(io.Reader) (io.Reader, error){
		"zlib": func(r io.Reader) (io.Reader, error) { return stdzlib.NewReader(r) },
		"gzip": func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) },
		"raw":  func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil },
	} {
		for level := range 10 {
			run(t, s, `options = {format = "`+format+`", level = `+string(rune('0'+level))+`}`)
			data, _ := run(t, s, `return zlib.deflate(text, options)`)[0].AsString()
			r, err := open(strings.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != text {
				t.Errorf("%s, level %d: %d bytes, error %v", format, level, len(got), err)
			}
		}
	}
}

// bomb is bare deflate of so many MiB of zeros.
func bomb(t *testing.T, mib int) string {
	t.Helper()
	var data bytes.Buffer
	w, err := flate.NewWriter(&data, 1)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range mib {
		w.Write(zeros)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return data.String()
}

// A bomb stays within the option limit, and within the memory of the state; and so does
// a stream of gzip members without end.
func TestBombs(t *testing.T) {
	limit := 64
	if detector.Race {
		limit = 16
	}
	s := newState(t, lua.Options{MaxMemory: int64(limit) << 20})
	setGlobal(t, s, "bomb", bomb(t, 4*limit))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(t, s, `
		refused("more than 1000000 bytes come out, the limit", zlib.inflate, bomb, {format = "raw", limit = 1000000})
		local i = zlib.inflater {format = "raw", limit = 1000000}
		refused("more than 1000000 bytes come out, the limit", i.push, i, bomb)
		refused("more than 1000000 bytes come out, the limit", i.push, i, "")
		local ok, message = pcall(zlib.inflate, bomb, {format = "raw", limit = 2^31 - 1})
		assert(not ok and (message:find "not enough memory" or message:find "overflow"), message)
		i = zlib.inflater {format = "raw", limit = 2^31 - 1}
		ok, message = pcall(i.push, i, bomb)
		assert(not ok and (message:find "not enough memory" or message:find "overflow"), message)
		refused("an earlier push was cut short", i.push, i, "")
		collectgarbage()
		same(zlib.inflate(zlib.deflate "x"), "x")`)
	runtime.ReadMemStats(&after)
	if used := s.Memory(); used > int64(limit)<<20 {
		t.Errorf("%d bytes are charged", used)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uint64(4*limit)<<20 {
		t.Errorf("Go allocated %d bytes", allocated)
	}
}

// Inflaters are charged as long as they live.
func TestInflatersAreCharged(t *testing.T) {
	s := newState(t, lua.Options{MaxMemory: 8 << 20})
	run(t, s, `
		local kept = {}
		local ok, message = pcall(function() while true do kept[#kept + 1] = zlib.inflater() end end)
		assert(not ok and message:find "not enough memory", message)
		assert(#kept > 50 and #kept < 110, #kept)
		kept = nil
		for i = 1, 1000 do kept = {zlib.inflater()} end`)
}

// No memory stays counted after a call, whether it has succeeded or failed.
func TestNothingStaysReserved(t *testing.T) {
	s := newState(t, lua.Options{})
	round := func() int64 {
		run(t, s, `local big = ("some text"):rep(`+strconv.Itoa(detector.Part(1<<17))+`)
			for level = 0, 9 do zlib.inflate(zlib.deflate(big, {level = level})) end
			zlib.inflate(big) zlib.inflate(zlib.deflate(big):sub(1, -2)) zlib.inflate(zlib.deflate(big), {limit = 5})
			local i = zlib.inflater() i:push(zlib.deflate(big)) i:push(big) pcall(i.push, {})`)
		live, err := s.Collect()
		if err != nil {
			t.Fatal(err)
		}
		return live
	}
	round()
	first := round()
	if second := round(); second > first {
		t.Errorf("%d bytes after one round, %d after two", first, second)
	}
}

// A limit of steps ends a call that is under way.
func TestSteps(t *testing.T) {
	for name, source := range detector.SomeOf(map[string]string{
		"deflate":        `zlib.deflate(("x"):rep(2^22))`,
		"deflate slowly": `zlib.deflate(("x"):rep(2^17), {level = 9})`,
		"inflate":        `zlib.inflate(bomb, {format = "raw"})`,
		"many blocks":    `zlib.inflate(blocks, {format = "raw"})`,
	}) {
		s := newState(t, lua.Options{MaxSteps: 100_000})
		setGlobal(t, s, "bomb", bomb(t, 30))
		setGlobal(t, s, "blocks", strings.Repeat("\x00\x00\x00\xff\xff", 1_500_000))
		if _, err := s.Run([]byte(source), "=test"); !errors.Is(err, lua.ErrSteps) {
			t.Errorf("%s: error %v, want that of the limit", name, err)
		}
	}
}

// An inflater gives the same text whatever the pushes, and the same error as inflate
// where a stream is broken; then it stays so.
func FuzzInflater(f *testing.F) {
	for _, format := range []string{"zlib", "gzip", "raw"} {
		s := newState(f, lua.Options{})
		for _, text := range []string{"", "hello, hello", strings.Repeat("some text ", 500)} {
			setGlobal(f, s, "text", text)
			data, _ := run(f, s, `return zlib.deflate(text, {format = "`+format+`"})`)[0].AsString()
			f.Add([]byte(data), format == "raw", uint64(len(data)))
			f.Add([]byte(data+data), format == "raw", uint64(1))
		}
	}
	s := newState(f, lua.Options{MaxMemory: 256 << 20})
	functions := run(f, s, `
		local function formatOf(raw) return {format = raw and "raw" or "auto", limit = 4000000} end
		return function(data, raw) return zlib.inflate(data, formatOf(raw)) end,
			function(raw) return zlib.inflater(formatOf(raw)) end,
			function(inflater, chunk) return inflater:push(chunk) end`)
	call := func(t *testing.T, f lua.Value, args ...lua.Value) (text, message string, failed bool) {
		t.Helper()
		results, err := s.Call(f, args...)
		if err != nil {
			t.Fatal(err)
		}
		if results[0].IsNil() {
			message, _ = results[1].AsString()
			return "", message, true
		}
		text, _ = results[0].AsString()
		return text, "", false
	}
	f.Fuzz(func(t *testing.T, data []byte, raw bool, seed uint64) {
		value := func(part []byte) lua.Value {
			v, err := s.Bytes(part)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		want, wantMessage, wantFailed := call(t, functions[0], value(data), lua.Bool(raw))
		made, err := s.Call1(functions[1], lua.Bool(raw))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		var got strings.Builder
		gotMessage, failed := "", false
		for rest := data; len(rest) > 0 && !failed; {
			n := min(r.IntN(1<<r.IntN(10)), len(rest))
			text, message, bad := call(t, functions[2], made, value(rest[:n]))
			got.WriteString(text)
			gotMessage, failed = message, bad
			rest = rest[n:]
		}
		if failed {
			if gotMessage != wantMessage && !strings.Contains(gotMessage+wantMessage, "the limit") {
				t.Fatalf("push: %q, inflate: %q", gotMessage, wantMessage)
			}
			if _, message, bad := call(t, functions[2], made, value(data)); !bad || message != gotMessage {
				t.Fatalf("first %q, then %q", gotMessage, message)
			}
			return
		}
		if wantFailed && !strings.HasSuffix(wantMessage, "the data ends before the stream does") &&
			!strings.Contains(wantMessage, "the limit") {
			t.Fatalf("push: %d bytes, inflate: %q", got.Len(), wantMessage)
		}
		if !wantFailed && got.String() != want {
			t.Fatalf("push: %.100q, inflate: %.100q", got.String(), want)
		}
	})
}

// A text whose parts are much the same gets its room once, rather than to be copied from
// one room into the next.
func TestInflateCopiesLittle(t *testing.T) {
	s := newState(t, lua.Options{})
	var text strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&text, "a line that is not all the same, but nearly: %d\n", i*i)
	}
	length := uint64(text.Len()) // 1.6 MB
	setGlobal(t, s, "text", text.String())
	run(t, s, `deflated = zlib.deflate(text) zlib.inflate(deflated)`)
	for _, source := range []string{`zlib.inflate(deflated)`, `zlib.inflater():push(deflated)`} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(t, s, source)
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > length*5/2+128<<10 {
			t.Errorf("%s: Go allocated %d bytes for %d", source, allocated, length)
		}
	}
}
