package json_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"
	"weak"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// One row a rule of RFC 8259: the text after it is read and written again, or the error.
func TestConformance(t *testing.T) {
	s := newState(t, lua.Options{})
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for _, c := range []struct{ name, text, want string }{
		// §2: values and white space
		{"an object", `{"a":1}`, `{"a":1}`},
		{"white space everywhere", " \t\r\n{ \"a\" :\n[ 1 , 2 ]\t}\r ", `{"a":[1,2]}`},
		{"a string alone", `"x"`, `"x"`},
		{"a number alone", `-0.5`, `-0.5`},
		{"true alone", `true`, `true`},
		{"false alone", ` false `, `false`},
		{"null alone", `null`, `null`},
		{"nothing", ``, `! line 1, column 1: expected a value, got the end of the text`},
		{"white space alone", " \n ", `! line 2, column 2: expected a value, got the end of the text`},
		{"a form feed as white space", "\f1", `! line 1, column 1: expected a value, got byte 0x0C`},
		{"a vertical tab as white space", "\v1", `! line 1, column 1: expected a value, got byte 0x0B`},
		{"a no-break space", "\u00a01", `! line 1, column 1: expected a value, got byte 0xC2`},
		{"a byte order mark", "\ufeff1", `! line 1, column 1: expected a value, got byte 0xEF`},
		{"something behind", `1 x`, `! line 1, column 3: expected nothing behind the value, got 'x'`},
		{"two values", `[] []`, `! line 1, column 4: expected nothing behind the value, got '['`},
		{"NUL behind", "1\x00", `! line 1, column 2: expected nothing behind the value, got byte 0x00`},
		{"a comment", `[1/*x*/]`, `! line 1, column 3: expected ',' or ']' behind an element, got '/'`},
		{"another bracket", `[1}`, `! line 1, column 3: expected ',' or ']' behind an element, got '}'`},

		// §3: the three names
		{"a capital", `True`, `! line 1, column 1: expected a value, got 'True'`},
		{"half a name", `nul`, `! line 1, column 1: expected a value, got 'nul'`},
		{"a longer name", `nullx`, `! line 1, column 5: expected nothing behind the value, got 'x'`},
		{"nan", `nan`, `! line 1, column 1: expected a value, got 'nan'`},
		{"infinity", `[Infinity]`, `! line 1, column 2: expected a value, got 'Infinity'`},
		{"minus infinity", `-Infinity`, `! line 1, column 2: expected a digit, got 'Infinity'`},

		// §4: objects
		{"empty object", `{}`, `{}`},
		{"empty key", `{"":0}`, `{"":0}`},
		{"order is kept", `{"b":1,"a":2,"c":3}`, `{"b":1,"a":2,"c":3}`},
		{"the last of equal keys", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"keys that look like indexes", `{"1":"x","2":"y"}`, `{"1":"x","2":"y"}`},
		{"null in an object", `{"a":null}`, `{"a":null}`},
		{"comma at the end", `{"a":1,}`, `! line 1, column 8: expected a key in quotes, got '}'`},
		{"comma alone", `{,}`, `! line 1, column 2: expected a key in quotes, got ','`},
		{"key without quotes", `{a:1}`, `! line 1, column 2: expected a key in quotes, got 'a'`},
		{"single quotes", `{'a':1}`, `! line 1, column 2: expected a key in quotes, got '''`},
		{"no colon", "{\n  \"a\" 1\n}", `! line 2, column 7: expected ':' behind a key, got '1'`},
		{"no value", `{"a":}`, `! line 1, column 6: expected a value, got '}'`},
		{"no comma", `{"a":1 "b":2}`, `! line 1, column 8: expected ',' or '}' behind a member, got '"'`},
		{"object without an end", `{"a":1`, `! line 1, column 7: expected ',' or '}' behind a member, got the end of ` +
			`the text`},

		// §5: arrays
		{"empty array", `[]`, `[]`},
		{"empty array within", `{"a":[],"b":{}}`, `{"a":[],"b":{}}`},
		{"nulls in an array", `[null,1,null]`, `[null,1,null]`},
		{"1,000 levels", deep, deep},
		{"1,001 levels", "[" + deep + "]", `! line 1, column 1001: nested deeper than 1000 levels`},
		{"comma at the end of an array", `[1,]`, `! line 1, column 4: expected a value, got ']'`},
		{"two commas", `[1,,2]`, `! line 1, column 4: expected a value, got ','`},
		{"array without an end", `[1`, `! line 1, column 3: expected ',' or ']' behind an element, got the end ` +
			`of the text`},
		{"array that is not begun", `]`, `! line 1, column 1: expected a value, got ']'`},

		// §6: numbers
		{"zero", `0`, `0`},
		{"minus zero", `-0`, `-0`},
		{"minus zero with a point", `-0.0`, `-0`},
		{"point", `1.5`, `1.5`},
		{"exponents", `[1e2,1E+2,1e-2,0e0,1.5e3]`, `[100,100,0.01,0,1500]`},
		{"2^53-1", `9007199254740991`, `9007199254740991`},
		{"-2^53", `-9007199254740992`, `-9007199254740992`},
		{"beyond 2^53", `9007199254740993`, `9007199254740992`},
		{"20 digits", `12345678901234567890`, `12345678901234567000`},
		{"large", `1e21`, `1e+21`},
		{"17 digits", `0.30000000000000004`, `0.30000000000000004`},
		{"fewest digits", `0.1000000000000000055`, `0.1`},
		{"smallest", `5e-324`, `5e-324`},
		{"too small", `1e-400`, `0`},
		{"largest", `1.7976931348623157e308`, `1.7976931348623157e+308`},
		{"too large", `[1,1e309]`, `! line 1, column 4: a number is too large`},
		{"too large, negative", `-1e309`, `! line 1, column 1: a number is too large`},
		{"a needless zero", `01`, `! line 1, column 1: a number begins with a needless 0`},
		{"a needless zero behind the sign", `-012`, `! line 1, column 1: a number begins with a needless 0`},
		{"plus", `+1`, `! line 1, column 1: expected a value, got '+'`},
		{"minus alone", `-`, `! line 1, column 2: expected a digit, got the end of the text`},
		{"two signs", `--1`, `! line 1, column 2: expected a digit, got '-'`},
		{"no digit in front of the point", `.5`, `! line 1, column 1: expected a value, got '.'`},
		{"no digit behind the point", `1.`, `! line 1, column 3: expected a digit behind the point, got the end ` +
			`of the text`},
		{"no exponent", `1e`, `! line 1, column 3: expected a digit of the exponent, got the end of the text`},
		{"a sign for an exponent", `1e+`, `! line 1, column 4: expected a digit of the exponent, got the end of ` +
			`the text`},
		{"hexadecimal", `0x1`, `! line 1, column 2: expected nothing behind the value, got 'x'`},
		{"separators", `1_000`, `! line 1, column 2: expected nothing behind the value, got '_'`},

		// §7: strings
		{"empty string", `""`, `""`},
		{"each escape", `"\"\\\/\b\f\n\r\t"`, `"\"\\/\b\f\n\r\t"`},
		{"control bytes by number", `"\u0000\u001f\u007f"`, `"\u0000\u001f` + "\x7f\""},
		{"UTF-8", `"aä€😀"`, `"aä€😀"`},
		{"the same by number", `"\u0061\u00E4\u20ac\ud83d\uDE00"`, `"aä€😀"`},
		{"line separators", "\"\u2028\u2029\"", "\"\u2028\u2029\""},
		{"noncharacters", `"\uffff\ufffe"`, "\"\uffff\ufffe\""},
		{"first half of a pair alone", `"a\ud83db"`, "\"a\ufffdb\""},
		{"second half alone", `"\ude00"`, "\"\ufffd\""},
		{"halves in the wrong order", `"\ude00\ud83d"`, "\"\ufffd\ufffd\""},
		{"first half and another escape", `"\ud83d\n"`, "\"\ufffd\\n\""},
		{"first half and another character", `"\ud83d\u0041"`, "\"\ufffdA\""},
		{"two first halves and a second", `"\ud83d\ud83d\ude00"`, "\"\ufffd😀\""},
		{"unknown escape", `"\x41"`, `! line 1, column 2: an unknown escape: expected one of \" \\ \/ \b \f \n ` +
			`\r \t \u`},
		{"capital escape", `"\U0041"`, `! line 1, column 2: an unknown escape: expected one of \" \\ \/ \b \f ` +
			`\n \r \t \u`},
		{"three digits", `"\u004"`, `! line 1, column 2: expected four hexadecimal digits behind \u`},
		{"no hexadecimal digit", `"\u00g0"`, `! line 1, column 2: expected four hexadecimal digits behind \u`},
		{"four digits at the end", `"\u0041`, `! line 1, column 1: a string has no end: expected '"', got the end of ` +
			`the text`},
		{"escape at the end", `"\`, `! line 1, column 2: an unknown escape: expected one of \" \\ \/ \b \f \n ` +
			`\r \t \u`},
		{"a line break in a string", "[\"a\nb\"]", `! line 1, column 4: a control byte in a string: expected \u000a`},
		{"a tab behind an escape", "\"\\n\t\"", `! line 1, column 4: a control byte in a string: expected \u0009`},
		{"string without an end", "[1,\n\"abc", `! line 2, column 1: a string has no end: expected '"', got the end ` +
			`of the text`},
		{"the same behind an escape", `"\n`, `! line 1, column 1: a string has no end: expected '"', got the end of ` +
			`the text`},

		// §8.1: UTF-8 and nothing else
		{"Latin-1", "[\"\xe4\"]", `! line 1, column 3: the text is not UTF-8 (byte 0xE4)`},
		{"overlong", "\"\xc0\xaf\"", `! line 1, column 2: the text is not UTF-8 (byte 0xC0)`},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", `! line 1, column 2: the text is not UTF-8 (byte 0xED)`},
		{"U+FFFD itself, then a wrong byte", "\"\ufffd\xff\"", `! line 1, column 5: the text is not UTF-8 (byte 0xFF)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := recode(t, s, c.text)
			if err != nil {
				got = "! " + strings.TrimPrefix(err.Error(), "json.decode: ")
			}
			if got != c.want {
				t.Errorf("%.60q\n got %.120s\nwant %.120s", c.text, got, c.want)
			}
		})
	}
}

// How encode writes Lua's values; "!" begins an error, without its "json.encode: ".
func TestEncode(t *testing.T) {
	s := newState(t, lua.Options{})
	for _, c := range []struct{ value, want string }{
		{`nil`, `null`},
		{`json.null`, `null`},
		{`true`, `true`},
		{`"\128"`, `! a string is not UTF-8 (byte 0x80 at 1): JSON takes no binary data, write it as base64`},
		{`"\0\1\8\9\10\11\12\13\31\34\92/\127"`, `"\u0000\u0001\b\t\n\u000b\f\r\u001f\"\\/` + "\x7f\""},
		{`"\228"`, `! a string is not UTF-8 (byte 0xE4 at 1): JSON takes no binary data, write it as base64`},
		{`{name = "ab\255"}`, `! at name: a string is not UTF-8 (byte 0xFF at 3): JSON takes no binary data, ` +
			`write it ` +
			`as base64`},
		{`{["\255"] = 1}`, `! the key "\xff": a string is not UTF-8 (byte 0xFF at 1): JSON takes no binary data, ` +
			`write it as base64`},

		{`2^53`, `9007199254740992`},
		{`-2^53 + 1`, `-9007199254740991`},
		{`2^63`, `9223372036854776000`},
		{`2^60`, `1152921504606847000`},
		{`1e20`, `100000000000000000000`},
		{`1e100`, `1e+100`},
		{`0.1 + 0.2`, `0.30000000000000004`},
		{`1/3`, `0.3333333333333333`},
		{`1e-7`, `1e-07`},
		{`1e-6`, `0.000001`},
		{`9.9e-7`, `9.9e-07`},
		{`0/0`, `! the number nan has no form in JSON`},
		{`{x = {1, 1/0}}`, `! at x[2]: the number inf has no form in JSON`},
		{`{-1/0}`, `! at [1]: the number -inf has no form in JSON`},

		{`{}`, `{}`},
		{`json.array()`, `[]`},
		{`json.array {}`, `[]`},
		{`json.array {1, 2}`, `[1,2]`},
		{`{list = json.array()}`, `{"list":[]}`},
		{`setmetatable({}, {})`, `{}`},
		{`{1, "x", {}, {2}}`, `[1,"x",{},[2]]`},
		{`{1, json.null, 3}`, `[1,null,3]`},
		{`{b = 1, a = 2}`, `{"b":1,"a":2}`},
		{`setmetatable({1}, {__index = function() error "called" end, __len = function() return 9 end})`, `[1]`},
		{`(function() local t = {1, 2, 3} t[3] = nil return t end)()`, `[1,2]`},
		{`(function() local t = {a = 1, 2} t[1] = nil return t end)()`, `{"a":1}`},
		{`(function() local t = json.decode "[1]" table.remove(t) return t end)()`, `[]`},
		{`(function() local t = json.decode '{"a":1}' t.a = nil return t end)()`, `{}`},
		{`(function() local t = {a = 1, b = 2} t.a = nil t.a = 3 return t end)()`, `{"a":3,"b":2}`},

		{`print`, `! a function has no form in JSON`},
		{`{config = {items = {1, 2, print}}}`, `! at config.items[3]: a function has no form in JSON`},
		{`{a1 = print}`, `! at a1: a function has no form in JSON`},
		{`{["1a"] = print}`, `! at ["1a"]: a function has no form in JSON`},
		{`{[("k"):rep(100)] = print}`,
			`! at ["` + strings.Repeat("k", 40) + `"...]: a function has no form in JSON`},
		{`{["a b"] = {["end"] = coroutine.create(print)}}`, `! at ["a b"].end: a thread has no form in JSON`},
		{`{io.stdout}`, `! at [1]: a userdata has no form in JSON`},
		{`{1, nil, 3}`, `! an array has no value at 2, but one at 3: fill it with json.null`},
		{`{t = {[5] = 1}}`, `! at t: an array has no value at 1, but one at 5: fill it with json.null`},
		{`{1, 2, [1e300] = 3}`, `! an array has no value at 3, but one at 1e+300: fill it with json.null`},
		{`{1, 2, n = 2}`, `! a table has both the index 1 and the key "n": it is neither an array nor an object`},
		{`json.array {n = 2}`, `! an array (json.array) has the key "n"`},
		{`{[0] = 1}`, `! the key 0: an object's keys are strings, an array's 1, 2, 3 and so on`},
		{`json.array {[0] = 1}`, `! the key 0: an object's keys are strings, an array's 1, 2, 3 and so on`},
		{`{1, [1.5] = 1}`, `! the key 1.5: an object's keys are strings, an array's 1, 2, 3 and so on`},
		{`{a = 1, [true] = 1}`, `! the key true: an object's keys are strings, an array's 1, 2, 3 and so on`},
		{`{[print] = 1}`, `! the key of type function: an object's keys are strings, an array's 1, 2, 3 and so on`},
		{`(function() local t = {} t.list = {1, t} return t end)()`, `! at list[2]: the table contains itself`},
		{`(function() local t = {} t[1] = {t} return {x = {t}} end)()`, `! at x[1][1][1]: the table contains itself`},
		{`(function() local t = {} return {t, {t, t}} end)()`, `[{},[{},{}]]`},
		{`(function() local t = {} for i = 1, 1000 do t = {t} end return t end)()`,
			`! at ` + strings.Repeat("[1]", 33) + "[" + "..." + "]" + strings.Repeat("[1]", 33) +
				`: nested deeper than ` +
				`1000 levels`},
	} {
		got := evaluate(t, s, "return select(2, pcall(json.encode, "+c.value+"))")
		if text, failed := strings.CutPrefix(got, "json.encode: "); failed {
			got = "! " + text
		}
		if !strings.HasSuffix(got, c.want) {
			t.Errorf("%s\n got %.300s\nwant %s", c.value, got, c.want)
		}
	}
}

