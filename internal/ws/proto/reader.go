package proto

import (
	"math"

	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	// firstBlock is the room for a message that has not arrived in full.
	firstBlock = 64

	// trusted is how much of a message must have arrived before it takes memory that is
	// there already for all that its frame declares.
	trusted = 64 << 10

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

// ReaderOptions configures a Reader. The zero value reads a server's frames without a
// limit.
type ReaderOptions struct {
	Role       Role     // ours: a Client reads unmasked frames
	MaxMessage int64    // largest message in bytes, after inflating; 0 means no limit
	Inflater   Inflater // nil if compression was not negotiated: rsv1 then breaks a rule

	// Alloc returns an empty slice with a capacity of at least n bytes, and Free takes
	// back one that did not leave in an event. An error of Alloc's is the Reader's: that
	// of rule.Memory. nil means make and the garbage collector.
	Alloc func(n int) ([]byte, error)
	Free  func([]byte)

	// Spare is Alloc for a block that is there already, nil if there is none: it may be as
	// large as a frame declares, since the peer makes nobody take memory. nil means that
	// there never is one.
	Spare func(n int) []byte
}

// Inflater decompresses the peer's messages, in their order (RFC 7692 §7.2.2).
type Inflater interface {
	// Decompress returns a message in memory from alloc. The error is rule.Deflate,
	// rule.InflatedLength for a message that would have more than max bytes, if max is
	// positive, or alloc's.
	Decompress(alloc func(n int) ([]byte, error), payload []byte, max int64) ([]byte, error)
}

// Reader reads a peer's frames. It is not safe for concurrent use.
type Reader struct {
	opts ReaderOptions

	header    [wire.MaxHeader]byte // a frame header cut by the end of the last Feed
	headerLen uint8

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
	empty      int32  // frames of it that brought nothing
	data       []byte // made by Alloc once a part of the message had to be kept
	refused    int64  // bytes of a message that broke a rule before any of it was kept
	text       wire.UTF8

	closed bool  // the peer's close frame has been read; bytes after it are ignored (RFC 6455 §5.5.1)
	failed error // the peer broke a rule; nothing more is read
}

// NewReader returns a Reader at the start of a connection.
func NewReader(opts ReaderOptions) *Reader {
	r := new(Reader)
	r.Init(opts)
	return r
}

// Init makes a Reader that is part of something else, and has read nothing, one at the
// start of a connection.
func (r *Reader) Init(opts ReaderOptions) {
	if opts.Alloc == nil {
		opts.Alloc = func(n int) ([]byte, error) { return make([]byte, 0, n), nil }
	}
	if opts.Spare == nil {
		opts.Spare = func(int) []byte { return nil }
	}
	if opts.Free == nil {
		opts.Free = func([]byte) {}
	}
	// The room for a message doubles as it arrives, and an int must hold its size.
	opts.MaxMessage = min(opts.MaxMessage, math.MaxInt/2)
	r.opts = opts
}

// Feed reads all of buf and adds its events to the batch. It unmasks in place and never
// keeps buf. The error is final and names the rule that the peer has broken; the events
// before it hold.
func (r *Reader) Feed(buf []byte, into *Batch) error {
	for at := 0; r.failed == nil && !r.closed; {
		if !r.inFrame {
			if r.headerLen == 0 && r.message == wire.Continuation {
				at = r.feedWhole(buf, at, into)
			}
			n, err := r.readHeader(buf[at:])
			if err != nil {
				r.failed = err
				break
			}
			at += n
			if !r.inFrame {
				break // the header goes on in the next Feed
			}
		}
		part := buf[at:]
		if int64(len(part)) > r.missing {
			part = part[:r.missing]
		}
		switch {
		case r.frame.Opcode.IsControl():
			r.failed = r.readControl(part, at, into)
		case r.isWhole(part):
			r.failed = r.readWhole(part, at, into)
		default:
			r.failed = r.keep(part, into)
		}
		at += len(part)
		if r.missing > 0 {
			break
		}
	}
	return r.failed
}

// Violation returns the rule that the peer has broken, or nil.
func (r *Reader) Violation() error { return r.failed }

// feedWhole reads messages that are whole in buf, each in one short frame as most are, up
// to the first frame of another kind. It returns how far it came. Its results are Feed's;
// it is only faster.
func (r *Reader) feedWhole(buf []byte, at int, into *Batch) int {
	if r.opts.Role != Client {
		return at
	}
	events, first, limit := into.Events, len(into.Events), len(buf)
	if r.opts.MaxMessage > 0 {
		limit = int(min(int64(limit), r.opts.MaxMessage))
	}
	size := 0
	for at+2 <= len(buf) {
		opcode := wire.Opcode(buf[at] & 0xf)
		start, length := at+2, int(buf[at+1])
		if buf[at]&0xf0 != 0x80 || opcode != wire.Text && opcode != wire.Binary || length > 126 {
			break
		}
		if length == 126 {
			if start+2 > len(buf) {
				break
			}
			length = int(buf[at+2])<<8 | int(buf[at+3])
			start += 2
			if length < 126 {
				break
			}
		}
		end := start + length
		if end > len(buf) || length > limit || opcode == wire.Text && !wire.ValidUTF8(buf[start:end]) {
			break
		}
		events = append(events, Event{Opcode: opcode, Start: uint32(start), Length: uint32(length)})
		size += length
		at = end
	}
	into.Events = events
	into.Messages.add(Tally{len(events) - first, int64(size)})
	return at
}

// Space returns room into which the next bytes from the transport may be read directly,
// for Filled, or nil if they are to go through Feed. There is such room in the middle of
// a large frame of data, so that its bytes are not copied again.
func (r *Reader) Space() []byte {
	if !r.inFrame || r.missing < minSpace || r.frame.Opcode.IsControl() || r.failed != nil {
		return nil
	}
	if len(r.data) == cap(r.data) && r.grow(1) != nil {
		return nil // Feed, which asks once more, has the error
	}
	room := r.data[len(r.data):cap(r.data)]
	return room[:min(int64(len(room)), r.missing)]
}

// Filled notes that the first n bytes of Space have been read. Otherwise it is as Feed.
func (r *Reader) Filled(n int, into *Batch) error {
	part := r.data[len(r.data) : len(r.data)+n]
	r.data = r.data[:len(r.data)+n]
	r.unmask(part)
	r.failed = r.endOfPart(part, into)
	return r.failed
}

// Unfinished returns how many bytes of payload have arrived of a message that is not
// complete, or that broke a rule, and whether there is one.
func (r *Reader) Unfinished() (bytes int64, ok bool) {
	return int64(len(r.data)) + r.refused, r.message != wire.Continuation
}

// Abandon forgets the Reader's memory without giving it back, when a panic in the middle
// of its work has left nobody knowing whose it is, and returns how much it was. Nothing may
// be read after.
func (r *Reader) Abandon() (capacity int) {
	capacity = cap(r.data)
	r.refused += int64(len(r.data))
	r.data, r.closed = nil, true
	return capacity
}

// Drop gives back the Reader's memory. Nothing may be read after.
func (r *Reader) Drop() {
	if r.data != nil {
		r.opts.Free(r.data)
		r.data = nil
	}
	r.opts.Inflater = nil
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
		r.headerLen += uint8(copy(r.header[kept:], buf))
		h, n, err = wire.ParseHeader(r.header[:r.headerLen])
		if n == 0 && err == nil {
			return len(buf), nil
		}
		n -= int(kept)
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

// readControl takes part of a control frame's payload, which is at a place in the bytes
// fed.
func (r *Reader) readControl(part []byte, at int, into *Batch) error {
	r.unmask(part)
	r.missing -= int64(len(part))
	whole := r.missing == 0 && r.control == nil
	payload := part
	if !whole {
		if r.control == nil {
			r.control = make([]byte, 0, r.frame.Length)
		}
		r.control = append(r.control, part...)
		payload = r.control
	}
	if r.missing > 0 {
		return nil
	}
	r.inFrame, r.control = false, nil
	if r.frame.Opcode == wire.Close {
		if _, _, err := wire.ParseClose(payload); err != nil {
			return err
		}
		r.closed = true
	}
	if whole {
		into.found(r.frame.Opcode, at, len(payload))
	} else {
		into.made(r.frame.Opcode, payload)
	}
	return nil
}

// isWhole reports whether part is a message, all of it in one frame.
func (r *Reader) isWhole(part []byte) bool {
	return r.data == nil && r.frame.Fin && r.frame.Opcode != wire.Continuation && int64(len(part)) == r.missing
}

// readWhole takes a message that isWhole, at a place in the bytes fed. It stays there.
func (r *Reader) readWhole(part []byte, at int, into *Batch) error {
	r.unmask(part)
	if r.compressed {
		r.missing = 0
		return r.inflate(part, into)
	}
	if r.frame.Opcode == wire.Text && !wire.ValidUTF8(part) {
		r.refused = int64(len(part))
		return rule.TextUTF8
	}
	r.inFrame, r.missing, r.message = false, 0, wire.Continuation
	into.found(r.frame.Opcode, at, len(part))
	return nil
}

// keep takes part of a data frame's payload, and keeps it in r.data.
func (r *Reader) keep(part []byte, into *Batch) error {
	r.unmask(part)
	if r.data == nil || cap(r.data)-len(r.data) < len(part) {
		if err := r.grow(len(part)); err != nil {
			r.refused = int64(len(part))
			return err
		}
	}
	have := len(r.data)
	r.data = r.data[:have+len(part)]
	copy(r.data[have:], part)
	return r.endOfPart(part, into)
}

// endOfPart notes that part has been appended to r.data.
func (r *Reader) endOfPart(part []byte, into *Batch) error {
	r.missing -= int64(len(part))
	if r.message == wire.Text && !r.compressed && !r.text.Feed(part) {
		return rule.TextUTF8
	}
	if r.missing > 0 {
		return nil
	}
	if r.compressed && r.frame.Fin {
		return r.inflate(r.data, into)
	}
	r.inFrame = false
	if !r.frame.Fin {
		return nil
	}
	if r.message == wire.Text && !r.text.Done() {
		return rule.TextUTF8
	}
	into.made(r.message, r.data)
	r.data, r.message = nil, wire.Continuation
	return nil
}

// inflate ends a compressed message, all of whose payload is there.
func (r *Reader) inflate(payload []byte, into *Batch) error {
	message, err := r.opts.Inflater.Decompress(r.opts.Alloc, payload, r.opts.MaxMessage)
	if err == nil && r.message == wire.Text && !wire.ValidUTF8(message) {
		r.opts.Free(message)
		err = rule.TextUTF8
	}
	if err != nil {
		if r.data == nil {
			r.refused = int64(len(payload))
		}
		return err
	}
	into.made(r.message, message)
	if r.data != nil {
		r.opts.Free(r.data)
		r.data = nil
	}
	r.inFrame, r.message = false, wire.Continuation
	return nil
}

// grow makes room for n more bytes of the message. Room grows with the bytes that have
// arrived, fourfold while it is small, and never by the length that a peer declared: a
// peer pays for the memory that it takes.
func (r *Reader) grow(n int) (err error) {
	have := len(r.data)
	want := max(4*have, firstBlock)
	if have >= 1<<20 {
		want = 2 * have
	}
	var bigger []byte
	if declared := int64(have) + r.missing; r.frame.Fin {
		if declared < int64(want) {
			want = int(declared)
		} else if have >= trusted && declared == int64(int(declared)) {
			bigger = r.opts.Spare(int(declared))
		}
	}
	if bigger == nil {
		if bigger, err = r.opts.Alloc(max(want, have+n)); err != nil && want > have+n {
			bigger, err = r.opts.Alloc(have + n)
		}
	}
	if err != nil {
		return err
	}
	bigger = bigger[:have]
	copy(bigger, r.data)
	if r.data != nil {
		r.opts.Free(r.data)
	}
	r.data = bigger
	return nil
}

func (r *Reader) unmask(part []byte) {
	if r.frame.Masked {
		r.frame.Key = wire.Mask(part, part, r.frame.Key)
	}
}
