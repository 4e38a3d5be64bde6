package deflate

import (
	"errors"

	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/memory"
)

// zlibWindowBits is the least that we remember: zlib's compressor, asked for 8 bits,
// worked with 9 for many years.
const zlibWindowBits = 9

// Decompressor decompresses the messages of one direction of one connection, in their
// order. It is not safe for concurrent use. Between messages it has the direction's
// window, and nothing without takeover.
type Decompressor struct {
	takeover bool
	received window
	account  *memory.Account
	free     func([]byte)
}

// NewDecompressor returns the decompressor for the messages of a direction. account, which
// may be nil, is charged for what inflating borrows, a message long. free takes back memory
// from Decompress's alloc that did not leave with a message; nil leaves it to the garbage
// collector.
func NewDecompressor(d Direction, account *memory.Account, free func([]byte)) *Decompressor {
	if free == nil {
		free = func([]byte) {}
	}
	return &Decompressor{
		takeover: d.Takeover,
		received: window{max: 1 << max(d.WindowBits, zlibWindowBits)},
		account:  account,
		free:     free,
	}
}

// Decompress returns a message, given its whole payload, in memory from alloc, which
// returns an empty slice with a capacity of at least n bytes (RFC 7692 §7.2.2).
// maxMessage is the longest message in bytes; 0 means no limit. It asks alloc for no more
// than that at once, and never for more than a few times as much as is already there. The
// error is rule.InflatedLength, rule.Deflate, rule.Memory or alloc's, and final: the peer's
// next message may refer to the lost one.
func (d *Decompressor) Decompress(alloc func(n int) ([]byte, error), payload []byte, maxMessage int64,
) ([]byte, error) {
	if len(payload) == 0 {
		// An empty message has one byte (RFC 7692 §7.2.3.6); but a compressor with
		// nothing to flush may give its sender none to send, and there is only one thing
		// that this can mean.
		return alloc(0)
	}
	err := d.account.Charge(inflaterMemory)
	if err != nil {
		return nil, &rule.Violation{Rule: rule.Memory, Err: err}
	}
	defer d.account.Release(inflaterMemory)
	m := message{limit: maxMessage, alloc: alloc, free: d.free}
	if m.bytes, err = alloc(m.limited(max(firstGuess*len(payload), minCapacity))); err != nil {
		return nil, err
	}
	begin, err := inflate(&m, payload, d.received.bytes)
	switch {
	case errors.Is(err, errTooBig):
		d.free(m.bytes)
		return nil, &rule.Violation{Rule: rule.InflatedLength, Got: int64(len(payload)), Limit: maxMessage}
	case m.refused != nil:
		d.free(m.bytes)
		return nil, m.refused
	case err != nil:
		d.free(m.bytes)
		return nil, &rule.Violation{Rule: rule.Deflate, Got: int64(len(payload)), Err: err}
	}
	if d.takeover {
		if begin >= 0 {
			d.received.forget()
		}
		d.received.add(m.bytes[max(begin, 0):])
	}
	return m.bytes, nil
}

// errTooBig says that there is more of a message than its limit allows.
var errTooBig = errors.New("message is longer than its limit")

const (
	// firstGuess is how many times as long as its compressed form a message is taken to
	// be until it proves longer.
	firstGuess  = 4
	minCapacity = 512
)

// message is one that is being decompressed.
type message struct {
	bytes []byte
	limit int64 // 0 means none
	alloc func(n int) ([]byte, error)
	free  func([]byte)

	refused error // of alloc
}

// room returns where the next bytes go; it is empty if the message has reached its limit.
func (m *message) room() ([]byte, error) {
	have := len(m.bytes)
	if have == cap(m.bytes) && m.limited(have+1) > have {
		want := 4 * have
		if have >= 1<<20 {
			want = 2 * have
		}
		bigger, err := m.alloc(m.limited(max(want, minCapacity)))
		if err != nil {
			m.refused = err
			return nil, err
		}
		bigger = append(bigger, m.bytes...)
		m.free(m.bytes)
		m.bytes = bigger
	}
	return m.bytes[have:m.limited(cap(m.bytes))], nil
}

func (m *message) limited(n int) int {
	if m.limit > 0 && int64(n) > m.limit {
		return int(m.limit)
	}
	return n
}
