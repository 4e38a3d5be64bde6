-- RFC 4648 §10, in lower case
same(hex.encode "", "")
same(hex.encode "foobar", "666f6f626172")
same(hex.encode "\0\1\254\255", "0001feff")
same(hex.decode "666f6f626172", "foobar")
same(hex.decode "FffE", "\255\254")
same(hex.decode "", "")

local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
local data = table.concat(all):rep(200)
same(hex.decode(hex.encode(data)), data)
same(hex.decode(hex.encode(data):upper()), data)

for text, message in pairs {
	["0"] = "byte 2: the text ends within a byte: expected an even number of digits",
	["00f"] = "byte 4: the text ends within a byte: expected an even number of digits",
	["0g"] = "byte 2: expected a hexadecimal digit, got 'g'",
	["g0"] = "byte 1: expected a hexadecimal digit, got 'g'",
	["00 00"] = "byte 3: expected a hexadecimal digit, got ' '",
	["00\n"] = "byte 3: expected a hexadecimal digit, got byte 0x0A",
	["0x00"] = "byte 2: expected a hexadecimal digit, got 'x'",
	[("ab"):rep(10000) .. "a/"] = "byte 20002: expected a hexadecimal digit, got '/'",
} do
	refused(message, hex.decode, text)
end

raises("bad argument #1 to '?' (string expected, got table)", hex.encode, {})
raises("bad argument #1 to '?' (string expected, got no value)", hex.decode)
