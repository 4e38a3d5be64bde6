package inflate

import "math/bits"

const (
	maxBits = 15 // of a code

	literals  = 286 // codes for literals and lengths
	distances = 30
	metaCodes = 19

	// The bits that the first look-up of a code takes, and the size of each table with
	// room for the second look-ups.
	literalBits  = 10
	distanceBits = 8
	literalSize  = 1 << 11
	distanceSize = 1 << 10
	metaBits     = 7

	endOfBlock = 256
)

// An entry of a table says what a code means. Its lowest 5 bits are the code's length;
// bits 8 to 12 are a count: of extra bits behind the code, or of the bits of a second
// look-up; the bits from 16 on are a value: a literal, the base of a length or distance,
// or the place of the second table.
type entry uint32

const (
	isLiteral entry = 1 << 31
	isSpecial entry = 1 << 15 // one of the following, or no code at all
	isSecond  entry = 1 << 14
	isEnd     entry = 1 << 13
)

func (e entry) length() uint { return uint(e & 31) }
func (e entry) count() uint  { return uint(e >> 8 & 31) }
func (e entry) value() int   { return int(e >> 16 & 0x7fff) }

// codes are those of a block.
type codes struct {
	literal  [literalSize]entry
	distance [distanceSize]entry
	fixed    bool // they are those of fixed blocks

	meta        [1 << metaBits]entry
	lengths     [literals + 2 + distances + 2]uint8
	have        int // lengths that were read
	nlit, ndist int
	nmeta       int
	metaLengths [metaCodes]uint8
	work        [literals + 2]uint16
}

var metaOrder = [metaCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// literalEntries and distanceEntries have the meanings of the codes' symbols, without
// their lengths (RFC 1951 §3.2.5).
var literalEntries, distanceEntries, metaEntries = func() (lit [288]entry, dist [32]entry, meta [metaCodes]entry) {
	for i := range 256 {
		lit[i] = isLiteral | entry(i)<<16
	}
	lit[endOfBlock] = isSpecial | isEnd
	base := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-261)/4)
		lit[i] = entry(base)<<16 | entry(extra)<<8
		base += 1 << extra
	}
	lit[285] = maxMatch << 16
	lit[286], lit[287] = isSpecial, isSpecial
	base = 1
	for i := range distances {
		extra := max(0, i/2-1)
		dist[i] = entry(base)<<16 | entry(extra)<<8
		base += 1 << extra
	}
	dist[30], dist[31] = isSpecial, isSpecial
	for i := range metaCodes {
		meta[i] = entry(i) << 16
	}
	return lit, dist, meta
}()

// fix makes the codes those of fixed blocks, and reports whether they were others.
func (c *codes) fix() bool {
	if c.fixed {
		return false
	}
	for i := range 288 {
		switch {
		case i < 144:
			c.lengths[i] = 8
		case i < 256:
			c.lengths[i] = 9
		case i < 280:
			c.lengths[i] = 7
		default:
			c.lengths[i] = 8
		}
	}
	c.build(c.literal[:], literalBits, c.lengths[:288], literalEntries[:], false)
	for i := range 32 {
		c.lengths[i] = 5
	}
	c.build(c.distance[:], distanceBits, c.lengths[:32], distanceEntries[:], false)
	c.fixed = true
	return true
}

// build makes a table of codes by their lengths (RFC 1951 §3.2.2), and reports whether
// that can be. A set of codes is complete; but there may be a single one, or with none
// no one at all, as a block without matches has them.
func (c *codes) build(table []entry, rootBits uint, lengths []uint8, meanings []entry, none bool) bool {
	var count [maxBits + 2]int
	for _, l := range lengths {
		count[l]++
	}
	used := len(lengths) - count[0]
	count[0] = 0
	left := 1
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false
		}
	}
	if left > 0 && !(used == 1 && count[1] == 1) && !(used == 0 && none) {
		return false
	}
	// symbols in the order of their codes
	var first [maxBits + 2]int
	for l := 1; l <= maxBits; l++ {
		first[l+1] = first[l] + count[l]
	}
	place := first
	for symbol, l := range lengths {
		if l > 0 {
			c.work[place[l]] = uint16(symbol)
			place[l]++
		}
	}
	root := 1 << rootBits
	if left > 0 { // the bits that are no code
		for i := range table[:root] {
			table[i] = isSpecial
		}
	}
	code, next := uint32(0), root // code: reversed, as it comes
	second, secondBits, prefix := 0, uint(0), ^uint32(0)
	longest := uint(maxBits)
	for longest > 1 && count[longest] == 0 {
		longest--
	}
	done := 0
	for l := uint(1); l <= longest; l++ {
		for range count[l] {
			e := meanings[c.work[done]] | entry(l)
			done++
			if l <= rootBits {
				for at := code; at < uint32(root); at += 1 << l {
					table[at] = e
				}
			} else {
				if low := code & (1<<rootBits - 1); low != prefix {
					prefix, second = low, next
					secondBits = l - rootBits
					// as many bits as the codes with this beginning need
					room := 1 << secondBits
					for k := l; k < longest; {
						room -= remaining(count, first, done-1, k, l)
						if room <= 0 {
							break
						}
						k++
						secondBits++
						room <<= 1
					}
					next += 1 << secondBits
					if next > len(table) {
						return false
					}
					table[low] = isSpecial | isSecond | entry(second)<<16 | entry(secondBits)<<8
				}
				for at := code >> rootBits; at < 1<<secondBits; at += 1 << (l - rootBits) {
					table[second+int(at)] = e
				}
			}
			code = increment(code, l)
		}
	}
	return true
}

