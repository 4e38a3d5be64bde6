package inflate

import (
	"math/bits"
)

// state is the part of a stream that comes next.
type state uint8

const (
	stateHeader  state = iota
	stateGzip          // gzip's header
	stateBlock         // a block's header
	stateLength        // a stored block's length
	stateStored        // its bytes
	stateCounts        // how many codes a dynamic block has
	stateMeta          // the lengths of the codes for lengths
	stateLengths       // the lengths of the codes
	stateCodes         // a block's symbols
	stateTrailer       // behind the last block
	stateMember        // behind a member of gzip's
	stateEnd
)

// result is the result of a part.
type result uint8

const (
	goesOn result = iota
	waits         // for input
	rests         // the window is full
)

// run reads a part.
func (s *Stream) run() (result, error) {
	switch s.state {
	case stateHeader:
		return s.header()
	case stateGzip:
		return s.gzipHeader()
	case stateBlock:
		return s.block()
	case stateLength:
		return s.storedLength()
	case stateStored:
		return s.copyStored()
	case stateCounts:
		return s.codeCounts()
	case stateMeta:
		return s.metaLengths()
	case stateLengths:
		return s.codeLengths()
	case stateCodes:
		return s.symbols()
	case stateTrailer:
		return s.trailer()
	case stateMember:
		return s.nextMember()
	}
	if s.fill(8) {
		return s.fail("more bytes follow the end of the stream")
	}
	return waits, nil
}

// fail returns the error for the next byte.
func (s *Stream) fail(story string) (result, error) {
	return waits, &Error{s.place(), story}
}

// fill tries to have so many bits, at most 57, and reports whether it could.
func (s *Stream) fill(count uint) bool {
	for s.count < count {
		if s.next == len(s.src) {
			return false
		}
		s.bits |= uint64(s.src[s.next]) << s.count
		s.next++
		s.count += 8
	}
	return true
}

// bitsOf takes bits that fill has got.
func (s *Stream) bitsOf(count uint) int {
	value := s.bits & (1<<count - 1)
	s.bits >>= count
	s.count -= count
	return int(value)
}

// align drops the rest of a byte.
func (s *Stream) align() { s.bitsOf(s.count % 8) }

// header reads zlib's header, or finds out that there is gzip's.
func (s *Stream) header() (result, error) {
	if !s.fill(16) {
		return waits, nil
	}
	first, second := byte(s.bits), byte(s.bits>>8)
	isGzip := first == 0x1f && second == 0x8b
	isZlib := first&15 == 8 && first>>4 <= 7 && (uint(first)<<8|uint(second))%31 == 0
	switch {
	case isGzip && s.format != Zlib:
		s.format, s.state, s.gzip = Gzip, stateGzip, gzipHeader{}
		return goesOn, nil
	case s.format == Gzip:
		return s.fail("no header of gzip")
	case !isZlib && s.format == Auto:
		return s.fail("neither a header of zlib nor one of gzip")
	case !isZlib:
		return s.fail("no header of zlib")
	case second&0x20 != 0:
		return s.fail("the stream needs a dictionary")
	}
	s.format = Zlib
	s.bitsOf(16)
	s.startMember(newAdler())
	return goesOn, nil
}

// block reads a block's header.
func (s *Stream) block() (result, error) {
	if !s.fill(3) {
		return waits, nil
	}
	if kind := s.bits >> 1 & 3; kind == 3 {
		return s.fail("a block of unknown kind")
	}
	s.final = s.bitsOf(1) == 1
	switch s.bitsOf(2) {
	case 0:
		s.align()
		s.state = stateLength
	case 1:
		if s.codes.fix() {
			s.madeTables()
		}
		s.state = stateCodes
	case 2:
		s.state = stateCounts
	}
	return goesOn, nil
}

func (s *Stream) madeTables() {
	s.tables++
	s.work += tableWork
}

// endBlock goes on behind a block.
func (s *Stream) endBlock() {
	s.state = stateBlock
	if s.final {
		s.align()
		s.addUp()
		s.state = stateTrailer
	}
}

func (s *Stream) storedLength() (result, error) {
	if !s.fill(32) {
		return waits, nil
	}
	if uint16(s.bits) != ^uint16(s.bits>>16) {
		return s.fail("the length of a stored block is wrong")
	}
	s.stored = s.bitsOf(16)
	s.bitsOf(16)
	s.state = stateStored
	return goesOn, nil
}

// copyStored copies bytes of a stored block.
func (s *Stream) copyStored() (result, error) {
	for s.stored > 0 && s.count > 0 { // whole bytes
		if s.end == windowSize {
			return rests, nil
		}
		s.window[s.end] = byte(s.bitsOf(8))
		s.end++
		s.stored--
	}
	if s.stored > 0 {
		s.bits = 0
	}
	n := copy(s.window[s.end:], s.src[s.next:min(len(s.src), s.next+s.stored)])
	s.end += n
	s.next += n
	s.stored -= n
	switch {
	case s.stored == 0:
		s.endBlock()
		return goesOn, nil
	case s.end == windowSize:
		return rests, nil
	}
	return waits, nil
}

// trailer checks the sum of the output.
func (s *Stream) trailer() (result, error) {
	switch {
	case s.sum == nil:
		s.state = stateEnd
	case s.format == Zlib:
		if !s.fill(32) {
			return waits, nil
		}
		if bits.ReverseBytes32(uint32(s.bits)) != s.sum.Sum32() {
			return s.fail("the checksum is not that of the data")
		}
		s.bitsOf(32)
		s.state = stateEnd
	default:
		if !s.fill(32) {
			return waits, nil
		}
		if !s.gzip.checked {
			if uint32(s.bits) != s.sum.Sum32() {
				return s.fail("the checksum is not that of the data")
			}
			s.bitsOf(32)
			s.gzip.checked = true
			return goesOn, nil
		}
		if uint32(s.bits) != s.size {
			return s.fail("the size is not that of the data")
		}
		s.bitsOf(32)
		s.state = stateMember
	}
	return goesOn, nil
}

// nextMember looks for one more member of gzip's.
func (s *Stream) nextMember() (result, error) {
	if !s.fill(8) {
		return waits, nil
	}
	if byte(s.bits) != 0x1f {
		return s.fail("bytes that are no gzip member follow the end of the stream")
	}
	if !s.fill(16) {
		return waits, nil
	}
	if byte(s.bits>>8) != 0x8b {
		return s.fail("bytes that are no gzip member follow the end of the stream")
	}
	s.state, s.gzip = stateGzip, gzipHeader{}
	return goesOn, nil
}
