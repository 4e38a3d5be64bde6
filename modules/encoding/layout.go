package encoding

import (
	"fmt"
	"math"

	"github.com/tidewire/tidewire/lua"
)

// The sizes of C's types on the usual 64-bit systems, in bytes.
const (
	shortSize  = 2
	intSize    = 4
	longSize   = 8
	sizeSize   = 8
	luaIntSize = 8

	maxIntSize  = 16
	nativeAlign = 8

	// maxPacked is the most that packsize returns.
	maxPacked = math.MaxInt32
)

// kind is the kind of an item.
type kind uint8

const (
	signed kind = iota
	unsigned
	float
	double
	fixedText  // c
	sizedText  // s
	zeroText   // z
	padByte    // x
	alignment  // X
	noItem     // an option that changes the next ones
	endOfItems // the format's
)

// An item is one value in a format, or bytes without one.
type item struct {
	option  byte
	kind    kind
	size    int // of the item, of a sized text's length
	padding int // bytes before it
}

// hasValue reports whether a value of the script belongs to the item.
func (i item) hasValue() bool { return i.kind < padByte }

// A layout reads a format of pack and unpack: Lua 5.3 manual, §6.4.2.
type layout struct {
	c      *lua.Call
	format string
	next   int // byte of the format

	bigEndian bool
	maxAlign  int
}

// newLayout begins a format. Without an option it is little endian, as the usual machines
// are, and aligns nothing.
func newLayout(c *lua.Call, format string) *layout {
	return &layout{c: c, format: format, maxAlign: 1}
}

// item returns the next item, which is to begin at a place.
func (l *layout) item(place int) (item, error) {
	for {
		if err := l.c.State().Step(1); err != nil {
			return item{}, err
		}
		i, err := l.option()
		if err != nil {
			return item{}, err
		}
		if i.kind == noItem {
			continue
		}
		i.padding, err = l.align(i, place)
		return i, err
	}
}

// option reads an option.
func (l *layout) option() (i item, err error) {
	if l.next == len(l.format) {
		return item{kind: endOfItems}, nil
	}
	i = item{option: l.format[l.next], kind: noItem}
	l.next++
	switch i.option {
	case 'b':
		i.kind, i.size = signed, 1
	case 'B':
		i.kind, i.size = unsigned, 1
	case 'h':
		i.kind, i.size = signed, shortSize
	case 'H':
		i.kind, i.size = unsigned, shortSize
	case 'l':
		i.kind, i.size = signed, longSize
	case 'L':
		i.kind, i.size = unsigned, longSize
	case 'j':
		i.kind, i.size = signed, luaIntSize
	case 'J':
		i.kind, i.size = unsigned, luaIntSize
	case 'T':
		i.kind, i.size = unsigned, sizeSize
	case 'i':
		i.kind = signed
		i.size, err = l.intSize(intSize)
	case 'I':
		i.kind = unsigned
		i.size, err = l.intSize(intSize)
	case 'f':
		i.kind, i.size = float, 4
	case 'd', 'n':
		i.kind, i.size = double, 8
	case 's':
		i.kind = sizedText
		i.size, err = l.intSize(sizeSize)
	case 'c':
		i.kind = fixedText
		if i.size = l.number(-1); i.size < 0 {
			err = l.c.Errorf("missing size for format option 'c'")
		}
	case 'z':
		i.kind = zeroText
	case 'x':
		i.kind, i.size = padByte, 1
	case 'X':
		i.kind = alignment
	case ' ':
	case '<', '=':
		l.bigEndian = false
	case '>':
		l.bigEndian = true
	case '!':
		l.maxAlign, err = l.intSize(nativeAlign)
	default:
		err = l.c.Errorf("invalid format option %s", shown(i.option))
	}
	return i, err
}

// number reads the number behind an option, or returns fallback.
func (l *layout) number(fallback int) int {
	if !l.digitNext() {
		return fallback
	}
	n := 0
	for l.digitNext() && n <= (maxPacked-9)/10 {
		n = n*10 + int(l.format[l.next]-'0')
		l.next++
	}
	return n
}

func (l *layout) digitNext() bool {
	return l.next < len(l.format) && '0' <= l.format[l.next] && l.format[l.next] <= '9'
}

func (l *layout) intSize(fallback int) (int, error) {
	size := l.number(fallback)
	if size < 1 || size > maxIntSize {
		return 0, l.c.Errorf("integral size (%d) out of limits [1,%d]", size, maxIntSize)
	}
	return size, nil
}

// align returns how many bytes come before an item, so that it begins at a multiple of
// its size, or of the greatest alignment.
func (l *layout) align(i item, place int) (int, error) {
	align := 0
	switch i.kind {
	case alignment:
		model, err := l.option()
		if err != nil {
			return 0, err
		}
		if model.kind == endOfItems || model.kind == fixedText || model.size == 0 {
			return 0, l.c.ArgError(1, "invalid next option for option 'X'")
		}
		align = model.size
	case fixedText:
		return 0, nil
	default:
		align = i.size
	}
	align = min(align, l.maxAlign)
	if align <= 1 {
		return 0, nil
	}
	if align&(align-1) != 0 {
		return 0, l.c.ArgError(1, "format asks for alignment not power of 2")
	}
	return -place & (align - 1), nil
}

// packSize is packsize(format): the length of what pack makes.
func (m *module) packSize(c *lua.Call) error {
	l := newLayout(c, c.String(1))
	if err := c.Err(); err != nil {
		return err
	}
	total := 0
	for {
		i, err := l.item(total)
		switch {
		case err != nil:
			return err
		case i.kind == endOfItems:
			return c.Return(lua.Int(total))
		case i.kind == sizedText || i.kind == zeroText:
			return c.ArgError(1, "variable-length format")
		case total > maxPacked-i.size-i.padding:
			return c.ArgError(1, "format result too large")
		}
		total += i.padding + i.size
	}
}

// describe shows an option for a message.
func (i item) describe() string {
	switch i.option {
	case 'i', 'I', 's', 'c':
		return fmt.Sprintf("'%c%d'", i.option, i.size)
	}
	return fmt.Sprintf("'%c'", i.option)
}
