// Package wire turns RFC 6455 bytes into values and back: frame headers, masking, close
// payloads, UTF-8. It keeps no connection's state beyond that of a half-read value, and
// allocates nothing.
package wire

import (
	"encoding/binary"

	"github.com/tidewire/tidewire/internal/ws/rule"
)

// Opcode says how a frame's payload is to be read (RFC 6455 §5.2, §11.8).
type Opcode byte

// The opcodes that RFC 6455 defines; the others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether op is a control opcode, a reserved one included (RFC 6455
// §5.5).
func (op Opcode) IsControl() bool { return op&0x8 != 0 }

// IsKnown reports whether RFC 6455 defines op.
func (op Opcode) IsKnown() bool {
	return op <= Binary || (op >= Close && op <= Pong)
}

func (op Opcode) String() string {
	switch op {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "reserved 0x" + string("0123456789abcdef"[op&0xf])
}

const (
	// MaxHeader is the longest frame header: 2 bytes, 8 of extended length, 4 of masking
	// key (RFC 6455 §5.2).
	MaxHeader = 14

	// MaxControlPayload bounds a control frame's payload (RFC 6455 §5.5).
	MaxControlPayload = 125
)

// Header is a frame without its payload (RFC 6455 §5.2).
type Header struct {
	Fin    bool
	RSV    byte // rsv1 is 4, rsv2 is 2, rsv3 is 1
	Opcode Opcode
	Masked bool
	Key    uint32 // masking key, first byte lowest; 0 unless Masked
	Length int64  // of the payload, in bytes
}

// ErrNonMinimalLength and ErrLengthTooBig are ParseHeader's refusals; all other rules
// need to know the role and the message in progress, and are proto's.
var (
	ErrNonMinimalLength error = rule.NonMinimalLength
	ErrLengthTooBig     error = rule.LengthHighestBit
)

// ParseHeader reads the header at the start of b and returns it with its length in bytes;
// n is 0 while b is too short.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	h = Header{
		Fin:    b[0]&0x80 != 0,
		RSV:    b[0] >> 4 & 0x7,
		Opcode: Opcode(b[0] & 0xf),
		Masked: b[1]&0x80 != 0,
		Length: int64(b[1] & 0x7f),
	}
	n = 2
	switch h.Length {
	case 126:
		if len(b) < 4 {
			return Header{}, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < 126 {
			return Header{}, 0, ErrNonMinimalLength
		}
		n = 4
	case 127:
		if len(b) < 10 {
			return Header{}, 0, nil
		}
		length := binary.BigEndian.Uint64(b[2:])
		if length>>63 != 0 {
			return Header{}, 0, ErrLengthTooBig
		}
		if length <= 0xffff {
			return Header{}, 0, ErrNonMinimalLength
		}
		h.Length = int64(length)
		n = 10
	}
	if h.Masked {
		if len(b) < n+4 {
			return Header{}, 0, nil
		}
		h.Key = binary.LittleEndian.Uint32(b[n:])
		n += 4
	}
	return h, n, nil
}

// AppendHeader appends h in its shortest encoding.
func AppendHeader(dst []byte, h Header) []byte {
	first := h.RSV<<4 | byte(h.Opcode)
	if h.Fin {
		first |= 0x80
	}
	var second byte
	if h.Masked {
		second = 0x80
	}
	switch {
	case h.Length < 126:
		dst = append(dst, first, second|byte(h.Length))
	case h.Length <= 0xffff:
		dst = append(dst, first, second|126, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, first, second|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = binary.LittleEndian.AppendUint32(dst, h.Key)
	}
	return dst
}
