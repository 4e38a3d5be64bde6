package zlib_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/notice"
	"github.com/tidewire/tidewire/lua"
)

// An interrupt of a call is noticed in time, also with the slowest data for it.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes half a minute, and says nothing under the race detector")
	}
	s := newState(t, lua.Options{})
	// blocks that are little more than the codes which they bring
	var table bytes.Buffer
	w, err := flate.NewWriter(&table, flate.HuffmanOnly)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(strings.Repeat("abcdefgh ABCDEFGH 0123456789 ", 4)))
	w.Flush()
	setGlobal(t, s, "bomb", bomb(t, 32))
	setGlobal(t, s, "tables", strings.Repeat(table.String(), 1<<23/table.Len()))
	setGlobal(t, s, "blocks", strings.Repeat("\x00\x00\x00\xff\xff", 1<<21))
	run(t, s, `
		zeros = ("\0"):rep(2^23)
		local t, seed = {}, 1
		for i = 1, 2^18 do seed = seed * 16807 % 2147483647 t[i] = seed % 64 > 31 and "a" or "b" end
		letters = table.concat(t):rep(4)
		noise = zlib.deflate(letters)
		comment = "\31\139\8\16\0\0\0\0\0\255" .. ("x"):rep(2^23)`)
	p := notice.New(t, s)
	for _, c := range []struct {
		name, source string
		mib, fresh   int
	}{
		{"deflate level 0", `zlib.deflate(zeros, {level = 0})`, 12, 20},
		{"deflate", `zlib.deflate(letters)`, 2, 2},
		{"deflate level 1", `zlib.deflate(letters, {level = 1})`, 2, 2},
		{"deflate level 7", `zlib.deflate(letters, {level = 7})`, 2, 2},
		{"deflate level 8", `zlib.deflate(letters, {level = 8})`, 2, 2},
		{"deflate level 9", `zlib.deflate(letters, {level = 9})`, 2, 2},
		{"deflate zeros", `zlib.deflate(zeros, {level = 9})`, 2, 2},
		{"inflate zeros", `zlib.inflate(bomb, {format = "raw", limit = 2^26})`, 48, 48},
		{"inflate beyond the limit", `zlib.inflate(bomb, {format = "raw", limit = 2^23})`, 12, 12},
		{"inflate letters", `zlib.inflate(noise)`, 2, 2},
		{"inflate many codes", `zlib.inflate(tables, {format = "raw", limit = 2^28})`, 24, 24},
		{"inflate empty blocks", `zlib.inflate(blocks, {format = "raw"})`, 0, 0},
		{"a long comment", `zlib.inflate(comment)`, 0, 0},
		{"push", `local i = zlib.inflater {format = "raw", limit = 2^26} i:push(bomb)`, 48, 48},
	} {
		p.Check(c.name, c.source, c.mib, c.fresh)
	}
}
