package zlib

import (
	"encoding/binary"
	"hash"
	"hash/adler32"
	"hash/crc32"

	"github.com/klauspost/compress/flate"

	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
)

const (
	defaultLevel = 6
	maxLevel     = 9

	// slowest is the level that is used above it, too: the library's level 9 takes up to
	// 27 s for a MiB of data of two letters, and half a second in one piece, in which
	// nothing can interrupt it.
	slowest = 8

	// deflaterBytes is about the memory that the compressor of the largest level takes.
	deflaterBytes = 1_500_000
)

// A pace is how many bytes are compressed between two looks at the state's limits, and
// how many steps each of them counts as: the slowest data for the level takes 10 ms for
// far more than 10,000 steps.
type pace struct{ piece, steps, bytes int }

// paceOf returns the pace of a level. Those above 6 look at many places for each byte.
func paceOf(level int) pace {
	if level <= 6 {
		return pace{piece: piece, steps: 1, bytes: 8}
	}
	return pace{piece: 1 << 10, steps: 2, bytes: 1}
}

// A deflater writes compressed data to a builder.
type deflater struct {
	level  int
	writer *flate.Writer
	out    *lua.Builder
}

// Write implements io.Writer.
func (d *deflater) Write(part []byte) (int, error) {
	if !d.out.WriteBytes(part) {
		return 0, d.out.Err()
	}
	return len(part), nil
}

// deflate is deflate(data [, {format=, level=}]).
func (m *module) deflate(c *lua.Call) error {
	data := c.String(1)
	opts := options.Read(c, 2, "format", "level")
	format := opts.Word("format", "zlib", "zlib", "gzip", "raw")
	level := opts.Int("level", defaultLevel, 0, maxLevel)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := m.deflaterOf(min(level, slowest))
	if err != nil {
		return err
	}
	var sum hash.Hash32
	switch format {
	case "zlib":
		sum = adler32.New()
		m.out.WriteBytes(zlibHeader(level))
	case "gzip":
		sum = crc32.NewIEEE()
		m.out.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff") // no time, an unknown system
	}
	if err := m.compress(d, data, sum); err != nil {
		return m.finish(c, err)
	}
	var trailer []byte
	switch format {
	case "zlib":
		trailer = binary.BigEndian.AppendUint32(nil, sum.Sum32())
	case "gzip":
		trailer = binary.LittleEndian.AppendUint32(nil, sum.Sum32())
		trailer = binary.LittleEndian.AppendUint32(trailer, uint32(len(data)))
	}
	m.out.WriteBytes(trailer)
	return m.finish(c, nil)
}

// zlibHeader is the header of RFC 1950 §2.2: a window of 32 KiB, and a hint of the level.
func zlibHeader(level int) []byte {
	switch {
	case level < 2:
		return []byte{0x78, 0x01}
	case level < 6:
		return []byte{0x78, 0x5e}
	case level == 6:
		return []byte{0x78, 0x9c}
	}
	return []byte{0x78, 0xda}
}

// deflaterOf returns a compressor for a level, the last one if it is of the same.
func (m *module) deflaterOf(level int) (*deflater, error) {
	if m.deflater == nil {
		if err := m.s.Reserve(deflaterBytes); err != nil {
			return nil, err
		}
	} else if m.deflater.level == level {
		return m.deflater, nil
	}
	d := &deflater{level: level, out: m.out}
	writer, err := flate.NewWriter(d, level)
	if err != nil {
		return nil, err
	}
	d.writer = writer
	m.deflater = d
	return d, nil
}

// compress writes the data, and adds it to the sum, which may be nil.
func (m *module) compress(d *deflater, data string, sum hash.Hash32) error {
	d.writer.Reset(d)
	pace := paceOf(d.level)
	for len(data) > 0 {
		part := m.buffer[:copy(m.buffer[:pace.piece], data)]
		data = data[len(part):]
		if err := m.s.Step(1 + len(part)*pace.steps/pace.bytes); err != nil {
			return err
		}
		if sum != nil {
			sum.Write(part)
		}
		if _, err := d.writer.Write(part); err != nil {
			return err
		}
	}
	return d.writer.Close()
}
