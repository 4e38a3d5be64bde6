package proto

import (
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	// firstBlock is the room for a message that has not arrived in full.
	firstBlock = 64

	// minSpace is how much of a frame must be missing for Space to offer direct reading:
	// below, one read that also takes the frames after it is worth more than the copy
	// that it costs.
	minSpace = 32 << 10

	// maxEmptyFragments is how many frames of a message may bring nothing, neither payload
	// nor its end. RFC 6455 §5.4 sets no bound, and the size of the message is none: a peer
	// could send such frames for ever, and nobody would hear of it.
	maxEmptyFragments = 10_000

	// rsv1 marks a compressed message (RFC 7692 §6).
	rsv1 = 4
)

// Event is a whole message or a control frame that a peer sent.
type Event struct {
	Opcode wire.Opcode // Text, Binary, Ping, Pong or Close

	// Owned: Data was made by ReaderOptions.Alloc and belongs to the receiver now.
	// Otherwise it is part of the bytes given to Feed, or of the Reader's own and valid
	// until the next Feed.
	Owned bool

	Data []byte // the payload; of a Close it has been checked, and wire.ParseClose reads it
}

// ReaderOptions configures a Reader. The zero value reads a server's frames without a
// limit.
type ReaderOptions struct {
	Role       Role     // ours: a Client reads unmasked frames
	MaxMessage int64    // largest message in bytes, after inflating; 0 means no limit
	Inflater   Inflater // nil if compression was not negotiated: rsv1 then breaks a rule

	// Alloc returns an empty slice with a capacity of at least n bytes, and Free takes
	// back one that did not leave in an event. nil means make and the garbage collector.
	Alloc func(n int) []byte
	Free  func([]byte)
}

// Inflater decompresses the peer's messages, in their order (RFC 7692 §7.2.2).
type Inflater interface {
	// Decompress returns a message in memory from alloc. The error is rule.Deflate, or
	// rule.InflatedLength for a message that would have more than max bytes, if max is
	// positive.
	Decompress(alloc func(n int) []byte, payload []byte, max int64) ([]byte, error)
}

// Reader reads a peer's frames. It is not safe for concurrent use.
type Reader struct {
	opts ReaderOptions

	header    [wire.MaxHeader]byte // a frame header cut by the end of the last Feed
	headerLen int

	// The frame in progress:
	inFrame bool
	frame   wire.Header // Key is turned as the payload arrives
	missing int64       // bytes of payload still to come

	// control is the start of a control frame's payload, cut by the end of the last Feed;
	// nil if there is none. Each such frame has a block of its own, which its event takes
	// along: a later one cut in the same Feed cannot overwrite it.
	control []byte

	// The message in progress; message is Continuation if there is none:
	message    wire.Opcode
	compressed bool
	empty      int    // frames of it that brought nothing
	data       []byte // made by Alloc once a part of the message had to be kept
	refused    int64  // bytes of a message that broke a rule before any of it was kept
	text       wire.UTF8

	closed bool  // the peer's close frame has been read; bytes after it are ignored (RFC 6455 §5.5.1)
	failed error // the peer broke a rule; nothing more is read
}

// NewReader returns a Reader at the start of a connection.
func NewReader(opts ReaderOptions) *Reader {
	if opts.Alloc == nil {
		opts.Alloc = func(n int) []byte { return make([]byte, 0, n) }
	}
	if opts.Free == nil {
		opts.Free = func([]byte) {}
	}
	return &Reader{opts: opts}
}

// Feed reads all of buf and appends its events. It unmasks in place and never keeps buf.
// The error is final and names the rule that the peer has broken; the events before it
// hold.
func (r *Reader) Feed(buf []byte, events []Event) ([]Event, error) {
	for r.failed == nil && !r.closed {
		if !r.inFrame {
			n, err := r.readHeader(buf)
			if err != nil {
				r.failed = err
				break
			}
			buf = buf[n:]
			if !r.inFrame {
				break // the header goes on in the next Feed
			}
		}
		part := buf[:min(r.missing, int64(len(buf)))]
		buf = buf[len(part):]
		if r.frame.Opcode.IsControl() {
			events, r.failed = r.readControl(part, events)
		} else {
			events, r.failed = r.readData(part, events)
		}
		if r.missing > 0 {
			break
		}
	}
	return events, r.failed
}

