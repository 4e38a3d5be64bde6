local text = "hello, hello, hello"
local asZlib = unhex "789ccb48cdc9c9d751c840a200442806d5" -- made by zlib
local asGzip = unhex "1f8b0800000000000003cb48cdc9c9d751c840a2009fa1ca0913000000"
local asRaw = unhex "cb48cdc9c9d751c840a200"

same(zlib.inflate(asZlib), text)
same(zlib.inflate(asGzip), text)
same(zlib.inflate(asZlib, {format = "zlib"}), text)
same(zlib.inflate(asGzip, {format = "gzip"}), text)
same(zlib.inflate(asRaw, {format = "raw"}), text)
same(zlib.inflate(asGzip .. asGzip), text .. text)
same(zlib.inflate(asZlib, {limit = #text}), text)
same(zlib.inflate(zlib.deflate "", {limit = 0}), "")

-- there and back
local big = {}
for i = 1, 20000 do big[i] = ('{"id":%d,"price":"%d.%02d"}'):format(i, i * 7919 % 1000, i % 100) end
big = table.concat(big)
for _, format in ipairs {"zlib", "gzip", "raw"} do
	for level = 0, 9 do
		for _, data in ipairs {"", "x", text, big} do
			local deflated = zlib.deflate(data, {format = format, level = level})
			assert(level == 0 or #data < 100 or #deflated < #data / 3)
			same(zlib.inflate(deflated, {format = format}) == data, true, format .. level)
		end
	end
end
same(zlib.deflate(text):sub(1, 2), "\120\156")
same(zlib.deflate(text, {format = "gzip"}):sub(1, 10), "\31\139\8\0\0\0\0\0\0\255")
same(zlib.deflate(12, {level = 0}), zlib.deflate("12", {level = 0}))

-- data that is wrong
for _, c in ipairs {
	{"", "byte 1: the data ends before the stream does"},
	{"hello", "byte 1: neither a header of zlib nor one of gzip"},
	{asRaw, "byte 1: neither a header of zlib nor one of gzip"},
	{asZlib:sub(1, -2), "byte 17: the data ends before the stream does"},
	{asZlib:sub(1, 8), "byte 9: the data ends before the stream does"},
	{asZlib:sub(1, -2) .. "x", "byte 14: the checksum is not that of the data"},
	{asZlib .. "x", "byte 18: more bytes follow the end of the stream"},
	{asZlib .. asZlib, "byte 18: more bytes follow the end of the stream"},
	{asGzip .. "\0", "byte 30: bytes that are no gzip member follow the end of the stream"},
	{asGzip .. asZlib, "byte 30: bytes that are no gzip member follow the end of the stream"},
	{"\120\156\7", "byte 3: a block of unknown kind"},
} do
	refused(c[2], zlib.inflate, c[1])
	local i = zlib.inflater()
	if c[2]:find "ends before" then same(type(i:push(c[1])), "string") else
		refused(c[2], i.push, i, c[1])
		refused(c[2], i.push, i, asZlib) -- for ever
		refused(c[2], i.push, i, "")
	end
end
refused("more than 18 bytes come out, the limit", zlib.inflate, asZlib, {limit = #text - 1})
refused("byte 1: no header of zlib", zlib.inflate, asGzip, {format = "zlib"})
refused("byte 1: no header of gzip", zlib.inflate, asZlib, {format = "gzip"})

-- inflater: a stream of a gateway, flushed behind each message
local first = unhex "789caa56ca2f50b23234d0514a51b2aa56ca484d2c2a494a4d2c51b23231343235a8ad05000000ffff"
local second = unhex "aa862830c4a900000000ffff"
local i = zlib.inflater()
same(i:push(first), '{"op":10,"d":{"heartbeat":41250}}')
same(i:push(second), '{"op":11,"d":{"heartbeat":41250}}')
same(i:push "", "")
for cut = 0, #first do
	local i = zlib.inflater()
	same(i:push(first:sub(1, cut)) .. i:push(first:sub(cut + 1)) .. i:push(second),
		'{"op":10,"d":{"heartbeat":41250}}{"op":11,"d":{"heartbeat":41250}}')
end

-- byte by byte, with further members
i = zlib.inflater {format = "gzip"}
local got = {}
for byte in (asGzip .. asGzip):gmatch "." do got[#got + 1] = i:push(byte) end
same(table.concat(got), text .. text)

-- the limit is that of each push
i = zlib.inflater {limit = 40}
same(#i:push(first), 33)
same(#i:push(second), 33)
i = zlib.inflater {limit = 40}
refused("more than 40 bytes come out, the limit", i.push, i, first .. second)
refused("more than 40 bytes come out, the limit", i.push, i, "")

-- many at a time
local inflaters = {}
for n = 1, 50 do inflaters[n] = zlib.inflater() end
for n = 1, 50 do same(inflaters[n]:push(first), '{"op":10,"d":{"heartbeat":41250}}') end
for n = 1, 50 do same(inflaters[n]:push(second), '{"op":11,"d":{"heartbeat":41250}}') end
same(getmetatable(i), false)

-- misuse
raises("bad argument #1 to '?' (string expected, got no value)", zlib.deflate)
raises("bad argument #1 to '?' (string expected, got table)", zlib.inflate, {})
raises("bad argument #2 to '?' (unknown option 'levle': did you mean 'level'?)", zlib.deflate, "", {levle = 1})
raises("bad argument #2 to '?' (field 'level': whole number from 0 to 9 expected, got 10)", zlib.deflate, "", {level = 10})
raises("bad argument #2 to '?' (field 'format': 'zlib', 'gzip' or 'raw' expected, got 'auto')", zlib.deflate, "",
	{format = "auto"})
raises("bad argument #2 to '?' (field 'format': 'auto', 'zlib', 'gzip' or 'raw' expected, got 'zip')", zlib.inflate, "",
	{format = "zip"})
raises("bad argument #2 to '?' (field 'limit': whole number from 0 to 2147483647 expected, got -1)", zlib.inflate, "",
	{limit = -1})
raises("bad argument #1 to '?' (unknown option 'level': expected 'format' or 'limit')", zlib.inflater, {level = 1})
raises("bad argument #1 to '?' (inflater expected, got string)", i.push, "x")
raises("bad argument #2 to '?' (string expected, got no value)", i.push, i)
