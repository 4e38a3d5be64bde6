package encoding_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/notice"
	"github.com/tidewire/tidewire/lua"
)

// An interrupt of a call with much data is noticed in time.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes half a minute, and says nothing under the race detector")
	}
	s := newState(t, lua.Options{})
	run(t, s, `big = ("x"):rep(2^24) text, digits, blanks = base64.encode(big), hex.encode(big), (" "):rep(2^23)
		escapes = url.encode(blanks)
		broken = text:gsub(("."):rep(76), "%0\n") wrong = text:sub(1, -5) .. "!"
		many, alike, list = {}, {}, {}
		for i = 1, 300000 do many["key " .. i], list[i] = i, i end
		local long = ("x"):rep(2^20)
		for i = 1, 30 do alike[long .. i] = 1 end
		packed, format = ("\1"):rep(200000), ("b"):rep(190000)
		zero = big .. "\0"`)
	p := notice.New(t, s)
	for _, c := range []struct {
		name, source string
		mib, fresh   int
	}{
		{"base64.encode", `base64.encode(big)`, 32, 22},
		{"base64.decode", `base64.decode(text)`, 32, 16},
		{"base64.decode of lines", `base64.decode(broken)`, 32, 16},
		{"base64.decode with a mistake", `base64.decode(wrong)`, 32, 16},
		{"hex.encode", `hex.encode(big)`, 32, 32},
		{"hex.decode", `hex.decode(digits)`, 32, 16},
		{"url.encode", `url.encode(blanks)`, 24, 24},
		{"url.decode", `url.decode(escapes)`, 24, 32},
		{"url.query", `url.query(many)`, 16, 16},
		{"url.query of long keys", `url.query(alike)`, 60, 60},
		{"url.query of a list", `url.query {k = list}`, 8, 8},
		{"pack", `encoding.pack("s4 z", big, big)`, 64, 32},
		{"pack of nothing", `encoding.pack("c16777216", "")`, 16, 16},
		{"packsize", `encoding.packsize(blanks)`, 0, 0},
		{"unpack", `encoding.unpack("z", zero)`, 32, 16},
		{"unpack of many values", `encoding.unpack(format, packed)`, 8, 8},
	} {
		p.Check(c.name, c.source, c.mib, c.fresh)
	}
}