// Space returns room into which the next bytes from the transport may be read directly,
// for Filled, or nil if they are to go through Feed. There is such room in the middle of
// a large frame of data, so that its bytes are not copied again.
func (r *Reader) Space() []byte {
	if !r.inFrame || r.missing < minSpace || r.frame.Opcode.IsControl() || r.failed != nil {
		return nil
	}
	if len(r.data) == cap(r.data) {
		r.grow(1)
	}
	room := r.data[len(r.data):cap(r.data)]
	return room[:min(int64(len(room)), r.missing)]
}

// Filled notes that the first n bytes of Space have been read. It returns as Feed does.
func (r *Reader) Filled(n int, events []Event) ([]Event, error) {
	part := r.data[len(r.data) : len(r.data)+n]
	r.data = r.data[:len(r.data)+n]
	r.unmask(part)
	events, r.failed = r.endOfPart(part, events)
	return events, r.failed
}

// Unfinished returns how many bytes of payload have arrived of a message that is not
// complete, or that broke a rule, and whether there is one.
func (r *Reader) Unfinished() (bytes int64, ok bool) {
	return int64(len(r.data)) + r.refused, r.message != wire.Continuation
}

// Drop gives back the Reader's memory. Nothing may be read after.
func (r *Reader) Drop() {
	if r.data != nil {
		r.opts.Free(r.data)
		r.data = nil
	}
	r.closed = true
}

// readHeader reads a frame header from the start of buf, or from the part that earlier
// Feeds left of one, and returns how many bytes of buf it took.
func (r *Reader) readHeader(buf []byte) (int, error) {
	var (
		h   wire.Header
		n   int
		err error
	)
	if r.headerLen == 0 {
		h, n, err = wire.ParseHeader(buf)
	}
	if n == 0 && err == nil {
		kept := r.headerLen
		r.headerLen += copy(r.header[kept:], buf)
		h, n, err = wire.ParseHeader(r.header[:r.headerLen])
		if n == 0 && err == nil {
			return len(buf), nil
		}
		n -= kept
	}
	r.headerLen = 0
	if err != nil {
		return 0, err
	}
	if err := r.check(h); err != nil {
		return 0, err
	}
	if !h.Opcode.IsControl() && h.Opcode != wire.Continuation {
		r.message, r.compressed, r.empty = h.Opcode, h.RSV == rsv1, 0
	}
	if err := r.checkSize(h); err != nil {
		return 0, err
	}
	r.inFrame, r.frame, r.missing = true, h, h.Length
	return n, nil
}

// check compares h with the rules that need the role and the message in progress (RFC
// 6455 §5.1, §5.2, §5.4, §5.5).
func (r *Reader) check(h wire.Header) error {
	compressed := h.RSV == rsv1 && r.opts.Inflater != nil && (h.Opcode == wire.Text || h.Opcode == wire.Binary)
	switch {
	case h.RSV != 0 && !compressed: // RFC 7692 §6: rsv1 is for the first frame of a message alone
		return rule.ReservedBits
	case !h.Opcode.IsKnown():
		return &rule.Violation{Rule: rule.Opcode, Got: int64(h.Opcode)}
	case h.Masked && r.opts.Role == Client:
		return rule.MaskedFrame
	case !h.Masked && r.opts.Role == Server:
		return rule.UnmaskedFrame
	case h.Opcode.IsControl() && h.Length > wire.MaxControlPayload:
		return &rule.Violation{Rule: rule.ControlLength, Name: h.Opcode.String(), Got: h.Length}
	case h.Opcode.IsControl() && !h.Fin:
		return rule.ControlFragmented
	case h.Opcode.IsControl():
		return nil
	case h.Opcode == wire.Continuation && r.message == wire.Continuation:
		return rule.NothingToContinue
	case h.Opcode != wire.Continuation && r.message != wire.Continuation:
		return rule.UnfinishedMessage
	}
	return nil
}

// checkSize refuses a message as soon as the declared length of one of its frames makes
// it too large, or one brings nothing after too many others did.
func (r *Reader) checkSize(h wire.Header) error {
	if h.Length == 0 && !h.Fin {
		if r.empty++; r.empty > maxEmptyFragments {
			return &rule.Violation{Rule: rule.EmptyFragments, Limit: maxEmptyFragments}
		}
	}
	limit := r.opts.MaxMessage
	if r.compressed && limit > 0 {
		limit += limit>>3 + 64 // incompressible data may grow a little, in small blocks by some per cent
	}
	if !h.Opcode.IsControl() && limit > 0 && h.Length > limit-int64(len(r.data)) {
		// The sum may be over 1<<63; failure writes it as an unsigned number.
		return &rule.Violation{Rule: rule.MessageLength, Got: h.Length + int64(len(r.data)), Limit: r.opts.MaxMessage}
	}
	return nil
}

