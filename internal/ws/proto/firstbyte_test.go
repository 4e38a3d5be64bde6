package proto_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// Each of the 256 first bytes that a frame can have, in either role, with and without
// compression, between messages and within one: RFC 6455 §5.2, §5.4, §5.5 and RFC 7692 §6
// say which of them may come.
func TestFirstByte(t *testing.T) {
	for first := range 256 {
		for _, role := range []proto.Role{proto.Client, proto.Server} {
			for _, compressed := range []bool{false, true} {
				for _, within := range []bool{false, true} {
					opts := proto.ReaderOptions{Role: role}
					if compressed {
						opts.Inflater = toy{}
					}
					reader := proto.NewReader(opts)
					if within {
						reader.Feed(emptyFrame(0x01, role), new(proto.Batch))
					}
					err := reader.Feed(emptyFrame(byte(first), role), new(proto.Batch))
					if want := firstByteRule(byte(first), compressed, within); !errors.Is(err, want) && err != want {
						t.Errorf("%#02x, role %d, compressed %v, within a message %v: %v, want %v", first, role, compressed,
							within, err, want)
					}
				}
			}
		}
	}
}

// emptyFrame is a frame without payload. One that is whole and compressed has what toy
// needs.
func emptyFrame(first byte, role proto.Role) []byte {
	payload := ""
	if first&0xc0 == 0xc0 && first&0x0f < 8 {
		payload = "z:"
	}
	h := wire.Header{Fin: first&0x80 != 0, RSV: first >> 4 & 7, Opcode: wire.Opcode(first & 15),
		Masked: role == proto.Server, Length: int64(len(payload))}
	return append(wire.AppendHeader(nil, h), payload...)
}

// firstByteRule is the rule that a frame's first byte breaks, or nil.
func firstByteRule(first byte, compressed, within bool) error {
	fin, rsv, opcode := first&0x80 != 0, first>>4&7, first&15
	switch {
	case rsv != 0 && (rsv != 4 || !compressed || opcode != 1 && opcode != 2):
		return rule.ReservedBits
	case opcode >= 3 && opcode <= 7 || opcode >= 11:
		return rule.Opcode
	case opcode >= 8 && !fin:
		return rule.ControlFragmented
	case opcode >= 8:
		return nil
	case opcode == 0 && !within:
		return rule.NothingToContinue
	case opcode != 0 && within:
		return rule.UnfinishedMessage
	}
	return nil
}
