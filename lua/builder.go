package lua

import "github.com/tidewire/tidewire/internal/lua/number"

// A Builder makes a string piece by piece within the state's limits: its memory is
// charged as it grows, steps are counted for that and for long pieces, and it never grows
// past the longest string that the state allows. After the first error, which Value
// returns, nothing more is written; a loop may ask Err to end early. A Builder that is no
// longer needed must be emptied, by Value or Reset, since its memory stays counted until
// then. It belongs to the state's goroutine.
type Builder struct {
	s       *State
	block   *str   // the string that is being made, if there is room for something
	bytes   []byte // its bytes, as far as they are written
	charged int    // for few bytes
	epoch   uint32 // of the walk before the charge: a later one has dropped it
	held    int    // reserved for many, which no walk drops: many builders may be at work, each in a callback of another
	err     error
}

// NewBuilder makes an empty builder.
func (s *State) NewBuilder() *Builder { return &Builder{s: s} }

// Err returns the error that ended the writing.
func (b *Builder) Err() error { return b.err }

// Len returns the number of bytes written.
func (b *Builder) Len() int { return len(b.bytes) }

// Room makes room for n more bytes and reports whether it could.
func (b *Builder) Room(n int) bool {
	if b.err != nil {
		return false
	}
	if n <= cap(b.bytes)-len(b.bytes) {
		return true
	}
	need := len(b.bytes) + n
	if need < 0 || int64(need) > b.s.maxString {
		return b.fail(b.s.checkLength(maxStringLength))
	}
	size := min(max(need, b.grown(), 64), max(int(b.s.maxString), need))
	if err := b.s.Step(size / bytesPerStep); err != nil {
		return b.fail(err)
	}
	charged, held := size, 0
	if size > bigWork {
		charged, held = 0, size
	}
	if err := b.s.Reserve(held); err != nil {
		return b.fail(err)
	}
	if err := b.s.charge(charged); err != nil {
		return b.fail(err)
	}
	block, grown := newBlock(size)
	if err := b.s.fill(grown, textOf(b.bytes)); err != nil {
		b.s.Unreserve(held)
		return b.fail(err)
	}
	b.uncharge()
	b.charged, b.held = charged, held
	b.block, b.bytes = block, grown[:len(b.bytes)]
	return true
}

// grown is the size of the next room: twice the present one, or 1.5 times from 1 MiB on.
func (b *Builder) grown() int {
	if n := cap(b.bytes); n >= 1<<20 {
		return n + n/2
	}
	return 2 * cap(b.bytes)
}

// uncharge takes back the charge for the bytes, unless a walk, which does not find them,
// has done so.
func (b *Builder) uncharge() {
	if b.epoch == b.s.epoch {
		b.s.used -= int64(b.charged)
	}
	b.s.Unreserve(b.held)
	b.charged, b.held, b.epoch = 0, 0, b.s.epoch
}

func (b *Builder) fail(err error) bool {
	if b.err == nil {
		b.err = err
	}
	return false
}

// step counts the work of writing n bytes.
func (b *Builder) step(n int) bool {
	if n < bigWork {
		return b.err == nil
	}
	if err := b.s.Step(n / bytesPerStep); err != nil {
		return b.fail(err)
	}
	return b.err == nil
}

// WriteString appends a string. It reports whether there was room.
func (b *Builder) WriteString(text string) bool {
	if b.err != nil || len(text) >= bigWork || len(text) > cap(b.bytes)-len(b.bytes) {
		if !b.Room(len(text)) || !b.step(len(text)) {
			return false
		}
	}
	if len(text) > filledAtOnce {
		return b.writeLong(text)
	}
	b.bytes = append(b.bytes, text...)
	return true
}

// writeLong appends a text for which there is room, unless an interrupt ends that.
func (b *Builder) writeLong(text string) bool {
	at := len(b.bytes)
	whole := b.bytes[:at+len(text)]
	if err := b.s.fill(whole[at:], text); err != nil {
		return b.fail(err)
	}
	b.bytes = whole
	return true
}

// WriteBytes appends bytes.
func (b *Builder) WriteBytes(text []byte) bool { return b.WriteString(textOf(text)) }

// AddByte appends a byte.
func (b *Builder) AddByte(c byte) bool {
	if len(b.bytes) == cap(b.bytes) && !b.Room(1) {
		return false
	}
	b.bytes = append(b.bytes, c)
	return true
}

// WriteNumber appends a number as Lua writes it.
func (b *Builder) WriteNumber(f float64) bool {
	if b.err != nil || numberRoom > cap(b.bytes)-len(b.bytes) {
		if !b.Room(numberRoom) {
			return false
		}
	}
	b.bytes = number.Append(b.bytes, f)
	return true
}

// Append lets f append up to room bytes to the text.
func (b *Builder) Append(room int, f func(dst []byte) []byte) bool {
	if !b.Room(room) {
		return false
	}
	b.bytes = f(b.bytes)
	return true
}

// Bytes returns the text so far. It is good until the next write.
func (b *Builder) Bytes() []byte { return b.bytes }

// Value makes the string, and empties the builder.
func (b *Builder) Value() (Value, error) {
	if err := b.err; err != nil {
		b.Reset()
		return Nil, err
	}
	if block := b.block; len(b.bytes) == cap(b.bytes) && len(b.bytes) > bigWork { // full: nothing is copied
		b.uncharge()
		b.block, b.bytes = nil, nil
		if err := b.s.charge(stringSize(block.length)); err != nil {
			return Nil, err
		}
		return stringValue(block), nil
	}
	v, err := b.s.Bytes(b.bytes)
	b.Reset()
	return v, err
}

// Reset empties the builder, and keeps its memory if that is little.
func (b *Builder) Reset() {
	b.err = nil
	if cap(b.bytes) <= bigWork {
		b.bytes = b.bytes[:0]
		return
	}
	b.uncharge()
	b.block, b.bytes = nil, nil
}
