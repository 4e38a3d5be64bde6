package luaapi

import (
	"strconv"
	"strings"
)

// OptionsHeading is the heading of Options in the manual.
const OptionsHeading = "Options"

// Options are the fields of Connect's third argument.
var Options = []Field{
	{Name: "headers", Type: "table<string, string|string[]>",
		Doc: "further header fields of the opening handshake: `{Name = \"value\"}`; a list as value repeats the " +
			"field. The " +
			"handshake's own fields, and CR, LF and NUL, are refused"},
	{Name: "protocols", Type: "string[]", Doc: "list of subprotocols to offer, the preferred one first"},
	{Name: "origin", Type: "string", Doc: "value of the `Origin` field"},
	{Name: "kind", Type: kindType, Default: `"auto"`,
		Doc: "default kind of message for `Send`: `\"auto\"`, `\"text\"` or `\"binary\"`"},
	{Name: "timeout", Type: "number|tidewire.Options.Timeout", Class: "tidewire.Options.Timeout", Default: "5",
		Doc: "seconds for each phase, or a table that names phases: see below",
		Fields: []Field{
			{Name: "tcp", Type: "number", Doc: "name look-up and TCP connection together"},
			{Name: "tls", Type: "number", Doc: "the TLS handshake"},
			{Name: "handshake", Type: "number", Doc: "the opening handshake"},
			{Name: "closing", Type: "number",
				Doc: "the closing handshake, from the close frame on; while sends are still leaving, from the " +
					"last byte that left"},
		}},
	{Name: "maxMessage", Type: "integer", Default: "32000000",
		Doc: "largest message accepted; a larger one fails the connection with 1009"},
	{Name: "sendQueue", Type: "integer", Default: "16777216",
		Doc: "most bytes that wait to be written: see [limits](#limits)"},
	{Name: "receiveQueue", Type: "integer", Default: "4194304",
		Doc: "most bytes that have arrived and are not yet delivered: see [limits](#limits)"},
	{Name: "ping", Type: "number", Default: "30",
		Doc: "seconds without a byte from the peer after which it is sent a ping; 0 for never"},
	{Name: "pong", Type: "number", Default: "20",
		Doc: "seconds after that ping without a byte after which the connection fails with `Timer Expired`; 0 " +
			"for never"},
	{Name: "compression", Type: "boolean|tidewire.Options.Compression", Class: "tidewire.Options.Compression",
		Default: "false",
		Doc:     "`true`, or a table: see below",
		Fields: []Field{
			{Name: "server_no_context_takeover", Type: "boolean",
				Doc: "`true`: the server forgets each message before it compresses the next"},
			{
				Name: "client_no_context_takeover",
				Type: "boolean",
				Doc:  "`true`: the client forgets each message before it compresses the next",
			},
			{Name: "server_max_window_bits", Type: "integer",
				Doc: "8 to 15: how far back the server's messages may refer, as a power of two"},
			{Name: "client_max_window_bits", Type: "integer|true",
				Doc: "limits the client's window in the same way, if the server asks for it: 8 to 15, or `true` " +
					"for no " +
					"limit of our own"},
		}},
	{Name: "proxy", Type: "string|false", Default: `""`, Doc: "URL of the proxy to go through, or `false`: see below"},
	{Name: "tls", Type: "tidewire.Options.TLS", Class: "tidewire.Options.TLS", Doc: "table: see below",
		Fields: []Field{
			{Name: "ca", Type: "string|tidewire.Options.TLS.CA", Class: "tidewire.Options.TLS.CA",
				Fields: []Field{{Name: "[1]", Type: "string"}, {Name: "exclusive", Type: "boolean"}},
				Doc: "roots to trust in addition to the system's: PEM text, or the path of a file. " +
					"`{ca, exclusive = true}`: instead of them"},
			{Name: "cert", Type: "string",
				Doc: "our own certificate and its key, for a server that asks for one: PEM text, or the path of " +
					"a file"},
			{Name: "key", Type: "string",
				Doc: "our own certificate and its key, for a server that asks for one: PEM text, or the path of " +
					"a file"},
			{Name: "serverName", Type: "string",
				Doc: "the name that the server's certificate must have, if it is not the URL's host"},
			{Name: "insecure", Type: "boolean",
				Doc: "`true`: accept any certificate. A warning is logged. For tests; `ca` is nearly always the " +
					"right option"},
		}},
	{Name: "redirects", Type: "integer", Default: "0",
		Doc: "how many redirects of the opening handshake to follow: never from `wss` to `ws`; `Authorization`, " +
			"`Cookie`, " +
			"`Proxy-Authorization`, the URL's user name and password, `tls.cert`, `tls.key` and `tls.serverName` " +
			"stay with their origin"},
}

// Words returns the words that a value of a type is one of, or nil for other types.
func Words(text string) (words []string) {
	if text == kindType {
		return Kinds
	}
	for piece := range strings.SplitSeq(text, "|") {
		word, err := strconv.Unquote(piece)
		if err != nil {
			return nil
		}
		words = append(words, word)
	}
	return words
}

// OptionNamed returns the option of a name, or nil.
func OptionNamed(name string) *Field {
	for i := range Options {
		if Options[i].Name == name {
			return &Options[i]
		}
	}
	return nil
}