// readControl takes part of a control frame's payload.
func (r *Reader) readControl(part []byte, events []Event) ([]Event, error) {
	r.unmask(part)
	r.missing -= int64(len(part))
	if r.missing > 0 || r.control != nil {
		if r.control == nil {
			r.control = make([]byte, 0, r.frame.Length)
		}
		r.control = append(r.control, part...)
		part = r.control
	}
	if r.missing > 0 {
		return events, nil
	}
	r.inFrame, r.control = false, nil
	if r.frame.Opcode == wire.Close {
		if _, _, err := wire.ParseClose(part); err != nil {
			return events, err
		}
		r.closed = true
	}
	return append(events, Event{Opcode: r.frame.Opcode, Data: part}), nil
}

// readData takes part of a data frame's payload. A message that is whole in one frame in
// one buffer stays where it is; everything else is kept in r.data.
func (r *Reader) readData(part []byte, events []Event) ([]Event, error) {
	r.unmask(part)
	if r.data == nil && r.frame.Fin && r.frame.Opcode != wire.Continuation && int64(len(part)) == r.missing {
		if r.compressed {
			r.missing = 0
			return r.inflate(part, events)
		}
		if r.frame.Opcode == wire.Text && !wire.ValidUTF8(part) {
			r.refused = int64(len(part))
			return events, rule.TextUTF8
		}
		r.inFrame, r.missing, r.message = false, 0, wire.Continuation
		return append(events, Event{Opcode: r.frame.Opcode, Data: part}), nil
	}
	if r.data == nil || cap(r.data)-len(r.data) < len(part) {
		r.grow(len(part))
	}
	r.data = append(r.data, part...)
	return r.endOfPart(part, events)
}

// endOfPart notes that part has been appended to r.data.
func (r *Reader) endOfPart(part []byte, events []Event) ([]Event, error) {
	r.missing -= int64(len(part))
	if r.message == wire.Text && !r.compressed && !r.text.Feed(part) {
		return events, rule.TextUTF8
	}
	if r.missing > 0 {
		return events, nil
	}
	if r.compressed && r.frame.Fin {
		return r.inflate(r.data, events)
	}
	r.inFrame = false
	if !r.frame.Fin {
		return events, nil
	}
	if r.message == wire.Text && !r.text.Done() {
		return events, rule.TextUTF8
	}
	events = append(events, Event{Opcode: r.message, Owned: true, Data: r.data})
	r.data, r.message = nil, wire.Continuation
	return events, nil
}

// inflate ends a compressed message, all of whose payload is there.
func (r *Reader) inflate(payload []byte, events []Event) ([]Event, error) {
	message, err := r.opts.Inflater.Decompress(r.opts.Alloc, payload, r.opts.MaxMessage)
	if err == nil && r.message == wire.Text && !wire.ValidUTF8(message) {
		err = rule.TextUTF8
	}
	if err != nil {
		if r.data == nil {
			r.refused = int64(len(payload))
		}
		return events, err
	}
	events = append(events, Event{Opcode: r.message, Owned: true, Data: message})
	if r.data != nil {
		r.opts.Free(r.data)
		r.data = nil
	}
	r.inFrame, r.message = false, wire.Continuation
	return events, nil
}

// grow makes room for n more bytes of the message. Room grows with the bytes that have
// arrived, fourfold while it is small, and never by the length that a peer declared: a
// peer pays for the memory that it takes.
func (r *Reader) grow(n int) {
	have := len(r.data)
	want := max(4*have, firstBlock)
	if have >= 1<<20 {
		want = 2 * have
	}
	if declared := int64(have) + r.missing; r.frame.Fin && declared < int64(want) {
		want = int(declared)
	}
	bigger := append(r.opts.Alloc(max(want, have+n)), r.data...)
	if r.data != nil {
		r.opts.Free(r.data)
	}
	r.data = bigger
}

func (r *Reader) unmask(part []byte) {
	if r.frame.Masked {
		r.frame.Key = wire.Mask(part, part, r.frame.Key)
	}
}
