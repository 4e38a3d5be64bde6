package luaapi

var json = Module{
	Name: "json", LongName: "tide.json", Loadable: true,
	Doc: "JSON (RFC 8259).",
	Functions: []Function{
		{Name: "encode", Returns: "string",
			Doc:    "the value as JSON, on one line",
			Params: []Param{{Name: "value", Type: "any"}}},
		{Name: "decode", Returns: "any",
			Doc: "the value that the text spells; with `{bigint = \"string\"}` whole numbers beyond 2^53 are strings " +
				"of their digits",
			Params: []Param{{Name: "text", Type: "string"},
				{Name: "options", Type: `{bigint?: "string"}`, Optional: true}}},
		{Name: "array", Returns: "table",
			Doc:    "makes the table, or a new one, an array even when it is empty, and returns it",
			Params: []Param{{Name: "table", Type: "table", Optional: true}}},
	},
	Fields: []Field{{Name: "null", Type: "tidewire.JSON.Null",
		Doc: "the value for `null`, in both directions. It counts as true: compare with `== json.null`"}},
}
