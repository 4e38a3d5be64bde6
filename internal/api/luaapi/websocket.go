package luaapi

import "slices"

var websocket = Module{
	Name: "websocket", Global: true, Loadable: true,
	Doc: "WebSocket connections. Misuse raises; the network's failures come through `onError`.",
	Functions: []Function{
		{Name: "Connect", Aliases: []string{"connect"}, Returns: "integer",
			Does: "returns an id at once, whatever the URL; failures come through `onError`",
			Doc: "an id: 1, 2, 3 …, never used again. It returns at once; a bad URL or a failing network is " +
				"reported " +
				"later, through `onError`",
			Params: []Param{
				{Name: "url", Type: "string", Doc: "`ws://` or `wss://`"},
				{Name: "callbacks", Type: "tidewire.Callbacks", Callbacks: Callbacks},
				{Name: "options", Type: "tidewire.Options", Optional: true, Options: Options,
					Heading: OptionsHeading}}},
		{Name: "Send", Aliases: []string{"send"}, Returns: "nil",
			Does: "queues a message, also before the connection is open; never waits",
			Doc:  "nil, whatever the state of the connection",
			Params: []Param{
				{Name: "id", Type: "integer"},
				{Name: "data", Type: "string", Doc: "any bytes"},
				{Name: "kind", Type: kindType, Optional: true, Doc: "default: the option `kind`"}}},
		{Name: "Close", Aliases: []string{"close"}, Returns: "nil",
			Does: "closes, after the messages sent before have left",
			Doc:  "nil. `onClose` comes later",
			Params: []Param{
				{Name: "id", Type: "integer"},
				{Name: "code", Type: "integer", Optional: true, Doc: "1000 or 3000–4999; default 1000"},
				{Name: "reason", Type: "string", Optional: true, Doc: "at most 123 bytes of UTF-8"}}},
	},
}

const kindType = "tidewire.Kind"

// Kinds are the words for the kinds of messages.
var Kinds = []string{"auto", "text", "binary"}

// Callback is a function that a script gives Connect.
type Callback struct {
	Name   string
	Params []Param
	Doc    string // when it is called
}

var (
	openInfo = Param{Name: "info", Type: "tidewire.Info"}
	endInfo  = Param{Name: "info", Type: "tidewire.EndInfo"}
)

// Callbacks are the keys of Connect's second argument.
var Callbacks = []Callback{
	{"onOpen", []Param{openInfo}, "the connection is established"},
	{"onMessage",
		[]Param{{Name: "data", Type: "string"}, {Name: "isBinary", Type: "boolean"}, {Name: "id", Type: "integer"}},
		"a whole message has arrived"},
	{"onClose",
		[]Param{
			{Name: "code", Type: "integer"},
			{Name: "reason", Type: "string"},
			{Name: "wasClean", Type: "boolean"},
			endInfo,
		},
		"the connection ended with a closing handshake, or in any way after the script's own `Close`"},
	{"onError", []Param{{Name: "message", Type: "tidewire.Message"}, endInfo},
		"the connection could not be established, or ended abnormally"},
}

// Fields are those of the table that a callback gets as this parameter, nil if it is
// none.
func (p Param) Fields() []Field {
	switch p.Type {
	case openInfo.Type:
		return Info
	case endInfo.Type:
		return slices.Concat(Info, EndInfo)
	}
	return nil
}

// CallbackNames are the names of callbacks, such as Callbacks.
func CallbackNames(callbacks []Callback) []string {
	var names []string
	for _, c := range callbacks {
		names = append(names, c.Name)
	}
	return names
}

// Info are the fields of info that every event has; all but the id may be absent.
var Info = []Field{
	{Name: "id", Type: "integer", Doc: "the connection's id"},
	{Name: "url", Type: "string", Optional: true, Doc: "as given to `Connect`, without user name and password"},
	{Name: "protocol", Type: "string", Optional: true, Doc: "the subprotocol that the server chose"},
	{Name: "extensions", Type: "string", Optional: true, Doc: "the extensions agreed on, as the server wrote them"},
	{Name: "remote", Type: "string", Optional: true, Doc: "the peer's address, `ip:port`; through a proxy, the " +
		"proxy's"},
	{Name: "http", Type: "tidewire.Info.HTTP", Class: "tidewire.Info.HTTP", Optional: true,
		Doc: "the server's answer: `status`, `headers` (keys in lower case, repeated values joined by `\", \"`), and " +
			"of a refusal " +
			"`body` (the first 4 KiB), `location`, `retryAfter` (whole seconds, 0 for at once)",
		Fields: []Field{
			{Name: "status", Type: "integer", Optional: true},
			{Name: "headers", Type: "table<string, string>"},
			{Name: "body", Type: "string", Optional: true},
			{Name: "location", Type: "string", Optional: true},
			{Name: "retryAfter", Type: "integer", Optional: true},
		}},
	{Name: "tls", Type: "tidewire.Info.TLS", Class: "tidewire.Info.TLS", Optional: true,
		Doc: "`version`, `cipher`, `subject`, `issuer`, `expires` (RFC 3339), `error`",
		Fields: []Field{
			{Name: "version", Type: "string", Optional: true},
			{Name: "cipher", Type: "string", Optional: true},
			{Name: "subject", Type: "string", Optional: true},
			{Name: "issuer", Type: "string", Optional: true},
			{Name: "expires", Type: "string", Optional: true},
			{Name: "error", Type: "string", Optional: true},
		}},
}

// EndInfo are the further fields of info in onClose and onError.
var EndInfo = []Field{
	{Name: "message", Type: "tidewire.Message", Optional: true, Doc: "`onError`'s first argument; absent in `onClose`"},
	{Name: "code", Type: "integer", Optional: true, Doc: "`onClose`'s first arguments; absent in `onError`"},
	{Name: "reason", Type: "string", Optional: true, Doc: "`onClose`'s first arguments; absent in `onError`"},
	{Name: "wasClean", Type: "boolean", Optional: true, Doc: "`onClose`'s first arguments; absent in `onError`"},
	{Name: "phase", Type: "tidewire.Phase", Doc: "how far the connection had come: see [phases](#phases)"},
	{Name: "category", Type: "tidewire.Category", Doc: "kind of end: see [categories](#categories)"},
	{Name: "detail", Type: "string", Doc: "the whole story in one line, for people"},
	{Name: "closeCode", Type: "integer", Doc: "the code of the close frame that we sent, or 1006 if none left"},
	{Name: "retryable", Type: "boolean", Doc: "the same `Connect` may succeed later, with nothing changed here: see " +
		"[categories](#categories)"},
	{Name: "unsent", Type: "tidewire.Tally", Class: "tidewire.Tally", Fields: tally,
		Doc: "`{messages, bytes}` that were sent and not completely handed to the operating system, with the " +
			"half-written " +
			"one and those sent after `Close`"},
	{Name: "dropped", Type: "tidewire.Tally", Class: "tidewire.Tally", Fields: tally,
		Doc: "`{messages, bytes}` that were received and not delivered, an unfinished one included"},
}

var tally = []Field{{Name: "messages", Type: "integer"}, {Name: "bytes", Type: "integer"}}
