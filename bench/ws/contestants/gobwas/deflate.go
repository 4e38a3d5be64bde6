package gobwas

import (
	"bytes"
	"io"

	"github.com/gobwas/ws/wsflate"
	"github.com/klauspost/compress/flate"
)

// A deflater compresses and decompresses messages with one compressor and one
// decompressor; the library's helpers make new ones for each message. It belongs to one
// goroutine.
type deflater struct {
	out    bytes.Buffer
	writer *wsflate.Writer // nil until there is a message

	in     bytes.Reader
	reader io.ReadCloser // nil until there is a message
}

// compress returns a compressed message, valid until the next call.
func (d *deflater) compress(message []byte) ([]byte, error) {
	d.out.Reset()
	if d.writer == nil {
		d.writer = wsflate.NewWriter(&d.out, newCompressor)
	} else {
		d.writer.Reset(&d.out)
	}
	if _, err := d.writer.Write(message); err != nil {
		return nil, err
	}
	err := d.writer.Flush()
	return d.out.Bytes(), err
}

// tail ends a message: the bytes that the sender has cut off (RFC 7692 §7.2.2), and an
// empty last block.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// decompress returns a message, valid until the next call. It does without wsflate.Reader,
// which gives klauspost/compress a zero byte that is not in the data. It may append to
// data.
func (d *deflater) decompress(data []byte) ([]byte, error) {
	d.out.Reset()
	d.in.Reset(append(data, tail...))
	if d.reader == nil {
		d.reader = flate.NewReader(&d.in)
	} else if err := d.reader.(flate.Resetter).Reset(&d.in, nil); err != nil {
		return nil, err
	}
	_, err := d.out.ReadFrom(d.reader)
	return d.out.Bytes(), err
}

// newCompressor uses the implementation and the level that gws uses.
func newCompressor(w io.Writer) wsflate.Compressor {
	c, err := flate.NewWriter(w, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is valid
	}
	return c
}