// Values that encode refuses by their size are refused before they are written.
func TestSize(t *testing.T) {
	s := newState(t, lua.Options{MaxString: 1 << 20})
	run(t, s, `
		local function grow(t) for i = 1, 40 do t = {t, t} end return t end
		for _, value in ipairs {grow {}, grow {("x"):rep(10000)}, grow(("x"):rep(500)), {("\n"):rep(600000)}, {("\1"):rep(2^20)}} do
			local ok, message = pcall(json.encode, value)
			assert(not ok and message == "string length overflow", message)
		end
		local text = json.encode(("x"):rep(2^20 - 2))
		assert(#text == 2^20)
		assert(#json.decode(text) == 2^20 - 2)`)
}

// The manual's other statements about the module, as a script sees it.
func TestModule(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `
		local function raises(want, f, ...)
			local ok, got = pcall(f, ...)
			assert(not ok and got == want, tostring(got))
		end
		assert(require "json" == json and require "tide.json" == json)
		assert(tostring(json.null) == "null" and getmetatable(json.null) == false)
		assert(json.decode "null" == json.null and json.decode("[null]")[1] == json.null)
		assert(not pcall(setmetatable, json.null, {}))
		assert(#json.decode "[null,null]" == 2)
		assert(json.decode(12) == 12) -- as a number passes where a string is wanted
		assert(json.decode "\"a\\u0000b\"" == "a\0b")

		local list = {}
		assert(json.array(list) == list and json.array(list) == list)
		assert(json.encode(setmetatable(json.decode "[]", nil)) == "{}")
		assert(json.encode(setmetatable(json.decode "[1]", {})) == "[1]")

		raises("bad argument #1 to '?' (value expected)", json.encode)
		raises("bad argument #1 to '?' (string expected, got no value)", json.decode)
		raises("bad argument #1 to '?' (string expected, got table)", json.decode, {})
		raises("bad argument #1 to '?' (table expected, got string)", json.array, "x")
		raises("bad argument #1 to '?' (table without a metatable expected)", json.array, setmetatable({}, {}))
		raises("bot:2: json.decode: line 1, column 2: expected a value, got the end of the text",
			loadstring("\njson.decode '['", "=bot"))
		raises("bot:1: json.encode: at a.b: a function has no form in JSON", loadstring("json.encode{a={b=print}}", "=bot"))

		-- a call that failed leaves nothing behind for the next one
		for i = 1, 1001 do pcall(json.encode, {print}) end
		assert(json.encode {1, {2}} == "[1,[2]]" and #json.decode "[1,2]" == 2)`)
}

