-- RFC 4648 §10
local texts = {[""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=",
	foobar = "Zm9vYmFy"}
for data, text in pairs(texts) do
	local bare = text:gsub("=", "")
	same(base64.encode(data), text)
	same(base64.encode(data, {}), text)
	same(base64.encode(data, {pad = false}), bare)
	same(base64.encode(data, {url = true}), bare)
	same(base64.encode(data, {url = true, pad = true}), text)
	same(base64.decode(text), data)
	same(base64.decode(bare), data)
end

-- every value of a character, in both alphabets
local all = {}
for i = 0, 63 do all[#all + 1] = string.char(i * 4 % 256, i) end
local data = table.concat(all) .. "\251\255\254"
same(base64.decode(base64.encode(data)), data)
same(base64.encode("\251\255\254"), "+//+")
same(base64.encode("\251\255\254", {url = true}), "-__-")
same(base64.decode("-__-"), "\251\255\254")
same(base64.decode("+_/-"), "\251\255\254") -- mixed

-- line breaks anywhere, padding included
same(base64.decode("Zm\r\n9vYg\n=\n=\n"), "foob")
same(base64.decode("\n\n"), "")
local long = ("line of a text\n"):rep(5000)
local lines = base64.encode(long):gsub(("."):rep(76), "%0\r\n")
same(base64.decode(lines), long)

-- bits that belong to no byte
same(base64.decode("Zh=="), "f")

-- a number is the text that it is written as
same(base64.encode(12), "MTI=")

-- mistakes
for text, message in pairs {
	["Zm9v Zg"] = "byte 5: expected a character of base64, got ' '",
	["*"] = "byte 1: expected a character of base64, got '*'",
	["Zm\0"] = "byte 3: expected a character of base64, got byte 0x00",
	["Zm9\195\164"] = "byte 4: expected a character of base64, got byte 0xC3",
	["Z"] = "byte 2: the text ends within a group of base64",
	["Zm9vZ"] = "byte 6: the text ends within a group of base64",
	["Zg="] = "byte 4: the text ends within its padding",
	["Zg=\n"] = "byte 5: the text ends within its padding",
	["Zg=g"] = "byte 4: expected '=', got 'g'",
	["Zg==Zg"] = "byte 5: expected nothing behind the padding, got 'Z'",
	["Zg==="] = "byte 5: expected nothing behind the padding, got '='",
	["Zm8=="] = "byte 5: expected nothing behind the padding, got '='",
	["="] = "byte 1: expected a character of base64, got '='",
	["Zm9v="] = "byte 5: expected a character of base64, got '='",
	["Z==="] = "byte 2: expected a character of base64, got '='",
	[("Zm9v"):rep(4000) .. "!"] = "byte 16001: expected a character of base64, got '!'",
} do
	refused(message, base64.decode, text)
end

raises("bad argument #1 to '?' (string expected, got no value)", base64.encode)
raises("bad argument #1 to '?' (string expected, got nil)", base64.decode, nil)
raises("bad argument #2 to '?' (table expected, got boolean)", base64.encode, "x", true)
raises("bad argument #2 to '?' (unknown option 'ulr': did you mean 'url'?)", base64.encode, "x", {ulr = true})
raises("bad argument #2 to '?' (field 'pad': boolean expected, got number)", base64.encode, "x", {pad = 0})
