package luaapi

var inflateOptions = Param{Name: "options", Optional: true, Options: []Field{
	{Name: "format", Type: `"auto"|"zlib"|"gzip"|"raw"`}, {Name: "limit", Type: "integer"}}}

var zlib = Module{
	Name: "tide.zlib", Loadable: true,
	Doc: "Deflate in the frames of zlib and gzip, and bare. Strings are bytes.",
	Functions: []Function{
		{Name: "deflate", Returns: "string",
			Doc: "the data compressed; `format` is `\"zlib\"`, `\"gzip\"` or `\"raw\"`, default `\"zlib\"`; `level` is " +
				"0 to 9, default 6",
			Params: []Param{{Name: "data", Type: "string"}, {Name: "options", Optional: true, Options: []Field{
				{Name: "format", Type: `"zlib"|"gzip"|"raw"`}, {Name: "level", Type: "integer"}}}}},
		{Name: "inflate", Returns: decoded,
			Doc: "the data as it was, or `nil, message`; `format` is as above or `\"auto\"`, the default: zlib or gzip; " +
				"`limit` is the most that may come out, in bytes, default 32,000,000",
			Params: []Param{{Name: "data", Type: "string"}, inflateOptions}},
		{Name: "inflater", Returns: "tidewire.Inflater",
			Doc:    "an object that inflates a stream piece by piece; `limit` is for each of them",
			Params: []Param{inflateOptions}},
	},
	Objects: []Object{{Name: "inflater", Class: "tidewire.Inflater", Doc: "A stream that is inflated piece by piece.",
		Methods: []Function{{Name: "push", Returns: decoded,
			Doc: "all that comes out with this piece, or `nil, message`: then the stream has ended, and each further " +
				"call gives the same message",
			Params: []Param{{Name: "chunk", Type: "string"}}}}}},
}
