package inflate

import "hash/crc32"

// The flags of gzip's header (RFC 1952 §2.3.1).
const (
	flagChecksum = 1 << 1
	flagExtra    = 1 << 2
	flagName     = 1 << 3
	flagComment  = 1 << 4
	flagReserved = 0xe0
)

// gzipHeader is how far a header was read.
type gzipHeader struct {
	read    int // bytes of the fixed part
	flags   byte
	length  int // of the extra field, read so far
	extra   int // bytes that are left of it
	sum     uint32
	checked bool // of the trailer: the checksum was read
}

// fixedHeader is the length of the part that is always there.
const fixedHeader = 10

// gzipHeader reads gzip's header, byte by byte.
func (s *Stream) gzipHeader() (result, error) {
	g := &s.gzip
	for {
		switch {
		case g.read < fixedHeader:
		case g.flags&flagExtra != 0 && g.length == 2 && g.extra == 0:
			g.flags &^= flagExtra
			continue
		case g.flags&(flagExtra|flagName|flagComment) != 0:
		case g.flags&flagChecksum != 0:
			if !s.fill(16) {
				return waits, nil
			}
			if uint16(s.bits) != uint16(g.sum) {
				return s.fail("the checksum of the header is wrong")
			}
			s.bitsOf(16)
			s.startMember(newCRC())
			return goesOn, nil
		default:
			s.startMember(newCRC())
			return goesOn, nil
		}
		if !s.fill(8) {
			return waits, nil
		}
		c := byte(s.bits)
		switch {
		case g.read == 2 && c != 8:
			return s.fail("gzip with an unknown way to compress")
		case g.read == 3 && c&flagReserved != 0:
			return s.fail("gzip with unknown flags")
		}
		s.bitsOf(8)
		g.sum = ^(crc32.IEEETable[byte(^g.sum)^c] ^ ^g.sum>>8)
		g.take(c)
	}
}

// take takes the next byte.
func (g *gzipHeader) take(c byte) {
	switch {
	case g.read < fixedHeader:
		if g.read == 3 {
			g.flags = c
		}
		g.read++
	case g.flags&flagExtra != 0 && g.length < 2:
		g.extra |= int(c) << (8 * g.length)
		g.length++
	case g.flags&flagExtra != 0:
		g.extra--
	case g.flags&flagName != 0:
		if c == 0 {
			g.flags &^= flagName
		}
	case c == 0:
		g.flags &^= flagComment
	}
}
