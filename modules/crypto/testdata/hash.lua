-- FIPS 180-4 and RFC 1321: known answers for the empty text, "abc", a text of two blocks, and a million times "a"
local two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
local million = ("a"):rep(1000000)
for algorithm, want in pairs {
	md5 = {"d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72", "8215ef0796a20bcaaae116d3876c664a",
		"7707d6ae4e027c70eea2a935c2296f21"},
	sha1 = {"da39a3ee5e6b4b0d3255bfef95601890afd80709", "a9993e364706816aba3e25717850c26c9cd0d89d",
		"84983e441c3bd26ebaae4aa1f95129e5e54670f1", "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
	sha224 = {"d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
		"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
		"75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525",
		"20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"},
	sha256 = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	sha384 = {"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		"3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
		"9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"},
	sha512 = {"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" ..
		"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" ..
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		"204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335" ..
		"96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
		"e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb" ..
		"de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
} do
	for i, data in ipairs {"", "abc", two, million} do
		same(hex(crypto.hash(algorithm, data)), want[i], algorithm)
	end
end
same(crypto.hash("md5", 12), crypto.hash("md5", "12"))

-- RFC 4231
local function case(key, data, want, length)
	for algorithm, digest in pairs(want) do
		same(hex(crypto.hmac(algorithm, key, data)):sub(1, length), digest, algorithm)
	end
end
case(("\11"):rep(20), "Hi There", {
	sha224 = "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
	sha256 = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	sha384 = "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
	sha512 = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4" ..
		"be9d914eeb61f1702e696c203a126854"})
case("Jefe", "what do ya want for nothing?", {
	md5 = "750c783e6ab0b503eaa86e310a5db738", -- RFC 2202
	sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
	sha224 = "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
	sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	sha384 = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
	sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd" ..
		"caeab1a34d4a6b4b636e070a38bce737"})
case(("\170"):rep(20), ("\221"):rep(50), {sha256 = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"})
local key = {}
for i = 1, 25 do key[i] = string.char(i) end
case(table.concat(key), ("\205"):rep(50), {
	sha256 = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"})
case(("\12"):rep(20), "Test With Truncation", {sha256 = "a3b6167473100ee06e0c796c2955552b"}, 32)
local long = ("\170"):rep(131) -- longer than a block
case(long, "Test Using Larger Than Block-Size Key - Hash Key First", {
	sha224 = "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
	sha256 = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	sha512 = "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352" ..
		"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"})
case(long, "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be " ..
	"hashed before being used by the HMAC algorithm.", {
	sha256 = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"})

-- keys about as long as a block
for _, algorithm in ipairs {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"} do
	for _, n in ipairs {0, 63, 64, 65, 127, 128, 129} do
		local key = ("k"):rep(n)
		local block = algorithm:find("384") or algorithm:find("512")
		local size = block and 128 or 64
		local short = n > size and crypto.hash(algorithm, key) or key
		same(crypto.hmac(algorithm, key, "data"), crypto.hmac(algorithm, short .. ("\0"):rep(size - #short), "data"), algorithm)
	end
end

raises("bad argument #1 to '?' ('md5', 'sha1', 'sha224', 'sha256', 'sha384' or 'sha512' expected, got 'sha3')",
	crypto.hash, "sha3", "")
raises("bad argument #1 to '?' ('md5', 'sha1', 'sha224', 'sha256', 'sha384' or 'sha512' expected, got 'SHA256')",
	crypto.hmac, "SHA256", "", "")
raises("bad argument #1 to '?' (string expected, got no value)", crypto.hash)
raises("bad argument #2 to '?' (string expected, got no value)", crypto.hash, "md5")
raises("bad argument #2 to '?' (string expected, got nil)", crypto.hmac, "md5", nil, "x")
raises("bad argument #3 to '?' (string expected, got no value)", crypto.hmac, "md5", "k")

-- equal
assert(crypto.equal("", "") and crypto.equal("abc", "abc") and not crypto.equal("abc", "abd"))
assert(not crypto.equal("abc", "ab") and not crypto.equal("", "a") and crypto.equal(1, "1"))
local big = ("x"):rep(20000)
assert(crypto.equal(big .. "y", big .. "y") and not crypto.equal(big .. "y", big .. "z"))
assert(not crypto.equal("y" .. big, "z" .. big))
raises("bad argument #2 to '?' (string expected, got no value)", crypto.equal, "x")

-- random
for _, n in ipairs {0, 1, 16, 8192, 8193, 2^20} do same(#crypto.random(n), n) end
assert(crypto.random(16) ~= crypto.random(16))
local seen = {}
for byte in crypto.random(20000):gmatch(".") do seen[byte] = true end
local count = 0
for _ in pairs(seen) do count = count + 1 end
same(count, 256)
raises("bad argument #1 to '?' (whole number from 0 to 1048576 expected, got 1048577)", crypto.random, 2^20 + 1)
raises("bad argument #1 to '?' (whole number from 0 to 1048576 expected, got -1)", crypto.random, -1)
raises("bad argument #1 to '?' (whole number from 0 to 1048576 expected, got 1.5)", crypto.random, 1.5)
raises("bad argument #1 to '?' (whole number from 0 to 1048576 expected, got nan)", crypto.random, 0/0)
raises("bad argument #1 to '?' (number expected, got no value)", crypto.random)

-- uuid
local ids = {}
for _ = 1, 1000 do
	local id = crypto.uuid()
	assert(id:find("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$") and id == id:lower(), id)
	assert(not ids[id])
	ids[id] = true
end
