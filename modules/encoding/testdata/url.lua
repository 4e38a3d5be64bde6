-- RFC 3986 §2: the unreserved characters stay, all other bytes are escaped
local unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
same(url.encode(unreserved), unreserved)
same(url.encode "", "")
same(url.encode "a b+c", "a%20b%2Bc")
same(url.encode ":/?#[]@!$&'()*+,;=", "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D")
same(url.encode "\0\195\164\255", "%00%C3%A4%FF")
same(url.encode '"<>\\^`{|}%', "%22%3C%3E%5C%5E%60%7B%7C%7D%25")

same(url.decode "", "")
same(url.decode "a%20b+c", "a b+c")
same(url.decode "%c3%A4", "\195\164")
same(url.decode "%00", "\0")
same(url.decode "%2525", "%25")
same(url.decode "\195\164 &=", "\195\164 &=") -- other bytes stay

local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
local data = table.concat(all):rep(300)
same(url.decode(url.encode(data)), data)
same(url.decode(("x"):rep(12287) .. "%41%42"), ("x"):rep(12287) .. "AB") -- across pieces

for text, message in pairs {
	["%"] = "byte 1: the text ends within an escape: expected two hexadecimal digits behind '%'",
	["a%4"] = "byte 2: the text ends within an escape: expected two hexadecimal digits behind '%'",
	["%4g"] = "byte 3: expected two hexadecimal digits behind '%', got 'g'",
	["%%41"] = "byte 2: expected two hexadecimal digits behind '%', got '%'",
	["100% sure"] = "byte 5: expected two hexadecimal digits behind '%', got ' '",
	[("%"):rep(50000)] = "byte 2: expected two hexadecimal digits behind '%', got '%'",
} do
	refused(message, url.decode, text)
end

-- query
same(url.query {}, "")
same(url.query {symbol = "BTCUSDT", side = "BUY", timestamp = 1732300000123},
	"side=BUY&symbol=BTCUSDT&timestamp=1732300000123")
same(url.query {b = "2", a = "1", c = "3", B = "0", ["a.b"] = 1, ab = 1, ["a-b"] = 1},
	"B=0&a=1&a-b=1&a.b=1&ab=1&b=2&c=3")
same(url.query {q = "a b&c=d"}, "q=a%20b%26c%3Dd")
same(url.query {["a b"] = "", [""] = "x"}, "=x&a%20b=")
same(url.query {tag = {"x", "y z", 3}, a = {}, z = {true}}, "tag=x&tag=y%20z&tag=3&z=true")
same(url.query {yes = true, no = false}, "no=false&yes=true")
same(url.query {n = 2^53, m = -2^53, f = 0.1, g = 1e300, h = -1.5, z = 0, mz = -0},
	"f=0.1&g=1e%2B300&h=-1.5&m=-9007199254740992&mz=0&n=9007199254740992&z=0")
same(url.query(setmetatable({}, {__index = {a = 1}, __pairs = print})), "")

local many, want = {}, {}
for i = 1, 3000 do
	local key = ("k%d"):format(i * 7919 % 100003)
	many[key] = i
	want[#want + 1] = key
end
table.sort(want)
for i, key in ipairs(want) do want[i] = key .. "=" .. many[key] end
same(url.query(many), table.concat(want, "&"))

raises("bad argument #1 to '?' (table expected, got string)", url.query, "a=1")
raises("bad argument #1 to '?' (keys that are strings expected, got a number)", url.query, {"a"})
raises("bad argument #1 to '?' (field 'f': string, number or boolean expected, got function)", url.query, {f = print})
raises("bad argument #1 to '?' (field 'l[2]': string, number or boolean expected, got table)", url.query, {l = {1, {}}})
raises("bad argument #1 to '?' (field 'n': string, number or boolean expected, got NaN)", url.query, {n = 0/0})
raises("bad argument #1 to '?' (field 'n': string, number or boolean expected, got -Inf)", url.query, {n = -1/0})
raises("bad argument #1 to '?' (field 't': list expected, got a table with other keys)", url.query, {t = {1, x = 2}})
