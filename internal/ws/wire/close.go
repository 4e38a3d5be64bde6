package wire

import (
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/ws/rule"
)

// Close codes that this project names (RFC 6455 §7.4.1).
const (
	CloseNormal        = 1000
	CloseGoingAway     = 1001
	CloseProtocolError = 1002
	CloseNoCode        = 1005 // never on the wire: the close frame carried no code
	CloseAbnormal      = 1006 // never on the wire: there was no close frame
	CloseInvalidData   = 1007
	CloseTooBig        = 1009
	CloseInternalError = 1011
)

// MaxReason is the longest close reason in bytes: the room that a control frame leaves
// after the code.
const MaxReason = MaxControlPayload - 2

// ParseClose reads a close frame's payload. code is CloseNoCode if there is none. The
// codes that may be on the wire are 1000 to 1003, 1007 to 1014 and 3000 to 4999 (RFC 6455
// §7.4, with the codes registered since). The error names the rule that the payload
// breaks.
func ParseClose(payload []byte) (code int, reason string, err error) {
	switch len(payload) {
	case 0:
		return CloseNoCode, "", nil
	case 1:
		return 0, "", rule.CloseCodeOneByte
	}
	code = int(payload[0])<<8 | int(payload[1])
	switch {
	case code < 1000, code > 4999, code == 1005, code == 1006, code == 1015:
		return 0, "", &rule.Violation{Rule: rule.CloseCodeForbidden, Got: int64(code)}
	case code == 1004, code > 1014 && code < 3000:
		return 0, "", &rule.Violation{Rule: rule.CloseCodeReserved, Got: int64(code)}
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", rule.CloseReasonUTF8
	}
	return code, string(payload[2:]), nil
}

// AppendClose appends a close frame's payload; CloseNoCode appends nothing. The caller
// has checked the reason.
func AppendClose(dst []byte, code int, reason string) []byte {
	if code == CloseNoCode {
		return dst
	}
	dst = append(dst, byte(code>>8), byte(code))
	return append(dst, reason...)
}

// ValidReason reports whether reason fits a close frame: at most 123 bytes of UTF-8.
func ValidReason(reason string) bool {
	return len(reason) <= MaxReason && utf8.ValidString(reason)
}
