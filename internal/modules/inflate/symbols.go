package inflate

import "encoding/binary"

// symbols inflates the symbols of a block, until it or the input ends, or the window is
// full.
func (s *Stream) symbols() (result, error) {
	if r, err := s.fastSymbols(); r != goesOn || err != nil || s.state != stateCodes {
		return r, err
	}
	for s.end+maxMatch <= windowSize {
		s.fill(48) // or fewer, at the end: a symbol is at most 48 bits long
		e, ok := s.symbol(s.codes.literal[s.bits&(1<<literalBits-1)], s.codes.literal[:], literalBits, s.bits, s.count)
		switch {
		case !ok:
			return waits, nil
		case e&isLiteral != 0:
			s.bitsOf(e.length())
			s.window[s.end] = byte(e >> 16)
			s.end++
			continue
		case e&isEnd != 0:
			s.bitsOf(e.length())
			s.endBlock()
			return goesOn, nil
		case e&isSpecial != 0:
			return s.fail("a code that does not exist")
		}
		used := e.length() + e.count()
		if used > s.count {
			return waits, nil
		}
		length := e.value() + int(s.bits>>e.length()&(1<<e.count()-1))
		rest := s.bits >> used
		d, ok := s.symbol(s.codes.distance[rest&(1<<distanceBits-1)], s.codes.distance[:], distanceBits, rest,
			s.count-used)
		if !ok {
			return waits, nil
		}
		if d&isSpecial != 0 {
			return s.fail("a code that does not exist")
		}
		used += d.length() + d.count()
		if used > s.count {
			return waits, nil
		}
		distance := d.value() + int(rest>>d.length()&(1<<d.count()-1))
		if distance > s.end-s.begin {
			return s.fail("a match reaches back behind the beginning")
		}
		s.bitsOf(used)
		for range length {
			s.window[s.end] = s.window[s.end-distance]
			s.end++
		}
	}
	return rests, nil
}

// symbol finishes the look-up of a code, and reports whether all of its bits are there.
func (s *Stream) symbol(e entry, table []entry, rootBits uint, bits uint64, count uint) (entry, bool) {
	if e&isSecond != 0 {
		e = table[e.value()+int(bits>>rootBits&(1<<e.count()-1))]
	}
	if e&isSpecial != 0 && e&isEnd == 0 {
		return e, count >= maxBits // else it may become one that does exist
	}
	return e, e.length() <= count
}

// fastSymbols is symbols as long as there is much input and room.
func (s *Stream) fastSymbols() (result, error) {
	const (
		literalMask  = 1<<literalBits - 1
		distanceMask = 1<<distanceBits - 1
	)
	src, window := s.src, &s.window
	bits, count, next, end := s.bits, s.count, s.next, s.end
	literal, distance := &s.codes.literal, &s.codes.distance
	story := ""
	for next+8 <= len(src) && end+maxMatch+slack <= windowSize {
		bits |= binary.LittleEndian.Uint64(src[next:]) << count
		next += int(63-count) >> 3
		count |= 56
		e := literal[bits&literalMask]
		if e&isLiteral != 0 { // up to three of at most 10 bits, so that a whole match still fits
			bits >>= e & 31
			count -= uint(e & 31)
			window[end] = byte(e >> 16)
			end++
			e = literal[bits&literalMask]
			if e&isLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				window[end] = byte(e >> 16)
				end++
				continue
			}
			if count < 48 {
				continue
			}
		}
		if e&isSecond != 0 {
			e = literal[(e.value()+int(bits>>literalBits)&(1<<e.count()-1))&(literalSize-1)]
		}
		bits0, count0 := bits, count
		bits >>= e & 31
		count -= uint(e & 31)
		if e&isLiteral != 0 {
			window[end] = byte(e >> 16)
			end++
			continue
		}
		if e&isSpecial != 0 {
			if e&isEnd == 0 {
				bits, count = bits0, count0
				story = "a code that does not exist"
				break
			}
			s.bits, s.count, s.next, s.end = bits, count, next, end
			s.endBlock()
			return goesOn, nil
		}
		length := e.value() + int(bits&(1<<e.count()-1))
		bits >>= e.count()
		count -= e.count()
		d := distance[bits&distanceMask]
		if d&isSecond != 0 {
			d = distance[(d.value()+int(bits>>distanceBits)&(1<<d.count()-1))&(distanceSize-1)]
		}
		back := d.value() + int(bits>>d.length()&(1<<d.count()-1))
		if d&isSpecial != 0 || back > end-s.begin {
			bits, count = bits0, count0
			story = "a match reaches back behind the beginning"
			if d&isSpecial != 0 {
				story = "a code that does not exist"
			}
			break
		}
		used := d.length() + d.count()
		bits >>= used
		count -= used
		from, to := end-back, end+length
		if back >= 8 {
			for end < to {
				binary.LittleEndian.PutUint64(window[end:], binary.LittleEndian.Uint64(window[from:]))
				end += 8
				from += 8
			}
			end = to
			continue
		}
		for ; end < to; end++ {
			window[end] = window[from]
			from++
		}
	}
	s.bits, s.count, s.next, s.end = bits, count, next, end
	if story != "" {
		return s.fail(story)
	}
	return goesOn, nil
}
