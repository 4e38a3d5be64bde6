// Package frames builds and reads the frames of the bench's own ends of a connection: the
// server, and the contestant that moves bare bytes. It does as little as these two need.
package frames

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
)

// The opcodes of data frames and of the close frame (RFC 6455 §5.2).
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
)

const (
	finBit  = 0x80
	rsv1Bit = 0x40
	maskBit = 0x80
)

// A Header is that of one frame.
type Header struct {
	Fin, Compressed, Masked bool
	Opcode                  byte
	Length                  int // of the payload
	Size                    int // of the header itself
	Key                     [4]byte
}

// AppendHeader appends the header of a whole message in one frame. A masked one has the
// key 0, which leaves the payload as it is.
func AppendHeader(to []byte, opcode byte, length int, compressed, masked bool) []byte {
	first, mask := opcode|finBit, byte(0)
	if compressed {
		first |= rsv1Bit
	}
	if masked {
		mask = maskBit
	}
	switch {
	case length < 126:
		to = append(to, first, mask|byte(length))
	case length < 1<<16:
		to = binary.BigEndian.AppendUint16(append(to, first, mask|126), uint16(length))
	default:
		to = binary.BigEndian.AppendUint64(append(to, first, mask|127), uint64(length))
	}
	if masked {
		to = append(to, 0, 0, 0, 0)
	}
	return to
}

// Append appends a whole message in one frame, as a server sends it or, masked with the
// key 0, as a client does.
func Append(to []byte, opcode byte, payload []byte, masked bool) []byte {
	return append(AppendHeader(to, opcode, len(payload), false, masked), payload...)
}

// Parse reads the header at the beginning of data. whole is false if not all of it is
// there.
func Parse(data []byte) (h Header, whole bool) {
	if len(data) < 2 {
		return h, false
	}
	h = Header{
		Fin:        data[0]&finBit != 0,
		Compressed: data[0]&rsv1Bit != 0,
		Opcode:     data[0] & 0x0f,
		Masked:     data[1]&maskBit != 0,
		Length:     int(data[1] &^ maskBit),
		Size:       2,
	}
	switch h.Length {
	case 126:
		h.Size = 4
	case 127:
		h.Size = 10
	}
	extended := h.Size
	if h.Masked {
		h.Size += len(h.Key)
	}
	if len(data) < h.Size {
		return h, false
	}
	switch extended {
	case 4:
		h.Length = int(binary.BigEndian.Uint16(data[2:]))
	case 10:
		h.Length = int(binary.BigEndian.Uint64(data[2:]))
	}
	if h.Masked {
		copy(h.Key[:], data[extended:])
	}
	return h, true
}

// Unmask takes the key off data, which begins offset bytes into the payload (RFC 6455
// §5.3).
func Unmask(data []byte, key [4]byte, offset int) {
	if key == [4]byte{} {
		return
	}
	var turned [8]byte
	for i := range turned {
		turned[i] = key[(offset+i)%len(key)]
	}
	word := binary.LittleEndian.Uint64(turned[:])
	for len(data) >= 32 {
		block := data[:32]
		binary.LittleEndian.PutUint64(block, binary.LittleEndian.Uint64(block)^word)
		binary.LittleEndian.PutUint64(block[8:], binary.LittleEndian.Uint64(block[8:])^word)
		binary.LittleEndian.PutUint64(block[16:], binary.LittleEndian.Uint64(block[16:])^word)
		binary.LittleEndian.PutUint64(block[24:], binary.LittleEndian.Uint64(block[24:])^word)
		data = data[32:]
	}
	for i := range data {
		data[i] ^= turned[i%len(turned)]
	}
}

// Accept is the answer to a Sec-WebSocket-Key (RFC 6455 §4.2.2).
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
