package deflate

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// endOfStream is put after each payload: the tail that did not travel (RFC 7692 §7.2.2),
// and an empty block with BFINAL set, at which the library stops. Without that block one
// could not see whether the data ended where it may.
const endOfStream = syncTail + "\x01\x00\x00\xff\xff"

// maxWhole is the longest payload that is copied to have its end behind it.
const maxWhole = 16 << 10

// inflaterMemory is how much an inflater takes, in bytes: the window of 32 KiB, the tables
// of its codes, and a payload.
const inflaterMemory = 40<<10 + maxWhole

// inflater is the memory of a decompression, borrowed for one message.
type inflater struct {
	reader io.Reader // the library's, which is a flate.Resetter
	beyond [1]byte   // room for a byte more than a message may have

	// One payload, in one of two forms:
	source source
	whole  []byte
	bytes  bytes.Reader // of whole
}

var inflaters = sync.Pool{New: func() any {
	in := new(inflater)
	in.reader = flate.NewReader(&in.source)
	return in
}}

// inflate decompresses payload, which may refer to context, into m. begin is where the
// last stream of DEFLATE begins if the message ended the one before it, and -1 otherwise.
//
// A block with BFINAL set ends a stream of DEFLATE, not the message: another stream may
// follow at the next byte (RFC 7692 §7.2.1). It begins with nothing to refer to, as where
// zlib compresses, and where zlib decompresses, it would.
func inflate(m *message, payload, context []byte) (begin int, err error) {
	in := inflaters.Get().(*inflater)
	defer in.release()
	if len(payload) <= maxWhole {
		begin, err = in.inflateWhole(m, payload, context)
		// A block that is not compressed may have reached into the tail: the bytes would be
		// part of the message.
		if err != nil || !bytes.HasSuffix(m.bytes, []byte(syncTail)) {
			return begin, err
		}
		m.bytes = m.bytes[:0]
	}
	return in.inflateSource(m, payload, context)
}

func (in *inflater) inflateSource(m *message, payload, context []byte) (begin int, err error) {
	in.source.payload = payload
	return in.streams(m, len(payload), context, &in.source, func() int { return in.source.read })
}

// inflateWhole is the same but for what a block that is not compressed may do at the end. It
// takes up to a seventh less time: the library knows the type of its reader.
func (in *inflater) inflateWhole(m *message, payload, context []byte) (begin int, err error) {
	in.whole = append(append(in.whole[:0], payload...), endOfStream...)
	in.bytes.Reset(in.whole)
	return in.streams(m, len(payload), context, &in.bytes, func() int { return len(in.whole) - in.bytes.Len() })
}

// streams decompresses one stream after the other from a reader of a payload and its end,
// which read tells the place of.
func (in *inflater) streams(m *message, payload int, context []byte, from io.Reader, read func() int,
) (begin int, err error) {
	for begin = -1; ; begin, context = len(m.bytes), nil {
		if err := in.reader.(flate.Resetter).Reset(from, context); err != nil {
			return 0, err
		}
		if err := in.stream(m); err != nil {
			return 0, err
		}
		switch read := read(); {
		case read == payload+len(endOfStream):
			return begin, nil
		case read == payload:
			// The sender left out the byte that makes such a stream end as all others do
			// (RFC 7692 §7.2.3.4).
			return len(m.bytes), nil
		case read > payload:
			return 0, io.ErrUnexpectedEOF
		}
	}
}

// stream decompresses up to the end of a block with BFINAL set.
func (in *inflater) stream(m *message) error {
	for {
		room, err := m.room()
		if err != nil {
			return err
		}
		full := len(room) == 0
		if full {
			room = in.beyond[:]
		}
		n, err := in.reader.Read(room)
		if full && n > 0 {
			return errTooBig
		}
		m.bytes = m.bytes[:len(m.bytes)+n]
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

func (in *inflater) release() {
	in.source, in.whole = source{}, in.whole[:0]
	in.bytes.Reset(nil)
	inflaters.Put(in)
}

// source is a payload and the bytes that belong after it. The library takes from it no
// byte more than it needs.
type source struct {
	payload []byte
	read    int
}

func (s *source) ReadByte() (byte, error) {
	at := s.read
	if at < len(s.payload) {
		s.read++
		return s.payload[at], nil
	}
	if at -= len(s.payload); at < len(endOfStream) {
		s.read++
		return endOfStream[at], nil
	}
	return 0, io.EOF
}

// Read is called for the parts of a block that is not compressed. None begins in the
// payload and ends after it.
func (s *source) Read(p []byte) (n int, err error) {
	if left := len(s.payload) - s.read; left > 0 {
		if left < len(p) {
			return 0, io.ErrUnexpectedEOF
		}
		n = copy(p, s.payload[s.read:])
	} else {
		n = copy(p, endOfStream[-left:])
	}
	s.read += n
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
