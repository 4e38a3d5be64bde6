package deflate_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/deflate"
)

// A walker reads DEFLATE (RFC 1951) without decompressing it: it only looks at how long
// the data gets, and how far back it refers. The library under test cannot check this, as
// it reads with a window of 32 KiB whatever was agreed.
type walker struct {
	t    *testing.T
	data []byte
	bit  int // read so far

	length   int // of the data
	farthest int // distance
}

// walk reads a payload as it travels.
func walk(t *testing.T, payload []byte) *walker {
	t.Helper()
	w := &walker{t: t, data: append(append([]byte{}, payload...), 0, 0, 0xff, 0xff)}
	for w.bit < 8*len(w.data) {
		w.block()
	}
	return w
}

func (w *walker) bits(n int) (v int) {
	for i := range n {
		if w.bit >= 8*len(w.data) {
			w.t.Fatalf("data ends in the middle of a block")
		}
		v |= int(w.data[w.bit/8]>>(w.bit%8)&1) << i
		w.bit++
	}
	return v
}

func (w *walker) block() {
	final, kind := w.bits(1), w.bits(2)
	if final == 1 {
		w.t.Fatal("BFINAL set: we never do that")
	}
	switch kind {
	case 0:
		w.bit = (w.bit + 7) &^ 7
		n := w.bits(16)
		if w.bits(16) != n^0xffff {
			w.t.Fatal("a block's length and its complement do not match")
		}
		w.bit += 8 * n
		w.length += n
	case 1:
		lengths := make([]int, 288)
		for i := range lengths {
			switch {
			case i < 144, i >= 280:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			default:
				lengths[i] = 7
			}
		}
		distances := make([]int, 30)
		for i := range distances {
			distances[i] = 5
		}
		w.symbols(newCode(lengths), newCode(distances))
	case 2:
		w.symbols(w.codes())
	default:
		w.t.Fatal("a block of the reserved type")
	}
}

// codes reads the head of a block with codes of its own (RFC 1951 §3.2.7).
func (w *walker) codes() (literals, distances code) {
	literalCount, distanceCount, lengthCount := w.bits(5)+257, w.bits(5)+1, w.bits(4)+4
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengths := make([]int, 19)
	for _, symbol := range order[:lengthCount] {
		lengths[symbol] = w.bits(3)
	}
	lengthCode := newCode(lengths)
	lengths = nil
	for len(lengths) < literalCount+distanceCount {
		symbol, repeated, times := w.symbol(lengthCode), 0, 1
		switch symbol {
		case 16:
			repeated, times = lengths[len(lengths)-1], 3+w.bits(2)
		case 17:
			times = 3 + w.bits(3)
		case 18:
			times = 11 + w.bits(7)
		default:
			repeated = symbol
		}
		for range times {
			lengths = append(lengths, repeated)
		}
	}
	return newCode(lengths[:literalCount]), newCode(lengths[literalCount:])
}

func (w *walker) symbols(literals, distances code) {
	for {
		symbol := w.symbol(literals)
		switch {
		case symbol < 256:
			w.length++
			continue
		case symbol == 256:
			return
		case symbol == 285:
			w.length += 258
		case symbol < 265:
			w.length += symbol - 254
		default:
			extra := (symbol - 261) / 4
			w.length += 3 + (4+(symbol-261)%4)<<extra + w.bits(extra)
		}
		symbol = w.symbol(distances)
		distance := symbol + 1
		if symbol >= 4 {
			extra := symbol/2 - 1
			distance = 1 + (2+symbol%2)<<extra + w.bits(extra)
		}
		w.farthest = max(w.farthest, distance)
	}
}

// A code is that of RFC 1951 §3.2.2: its symbols in the order of their codes, and how
// many codes there are of each length.
type code struct {
	symbols []int
	count   [16]int
}

func newCode(lengths []int) (c code) {
	for length := 1; length <= 15; length++ {
		for symbol, l := range lengths {
			if l == length {
				c.symbols = append(c.symbols, symbol)
				c.count[length]++
			}
		}
	}
	return c
}

// symbol reads a code bit by bit. Codes of one length follow each other, after all
// shorter ones.
func (w *walker) symbol(c code) int {
	value, first, shorter := 0, 0, 0
	for length := 1; length <= 15; length++ {
		value, first = value<<1|w.bits(1), first<<1
		if value < first+c.count[length] {
			return c.symbols[shorter+value-first]
		}
		first += c.count[length]
		shorter += c.count[length]
	}
	w.t.Fatal("a code without a symbol")
	return 0
}

// backReference is a payload whose message is the three bytes that begin so far back: one
// block with fixed codes (RFC 1951 §3.2.6), a distance of 385 to 768, and the start of
// the empty block that ends each payload.
func backReference(distance int) []byte {
	var payload []byte
	bit := 0
	put := func(v, n int) { // lowest bit first
		for i := range n {
			if bit%8 == 0 {
				payload = append(payload, 0)
			}
			payload[bit/8] |= byte(v>>i&1) << (bit % 8)
			bit++
		}
	}
	code := func(v, n int) { // highest bit first
		for i := range n {
			put(v>>(n-1-i)&1, 1)
		}
	}
	put(0, 1) // not BFINAL
	put(1, 2) // fixed codes
	code(1, 7)
	if distance <= 512 {
		code(17, 5)
		put(distance-385, 7)
	} else {
		code(18, 5)
		put(distance-513, 8)
	}
	code(0, 7) // the end of the block
	put(0, 3)
	return payload
}

// A window that has filled message by message goes back as far as was agreed, and not a
// byte farther.
func TestWindowIsNoLargerThanAgreed(t *testing.T) {
	alloc := func(n int) ([]byte, error) { return make([]byte, 0, n), nil }
	for _, c := range []struct {
		distance int
		want     string // "" is a failure
	}{{512, "bcd"}, {513, ""}} {
		d := deflate.NewDecompressor(direction(true, 9), nil, nil)
		// In blocks that are not compressed.
		first := "abcde" + strings.Repeat("-", 507)
		for _, message := range []string{first, "x"} {
			n := len(message)
			payload := append([]byte{0, byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)}, message...)
			if got, err := d.Decompress(alloc, append(payload, 0), 0); err != nil || string(got) != message {
				t.Fatalf("message of %d bytes: %q, %v", n, got, err)
			}
		}
		got, err := d.Decompress(alloc, backReference(c.distance), 0)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%d bytes back: %q, %v, want %q", c.distance, got, err, c.want)
		}
	}
}