// An array that was filled in another order than 1, 2, 3 is one all the same.
func TestArraysFilledBackwards(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `
		local t = {}
		for i = 40, 1, -1 do t[i] = i end
		t[41] = print
		local ok, message = pcall(json.encode, t)
		assert(not ok and message == "json.encode: at [41]: a function has no form in JSON", message)
		t[41] = nil
		local text = json.encode(t)
		local again = json.encode(json.decode(text))
		assert(text == again and text == "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30," ..
			"31,32,33,34,35,36,37,38,39,40]", text)
		t[20] = nil
		ok, message = pcall(json.encode, t)
		assert(not ok and message == "json.encode: an array has no value at 20, but one at 21: fill it with json.null", message)`)
}

func TestBigIntegers(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `
		local function read(text) return json.decode(text, {bigint = "string"}) end
		for _, exact in ipairs {"0", "7", "-9007199254740992", "9007199254740992", "999999999999999", "1e300", "-0.5", "123456789012345678.0"} do
			local value = read(exact)
			assert(type(value) == "number" and value == json.decode(exact), exact)
		end
		for _, big in ipairs {"9007199254740993", "-9007199254740993", "12345678901234567890", ("9"):rep(400)} do
			assert(read(big) == big and read("[" .. big .. "]")[1] == big and read('{"id":' .. big .. '}').id == big, big)
		end
		assert(read "[1,9007199254740993]"[1] == 1 and json.decode "9007199254740993" == 9007199254740992)
		assert(json.decode("1", {}) == 1 and json.decode("1", nil) == 1)
		assert(json.decode("9007199254740993", setmetatable({}, {__index = {bigint = "string"}})) == "9007199254740993")
		local function raises(want, options)
			local ok, got = pcall(json.decode, "1", options)
			assert(not ok and got == "bad argument #2 to '?' (" .. want .. ")", got)
		end
		raises("unknown option \"bigInt\": the only one is 'bigint'", {bigInt = "string"})
		raises("unknown option 1: the only one is 'bigint'", {"bigint"})
		raises("field 'bigint': 'string' expected, got \"number\"", {bigint = "number"})
		raises("field 'bigint': 'string' expected, got true", {bigint = true})
		raises("table expected, got string", "bigint")
		local ok, message = pcall(json.decode, "0123", {bigint = "string"})
		assert(not ok and message == "json.decode: line 1, column 1: a number begins with a needless 0", message)`)
}

