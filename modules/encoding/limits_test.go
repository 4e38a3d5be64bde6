package encoding_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// Under a memory limit a call that needs more raises an error that Lua can catch, and the
// calls after it work.
func TestMemoryLimit(t *testing.T) {
	const limit = 8 << 20
	for name, source := range detector.SomeOf(map[string]string{
		"base64.encode": `big = ("x"):rep(2^20 * 1.7) keep = big .. "y" base64.encode(big .. "z")`,
		"base64.decode": `keep = base64.encode(("x"):rep(2^20)) keep2 = ("y"):rep(2^20 * 2) keep3 = ("z"):rep(2^20 * 2)
			keep4 = ("w"):rep(2^20 * 2) base64.decode(keep)`,
		"hex.encode": `hex.encode(("x"):rep(2^20 * 1.5))`,
		"url.encode": `url.encode((" "):rep(2^20))`,
		"url.query": `local t = {} for i = 1, 2^16 do t["k" .. i] = i end
			keep = ("x"):rep(2^20) url.query(t)`,
		"pack":        `encoding.pack("c2147483639", "")`,
		"pack, pads":  `encoding.pack(("c1000000"):rep(9), "", "", "", "", "", "", "", "", "")`,
		"unpack":      `data = ("x"):rep(2^20 * 1.9) while true do keep = {keep, encoding.unpack("z", data .. "\0")} end`,
		"many values": `keep = ("x"):rep(2^20 * 1.5) keep2 = keep .. "y" encoding.unpack(("d"):rep(190000), keep)`,
	}) {
		t.Run(name, func(t *testing.T) {
			s := newState(t, lua.Options{MaxMemory: limit})
			_, err := s.Run([]byte(source), "=test")
			var raised *lua.Error
			if !errors.As(err, &raised) || !raised.Catchable() ||
				!strings.Contains(err.Error(), "not enough memory") && !strings.Contains(err.Error(), "overflow") {
				t.Errorf("error %v, want one of the limit", err)
			}
			if used := s.Memory(); used > limit {
				t.Errorf("%d bytes are charged, the limit is %d", used, limit)
			}
			run(t, s, `keep, keep2, keep3, keep4, big, data = nil
				same(base64.decode(base64.encode "abc"), "abc") same(url.query {a = 1}, "a=1")
				same(encoding.unpack("z", encoding.pack("z", "abc")), "abc")`)
		})
	}
}

// A count of bytes that no string has is refused before it is filled: it costs no steps.
func TestPackRefusesByLength(t *testing.T) {
	s := newState(t, lua.Options{MaxMemory: 8 << 20, MaxSteps: 10_000})
	for _, source := range []string{
		`encoding.pack("c99999999999999999999", "x")`,
		`encoding.pack("c2147483639", "")`,
		`encoding.pack("<I4 c300000000", 1, "x")`,
	} {
		if _, err := s.Run([]byte(source), "=test"); err == nil ||
			!strings.HasPrefix(err.Error(), "test:1: string length overflow") {
			t.Errorf("%s: %v", source, err)
		}
	}
	run(t, s, `same(encoding.pack("c3", "x"), "x\0\0")`)
}

// No memory stays counted after a call, whether it has succeeded or failed.
func TestNothingStaysReserved(t *testing.T) {
	s := newState(t, lua.Options{})
	round := func() int64 {
		run(t, s, `local big = ("x"):rep(2^20)
			base64.decode(base64.encode(big)) base64.decode(big .. "!")
			hex.decode(hex.encode(big)) hex.decode(big) url.decode(url.encode(big)) url.decode(big .. "%")
			local t = {} for i = 1, 1000 do t["k" .. i] = i end url.query(t) t.x = print pcall(url.query, t)
			encoding.unpack(("b"):rep(2000), big) encoding.unpack(("b"):rep(2000) .. "c2000000", big)
			pcall(encoding.unpack, ("b"):rep(2^18), big) pcall(encoding.pack, "zz", big, {})`)
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

// The work of a call counts steps, and so a limit ends one that is under way.
func TestSteps(t *testing.T) {
	for name, source := range detector.SomeOf(map[string]string{
		"base64.encode":  `base64.encode(big)`,
		"base64.decode":  `base64.decode(big)`,
		"hex.encode":     `hex.encode(big)`,
		"hex.decode":     `hex.decode(digits)`,
		"url.encode":     `url.encode(big)`,
		"url.decode":     `url.decode(big)`,
		"url.query":      `url.query {[big] = big}`,
		"pack":           `encoding.pack("z", big)`,
		"packsize":       `encoding.packsize(blanks)`,
		"unpack":         `encoding.unpack("z", zero)`,
		"unpack nothing": `encoding.unpack("z", big)`,
	}) {
		t.Run(name, func(t *testing.T) {
			s := newState(t, lua.Options{})
			run(t, s, `big, digits, blanks = ("x"):rep(2^20), ("0"):rep(2^20), (" "):rep(2^16) zero = big .. "\0"`)
			before := s.Steps()
			run(t, s, source)
			if steps := s.Steps() - before; steps < 2<<20/128 {
				t.Errorf("%d steps", steps)
			}
		})
	}
}

// Base64 is decoded in groups: a line break or a mistake is found wherever it is among
// them, and behind pieces of a long text.
func TestBase64Places(t *testing.T) {
	c := newCaller(t)
	for _, length := range []int{1, 2, 3, 10, 11, 12, 13, 40, 50_000} {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(i*i>>3 ^ i)
		}
		text := base64.StdEncoding.EncodeToString(data)
		for at := max(len(text)-60, 0); at <= len(text); at++ {
			for _, lineBreak := range []string{"", "\n", "\r\n", "\r"} {
				broken := text[:at] + lineBreak + text[at:]
				if got, ok := c.decode("base64.decode", broken); !ok || got != string(data) {
					t.Fatalf("%d bytes with %q at %d: %q", length, lineBreak, at, got)
				}
			}
			results, err := c.call("base64.decode", text[:at]+"*"+text[at:])
			if err != nil {
				t.Fatal(err)
			}
			message, _ := results[1].AsString()
			if want := fmt.Sprintf("byte %d: expected ", at+1); !results[0].IsNil() || !strings.HasPrefix(message, want) {
				t.Fatalf("%d bytes with '*' at %d: %s", length, at, message)
			}
		}
	}
}
