package server

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/tidewire/tidewire/bench/ws/frames"
)

// readSize is large enough that a flood of small messages costs few reads.
const readSize = 256 << 10

// A reader takes messages off a connection.
type reader struct {
	conn    net.Conn
	buf     []byte
	from    int // buf[from:to] was read and is not used yet
	to      int
	message []byte // of a message in several frames, or larger than buf
	inflate *inflater
	wire    int64 // bytes of payload as they came, compressed or not
}

func newReader(conn net.Conn, d Deflate) *reader {
	r := &reader{conn: conn, buf: make([]byte, readSize)}
	if d != Plain {
		r.inflate = &inflater{takeover: d == Takeover}
	}
	return r
}

// buffered reports whether the whole next frame was read already.
func (r *reader) buffered() bool {
	h, whole := frames.Parse(r.buf[r.from:r.to])
	return whole && r.to-r.from >= h.Size+h.Length
}

// next returns the next message, valid until the call after it.
func (r *reader) next() ([]byte, error) {
	var compressed bool
	for first := true; ; first = false {
		h, err := r.header()
		if err != nil {
			return nil, err
		}
		if err := expected(h, first); err != nil {
			return nil, err
		}
		r.wire += int64(h.Length)
		if first {
			compressed = h.Compressed
			if h.Fin && h.Length <= r.to-r.from {
				data := r.buf[r.from : r.from+h.Length]
				r.from += h.Length
				frames.Unmask(data, h.Key, 0)
				return r.inflated(data, compressed)
			}
			r.message = r.message[:0]
		}
		if err := r.collect(h); err != nil {
			return nil, err
		}
		if h.Fin {
			return r.inflated(r.message, compressed)
		}
	}
}

var errClosed = errors.New("the client has closed the connection")

func expected(h frames.Header, first bool) error {
	switch {
	case h.Opcode == frames.Close:
		return errClosed
	case !h.Masked:
		return errors.New("a frame without a masking key")
	case first && h.Opcode != frames.Text && h.Opcode != frames.Binary, !first && h.Opcode != frames.Continuation:
		return fmt.Errorf("opcode %d out of place", h.Opcode)
	}
	return nil
}

func (r *reader) header() (frames.Header, error) {
	for {
		h, whole := frames.Parse(r.buf[r.from:r.to])
		if whole {
			r.from += h.Size
			// A frame that fits the buffer is read into it.
			for r.to-r.from < h.Length && h.Length <= len(r.buf) {
				if err := r.fill(h.Length); err != nil {
					return h, err
				}
			}
			return h, nil
		}
		if err := r.fill(1); err != nil {
			return h, err
		}
	}
}

// fill reads once, after it has made room for a frame's rest of so many bytes.
func (r *reader) fill(room int) error {
	switch {
	case r.from == r.to:
		r.from, r.to = 0, 0
	case r.from+room > len(r.buf) || r.to == len(r.buf):
		r.to = copy(r.buf, r.buf[r.from:r.to])
		r.from = 0
	}
	n, err := r.conn.Read(r.buf[r.to:])
	r.to += n
	return err
}

// collect appends a frame's payload to message, past the buffer where it can.
func (r *reader) collect(h frames.Header) error {
	before := len(r.message)
	r.message = append(r.message, make([]byte, h.Length)...)
	data := r.message[before:]
	n := copy(data, r.buf[r.from:r.to])
	r.from += n
	if _, err := io.ReadFull(r.conn, data[n:]); err != nil {
		return err
	}
	frames.Unmask(data, h.Key, 0)
	return nil
}

func (r *reader) inflated(data []byte, compressed bool) ([]byte, error) {
	switch {
	case !compressed:
		return data, nil
	case r.inflate == nil:
		return nil, errors.New("a compressed message without the extension")
	}
	return r.inflate.message(data)
}

// An inflater decompresses messages (RFC 7692 §7.2.2).
type inflater struct {
	takeover bool
	stream   io.ReadCloser
	window   []byte
	out      bytes.Buffer
}

// tail ends a message for the inflater: the bytes that the sender has cut off, and an
// empty last block.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

func (i *inflater) message(data []byte) ([]byte, error) {
	in := io.MultiReader(bytes.NewReader(data), bytes.NewReader([]byte(tail)))
	if i.stream == nil {
		i.stream = flate.NewReader(in)
	} else if err := i.stream.(flate.Resetter).Reset(in, i.window); err != nil {
		return nil, err
	}
	i.out.Reset()
	if _, err := i.out.ReadFrom(i.stream); err != nil {
		return nil, err
	}
	if i.takeover {
		const size = 32 << 10
		i.window = append(i.window, i.out.Bytes()...)
		if len(i.window) > size {
			i.window = append(i.window[:0], i.window[len(i.window)-size:]...)
		}
	}
	return i.out.Bytes(), nil
}

// deflated compresses the messages of a cycle. With takeover, each refers to those before
// it in the cycle, which is right in every round, since the first one refers to none.
func deflated(messages [][]byte, d Deflate) ([][]byte, error) {
	if d == Plain {
		return messages, nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	compressed := make([][]byte, len(messages))
	for i, message := range messages {
		out.Reset()
		if d == NoTakeover {
			w.Reset(&out)
		}
		if _, err := w.Write(message); err != nil {
			return nil, err
		}
		if err := w.Flush(); err != nil {
			return nil, err
		}
		compressed[i] = bytes.Clone(bytes.TrimSuffix(out.Bytes(), []byte(tail[:4])))
	}
	return compressed, nil
}