// The work of a call counts steps, and so an interrupt or a limit ends one that is under way.
func TestStepsAreCounted(t *testing.T) {
	for _, test := range detector.Some([]struct{ name, prepare, call string }{
		{"many values in", `text = "[" .. ("1,"):rep(50000) .. "1]"`, `json.decode(text)`},
		{"members in, twice", `text = "{" .. ("\"k\":1,"):rep(25000) .. "\"k\":1}"`, `json.decode(text)`},
		{"a long string in", `text = "\"" .. ("x"):rep(4000000) .. "\""`, `json.decode(text)`},
		{"a string of escapes in", `text = "\"" .. ("\\n"):rep(1000000) .. "\""`, `json.decode(text)`},
		{"white space in", `text = (" "):rep(4000000) .. "1"`, `json.decode(text)`},
		{"not UTF-8", `text = ("x"):rep(4000000) .. "\255"`, `pcall(json.decode, text)`},
		{"many values out", `list = json.decode("[" .. ("1,"):rep(50000) .. "1]")`, `json.encode(list)`},
		{"a long string out", `list = ("x"):rep(4000000)`, `json.encode(list)`},
		{"a list with another key out", `list = {} for i = 1, 25000 do list[i] = i end list.x = 1`,
			`pcall(json.encode, list)`},
		{"one table many times out", `list = {} for i = 1, 16 do list = {list, list} end`, `json.encode(list)`},
		{"empty places out", `local t = {x = 1} for i = 1, 20000 do t["k" .. i] = i end for i = 1, 20000 do t["k" .. i] = nil end
			list = {} for i = 1, 200 do list[i] = t end`, `json.encode(list)`},
		{"deep tables out", `list = {1, 2, 3, 4} for i = 1, 900 do list = {list} end
			local inner = list while type(inner[1]) == "table" do inner = inner[1] end
			for i = 1, 500 do inner[i] = {} end`, `json.encode(list)`},
	}) {
		t.Run(test.name, func(t *testing.T) {
			s := newState(t, lua.Options{})
			run(t, s, test.prepare)
			before := s.Steps()
			run(t, s, test.call)
			if steps := s.Steps() - before; steps < 40000 {
				t.Errorf("%d steps", steps)
			}
			reason := errors.New("too long")
			s.Interrupt(reason)
			if _, err := s.Run([]byte(`pcall(function() `+test.call+` end)`), "=test"); !errors.Is(err, reason) {
				t.Errorf("ran to its end, error %v", err)
			}
			s.ClearInterrupt()
			run(t, s, `assert(json.encode {1, {2}} == "[1,[2]]" and #json.decode "[1,2]" == 2)`)
		})
	}
}

