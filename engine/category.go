package engine

import "github.com/tidewire/tidewire/internal/ws/failure"

// Phase says how far a connection had come when it ended.
type Phase = failure.Phase

// Category is a stable word for the kind of an end. Categories are added to, never renamed.
type Category = failure.Category

// The phases in the order in which a connection passes them.
const (
	PhaseURI       = failure.PhaseURI
	PhasePolicy    = failure.PhasePolicy
	PhaseDNS       = failure.PhaseDNS
	PhaseProxy     = failure.PhaseProxy
	PhaseTCP       = failure.PhaseTCP
	PhaseTLS       = failure.PhaseTLS
	PhaseHandshake = failure.PhaseHandshake
	PhaseOpen      = failure.PhaseOpen
	PhaseClosing   = failure.PhaseClosing
)

// The categories.
const (
	CategoryURI         = failure.URI
	CategoryDenied      = failure.Denied
	CategoryDNS         = failure.DNS
	CategoryRefused     = failure.Refused
	CategoryUnreachable = failure.Unreachable
	CategoryReset       = failure.Reset
	CategoryEOF         = failure.EOF
	CategoryTLS         = failure.TLS
	CategoryProxy       = failure.Proxy
	CategoryTimeout     = failure.Timeout
	CategoryHTTPStatus  = failure.HTTPStatus
	CategoryHandshake   = failure.Handshake
	CategoryProtocol    = failure.Protocol
	CategoryUTF8        = failure.UTF8
	CategoryTooBig      = failure.TooBig
	CategoryDeflate     = failure.Deflate
	CategoryQueueFull   = failure.QueueFull
	CategoryKeepalive   = failure.Keepalive
	CategoryClosed      = failure.Closed
	CategoryInternal    = failure.Internal
)
