package luaapi

import "slices"

// KeepHeading is the heading of KeepOwnOptions in the manual.
const KeepHeading = "Sockets that come back"

const (
	keptType   = "tidewire.Kept"
	socketType = "tidewire.Socket"
)

var ws = Module{
	Name: "tide.ws", Loadable: true,
	Doc: "Sockets around those of websocket: one that comes back, and a look at send queues.",
	Functions: []Function{
		{Name: "keep", Returns: keptType,
			Doc: "a [socket that comes back](#sockets-that-come-back), `k`",
			Params: []Param{
				{Name: "url", Type: "string|fun(attempt: integer): string"},
				{Name: "callbacks", Type: "tidewire.KeepCallbacks", Callbacks: KeepCallbacks},
				{Name: "options", Type: "tidewire.KeepOptions", Optional: true, Options: KeepOptions,
					Heading: KeepHeading}}},
		{Name: "open", Returns: socketType + "?, string?, tidewire.EndInfo?",
			Doc: "⏸ a socket `s`, or `nil, message, info`. The options are those of `Connect`, and `highWater`: as long " +
				"as more bytes wait, `s:send` waits (1 MiB, at most half of `sendQueue`)",
			Params: []Param{{Name: "url", Type: "string"},
				{Name: "options", Type: "tidewire.OpenOptions", Optional: true, Options: OpenOptions,
					Heading: OptionsHeading}}},
		{Name: "buffered", Returns: "integer, integer",
			Doc: "`bytes, messages` that wait to be written to a connection, each message counted with 64 bytes on top, " +
				"as the option `sendQueue` counts; `0, 0` for an ended or unknown id",
			Params: []Param{{Name: "id", Type: "integer"}}},
		{Name: "onDrain", Returns: handleType,
			Doc: "calls `f(true)` once, as soon as at most `bytes` wait, or `f(false)` when the connection has ended; " +
				"returns a handle",
			Params: []Param{{Name: "id", Type: "integer"}, {Name: "bytes", Type: "number"},
				{Name: "f", Type: "fun(drained: boolean)"}}},
	},
	Objects: []Object{
		{Name: "s", Class: socketType, Doc: "A socket for tasks. Its field `id` is the connection's id, and `info` that of " +
			"its opening, and after the end that of its end.",
			Methods: []Function{
				{Name: "send", Returns: "true?, string?, tidewire.EndInfo?",
					Doc: "⏸ true, or `nil, \"closed\", info`; waits while more than `highWater` bytes wait, or the message " +
						"does not fit",
					Params: []Param{{Name: "data", Type: "string"}, {Name: "kind", Type: kindType, Optional: true}}},
				{Name: "receive", Returns: "string?, boolean|string|nil, tidewire.EndInfo?",
					Doc: "⏸ `data, isBinary`, or `nil, \"timeout\"`, or after the last message `nil, \"closed\", info`, at " +
						"each call. One task at a time may receive",
					Params: []Param{{Name: "seconds", Type: "number", Optional: true}}},
				{Name: "messages", Returns: "fun(): string?, boolean?",
					Doc: "for `for data, isBinary in s:messages()`: it ends with the socket, and each step waits"},
				{Name: "close", Doc: "closes, without a wait; messages that were not received are dropped",
					Params: []Param{
						{Name: "code", Type: "integer", Optional: true, Doc: "1000 or 3000–4999; default 1000"},
						{Name: "reason", Type: "string", Optional: true, Doc: "at most 123 bytes of UTF-8"}}},
			}},
		{Name: "k", Class: keptType, Doc: "A kept socket. Its field `id` is the connection's id, nil while there is none.",
			Methods: []Function{
				{Name: "send", Returns: "true?, string|integer|nil",
					Doc: "never waits: true, or `nil, \"full\"`, `nil, \"down\"`, or after the end `nil, \"closed\"`; " +
						"with `dropOldest` also `true, dropped`",
					Params: []Param{{Name: "data", Type: "string"}, {Name: "kind", Type: kindType, Optional: true}}},
				{Name: "close",
					Doc: "closes for good, after the messages sent before have left; `onEnd` comes later",
					Params: []Param{
						{Name: "code", Type: "integer", Optional: true, Doc: "1000 or 3000–4999; default 1000"},
						{Name: "reason", Type: "string", Optional: true, Doc: "at most 123 bytes of UTF-8"}}},
			}},
	},
}

var kept = Param{Name: "k", Type: keptType}

// KeepCallbacks are the keys of keep's second argument.
var KeepCallbacks = []Callback{
	{"onOpen", []Param{openInfo, kept}, "the socket is open, for the first time or again"},
	{"onMessage", []Param{{Name: "data", Type: "string"}, {Name: "isBinary", Type: "boolean"}, kept},
		"a whole message has arrived"},
	{"onDown", []Param{endInfo, {Name: "seconds", Type: "number"}, kept},
		"the socket has ended, or an attempt has failed; another one follows in so many seconds"},
	{"onEnd", []Param{endInfo, kept}, "the socket has ended for good: once, and last"},
}

// OpenOptions are the options of tide.ws.open: Connect's and its own.
var OpenOptions = slices.Concat(OpenOwnOptions, Options)

// OpenOwnOptions are those that Connect does not have.
var OpenOwnOptions = []Field{{Name: "highWater", Type: "integer", Default: "1048576",
	Doc: "as long as more bytes wait to be written, `s:send` waits; at most half of `sendQueue`"}}

// KeepOptions are the options of tide.ws.keep: its own and Connect's.
var KeepOptions = slices.Concat(KeepOwnOptions, slices.DeleteFunc(slices.Clone(Options), func(f Field) bool {
	return f.Name == "headers"
}))

// KeepOwnOptions are those that Connect does not have.
var KeepOwnOptions = []Field{
	{Name: "min", Type: "number", Default: "1", Doc: "bound of the first pause, in seconds"},
	{Name: "max", Type: "number", Default: "30",
		Doc: "bound of the longest pause, in seconds: it doubles with each attempt in vain up to here"},
	{Name: "steady", Type: "number", Default: "10",
		Doc: "seconds for which a socket must have been open for its pauses to begin with `min` again"},
	{Name: "retry", Type: "fun(info: tidewire.EndInfo): boolean|number",
		Doc: "decides after each end: true for another attempt, false for none, a number for one after so many " +
			"seconds. By default `info.retryable` decides, and a socket that the peer has closed with 1000 comes back"},
	{Name: "queue", Type: "integer", Default: "0",
		Doc: "most bytes of messages that are kept while the socket is down, each counted with 64 on top; 0 keeps none"},
	{Name: "headers", Type: "table<string, string|string[]>|fun(attempt: integer): table<string, string|string[]>",
		Doc: "as `Connect` takes them, or a function of the attempt's number, asked in a task before each attempt"},
	{Name: "dropOldest", Type: "boolean", Default: "false",
		Doc: "true: the oldest kept messages make room for a new one, and `k:send` returns how many it has dropped"},
}