// The work on escapes counts apart from the result's.
func TestStepsOfEscapes(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `text = '"' .. ("\\n"):rep(1e6) .. '"'`)
	before := s.Steps()
	run(t, s, `json.decode(text)`)
	if steps := s.Steps() - before; steps < 80_000 {
		t.Errorf("%d steps", steps)
	}
}

// A call that needs more memory than the limit raises an ordinary error. The weak table
// makes walks frequent: they must find the values that the call holds.
func TestMemory(t *testing.T) {
	const limit = 8 << 20
	for _, test := range detector.Some([]struct{ name, prepare, call string }{
		{"tables", `text = "[" .. ("[],"):rep(500000) .. "1]"`, `json.decode(text)`},
		{"numbers", `text = "[" .. ("1,"):rep(700000) .. "1]"`, `json.decode(text)`},
		{"members", `text = "[" .. ("{\"a\":1},"):rep(200000) .. "1]"`, `json.decode(text)`},
		{"strings", `text = "[" .. ("\"abcdef\","):rep(200000) .. "1]"`, `json.decode(text)`},
		{"control characters", `list = {} for i = 1, 4 do list[i] = ("\1"):rep(300000) end`, `json.encode(list)`},
	}) {
		t.Run(test.name, func(t *testing.T) {
			s := newState(t, lua.Options{MaxMemory: limit})
			run(t, s, `setmetatable({}, {__mode = "k"}) `+test.prepare)
			result := evaluate(t, s, `local ok, message = pcall(function() return `+test.call+` end) return message`)
			if result != "not enough memory" && !strings.HasSuffix(result, "string length overflow") {
				t.Errorf("got %s", result)
			}
			run(t, s, `assert(json.encode {1, {2}} == "[1,[2]]" and #json.decode "[1,2]" == 2)`)
			if _, err := s.Collect(); err != nil {
				t.Fatal(err)
			}
			if used := s.Memory(); used > 4<<20 {
				t.Errorf("%d bytes are charged afterwards", used)
			}
		})
	}
}

