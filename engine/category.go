package engine

import "github.com/tidewire/tidewire/internal/ws/failure"

// Phase says how far a connection had come when it ended.
type Phase string

// Category is a stable word for the kind of an end. Categories are added to, never
// renamed.
type Category string

// The phases in the order in which a connection passes them.
const (
	PhaseURI       = Phase(failure.PhaseURI)
	PhasePolicy    = Phase(failure.PhasePolicy)
	PhaseDNS       = Phase(failure.PhaseDNS)
	PhaseProxy     = Phase(failure.PhaseProxy)
	PhaseTCP       = Phase(failure.PhaseTCP)
	PhaseTLS       = Phase(failure.PhaseTLS)
	PhaseHandshake = Phase(failure.PhaseHandshake)
	PhaseOpen      = Phase(failure.PhaseOpen)
	PhaseClosing   = Phase(failure.PhaseClosing)
)

// The categories.
const (
	CategoryURI         = Category(failure.URI)
	CategoryDenied      = Category(failure.Denied)
	CategoryDNS         = Category(failure.DNS)
	CategoryRefused     = Category(failure.Refused)
	CategoryUnreachable = Category(failure.Unreachable)
	CategoryReset       = Category(failure.Reset)
	CategoryEOF         = Category(failure.EOF)
	CategoryTLS         = Category(failure.TLS)
	CategoryProxy       = Category(failure.Proxy)
	CategoryTimeout     = Category(failure.Timeout)
	CategoryHTTPStatus  = Category(failure.HTTPStatus)
	CategoryHandshake   = Category(failure.Handshake)
	CategoryProtocol    = Category(failure.Protocol)
	CategoryUTF8        = Category(failure.UTF8)
	CategoryTooBig      = Category(failure.TooBig)
	CategoryDeflate     = Category(failure.Deflate)
	CategoryQueueFull   = Category(failure.QueueFull)
	CategoryKeepalive   = Category(failure.Keepalive)
	CategoryMemory      = Category(failure.Memory)
	CategoryClosed      = Category(failure.Closed)
	CategoryInternal    = Category(failure.Internal)
)
