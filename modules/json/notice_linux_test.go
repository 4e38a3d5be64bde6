package json_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/notice"
	"github.com/tidewire/tidewire/lua"
)

// An interrupt of a call with a large text, or a large value, is noticed in time.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes half a minute, and says nothing under the race detector")
	}
	s := newState(t, lua.Options{})
	run(t, s, `local big = ("x"):rep(2^24)
		quoted, escapes, blanks = '"' .. big .. '"', '"' .. ("\\n"):rep(2^23) .. '"', (" "):rep(2^24) .. "1"
		key, escapedKey = '{"' .. big .. '":1}', '{"\\n' .. big .. '":1}'
		digits, fraction, wide = ("9"):rep(2^20 - 1), "0." .. ("9"):rep(2^19), ("9"):rep(2^24)
		numbers, empty = "[" .. ("1,"):rep(2^20) .. "1]", "[" .. ("[],"):rep(2^19) .. "1]"
		local m = {} for i = 1, 2e5 do m[i] = '"k' .. i .. '":1' end
		members, same = "{" .. table.concat(m, ",") .. "}", "{" .. ('"k":1,'):rep(2^20) .. '"k":1}'
		deep, late = ("["):rep(1000) .. ("]"):rep(1000), "[" .. ("1,\n"):rep(2^22) .. "x"
		utf8, bad = '"' .. ("\195\164"):rep(2^23) .. '"', '"' .. big .. "\255"
		text, controls, umlauts, binary = big, ("\1"):rep(2^22), ("\195\164"):rep(2^23), big .. "\255"
		list, object, sparse = json.decode(numbers), json.decode(members), {}
		for i = 1, 1e6 do sparse[i] = i end sparse.x = 1
		backwards = {} for i = 3e5, 1, -1 do backwards[i] = i end
		holes = {x = 1} for i = 1, 5e5 do holes["k" .. i] = i end for i = 1, 5e5 do holes["k" .. i] = nil end
		long = {[big] = 1} wrong = {[big] = print}
		nested = {} for i = 1, 990 do nested = {nested} end`)
	p := notice.New(t, s)
	for _, c := range []struct {
		name, source string
		mib, fresh   int
	}{
		{"a string", `json.decode(quoted)`, 16, 16},
		{"escapes", `json.decode(escapes)`, 16, 16},
		{"white space", `json.decode(blanks)`, 16, 0},
		{"a key", `json.decode(key)`, 32, 16},
		{"a key with an escape", `json.decode(escapedKey)`, 48, 32},
		{"a long number", `pcall(json.decode, digits)`, 1, 0},
		{"a long fraction", `json.decode(fraction)`, 1, 0},
		{"a number that is too long", `pcall(json.decode, wide)`, 16, 0},
		{"numbers", `json.decode(numbers)`, 2 + 3*16, 2 * 16},
		{"arrays", `json.decode(empty)`, 2 + 3*8, 2 * 8},
		{"members", `json.decode(members)`, 3 + 8 + 16, 16},
		{"members with one key", `json.decode(same)`, 6 + 2*32 + 44, 64 + 44},
		{"levels", `json.decode(deep)`, 0, 0},
		{"an error far behind", `pcall(json.decode, late)`, 12 + 2*64, 64},
		{"UTF-8", `json.decode(utf8)`, 32, 16},
		{"no UTF-8", `pcall(json.decode, bad)`, 16, 0},
		{"a string out", `json.encode(text)`, 32, 32},
		{"control characters out", `json.encode(controls)`, 48, 32},
		{"UTF-8 out", `json.encode(umlauts)`, 32, 32},
		{"no UTF-8 out", `pcall(json.encode, binary)`, 32, 16},
		{"a list out", `json.encode(list)`, 32, 4},
		{"a list that was filled backwards out", `json.encode(backwards)`, 5, 2},
		{"an object out", `json.encode(object)`, 8, 3},
		{"what is neither out", `pcall(json.encode, sparse)`, 16, 8},
		{"removed keys out", `json.encode(holes)`, 20, 0},
		{"a long key out", `json.encode(long)`, 32, 32},
		{"a long key in an error", `pcall(json.encode, wrong)`, 32, 16},
		{"levels out", `json.encode(nested)`, 0, 0},
	} {
		p.Check(c.name, c.source, c.mib, c.fresh)
	}
}
