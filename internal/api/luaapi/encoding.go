package luaapi

// decoded are the results of functions that read data from elsewhere.
const decoded = "string?, string?"

var encoding = Module{
	Name: "tide.encoding", Loadable: true,
	Doc: "Bytes as text and back, numbers as bytes and back. Strings are bytes.",
	Parts: []*Module{
		{Name: "base64", Doc: "RFC 4648 §4 and §5.",
			Functions: []Function{
				{Name: "encode", Returns: "string",
					Doc: "the data as base64: with `{url = true}` in the alphabet for URLs, with `{pad = false}` without " +
						"`=` at the end. `pad` is true, with `url` false",
					Params: []Param{{Name: "data", Type: "string"},
						{Name: "options", Optional: true, Options: []Field{
							{Name: "url", Type: "boolean"}, {Name: "pad", Type: "boolean"}}}}},
				{Name: "decode", Returns: decoded,
					Doc: "the bytes, or `nil, message`; both alphabets are good, padding is optional, line breaks " +
						"are skipped",
					Params: []Param{{Name: "text", Type: "string"}}},
			}},
		{Name: "hex", Doc: "RFC 4648 §8.",
			Functions: []Function{
				{Name: "encode", Returns: "string", Doc: "two digits for each byte, in lower case",
					Params: []Param{{Name: "data", Type: "string"}}},
				{Name: "decode", Returns: decoded, Doc: "the bytes, or `nil, message`",
					Params: []Param{{Name: "text", Type: "string"}}},
			}},
		{Name: "url", Doc: "RFC 3986 §2.",
			Functions: []Function{
				{Name: "encode", Returns: "string",
					Doc:    "every byte but letters, digits, `-`, `.`, `_` and `~` as `%XX`",
					Params: []Param{{Name: "text", Type: "string"}}},
				{Name: "decode", Returns: decoded, Doc: "the text without escapes, or `nil, message`; `+` stays `+`",
					Params: []Param{{Name: "text", Type: "string"}}},
				{Name: "query", Returns: "string",
					Doc: "`key=value&…`, sorted by key, a space as `%20`; a list repeats its key. Values are strings, " +
						"numbers and booleans",
					Params: []Param{{Name: "fields", Type: "table<string, string|number|boolean|any[]>"}}},
			}},
	},
	Functions: []Function{
		{Name: "pack", Returns: "string", Doc: "the values as bytes, in the [format](#formats-of-pack)",
			Params: []Param{{Name: "format", Type: "string"}, {Name: "...", Type: "string|number", Optional: true}}},
		{Name: "packsize", Returns: "integer", Doc: "how many bytes `pack` makes of a format without `s` and `z`",
			Params: []Param{{Name: "format", Type: "string"}}},
		{Name: "unpack", Returns: "any",
			Doc: "the values, then the position behind them; or `nil, message` if the data is too short. `position` is " +
				"1, a negative one counts from the end",
			Params: []Param{{Name: "format", Type: "string"}, {Name: "data", Type: "string"},
				{Name: "position", Type: "integer", Optional: true}}},
	},
}
