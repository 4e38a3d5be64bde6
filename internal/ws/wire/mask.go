package wire

import (
	"encoding/binary"
	"math/bits"
)

// Mask writes src XOR key to dst, which has at least len(src) bytes and may be src
// itself, and returns the key turned so that the next call goes on where this one ended
// (RFC 6455 §5.3). key's lowest byte meets src's first.
func Mask(dst, src []byte, key uint32) uint32 {
	n := len(src)
	dst = dst[:n]
	wide := uint64(key)<<32 | uint64(key)
	// 64 bytes a round: the slices of constant length let the compiler drop every bounds
	// check inside.
	for len(src) >= 64 {
		s, d := src[:64:64], dst[:64:64]
		binary.LittleEndian.PutUint64(d[0:], binary.LittleEndian.Uint64(s[0:])^wide)
		binary.LittleEndian.PutUint64(d[8:], binary.LittleEndian.Uint64(s[8:])^wide)
		binary.LittleEndian.PutUint64(d[16:], binary.LittleEndian.Uint64(s[16:])^wide)
		binary.LittleEndian.PutUint64(d[24:], binary.LittleEndian.Uint64(s[24:])^wide)
		binary.LittleEndian.PutUint64(d[32:], binary.LittleEndian.Uint64(s[32:])^wide)
		binary.LittleEndian.PutUint64(d[40:], binary.LittleEndian.Uint64(s[40:])^wide)
		binary.LittleEndian.PutUint64(d[48:], binary.LittleEndian.Uint64(s[48:])^wide)
		binary.LittleEndian.PutUint64(d[56:], binary.LittleEndian.Uint64(s[56:])^wide)
		src, dst = src[64:], dst[64:]
	}
	for len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
		src, dst = src[8:], dst[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(wide>>(8*i))
	}
	return bits.RotateLeft32(key, -8*(n%4))
}
