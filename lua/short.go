package lua

// Scripts that take texts apart make the same short strings again and again. shortCache
// has the newest of them, so that most cost neither time nor memory. As with the copies
// of keys, the place depends on the bytes alone. So the shared strings and the memory
// charge are the same in each run.
type shortCache [shortSlots + 256]*str // after the others, the strings of one byte

const (
	shortSlots = 1 << 9
	shortMax   = 16 // bytes
)

// Piece makes a string, as String does. A short one may be a copy that exists already:
// Piece is for pieces of other strings, which scripts make often.
func (s *State) Piece(text string) (Value, error) {
	if len(text) > shortMax {
		return s.String(text)
	}
	if len(text) == 0 {
		return s.names.empty, nil
	}
	if s.short == nil {
		if err := s.Reserve(len(shortCache{}) * 8); err != nil {
			return Nil, err
		}
		s.short = new(shortCache)
	}
	slot := &s.short[shortSlot(text)]
	if known := *slot; known != nil && (len(text) == 1 || known.text() == text) {
		return stringValue(known), nil
	}
	made, err := s.newString(text)
	if err != nil {
		return Nil, err
	}
	*slot = made
	return stringValue(made), nil
}

// shortSlot looks at all bytes of a text of at most shortMax.
func shortSlot(text string) uint {
	n := len(text)
	var a, b uint64
	switch {
	case n == 1:
		return shortSlots + uint(text[0])
	case n >= 8:
		a, b = load64(text), load64(text[n-8:])
	case n >= 4:
		a, b = uint64(load32(text)), uint64(load32(text[n-4:]))
	default:
		a, b = uint64(text[0]), uint64(text[1])<<8|uint64(text[n-1])
	}
	h := (a + uint64(n)) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32 ^ b) * 0xd6e8feb86659fd93
	return uint(h >> 55)
}

// load64 reads the first 8 bytes; the compiler makes one load of it.
func load64(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

func load32(t string) uint32 {
	_ = t[3]
	return uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16 | uint32(t[3])<<24
}

// forgetShort drops the strings that a walk has not found anywhere else.
func (s *State) forgetShort() {
	if s.short == nil {
		return
	}
	for i, text := range s.short {
		if text != nil && text.mark != s.epoch {
			s.short[i] = nil
		}
	}
}