// Texts and errors are right whatever piece of a long text they are in.
func TestLongTexts(t *testing.T) {
	s := newState(t, lua.Options{})
	for shift := range 3 {
		text := `"` + strings.Repeat("x", shift) + strings.Repeat("ä€😀", 50_000) + `"`
		if got, err := recode(t, s, text); err != nil || got != text {
			t.Errorf("%d bytes of %d, error %v", len(got), len(text), err)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"[\n" + strings.Repeat("1,\n", 100_000) + "x", "line 100002, column 1: expected a value, got 'x'"},
		{"[\n" + strings.Repeat("1,", 100_000) + "x", "line 2, column 200001: expected a value, got 'x'"},
		{"[" + strings.Repeat("1", 1<<20+1) + "]", "line 1, column 2: a number is longer than 1048576 bytes"},
		{"[0." + strings.Repeat("1", 1<<20) + "]", "line 1, column 2: a number is longer than 1048576 bytes"},
		{"[0e" + strings.Repeat("1", 1<<20) + "]", "line 1, column 2: a number is longer than 1048576 bytes"},
	} {
		if _, err := recode(t, s, c.text); err == nil || err.Error() != "json.decode: "+c.want {
			t.Errorf("error %.200v, want %s", err, c.want)
		}
	}
}

// The options' metamethods may decode in the middle of a call.
func TestDecodeWithinDecode(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `
		local function options(depth)
			return setmetatable({}, {__index = function()
				if depth > 0 then assert(json.decode('["inner\\n", ' .. depth .. ']', options(depth - 1))[2] == depth) end
			end})
		end
		function twice() return json.decode('["outer\\n", {"a":[1,2]}]', options(2)) end
		local t = twice()
		assert(t[1] == "outer\n" and t[2].a[2] == 2)`)
	before := collect(t, s)
	run(t, s, `for i = 1, 3000 do twice() end`)
	if more := collect(t, s) - before; more > 64<<10 {
		t.Errorf("%d bytes more are charged afterwards", more)
	}
}

