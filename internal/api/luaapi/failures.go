package luaapi

import (
	"slices"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// A Failure is a row of the catalogue: one way in which a connection fails.
type Failure struct {
	Message  string // onError's first argument
	Category failure.Category
	Phases   []failure.Phase // nil for any
	Doc      string          // the occasion
}

// Failures is the catalogue, in the manual's order. docs/catalogue_test.go makes each of
// them happen.
var Failures = []Failure{
	{failure.MsgInvalidURI, failure.URI, in(failure.PhaseURI),
		"the URL is malformed"},
	{failure.MsgRejected, failure.Denied, in(failure.PhasePolicy),
		"the host's policy refuses the address"},
	{failure.MsgTransport, failure.DNS, in(failure.PhaseDNS),
		"the name was not found. Names under `.invalid` never are"},
	{failure.MsgTransport, failure.Refused, in(failure.PhaseTCP),
		"nobody listens there"},
	{failure.MsgTransport, failure.Unreachable, in(failure.PhaseTCP, failure.PhaseHandshake, failure.PhaseOpen),
		"there is no way to the address, or it was lost"},
	{failure.MsgTransport, failure.Reset, in(failure.PhaseTCP, failure.PhaseHandshake, failure.PhaseOpen),
		"the peer reset the connection"},
	{failure.MsgTransport, failure.EOF, in(failure.PhaseHandshake, failure.PhaseOpen),
		"TLS ended without close_notify"},
	{failure.MsgTransport, failure.Timeout, in(failure.PhaseOpen),
		"the system gave up on unacknowledged bytes"},
	{failure.MsgTransport, failure.TLS, in(failure.PhaseHandshake),
		"the server refused our certificate after the TLS handshake, as TLS 1.3 allows"},
	{failure.MsgTransport, failure.Memory, in(failure.PhaseTCP, failure.PhaseHandshake),
		"a new connection does not fit into the script's [memory for the network](#limits)"},
	{failure.MsgTransport, failure.Internal, nil,
		"anything else, such as no file descriptors left"},
	{failure.MsgTimerExpired, failure.Timeout, in(failure.PhaseDNS, failure.PhaseTCP, failure.PhaseHandshake),
		"the name look-up or the TCP connection took too long; in the handshake: the system gave up on " +
			"unacknowledged bytes"},
	{failure.MsgTimerExpired, failure.Keepalive, in(failure.PhaseOpen),
		"the peer has gone silent and did not answer our ping: see [limits](#limits)"},
	{failure.MsgTLSFailed, failure.TLS, in(failure.PhaseTLS),
		"any failure of the TLS handshake; `info.tls.error` says which"},
	{failure.MsgTLSFailed, failure.Reset, in(failure.PhaseTLS),
		"the server reset the connection during it"},
	{failure.MsgTLSFailed, failure.EOF, in(failure.PhaseTLS),
		"the server ended the connection during it"},
	{failure.MsgTLSTimeout, failure.Timeout, in(failure.PhaseTLS),
		"it took too long"},
	{failure.MsgProxyURI, failure.URI, in(failure.PhaseProxy),
		"the URL of the proxy is malformed"},
	{failure.MsgProxy, failure.Proxy, in(failure.PhaseProxy),
		"the proxy cannot be reached, or refuses; `info.detail` has its status"},
	{failure.MsgHTTPStatus, failure.HTTPStatus, in(failure.PhaseHandshake),
		"the server answered something other than 101: see `info.http`"},
	{failure.MsgHeaderMissing, failure.Handshake, in(failure.PhaseHandshake),
		"`Upgrade`, `Connection` or `Sec-WebSocket-Accept` is missing or wrong"},
	{failure.MsgHTTPParse, failure.Handshake, in(failure.PhaseHandshake),
		"the answer is no HTTP, or too long"},
	{failure.MsgExtension, failure.Handshake, in(failure.PhaseHandshake),
		"the server chose an extension that was not offered"},
	{failure.MsgSubprotocol, failure.Handshake, in(failure.PhaseHandshake),
		"the server chose a subprotocol that was not offered"},
	{failure.MsgHandshakeTimeout, failure.Timeout, in(failure.PhaseHandshake),
		"no answer in time"},
	{failure.MsgEOF, failure.EOF, in(failure.PhaseHandshake, failure.PhaseOpen),
		"the peer ended TCP without an answer, or without a close frame"},
	{failure.MsgTooBig, failure.TooBig, in(failure.PhaseOpen),
		"larger than `maxMessage`, or in more than 10,000 empty fragments; 1009 was sent"},
	{failure.MsgTooBig, failure.Memory, in(failure.PhaseOpen),
		"it does not fit into the script's [memory for the network](#limits); 1009 was sent"},
	{failure.MsgUTF8, failure.UTF8, in(failure.PhaseOpen),
		"a text message or a close reason is not UTF-8; 1007 was sent"},
	{failure.MsgZlib, failure.Deflate, in(failure.PhaseOpen),
		"compressed data is corrupt; 1007 was sent"},
	{failure.MsgReservedBits, failure.Protocol, in(failure.PhaseOpen),
		"the peer broke RFC 6455 §5.2; 1002 was sent, as in the rows below"},
	{failure.MsgOpcode, failure.Protocol, in(failure.PhaseOpen),
		"§5.2"},
	{failure.MsgControlTooLong, failure.Protocol, in(failure.PhaseOpen),
		"§5.5"},
	{failure.MsgControlFragmented, failure.Protocol, in(failure.PhaseOpen),
		"§5.5"},
	{failure.MsgContinuation, failure.Protocol, in(failure.PhaseOpen),
		"§5.4"},
	{failure.MsgMaskedFrame, failure.Protocol, in(failure.PhaseOpen),
		"§5.1"},
	{failure.MsgNonMinimalLength, failure.Protocol, in(failure.PhaseOpen),
		"§5.2"},
	{failure.MsgInvalidCloseCode, failure.Protocol, in(failure.PhaseOpen),
		"§7.4: a code that must not be sent, or half a code"},
	{failure.MsgReservedCloseCode, failure.Protocol, in(failure.PhaseOpen),
		"§7.4: a code that is not defined"},
	{failure.MsgSendQueueFull, failure.QueueFull,
		in(failure.PhaseTCP, failure.PhaseTLS, failure.PhaseHandshake, failure.PhaseOpen),
		"the script sent faster than the peer takes: see [limits](#limits)"},
	{failure.MsgSendQueueFull, failure.Memory,
		in(failure.PhaseTCP, failure.PhaseTLS, failure.PhaseHandshake, failure.PhaseOpen),
		"a message that is sent does not fit into the script's [memory for the network](#limits)"},
}

func in(phases ...failure.Phase) []failure.Phase { return phases }

// Messages lists the strings that onError's first argument can be, in the manual's order.
func Messages() []string {
	var messages []string
	for _, f := range Failures {
		if !slices.Contains(messages, f.Message) {
			messages = append(messages, f.Message)
		}
	}
	return messages
}

// A Category is a word of info.category.
type Category struct {
	Name failure.Category
	Doc  string
}

// Categories lists every category, in the order of package failure.
var Categories = []Category{
	{failure.URI, "the URL"},
	{failure.Denied, "the host's policy"},
	{failure.DNS, "the name"},
	{failure.Refused, "nobody listens"},
	{failure.Unreachable, "no way there"},
	{failure.Reset, "the connection was cut"},
	{failure.EOF, "the connection ended without the words for it"},
	{failure.TLS, "TLS, mostly the certificate"},
	{failure.Proxy, "the proxy"},
	{failure.Timeout, "too slow"},
	{failure.HTTPStatus, "the server refuses"},
	{failure.Handshake, "the server's answer is no WebSocket handshake"},
	{failure.Protocol, "the peer broke RFC 6455"},
	{failure.UTF8, "the peer sent bytes that are no UTF-8"},
	{failure.TooBig, "the peer sent too large a message"},
	{failure.Deflate, "the peer sent corrupt compressed data"},
	{failure.QueueFull, "the send queue"},
	{failure.Keepalive, "the peer has gone silent"},
	{failure.Memory, "the script's memory for the network is used up"},
	{failure.Closed, "a closing handshake, or `Close` before the connection was open"},
	{failure.Internal, "ours, or the machine's"},
}

// Phases lists the phases in the order in which a connection passes them.
var Phases = []failure.Phase{
	failure.PhaseURI, failure.PhasePolicy, failure.PhaseDNS, failure.PhaseProxy, failure.PhaseTCP, failure.PhaseTLS,
	failure.PhaseHandshake, failure.PhaseOpen, failure.PhaseClosing,
}
