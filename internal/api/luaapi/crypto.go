package luaapi

const (
	algorithmType = `"md5"|"sha1"|"sha224"|"sha256"|"sha384"|"sha512"`
	signatureType = `"ed25519"|"rsa-sha256"|"ecdsa-sha256"`
)

var rawOption = Param{Name: "options", Optional: true, Options: []Field{{Name: "raw", Type: "boolean"}}}

var crypto = Module{
	Name: "tide.crypto", Loadable: true,
	Doc: "Hashes, signatures and random bytes. Strings are bytes.",
	Functions: []Function{
		{Name: "hash", Returns: "string",
			Doc: "the digest, as bytes; the algorithms are `\"md5\"`, `\"sha1\"`, `\"sha224\"`, `\"sha256\"`, " +
				"`\"sha384\"`, `\"sha512\"`",
			Params: []Param{{Name: "algorithm", Type: algorithmType}, {Name: "data", Type: "string"}}},
		{Name: "hmac", Returns: "string", Doc: "the HMAC, as bytes, with the same algorithms",
			Params: []Param{{Name: "algorithm", Type: algorithmType}, {Name: "key", Type: "string"},
				{Name: "data", Type: "string"}}},
		{Name: "random", Returns: "string", Doc: "`n` bytes that nobody can guess, at most 1,048,576",
			Params: []Param{{Name: "n", Type: "integer"}}},
		{Name: "uuid", Returns: "string", Doc: "a random UUID, of version 4"},
		{Name: "equal", Returns: "boolean",
			Doc:    "whether two strings are equal; the time that it takes depends on their lengths alone",
			Params: []Param{{Name: "a", Type: "string"}, {Name: "b", Type: "string"}}},
		{Name: "sign", Returns: decoded,
			Doc: "the signature, as bytes, or `nil, message` if the key is of no use; the algorithms are " +
				"`\"ed25519\"`, `\"rsa-sha256\"`, `\"ecdsa-sha256\"`",
			Params: []Param{{Name: "algorithm", Type: signatureType}, {Name: "key", Type: "string", Doc: "PEM"},
				{Name: "data", Type: "string"}, rawOption}},
		{Name: "verify", Returns: "boolean?, string?",
			Doc: "whether the signature is good, or `nil, message` if the key is of no use",
			Params: []Param{{Name: "algorithm", Type: signatureType}, {Name: "key", Type: "string", Doc: "PEM"},
				{Name: "data", Type: "string"}, {Name: "signature", Type: "string"}, rawOption}},
	},
}