// The charge during and after a call is that of the values that are there.
func TestCharges(t *testing.T) {
	for _, c := range detector.Some([]struct{ name, prepare, call string }{
		{"numbers", `text = "[" .. ("1,"):rep(300000) .. "1]"`, `json.decode(text)`},
		{"strings", `text = "[" .. ("\"a string that is long\","):rep(100000) .. "1]"`, `json.decode(text)`},
		{"members", `local m = {} for i = 1, 200000 do m[i] = '"k' .. i .. '":1' end text = "{" .. table.concat(m, ",") .. "}"`,
			`json.decode(text)`},
		{"arrays", `text = "[" .. ("[1],"):rep(100000) .. "1]"`, `json.decode(text)`},
		{"a string that does not end", `text = '"\\n' .. ("x"):rep(8e6)`, `pcall(json.decode, text)`},
		{"a string out", `text = ("x"):rep(4e6)`, `json.encode(text)`},
	}) {
		t.Run(c.name, func(t *testing.T) {
			s := newState(t, lua.Options{})
			// With a weak table, walks happen while values are made.
			run(t, s, `setmetatable({}, {__mode = "k"}) `+c.prepare)
			before := collect(t, s)
			run(t, s, `value = `+c.call)
			if charged, live := s.Memory(), collect(t, s); charged < live-live/50 {
				t.Errorf("%d bytes are charged for %d", charged, live)
			}
			run(t, s, `value = nil`)
			if more := collect(t, s) - before; more > 512<<10 {
				t.Errorf("%d bytes more are charged afterwards", more)
			}
		})
	}
}

// Values that wait for the end of their array are found by a walk at the memory limit,
// which would drop their charge otherwise.
func TestWalksFindWaitingValues(t *testing.T) {
	const limit = 32 << 20
	for _, c := range []struct {
		name, text string
		left       int // bytes of the limit
	}{
		{"strings", `"[" .. ('"' .. ("x"):rep(200000) .. '",'):rep(30) .. "1]"`, 5_000_000},
		{"a string that is to be stored", `"[" .. ("1,"):rep(64) .. '"' .. ("x"):rep(200000) .. '"]'`, 206_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newState(t, lua.Options{MaxMemory: limit})
			run(t, s, `text = `+c.text+` json.decode "1"
				function try() return (select(2, pcall(json.decode, text))) end`)
			if err := s.Reserve(int(limit-collect(t, s)) - c.left); err != nil {
				t.Fatal(err)
			}
			got, err := s.Call1(s.Global("try"))
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := lua.ToText(got); text != "not enough memory" {
				t.Errorf("got %#v", got)
			}
		})
	}
}

// Decoders and encoders at rest hold no values.
func TestNothingIsHeldAtRest(t *testing.T) {
	s := newState(t, lua.Options{})
	text := func() weak.Pointer[byte] {
		text, _ := run(t, s, `return json.decode('["a string that nothing else holds"]')[1]`)[0].AsString()
		return weak.Make(unsafe.StringData(text))
	}()
	table := func() weak.Pointer[lua.Table] {
		table, _ := run(t, s, `local inner = {} json.encode{{inner}} return inner`)[0].AsTable()
		return weak.Make(table)
	}()
	collect(t, s)
	runtime.GC()
	if text.Value() != nil {
		t.Error("a decoder holds a string")
	}
	if table.Value() != nil {
		t.Error("an encoder holds a table")
	}
}

