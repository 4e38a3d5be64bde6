package wstest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// The opcodes of RFC 6455 §5.2.
const (
	OpContinuation byte = 0x0
	OpText         byte = 0x1
	OpBinary       byte = 0x2
	OpClose        byte = 0x8
	OpPing         byte = 0x9
	OpPong         byte = 0xA
)

// maxPayload is the longest payload that ReadFrame believes in.
const maxPayload = 256 << 20

// Frame is one frame (RFC 6455 §5.2). It may break every rule that its fields can break.
type Frame struct {
	More    bool // FIN is clear: the message goes on
	RSV     byte // RSV1 is 4, RSV2 is 2, RSV3 is 1
	Opcode  byte
	Masked  bool
	Key     [4]byte // of a masked frame
	Width   int     // bytes of the extended length: 2 or 8, or 0 for as few as possible
	Payload []byte  // unmasked
}

// Text is a whole text message. It need not be valid UTF-8.
func Text(text string) Frame { return Frame{Opcode: OpText, Payload: []byte(text)} }

// Binary is a whole binary message.
func Binary(data string) Frame { return Frame{Opcode: OpBinary, Payload: []byte(data)} }

// Continuation is the last fragment of a message.
func Continuation(data string) Frame { return Frame{Opcode: OpContinuation, Payload: []byte(data)} }

// Ping is a ping frame.
func Ping(data string) Frame { return Frame{Opcode: OpPing, Payload: []byte(data)} }

// Pong is a pong frame.
func Pong(data string) Frame { return Frame{Opcode: OpPong, Payload: []byte(data)} }

// Close is a close frame. Code 0 leaves the payload empty, whatever the reason.
func Close(code int, reason string) Frame {
	if code == 0 {
		return Frame{Opcode: OpClose}
	}
	return Frame{Opcode: OpClose, Payload: append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)}
}

// Unfinished is f with FIN clear.
func (f Frame) Unfinished() Frame {
	f.More = true
	return f
}

// Append appends f as it looks on the wire.
func (f Frame) Append(dst []byte) []byte {
	first, second := f.RSV<<4|f.Opcode, byte(0)
	if !f.More {
		first |= 0x80
	}
	if f.Masked {
		second = 0x80
	}
	width := f.Width
	if width == 0 && len(f.Payload) > 125 {
		width = 2
		if len(f.Payload) > 0xFFFF {
			width = 8
		}
	}
	switch width {
	case 0:
		dst = append(dst, first, second|byte(len(f.Payload)))
	case 2:
		dst = binary.BigEndian.AppendUint16(append(dst, first, second|126), uint16(len(f.Payload)))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, second|127), uint64(len(f.Payload)))
	}
	if !f.Masked {
		return append(dst, f.Payload...)
	}
	dst = append(dst, f.Key[:]...)
	for i, b := range f.Payload {
		dst = append(dst, b^f.Key[i%4])
	}
	return dst
}

// String is the frame as a test's message shows it, such as `text "x"`, `ping ""`, `close
// 1000 "bye"`.
func (f Frame) String() string {
	name, known := map[byte]string{
		OpContinuation: "continuation", OpText: "text", OpBinary: "binary", OpClose: "close", OpPing: "ping",
		OpPong: "pong",
	}[f.Opcode]
	if !known {
		name = fmt.Sprintf("opcode %#x", f.Opcode)
	}
	var s strings.Builder
	s.WriteString(name)
	if f.RSV != 0 {
		fmt.Fprintf(&s, " rsv=%03b", f.RSV)
	}
	if f.More {
		s.WriteString(" unfinished")
	}
	if f.Opcode == OpClose && len(f.Payload) >= 2 {
		fmt.Fprintf(&s, " %d %s", binary.BigEndian.Uint16(f.Payload), Quote(f.Payload[2:]))
	} else {
		s.WriteString(" " + Quote(f.Payload))
	}
	return s.String()
}

// Quote quotes data, a long one cut short and followed by its length.
func Quote(data []byte) string {
	const enough = 80
	if len(data) <= enough {
		return fmt.Sprintf("%q", data)
	}
	return fmt.Sprintf("%q… (%d bytes)", data[:enough], len(data))
}

// same reports whether two frames mean the same; masking and the width of the length do
// not count.
func (f Frame) same(other Frame) bool {
	return f.More == other.More && f.RSV == other.RSV && f.Opcode == other.Opcode &&
		bytes.Equal(f.Payload, other.Payload)
}

// ReadFrame reads one frame, whatever rules it breaks. The error is io.EOF only if r ended before its first byte.
func ReadFrame(r io.Reader) (Frame, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return Frame{}, err
	}
	f := Frame{More: head[0]&0x80 == 0, RSV: head[0] >> 4 & 7, Opcode: head[0] & 0xF, Masked: head[1]&0x80 != 0}
	length := uint64(head[1] & 0x7F)
	switch length {
	case 126:
		f.Width = 2
	case 127:
		f.Width = 8
	}
	if f.Width > 0 {
		if _, err := io.ReadFull(r, head[8-f.Width:]); err != nil {
			return Frame{}, inside(err)
		}
		clear(head[:8-f.Width])
		length = binary.BigEndian.Uint64(head[:])
	}
	if f.Masked {
		if _, err := io.ReadFull(r, f.Key[:]); err != nil {
			return Frame{}, inside(err)
		}
	}
	if length > maxPayload {
		return Frame{}, fmt.Errorf("frame: a payload of %d bytes", length)
	}
	f.Payload = make([]byte, length)
	if _, err := io.ReadFull(r, f.Payload); err != nil {
		return Frame{}, inside(err)
	}
	if f.Masked {
		for i := range f.Payload {
			f.Payload[i] ^= f.Key[i%4]
		}
	}
	return f, nil
}

// inside turns the end of the stream into an unexpected one.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// breach names the rule of RFC 6455 §5.1, §5.2 or §5.5 that a frame from the given side
// breaks, or is empty.
func (f Frame) breach(fromClient bool) string {
	minimal := f
	minimal.Width = 0
	switch {
	case f.Masked != fromClient && fromClient:
		return "a client's frame is not masked"
	case f.Masked != fromClient:
		return "a server's frame is masked"
	case len(f.Append(nil)) != len(minimal.Append(nil)):
		return "the length is not minimally encoded"
	case f.Opcode >= OpClose && f.More:
		return "a control frame is fragmented"
	case f.Opcode >= OpClose && len(f.Payload) > 125:
		return "a control frame is too long"
	case f.Opcode == OpClose && len(f.Payload) == 1:
		return "a close frame has half a code"
	}
	return ""
}
