// Package inflate inflates streams of deflate (RFC 1951), bare or within zlib's (RFC 1950)
// or gzip's (RFC 1952) frame, that come in pieces: each byte that a piece allows for is
// there at once. Libraries read from an io.Reader instead, and cannot go on behind its
// error; a goroutine for each stream would have no owner that could end it.
package inflate

import (
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
)

// A Format is the frame of a stream.
type Format uint8

// The formats.
const (
	Auto Format = iota // Zlib or Gzip, by its first bytes
	Zlib
	Gzip // with further members
	Raw
)

const (
	history = 32 << 10 // how far back a match may reach

	// windowSize is the size of the window. Output is what is new in it.
	windowSize = 2 * history

	// slack is how many bytes behind a match may be written.
	slack    = 8
	maxMatch = 258

	// maxTables is how many tables of codes are made before Next returns.
	maxTables = 4

	// tableWork is the work of one in bytes that are copied.
	tableWork = 8 << 10
)

// Bytes is about the memory that a Stream takes.
const Bytes = windowSize + 16<<10

// An Error is the first thing wrong with a stream.
type Error struct {
	At    int64 // the byte, from 1
	Story string
}

func (e *Error) Error() string { return fmt.Sprintf("byte %d: %s", e.At, e.Story) }

// A Stream inflates one stream. It is used by one goroutine, and must be begun by Reset.
type Stream struct {
	format Format
	state  state
	sum    hash.Hash32 // of the output; nil for none
	size   uint32      // of the member's output

	// The input: bits are its next ones, the lowest first. Above count there may be bits
	// of the bytes at next.
	src   []byte
	next  int
	bits  uint64
	count uint
	read  int64 // bytes of the pieces before src

	// The output: window[given:end] was not given out yet, window[summed:end] not summed
	// up, and nothing before begin belongs to the member.
	window                    [windowSize]byte
	begin, given, summed, end int

	final  bool
	stored int // bytes that are left of a stored block
	codes  codes
	gzip   gzipHeader
	tables int // of codes that were made since Next was called
	work   int
}

// Reset begins a stream.
func (s *Stream) Reset(format Format) {
	s.format, s.state, s.sum = format, stateHeader, nil
	s.src, s.next, s.bits, s.count, s.read = nil, 0, 0, 0, 0
	s.begin, s.given, s.summed, s.end, s.work = 0, 0, 0, 0, 0
	if format == Raw {
		s.startMember(nil)
	}
}

// Feed gives the stream its next piece, which must stay as it is until Next has used all
// of it.
func (s *Stream) Feed(piece []byte) {
	s.read += int64(s.next)
	s.src, s.next = piece, 0
	s.work += len(piece)
}

// Left returns how many bytes of the piece were not read yet.
func (s *Stream) Left() int { return len(s.src) - s.next }

// Next inflates some more, at most some 32 KiB. more reports whether there may be more
// without another piece. out is good until the next call.
func (s *Stream) Next() (out []byte, more bool, err error) {
	s.tables = 0
	if windowSize-s.end < history/2 {
		s.slide()
	}
	for {
		result, err := s.run()
		switch {
		case err != nil:
			return nil, false, err
		case result == goesOn && s.tables < maxTables:
			continue
		}
		out = s.take()
		s.work += len(out)
		return out, result != waits, nil
	}
}

// Work returns how many bytes were read and written since it was last called, and as many
// more as other work takes time for.
func (s *Stream) Work() int {
	work := s.work
	s.work = 0
	return work
}

// Finish returns an error unless the stream may end here.
func (s *Stream) Finish() error {
	if s.state == stateEnd || s.state == stateMember && s.count == 0 {
		return nil
	}
	return &Error{s.place() + int64(s.count/8), "the data ends before the stream does"}
}

// place is the number of the next byte.
func (s *Stream) place() int64 { return s.read + int64(s.next) - int64(s.count/8) + 1 }

// slide makes room in the window.
func (s *Stream) slide() {
	if s.end <= history {
		return
	}
	moved := s.end - history
	copy(s.window[:], s.window[moved:s.end])
	s.end, s.given, s.summed = history, history, history // all was given out
	s.begin = max(s.begin-moved, 0)
	s.work += history / 4
}

// take returns the new output, which is summed up.
func (s *Stream) take() []byte {
	out := s.window[s.given:s.end]
	s.addUp()
	s.given = s.end
	return out
}

// addUp sums up the output of the member.
func (s *Stream) addUp() {
	part := s.window[s.summed:s.end]
	if s.sum != nil {
		s.sum.Write(part)
	}
	s.size += uint32(len(part))
	s.summed = s.end
}

// startMember begins the blocks of a stream, or of a member of gzip's.
func (s *Stream) startMember(sum hash.Hash32) {
	s.sum, s.size, s.begin, s.state = sum, 0, s.end, stateBlock
}

func newAdler() hash.Hash32 { return adler32.New() }
func newCRC() hash.Hash32   { return crc32.NewIEEE() }
