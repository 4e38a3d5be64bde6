local pack, packsize, unpack = encoding.pack, encoding.packsize, encoding.unpack
local function bytes(text) return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function packed(want, ...) same(bytes(pack(...)), want) end
local function unpacked(format, data, ...)
	local got, want = {unpack(format, data)}, {...}
	same(#got, #want + 1, format)
	for i, value in ipairs(want) do
		same(type(got[i]), type(value), format)
		same(got[i], value, format)
	end
	same(got[#got], #data + 1, format)
end

-- sizes
for format, size in pairs {
	[""] = 0, [" "] = 0, b = 1, B = 1, h = 2, H = 2, i = 4, I = 4, l = 8, L = 8, j = 8, J = 8, T = 8, f = 4, d = 8, n = 8,
	i1 = 1, I16 = 16, i7 = 7, x = 1, c0 = 0, c10 = 10, c1000000 = 1000000, ["<i2 > i3 ="] = 5, ["!b"] = 1,
	["c010"] = 10, ["i016"] = 16,
} do
	same(packsize(format), size, format)
end

-- one integer each
packed("ff", "b", -1) packed("7f", "b", 127) packed("80", "b", -128) packed("ff", "B", 255)
packed("0100", "h", 1) packed("0001", ">h", 1) packed("feff", "<h", -2)
packed("01000000", "i", 1) packed("00000001", ">I", 1) packed("01000000", "=i4", 1)
packed("040302", "<I3", 0x020304) packed("020304", ">I3", 0x020304) packed("feffff", "<i3", -2)
packed("0102030405060708", ">j", "72623859790382856")
packed("ffffffffffffffff", "j", -1) packed("ffffffffffffffff", "J", -1) -- no check of the sign in 8 bytes
packed("ffffffffffffffffffffffffffffffff", "i16", -1) packed("ffffffffffffffff0000000000000000", "I16", -1)
packed("00000000000000000000000000000102", ">i16", 258)
packed("000000000000008000", "<i9", "9223372036854775808")

-- several, and changes of the order in between
packed("0100" .. "0002" .. "0300", "<h >h =h", 1, 2, 3)
packed("01" .. "02" .. "00" .. "03", "bbxb", 1, 2, 3)

-- integers from numbers and strings
packed("0a", "b", "10") packed("0a", "b", "0xA") packed("0a", "b", " 1e1 ") packed("f6", "b", "-10") packed("0a", "b", 10.0)
packed("0000000000002000", "j", 2^53) packed("0100000000002000", "j", "9007199254740993")
packed("ffffffffffffff7f", "j", "9223372036854775807") packed("0000000000000080", "j", "-9223372036854775808")
packed("ffffffffffffffff", "J", "18446744073709551615") packed("0000000000000080", "J", 2^63)

-- floats
packed("0000803f", "<f", 1) packed("3f800000", ">f", 1) packed("000000000000f0bf", "<d", -1) packed("3ff8000000000000", ">n", 1.5)
packed("0000807f", "<f", 1e300) packed("000000000000f07f", "<d", 1/0) packed("cdcccc3d", "<f", 0.1)
packed("0000000000000080", "<d", -0.0)

-- strings
packed("616263", "c3", "abc") packed("61620000", "c4", "ab") packed("", "c0", "")
packed("03616263", "s1", "abc") packed("0003616263", ">s2", "abc") packed("0300000000000000616263", "s", "abc")
packed("61626300", "z", "abc") packed("00", "z", "") packed("023132", "s1", 12)
packed("0000", "xx") packed("", "")

-- alignment: to a multiple of the size, at most the greatest alignment
packed("01" .. "00000000000000" .. "0200000000000000", "!8 b i8", 1, 2)
packed("01" .. "000000" .. "0200000000000000", "!4 b i8", 1, 2)
packed("01" .. "0200000000000000", "b i8", 1, 2) -- none at first
packed("01" .. "00" .. "0200", "! b h", 1, 2)
packed("01" .. "000000", "!4 b Xi4", 1) packed("01" .. "00", "!8 b Xh", 1) packed("01", "b Xi8", 1)
packed("01" .. "6162", "!8 b c2", 1, "ab") packed("01" .. "6100", "!8 b z", 1, "a")
packed("01" .. "000000" .. "02000000" .. "6162", "!8 b s4", 1, "ab")
same(packsize "!8 b i8", 16)
same(packsize "!1 i3 i3", 6) same(packsize "!2 b i4", 6) same(packsize "!8 b Xd", 8) same(packsize "<!8 b Xh i4 i8 c1 Xi8", 24)

-- and back
unpacked("bBhH", "\255\255\254\255\254\255", -1, 255, -2, 65534)
unpacked("<i3>i3", "\254\255\255\255\255\254", -2, -2)
unpacked("<I3", "\1\2\3", 0x030201)
unpacked("<fd", "\0\0\128\63\0\0\0\0\0\0\240\191", 1, -1)
unpacked("z s1 c2", "ab\0\3cdeXY", "ab", "cde", "XY")
unpacked("!8 b i8", "\1" .. ("\0"):rep(7) .. "\2" .. ("\0"):rep(7), 1, 2)
unpacked("x b x", "\9\1\9", 1)
unpacked("", "")
unpacked("<i16", "\254" .. ("\255"):rep(15), -2)
unpacked("<I16", "\254" .. ("\0"):rep(15), 254)
local nan = unpack("<d", "\1\0\0\0\0\0\248\127")
assert(nan ~= nan)

-- integers beyond 2^53 are strings of their digits, also negative ones
unpacked("<j", pack("<j", 2^53), 2^53)
unpacked("<j", pack("<j", -2^53), -2^53)
unpacked("<j", pack("<j", "9007199254740993"), "9007199254740993")
unpacked("<j", pack("<j", "-9007199254740993"), "-9007199254740993")
unpacked("<j", pack("<j", "-9223372036854775808"), "-9223372036854775808")
unpacked("<J", ("\255"):rep(8), "18446744073709551615")
unpacked(">I16", pack(">I16", "18446744073709551615"), "18446744073709551615")
unpacked("<I7", ("\255"):rep(7), "72057594037927935")

-- positions
same(select(1, unpack("b", "abc", 2)), 98) same(select(2, unpack("b", "abc", 2)), 3)
same(unpack("b", "abc", -1), 99) same(unpack("", "abc", 4), 4) same(unpack("", ""), 1)
same(unpack("!4 i4", "\0\0\0\0\1\0\0\0", 3), 1) -- aligned in the string

-- misuse
local function bad(message, f, ...) raises(message, f, ...) end
bad("invalid format option 'q'", pack, "q", 1)
bad("invalid format option '0'", packsize, "c2147483640c100")
bad("invalid format option byte 0xFF", pack, "\255", 1)
bad("integral size (17) out of limits [1,16]", pack, "i17", 1)
bad("integral size (0) out of limits [1,16]", unpack, "i0", "x")
bad("integral size (99999) out of limits [1,16]", pack, "!99999", 1)
bad("missing size for format option 'c'", pack, "c", "x")
bad("bad argument #1 to '?' (invalid next option for option 'X')", pack, "X")
bad("bad argument #1 to '?' (invalid next option for option 'X')", packsize, "Xz")
bad("bad argument #1 to '?' (invalid next option for option 'X')", packsize, "Xc1")
bad("bad argument #1 to '?' (invalid next option for option 'X')", packsize, "X<i4")
bad("bad argument #1 to '?' (format asks for alignment not power of 2)", pack, "!4 i3", 1)
bad("bad argument #1 to '?' (format asks for alignment not power of 2)", unpack, "!8 Xi3", "")
bad("bad argument #1 to '?' (variable-length format)", packsize, "s")
bad("bad argument #1 to '?' (variable-length format)", packsize, "bz")
bad("bad argument #1 to '?' (format result too large)", packsize, "c2147483639c9")
bad("bad argument #2 to '?' (integer overflow)", pack, "b", 128)
bad("bad argument #3 to '?' (integer overflow)", pack, "bb", 1, -129)
bad("bad argument #2 to '?' (integer overflow)", pack, "i3", 2^23)
bad("bad argument #2 to '?' (integer overflow)", pack, "j", "9223372036854775808")
bad("bad argument #2 to '?' (unsigned overflow)", pack, "B", 256)
bad("bad argument #2 to '?' (unsigned overflow)", pack, "B", -1)
bad("bad argument #2 to '?' (unsigned overflow)", pack, "I7", "72057594037927936")
bad("bad argument #2 to '?' (number has no integer representation)", pack, "i", 1.5)
bad("bad argument #2 to '?' (number has no integer representation)", pack, "J", 2^64)
bad("bad argument #2 to '?' (number has no integer representation)", pack, "J", "18446744073709551616")
bad("bad argument #2 to '?' (number has no integer representation)", pack, "j", -1/0)
bad("bad argument #2 to '?' (number has no integer representation)", pack, "j", 0/0)
bad("bad argument #2 to '?' (number expected, got string)", pack, "i", "x")
bad("bad argument #2 to '?' (number expected, got no value)", pack, "i")
bad("bad argument #3 to '?' (number expected, got boolean)", pack, "ii", 1, true)
bad("bad argument #2 to '?' (string expected, got table)", pack, "z", {})
bad("bad argument #2 to '?' (string longer than given size)", pack, "c2", "abc")
bad("bad argument #2 to '?' (string length does not fit in given size)", pack, "s1", ("x"):rep(256))
bad("bad argument #2 to '?' (string contains zeros)", pack, "z", "a\0b")
bad("bad argument #1 to '?' (string expected, got no value)", pack)
bad("bad argument #2 to '?' (string expected, got no value)", unpack, "b")
bad("bad argument #3 to '?' (initial position out of string)", unpack, "b", "abc", 5)
bad("bad argument #3 to '?' (initial position out of string)", unpack, "b", "abc", 0)
bad("bad argument #3 to '?' (initial position out of string)", unpack, "b", "abc", -4)
bad("bad argument #3 to '?' (number expected, got string)", unpack, "b", "abc", "x")
bad("too many results to unpack", unpack, ("b"):rep(2^18), ("b"):rep(2^18))
same(pack("c5", "abc") .. "|", "abc\0\0|") -- a call that failed left nothing behind

-- data that does not fit
for _, c in ipairs {
	{"i4", "abc", "data string too short: 'i4' at byte 1 (needs 4, left 3)"},
	{"b b", "a", "data string too short: 'b' at byte 2 (needs 1, left 0)"},
	{"!4 b i4", "abcdefg", "data string too short: 'i4' at byte 2 (needs 7, left 6)"},
	{"s", "ab", "data string too short: 's8' at byte 1 (needs 8, left 2)"},
	{"s1", "\3ab", "data string too short: 's1' at byte 2 (needs 3, left 2)"},
	{"s", ("\255"):rep(8), "data string too short: 's8' at byte 9 (needs 18446744073709551615, left 0)"},
	{"s16", ("\255"):rep(16), "16-byte integer at byte 1 does not fit into 64 bits"},
	{"c4", "abc", "data string too short: 'c4' at byte 1 (needs 4, left 3)"},
	{"z", "abc", "data string too short: 'z' at byte 1 has no zero at its end"},
	{"bx", "a", "data string too short: 'x' at byte 2 (needs 1, left 0)"},
	{"!8 b Xi8", "a", "data string too short: 'X' at byte 2 (needs 7, left 0)"},
	{"<i16", ("\255"):rep(15) .. "\1", "16-byte integer at byte 1 does not fit into 64 bits"},
	{"<i9", ("\255"):rep(8) .. "\0", nil, "18446744073709551615"},
	{"<i9", ("\255"):rep(8) .. "\1", "9-byte integer at byte 1 does not fit into 64 bits"},
	{"<i9", ("\0"):rep(8) .. "\255", "9-byte integer at byte 1 does not fit into 64 bits"},
	{"<I9", ("\255"):rep(9), "9-byte integer at byte 1 does not fit into 64 bits"},
} do
	if c[3] then refused(c[3], unpack, c[1], c[2]) else same(unpack(c[1], c[2]), c[4]) end
end
for cut = 0, 23 do -- each prefix
	local ok, message = unpack("<b i4 s1 z d", ("\1\2\0\0\0\3abcxyz\0........."):sub(1, cut))
	if cut < 20 + 1 then assert(ok == nil and message:find("^data string too short"), cut) else assert(ok == 1, cut) end
end
