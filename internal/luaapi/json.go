package luaapi

var json = Module{
	Name: "json", Loadable: true,
	Doc: "JSON (RFC 8259).",
	Functions: []Function{
		{Name: "encode", Returns: "string",
			Doc:    "the value as JSON text, on one line; an empty table is an object unless `array` has marked it",
			Params: []Param{{Name: "value", Type: "any"}}},
		{Name: "decode", Returns: "any",
			Doc:    "the value that the text spells; null becomes `null`",
			Params: []Param{{Name: "text", Type: "string"}}},
		{Name: "array", Returns: "table",
			Doc:    "marks a table as an array, so that it is written as `[]` when it is empty; returns it",
			Params: []Param{{Name: "t", Type: "table", Optional: true, Doc: "a new one without"}}},
	},
	Fields: []Field{{Name: "null", Type: "tidewire.JSON.Null", Doc: "JSON's null, which nil cannot be in a table"}},
}
