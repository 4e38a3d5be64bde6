package deflate

import (
	"fmt"
	"strconv"

	"github.com/tidewire/tidewire/internal/ws/rule"
)

// The extension's parameters (RFC 7692 §7.1).
const (
	serverNoContextTakeover = "server_no_context_takeover"
	clientNoContextTakeover = "client_no_context_takeover"
	serverMaxWindowBits     = "server_max_window_bits"
	clientMaxWindowBits     = "client_max_window_bits"
)

// ClientMaxWindowBitsAny offers client_max_window_bits without a value: the server may
// choose one.
const ClientMaxWindowBitsAny = -1

// Config holds one side's wishes. A client's are its offer; a server answers no more
// generously than its own. The zero value asks for nothing: both sides take over their
// context and look 32 KiB back.
type Config struct {
	// ServerNoContextTakeover: the server forgets each message before it compresses the
	// next (RFC 7692 §7.1.1.1).
	ServerNoContextTakeover bool

	// ClientNoContextTakeover: the client forgets each message in the same way (RFC 7692
	// §7.1.1.2).
	ClientNoContextTakeover bool

	// ServerMaxWindowBits bounds how far back the server's messages refer: 8 to 15, the
	// base-2 logarithm of a number of bytes; 0 means no bound (RFC 7692 §7.1.2.1).
	ServerMaxWindowBits int

	// ClientMaxWindowBits bounds the client's messages in the same way: 8 to 15, or
	// ClientMaxWindowBitsAny; 0 does not let the server bound them (RFC 7692 §7.1.2.2).
	ClientMaxWindowBits int
}

// BoundsError is a field of a Config with a value that the extension does not know.
type BoundsError struct {
	Field    string // such as "ServerMaxWindowBits"
	Min, Max int    // its bounds
	Got      int
}

func (e *BoundsError) Error() string { return fmt.Sprintf("%s is %d", e.Field, e.Got) }

// Validate refuses values that the extension does not know. The error is a *BoundsError.
func (c Config) Validate() error {
	if bits := c.ServerMaxWindowBits; bits != 0 && !validBits(bits) {
		return &BoundsError{"ServerMaxWindowBits", minWindowBits, maxWindowBits, bits}
	}
	if bits := c.ClientMaxWindowBits; bits != 0 && bits != ClientMaxWindowBitsAny && !validBits(bits) {
		return &BoundsError{"ClientMaxWindowBits", minWindowBits, maxWindowBits, bits}
	}
	return nil
}

// Offer returns the value of the client's Sec-WebSocket-Extensions field. c is valid.
func (c Config) Offer() string {
	offer := name
	if c.ServerNoContextTakeover {
		offer += "; " + serverNoContextTakeover
	}
	if c.ClientNoContextTakeover {
		offer += "; " + clientNoContextTakeover
	}
	if c.ServerMaxWindowBits != 0 {
		offer += "; " + serverMaxWindowBits + "=" + strconv.Itoa(c.ServerMaxWindowBits)
	}
	switch c.ClientMaxWindowBits {
	case 0:
	case ClientMaxWindowBitsAny:
		offer += "; " + clientMaxWindowBits
	default:
		offer += "; " + clientMaxWindowBits + "=" + strconv.Itoa(c.ClientMaxWindowBits)
	}
	return offer
}

// Accept reads the server's answer to Offer: the values of all its
// Sec-WebSocket-Extensions fields. No answer means no compression. The error names the
// rule that the answer breaks; the client has to fail the connection for it (RFC 6455
// §4.1, item 5; RFC 7692 §7.1).
func (c Config) Accept(values []string) (Params, error) {
	answered, err := parseExtensions(values)
	if err != nil {
		return Params{}, err
	}
	for i, extension := range answered {
		switch {
		case extension.name != name:
			return Params{}, &rule.Violation{Rule: rule.ExtensionNotOffered, Name: extension.name}
		case i > 0:
			return Params{}, &rule.Violation{Rule: rule.ExtensionTwice, Name: name}
		}
	}
	if len(answered) == 0 {
		return Params{}, nil
	}
	answer, err := parseParameters(answered[0])
	if err != nil {
		return Params{}, err
	}
	if err := c.check(answer); err != nil {
		return Params{}, err
	}
	return c.merge(answer), nil
}

