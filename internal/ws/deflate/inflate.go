package deflate

import (
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// endOfStream is put after each payload: the tail that did not travel (RFC 7692 §7.2.2),
// and an empty block with BFINAL set, at which the library stops. Without that block one
// could not see whether the data ended where it may.
const endOfStream = syncTail + "\x01\x00\x00\xff\xff"

// inflaterMemory is how much an inflater takes, in bytes: the window of 32 KiB and the tables
// of its codes.
const inflaterMemory = 40 << 10

// inflater is the memory of a decompression, borrowed for one message.
type inflater struct {
	source source
	reader io.Reader // the library's, which is a flate.Resetter
	beyond [1]byte   // room for a byte more than a message may have
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
	in.source.payload = payload
	for begin = -1; ; begin, context = len(m.bytes), nil {
		if err := in.reader.(flate.Resetter).Reset(&in.source, context); err != nil {
			return 0, err
		}
		if err := in.stream(m); err != nil {
			return 0, err
		}
		switch read := in.source.read; {
		case read == len(payload)+len(endOfStream):
			return begin, nil
		case read == len(payload):
			// The sender left out the byte that makes such a stream end as all others do
			// (RFC 7692 §7.2.3.4).
			return len(m.bytes), nil
		case read > len(payload):
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
	in.source = source{}
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
