-- pems has the keys of testdata by name, ed25519 and ecdsa the known answers

-- RFC 8032 §7.1
for _, c in ipairs(ed25519) do
	same(hex(crypto.sign("ed25519", c.private, c.message)), hex(c.signature))
	same(crypto.verify("ed25519", c.public, c.message, c.signature), true)
	same(crypto.verify("ed25519", c.public, c.message .. "x", c.signature), false)
end

-- NIST's SigVer for P-256 and SHA-256
assert(#ecdsa == 15)
for i, c in ipairs(ecdsa) do
	same(crypto.verify("ecdsa-sha256", c.public, c.message, c.signature, {raw = true}), c.good, i)
end

-- RSA's signature has one form: that of openssl
for _, key in ipairs {"rsa-pkcs1", "rsa-pkcs8"} do
	same(hex(crypto.sign("rsa-sha256", pems[key], "a message")), pems["rsa-signature"]:match "%x+")
end

-- each form of key signs and verifies
for algorithm, keys in pairs {
	["ed25519"] = {{"ed-pkcs8"}, {"ed-pkix"}},
	["rsa-sha256"] = {{"rsa-pkcs1", "rsa-pkcs8"}, {"rsa-pkix", "rsa-public-pkcs1", "rsa-certificate"}},
	["ecdsa-sha256"] = {{"ec-sec1", "ec-pkcs8"}, {"ec-pkix", "ec-certificate"}},
} do
	for _, private in ipairs(keys[1]) do
		for _, public in ipairs(keys[2]) do
			for _, data in ipairs {"", "data", ("data"):rep(10000)} do
				for _, raw in ipairs {false, true} do
					local signature = assert(crypto.sign(algorithm, pems[private], data, {raw = raw}))
					local function verify(data, signature)
						return crypto.verify(algorithm, pems[public], data, signature, {raw = raw})
					end
					same(verify(data, signature), true, algorithm)
					same(verify(data .. "x", signature), false, algorithm)
					same(verify(data, signature:sub(1, -2)), false, algorithm)
					same(verify(data, signature .. "\0"), false, algorithm)
					same(verify(data, ("\0"):rep(#signature)), false, algorithm)
					same(verify(data, ""), false, algorithm)
					same(verify(data, ("x"):rep(10000)), false, algorithm)
					if algorithm == "ecdsa-sha256" then
						assert(raw == (#signature == 64) or #signature == 64)
						same(crypto.verify(algorithm, pems[public], data, signature, {raw = not raw}), false)
					end
				end
			end
		end
	end
end

-- a key among others, with text around it
same(crypto.verify("ed25519", "notes\n" .. pems["ed-pkix"] .. "more\n", "", crypto.sign("ed25519", pems["ec-sec1"]:match
	"^.-END EC PARAMETERS.-\n" .. pems["ed-pkcs8"], "")), true)

-- keys of no use
local private = "the key is not a private key, as sign needs it: it has "
local public = "the key is not a public key or a certificate, as verify needs it: it has "
for _, c in ipairs {
	{"ed25519", "", private .. "no PEM block"},
	{"ed25519", "-----BEGIN PRIVATE KEY-----", private .. "no PEM block"},
	{"ed25519", pems["ed-pkix"], private .. "the other half of the pair"},
	{"rsa-sha256", pems["encrypted-pkcs1"], private .. "a key that is encrypted"},
	{"ecdsa-sha256", pems["encrypted-pkcs8"], private .. "a key that is encrypted"},
	{"ed25519", ("x"):rep(65537), "the key is longer than 65536 bytes"},
	{"ed25519", pems["rsa-pkcs8"], "the key is for RSA, not for ed25519"},
	{"rsa-sha256", pems["ed-pkcs8"], "the key is for Ed25519, not for rsa-sha256"},
	{"ed25519", pems["ec-sec1"], "the key is for ECDSA, not for ed25519"},
	{"ecdsa-sha256", pems["x25519-pkcs8"], "the key is of an algorithm that is not known here, not for ecdsa-sha256"},
	{"ecdsa-sha256", pems["p384-sec1"], "the key is for another curve than P-256"},
	{"rsa-sha256", pems["small-pkcs1"], "the key has 768 bits, 1024 to 4096 are allowed"},
	{"rsa-sha256", pems["large-pkcs1"], "the key has 5120 bits, 1024 to 4096 are allowed"},
} do
	refused(c[3], crypto.sign, c[1], c[2], "data")
	refused(c[3], crypto.sign, c[1], c[2], "data") -- the second time from memory
end
for _, c in ipairs {
	{"ed25519", "", public .. "no PEM block"},
	{"ed25519", pems["ed-pkcs8"], public .. "the other half of the pair"},
	{"ed25519", ("x"):rep(65537), "the key is longer than 65536 bytes"},
	{"ed25519", pems["rsa-certificate"], "the key is for RSA, not for ed25519"},
	{"rsa-sha256", pems["ec-certificate"], "the key is for ECDSA, not for rsa-sha256"},
	{"ecdsa-sha256", pems["p384-pkix"], "the key is for another curve than P-256"},
	{"rsa-sha256", pems["small-pkix"], "the key has 768 bits, 1024 to 8192 are allowed"},
} do
	refused(c[3], crypto.verify, c[1], c[2], "data", "signature")
end
same(crypto.verify("rsa-sha256", pems["large-pkix"], "data", ("x"):rep(640)), false)
for _, algorithm in ipairs {"ed25519", "rsa-sha256", "ecdsa-sha256"} do
	local broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	local none, message = crypto.sign(algorithm, broken, "")
	assert(none == nil and message:find("^the key cannot be read: "), message)
	none, message = crypto.verify(algorithm, broken:gsub("PRIVATE", "PUBLIC"), "", "")
	assert(none == nil and message:find("^the key cannot be read: "), message)
end

-- misuse
raises("bad argument #1 to '?' ('ed25519', 'rsa-sha256' or 'ecdsa-sha256' expected, got 'rsa')", crypto.sign, "rsa", "", "")
raises("bad argument #3 to '?' (string expected, got no value)", crypto.sign, "ed25519", "")
raises("bad argument #4 to '?' (unknown option 'rwa': did you mean 'raw'?)", crypto.sign, "ed25519", "", "", {rwa = 1})
raises("bad argument #4 to '?' (field 'raw': boolean expected, got number)", crypto.sign, "ed25519", "", "", {raw = 1})
raises("bad argument #4 to '?' (string expected, got no value)", crypto.verify, "ed25519", "", "")
raises("bad argument #5 to '?' (table expected, got boolean)", crypto.verify, "ed25519", "", "", "", true)
raises("bad argument #3 to '?' (at most 1048576 bytes expected for ed25519, got 1048577: sign a hash of the data)",
	crypto.sign, "ed25519", pems["ed-pkcs8"], ("x"):rep(2^20 + 1))
raises("bad argument #3 to '?' (at most 1048576 bytes expected for ed25519, got 1048577: sign a hash of the data)",
	crypto.verify, "ed25519", pems["ed-pkix"], ("x"):rep(2^20 + 1), "")
same(#crypto.sign("ed25519", pems["ed-pkcs8"], ("x"):rep(2^20)), 64)
