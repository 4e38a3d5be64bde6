package permission

import "time"

// Limits bounds what a script may ask for in the options of its connections and requests.
// A value beyond a limit raises a Lua error at the argument, and nothing is dialled. A
// default beyond a limit is lowered to it, and no text says so. The zero value limits
// nothing.
//
// Limits are about options alone. engine.Options.MaxConnections bounds how many
// connections a script holds at once, engine.Options.Memory and lua.Options.MaxMemory the
// memory, and engine.Options.Policy says where they may go. At most 64 requests of
// tide.http run at once.
type Limits struct {
	// MaxMessage bounds the option maxMessage, in bytes. 0 means no limit.
	MaxMessage int64

	// SendQueue bounds the option sendQueue, and the option queue of tide.ws.keep, in bytes.
	// An empty send queue takes one message of any size. 0 means no limit.
	SendQueue int64

	// ReceiveQueue bounds the option receiveQueue, in bytes. 0 means no limit.
	ReceiveQueue int64

	// MaxBody bounds the option maxBody of tide.http, in bytes. 0 means no limit.
	MaxBody int64

	// Timeout bounds the option timeout: of a request, and of each phase of a connection. 0
	// means no limit.
	Timeout time.Duration

	// ForbidProxy refuses the option proxy, whatever its value: the script may neither name
	// a proxy, which could lead around engine.Options.Policy, nor pass by the one that
	// engine.Options.Proxy chooses, with proxy = false. false means that the script may.
	ForbidProxy bool

	// ForbidInsecure refuses tls.insecure = true. false means that the script may accept any
	// certificate.
	ForbidInsecure bool

	// Words words the refusals, whose Permission is Option, in the form Bare: their text
	// comes after the expected and the given value. nil means Plain.
	Words Words
}