// The module, null and the metatable of arrays stay the same ones when no script holds
// them.
func TestModuleStays(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `
		local weak = setmetatable({json, json.null, getmetatable(json.array())}, {__mode = "v"})
		json.null, json, package.loaded.json, package.loaded["tide.json"] = nil
		collectgarbage()
		json = require "json"
		assert(json == weak[1])
		assert(json.decode "null" == weak[2])
		assert(getmetatable(json.decode "[]") == weak[3])`)
}

// A long text is charged while it is written: an encoder that has written one holds none
// of it.
func TestEncoderForgetsText(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `text = ("\1"):rep(4e6)`)
	heap := func() uint64 {
		var stats runtime.MemStats
		collect(t, s)
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	run(t, s, `json.encode(text)`)
	if after := heap(); after > before+1<<20 {
		t.Errorf("%d bytes are held", after-before)
	}
}

// Keys that collide in a hash function without a seed are no slower than others.
func TestChosenKeys(t *testing.T) {
	s := newState(t, lua.Options{})
	count := detector.Part(16_000)
	object := func(key func(i int) string) string {
		var out strings.Builder
		for i := range count {
			fmt.Fprintf(&out, `,"%s":1`, key(i))
		}
		return "{" + out.String()[1:] + "}"
	}
	// The two blocks have the same sum in hashes that multiply by 31 or 33: any mixture collides.
	mixture := func(a, b string) func(i int) string {
		return func(i int) string {
			var key strings.Builder
			for bit := range 14 {
				key.WriteString([]string{a, b}[i>>bit&1])
			}
			return key.String()
		}
	}
	var slot []string // keys with the same low bits in FNV-1 and in FNV-1 mixed by its high half
	for i := 0; len(slot) < count; i++ {
		key := strconv.Itoa(i)
		h := uint32(len(key))
		for _, c := range []byte(key) {
			h = (h ^ uint32(c)) * 16777619
		}
		if (h^h>>15)%64 == 0 {
			slot = append(slot, key)
		}
	}
	texts := []string{
		object(func(i int) string { return fmt.Sprintf("key number %016d", i) }),
		object(mixture("Aa", "BB")),
		object(mixture("Ab", "BA")),
		object(func(i int) string { return slot[i] }),
	}
	best := make([]time.Duration, len(texts))
	for range 5 {
		for i, text := range texts {
			begin := time.Now()
			if got, err := recode(t, s, text); err != nil || got != text {
				t.Fatalf("%d bytes, error %v", len(got), err)
			}
			if took := time.Since(begin); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	for i, took := range best[1:] {
		if took > 5*best[0] {
			t.Errorf("chosen keys %d took %v, others %v", i+1, took, best[0])
		}
	}
}

// FuzzDecode compares decode and encode with encoding/json: the same texts are refused.
// The others have the same meaning after they were read and written, and are written the
// same again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,true,false,null,"x\u00e4\ud83d\ude00\n"],"b":{}}`, `[[],{},""]`, ` "\ud800" `, `-0`, `1e999`,
		`{"a":1,"a":2}`,
		`[1,]`, "\"\x80\"", `"\u12`, `[0.1,1e-7,123456789012345678]`, `{"":{"":[]}}`, "\ufeff[]",
		strings.Repeat("[", 1002),
		`[1e1048577,1e-1048577,0e1048577]`, `[` + strings.Repeat("1", 900) + `e-890]`,
	} {
		f.Add(seed)
	}
	s := newState(f, lua.Options{})
	f.Fuzz(func(t *testing.T, text string) {
		once, err := recode(t, s, text)
		valid := json.Valid([]byte(text)) && utf8.ValidString(text)
		if err != nil {
			bounded := strings.Contains(err.Error(), "nested deeper") || strings.Contains(err.Error(), "too large")
			if valid && !bounded {
				t.Fatalf("%q was refused: %v", text, err)
			}
			if !strings.HasPrefix(err.Error(), "json.decode: line ") {
				t.Fatalf("%q raised %v", text, err)
			}
			return
		}
		if !valid {
			t.Fatalf("%q was taken", text)
		}
		if twice, err := recode(t, s, once); twice != once {
			t.Fatalf("%q became %q, and then %q, %v", text, once, twice, err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(text), &want), json.Unmarshal([]byte(once), &got)); err != nil {
			t.Fatalf("%q became %q: %v", text, once, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q became %q", text, once)
		}
	})
}
