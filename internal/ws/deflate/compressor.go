package deflate

import (
	"bytes"
	"errors"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/flate"

	"github.com/tidewire/tidewire/memory"
)

const (
	// level is the library's level for long messages: beyond it, time grows faster than
	// the savings.
	level = 3

	// minCompress is the length below which a message is not tried: the library finds
	// nothing in fewer than 13 bytes.
	minCompress = 16

	// maxShort is the longest message that is compressed without a state of the library's
	// own.
	maxShort = 16 << 10

	// maxRemembered bounds how much of its sent messages a compressor remembers; the
	// library uses no more of it for a short message.
	maxRemembered = 8 << 10

	// minQuick is the length from which on a message without context goes to a quickWriter:
	// the library stores shorter ones.
	minQuick = 128

	// minContext and contextPerByte say how much of that a short message may refer to.
	// Looking through it costs about as much a byte as compressing does, so that it is
	// measured by the message.
	minContext     = 1 << 10
	contextPerByte = 4
)

// syncTail is the end of a flush; it is not sent (RFC 7692 §7.2.1).
const syncTail = "\x00\x00\xff\xff"

// Compressor compresses the messages of one direction of one connection, in their order.
// It is not safe for concurrent use.
//
// Between messages it has only the end of the messages that were sent compressed, as
// plain text, and no state of the library's. A compressor of the library's that lives as
// long as its connection holds over 1 MB; worse, it forgets everything at each message of
// fewer than 128 bytes, which are those that context takeover is good for. And a message
// that did not shrink can be sent uncompressed with nothing to take back.
type Compressor struct {
	direction Direction
	account   *memory.Account
	sent      window // empty without takeover
	sink      sink
}

// NewCompressor returns the compressor for the messages of a direction. account, which may
// be nil, is charged for the library's compressors while they are borrowed. Where one does
// not fit, the message is compressed less well, or not at all.
func NewCompressor(d Direction, account *memory.Account) *Compressor {
	c := &Compressor{direction: d, account: account}
	if d.Takeover {
		c.sent.max = min(d.windowBytes(), maxRemembered)
	}
	return c
}

// Compress appends the message, compressed, to dst (RFC 7692 §7.2.1). ok is false if that
// does not make it shorter: it is then to be sent as it is, without rsv1 (RFC 7692 §6),
// and out is dst. A message that was compressed must be sent before those compressed
// after it: they may refer to it.
func (c *Compressor) Compress(dst []byte, payload string) (out []byte, ok bool) {
	if len(payload) < minCompress {
		return dst, false
	}
	plain := unsafe.Slice(unsafe.StringData(payload), len(payload)) // nobody writes to it
	c.sink = sink{out: dst, max: len(dst) + len(payload) + len(syncTail) - 1}
	err := c.write(plain)
	out = c.sink.out
	c.sink = sink{} // drops the reference to dst
	if err == nil {
		out, ok = bytes.CutSuffix(out, []byte(syncTail))
	}
	if !ok {
		return out[:len(dst)], false
	}
	c.sent.add(plain)
	return out, true
}

// write compresses into the sink. Its output refers no further back than the direction's
// window: a short message and its context fit into one window together, and a long one
// goes to a writer that keeps within it.
//
// A short one without a context is a quickWriter's. For what the account has no room for, the
// library's compressor without a state is left, whose window is the widest.
//
// There is nothing special about 8 bits here. The compressor that cannot have a window of
// 256 bytes is zlib's.
func (c *Compressor) write(plain []byte) error {
	room := c.direction.windowBytes() - len(plain)
	short, wide := len(plain) <= maxShort && room >= 0, c.direction.WindowBits == maxWindowBits
	switch {
	case !short && c.account.Charge(longMemory) == nil:
		defer c.account.Release(longMemory)
		return c.writeLong(plain)
	case !short && wide:
		return flate.StatelessDeflate(&c.sink, plain, false, nil)
	case !short:
		return errNoMemory
	case wide && c.sent.max == 0 && len(plain) >= minQuick && c.account.Charge(quickMemory) == nil:
		defer c.account.Release(quickMemory)
		return c.writeQuick(plain)
	}
	context := c.sent.last(min(room, max(minContext, contextPerByte*len(plain))))
	return flate.StatelessDeflate(&c.sink, plain, false, context)
}

// longMemory and quickMemory are how much the library's compressors take, in bytes.
const (
	longMemory  = 1200 << 10
	quickMemory = 800 << 10
)

// writers hold the library's compressors for long messages by window bits, each borrowed
// for one message.
var writers [maxWindowBits + 1]sync.Pool

func (c *Compressor) writeLong(plain []byte) error {
	bits := c.direction.WindowBits
	w, ok := writers[bits].Get().(*flate.Writer)
	if !ok {
		w = newWriter(bits)
	}
	w.ResetDict(&c.sink, c.sent.bytes)
	_, err := w.Write(plain)
	if err == nil {
		err = w.Flush()
	}
	w.ResetDict(nil, nil) // drops the reference to c
	writers[bits].Put(w)
	return err
}

// quickWriter is the library's compressor of level 1, for short messages that refer to
// none before them: with a table from the message before, which it need not clear, it
// takes 8 % less time than one without a state. It is borrowed for one message.
type quickWriter struct {
	*flate.Writer
	sink sink
}

var quickWriters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, 1)
	if err != nil {
		panic(err) // the library does not know its own level
	}
	return &quickWriter{Writer: w}
}}

func (c *Compressor) writeQuick(plain []byte) error {
	w := quickWriters.Get().(*quickWriter)
	w.sink = c.sink
	w.Reset(&w.sink)
	_, err := w.Write(plain)
	if err == nil {
		err = w.Flush()
	}
	c.sink, w.sink = w.sink, sink{}
	quickWriters.Put(w)
	return err
}

// newWriter panics only if the library does not know its own levels and windows.
func newWriter(bits int) *flate.Writer {
	w, err := flate.NewWriter(nil, level)
	if bits < maxWindowBits {
		w, err = flate.NewWriterWindow(nil, 1<<bits)
	}
	if err != nil {
		panic(err)
	}
	return w
}

var (
	// errGrows ends a compression that does not shrink its message.
	errGrows = errors.New("compressed data is as long as the message")

	// errNoMemory is one for which the account has no room.
	errNoMemory = errors.New("no memory to compress")
)

// sink takes the library's output, up to a length.
type sink struct {
	out []byte
	max int
}

func (s *sink) Write(p []byte) (int, error) {
	if len(s.out)+len(p) > s.max {
		return 0, errGrows
	}
	s.out = append(s.out, p...)
	return len(p), nil
}