// check compares an answer, its values valid in themselves, with the offer.
func (c Config) check(answer Config) error {
	switch {
	case c.ServerNoContextTakeover && !answer.ServerNoContextTakeover: // RFC 7692 §7.1.1.1
		return &rule.Violation{Rule: rule.ParameterMissing, Name: serverNoContextTakeover}
	case c.ServerMaxWindowBits != 0 && answer.ServerMaxWindowBits == 0: // RFC 7692 §7.1.2.1
		return &rule.Violation{Rule: rule.ParameterMissing, Name: serverMaxWindowBits,
			Limit: int64(c.ServerMaxWindowBits)}
	case c.ServerMaxWindowBits != 0 && answer.ServerMaxWindowBits > c.ServerMaxWindowBits:
		return over(rule.ParameterOverAsked, serverMaxWindowBits, answer.ServerMaxWindowBits, c.ServerMaxWindowBits)
	case answer.ClientMaxWindowBits == ClientMaxWindowBitsAny: // RFC 7692 §7.1.2.2, as the cases below
		return &rule.Violation{Rule: rule.ParameterNoValue, Name: clientMaxWindowBits}
	case c.ClientMaxWindowBits == 0 && answer.ClientMaxWindowBits != 0:
		return &rule.Violation{Rule: rule.ParameterNotOffered, Name: clientMaxWindowBits}
	case c.ClientMaxWindowBits > 0 && answer.ClientMaxWindowBits > c.ClientMaxWindowBits:
		return over(rule.ParameterOverOffered, clientMaxWindowBits, answer.ClientMaxWindowBits, c.ClientMaxWindowBits)
	}
	return nil
}

// merge returns the parameters that a legal answer puts in force. The client's promises
// about itself hold even if the server left them out (RFC 7692 §7.1.1.2, §7.1.2.2).
func (c Config) merge(answer Config) Params {
	return Params{
		InUse: true,
		Client: Direction{
			Takeover:   !c.ClientNoContextTakeover && !answer.ClientNoContextTakeover,
			WindowBits: smallerBits(c.ClientMaxWindowBits, answer.ClientMaxWindowBits),
		},
		Server: Direction{
			Takeover:   !answer.ServerNoContextTakeover,
			WindowBits: smallerBits(answer.ServerMaxWindowBits, maxWindowBits),
		},
	}
}

// smallerBits returns the smaller of two bounds. Either may be missing.
func smallerBits(a, b int) int {
	smaller := maxWindowBits
	for _, bits := range []int{a, b} {
		if bits > 0 {
			smaller = min(smaller, bits)
		}
	}
	return smaller
}

// parseParameters reads the parameters of an offer or an answer (RFC 7692 §7.1): each one
// known, at most once, and with a value that it may have. A value that may be missing in
// an offer alone is ClientMaxWindowBitsAny.
func parseParameters(e extension) (Config, error) {
	var c Config
	seen := make(map[string]bool, len(e.parameters))
	for _, p := range e.parameters {
		if seen[p.name] {
			return Config{}, &rule.Violation{Rule: rule.ParameterTwice, Name: p.name}
		}
		seen[p.name] = true
		valid := true
		switch p.name {
		case serverNoContextTakeover:
			c.ServerNoContextTakeover, valid = true, !p.hasValue
		case clientNoContextTakeover:
			c.ClientNoContextTakeover, valid = true, !p.hasValue
		case serverMaxWindowBits:
			c.ServerMaxWindowBits, valid = parseBits(p.value)
		case clientMaxWindowBits:
			c.ClientMaxWindowBits = ClientMaxWindowBitsAny
			if p.hasValue {
				c.ClientMaxWindowBits, valid = parseBits(p.value)
			}
		default:
			return Config{}, &rule.Violation{Rule: rule.ParameterUnknown, Name: p.name}
		}
		if !valid {
			return Config{}, &rule.Violation{Rule: rule.ParameterValue, Name: p.name, Value: p.value}
		}
	}
	return c, nil
}

// parseBits reads a decimal integer between 8 and 15 without leading zeros (RFC 7692
// §7.1.2).
func parseBits(value string) (bits int, ok bool) {
	bits, err := strconv.Atoi(value)
	return bits, err == nil && validBits(bits) && strconv.Itoa(bits) == value
}

func validBits(bits int) bool { return minWindowBits <= bits && bits <= maxWindowBits }

func over(broken rule.Rule, name string, got, limit int) error {
	return &rule.Violation{Rule: broken, Name: name, Got: int64(got), Limit: int64(limit)}
}