// remaining is how many codes of a length k there are from the symbol at done on.
func remaining(count, first [maxBits + 2]int, done int, k, l uint) int {
	if k == l {
		return first[k] + count[k] - done
	}
	return count[k]
}

// increment adds one to a code of a length, whose bits are reversed.
func increment(code uint32, length uint) uint32 {
	plain := bits.Reverse32(code) >> (32 - length)
	return bits.Reverse32((plain + 1) << (32 - length))
}

// codeCounts reads how many codes a dynamic block has (RFC 1951 §3.2.7).
func (s *Stream) codeCounts() (result, error) {
	if !s.fill(14) {
		return waits, nil
	}
	c := &s.codes
	c.nlit, c.ndist, c.nmeta = int(s.bits&31)+257, int(s.bits>>5&31)+1, int(s.bits>>10&15)+4
	if c.nlit > literals || c.ndist > distances {
		return s.fail("too many codes")
	}
	s.bitsOf(14)
	c.have = 0
	clear(c.metaLengths[:])
	s.state = stateMeta
	return goesOn, nil
}

func (s *Stream) metaLengths() (result, error) {
	c := &s.codes
	for c.have < c.nmeta {
		if !s.fill(3) {
			return waits, nil
		}
		c.metaLengths[metaOrder[c.have]] = uint8(s.bitsOf(3))
		c.have++
	}
	if !c.build(c.meta[:], metaBits, c.metaLengths[:], metaEntries[:], false) {
		return s.fail("wrong lengths of the codes for lengths")
	}
	c.have = 0
	s.state = stateLengths
	return goesOn, nil
}

// codeLengths reads the lengths of the codes.
func (s *Stream) codeLengths() (result, error) {
	c := &s.codes
	total := c.nlit + c.ndist
	for c.have < total {
		s.fill(metaBits + 7) // or fewer, at the end
		e := c.meta[s.bits&(1<<metaBits-1)]
		switch {
		case e&isSpecial != 0 && s.count >= metaBits:
			return s.fail("a code that does not exist")
		case e&isSpecial != 0 || e.length() > s.count:
			return waits, nil
		}
		symbol, length := e.value(), e.length()
		if symbol < 16 {
			s.bitsOf(length)
			c.lengths[c.have] = uint8(symbol)
			c.have++
			continue
		}
		extra, base, repeated := uint(2), 3, uint8(0)
		switch symbol {
		case 16:
			if c.have == 0 {
				return s.fail("a length is repeated before there is one")
			}
			repeated = c.lengths[c.have-1]
		case 17:
			extra = 3
		case 18:
			extra, base = 7, 11
		}
		if s.count < length+extra {
			return waits, nil
		}
		times := base + int(s.bits>>length&(1<<extra-1))
		if c.have+times > total {
			return s.fail("too many lengths of codes")
		}
		s.bitsOf(length + extra)
		for range times {
			c.lengths[c.have] = repeated
			c.have++
		}
	}
	if c.lengths[endOfBlock] == 0 {
		return s.fail("a block without a code for its end")
	}
	c.fixed = false
	if !c.build(c.literal[:], literalBits, c.lengths[:c.nlit], literalEntries[:], false) {
		return s.fail("wrong lengths of the codes for literals")
	}
	if !c.build(c.distance[:], distanceBits, c.lengths[c.nlit:total], distanceEntries[:], true) {
		return s.fail("wrong lengths of the codes for distances")
	}
	s.madeTables()
	s.state = stateCodes
	return goesOn, nil
}
