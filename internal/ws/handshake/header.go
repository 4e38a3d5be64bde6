package handshake

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/httphead"
)

// own maps the fields that the opening handshake writes itself, or that would change how
// its request is framed, to the field of Request that sets it ("" if there is none).
// Every other Sec-WebSocket- field is the handshake's too.
var own = map[string]string{
	"Host":                     "Host",
	"Upgrade":                  "",
	"Connection":               "",
	"Content-Length":           "",
	"Transfer-Encoding":        "",
	"Trailer":                  "",
	"Te":                       "",
	"Expect":                   "",
	"Keep-Alive":               "",
	"Proxy-Connection":         "",
	"Sec-Websocket-Protocol":   "Protocols",
	"Sec-Websocket-Extensions": "Extensions",
}

// OwnFieldError is a header field that the opening handshake sets itself.
type OwnFieldError struct {
	Name   string
	SetsIt string // the field of Request that sets it; "" if none does
}

func (e *OwnFieldError) Error() string { return e.Name + ": the opening handshake sets it" }

// CheckHeader reports why Request.Header may not have this field: the name is not a token,
// the value holds control bytes (RFC 9110 §5.5, §5.6.2), or the handshake sets the field
// itself (RFC 6455 §4.1), which is an *OwnFieldError. The text never contains the value,
// which may be a secret.
func CheckHeader(name, value string) error {
	if err := httphead.CheckName(name); err != nil {
		return err
	}
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	setsIt, isOwn := own[canonical]
	if isOwn || strings.HasPrefix(canonical, "Sec-Websocket-") {
		return &OwnFieldError{name, setsIt}
	}
	return httphead.CheckValue(name, value)
}

// CheckProtocols reports why this list of subprotocols may not be offered: each is a
// token and none comes twice (RFC 6455 §4.1, item 10).
func CheckProtocols(protocols []string) error {
	seen := make(map[string]bool, len(protocols))
	for _, protocol := range protocols {
		switch {
		case protocol == "":
			return errors.New("an empty subprotocol")
		case !httphead.IsToken(protocol):
			return fmt.Errorf("%q: a subprotocol is letters, digits and !#$%%&'*+-.^_`|~", protocol)
		case seen[protocol]:
			return fmt.Errorf("%q twice", protocol)
		}
		seen[protocol] = true
	}
	return nil
}
