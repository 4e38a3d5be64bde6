// Package format is string.format without a VM: it reads the directives of a format and
// appends numbers and strings by them. The rules are LuaJIT's: C's printf with limits and
// a few extensions. Its functions may be called from several goroutines at once.
package format

import "strings"

// Directive is one conversion: %[flags][width][.precision]verb.
type Directive struct {
	Verb byte // 0 if there is none

	flags     flags
	width     int8 // at most 99
	precision int8 // at most 99; -1 if none is given
}

type flags uint8

const (
	flagLeft flags = 1 << iota
	flagPlus
	flagSpace
	flagAlternative
	flagZero
)

// maxText is how many bytes Next looks at for a directive at most.
const maxText = 1 << 20

// Next returns the next piece of a format: a text to append as it is, then a directive,
// and the rest of the format. There may be none of the two; Verb is 0 then. The error is
// an *OptionError, and text is valid with it, too.
func Next(format string) (text string, d Directive, rest string, err error) {
	window := format
	if len(window) > maxText {
		window = window[:maxText]
	}
	percent := strings.IndexByte(window, '%')
	switch {
	case percent < 0:
		return window, Directive{}, format[len(window):], nil
	case percent+1 < len(format) && format[percent+1] == '%':
		return format[:percent+1], Directive{}, format[percent+2:], nil
	}
	text, format = format[:percent], format[percent:]
	d, size := parse(format)
	if !known[d.Verb] {
		return text, Directive{}, "", &OptionError{Option: format[:size]}
	}
	return text, d, format[size:], nil
}

// OptionError is the error of a format with an invalid directive.
type OptionError struct {
	Option string // up to the first byte that does not fit; a piece of the format
}

// Error returns LuaJIT's words.
func (e *OptionError) Error() string { return "invalid option '" + e.Option + "' to 'format'" }

// Kind says which value a Directive takes, and so which function appends it.
type Kind uint8

// The kinds of Directives.
const (
	None    Kind = iota // there is no Verb
	Number              // AppendNumber
	String              // AppendString
	Quoted              // AppendQuoted
	Pointer             // the address as it is: LuaJIT ignores the width
)

// Kind returns which value d takes.
func (d Directive) Kind() Kind {
	switch d.Verb {
	case 0:
		return None
	case 's':
		return String
	case 'q':
		return Quoted
	case 'p':
		return Pointer
	}
	return Number
}

// IsPlain reports whether d has no flags, no width and no precision: the value's text as
// it is.
func (d Directive) IsPlain() bool { return d.flags == 0 && d.width == 0 && d.precision < 0 }

// known has the letters of the verbs.
var known = func() (table [256]bool) {
	for _, verb := range []byte("diucxXoeEfFgGaAsqp") {
		table[verb] = true
	}
	return table
}()

// parse reads the directive at the start of format and returns how long it is. If it is
// none, that is up to and with the first byte that does not fit, or without it if it is a
// control character.
func parse(format string) (d Directive, size int) {
	at := 1
flags:
	for ; at < len(format); at++ {
		switch format[at] {
		case '-':
			d.flags |= flagLeft
		case '+':
			d.flags |= flagPlus
		case ' ':
			d.flags |= flagSpace
		case '#':
			d.flags |= flagAlternative
		case '0':
			d.flags |= flagZero
		default:
			break flags
		}
	}
	d.width, at = twoDigits(format, at)
	d.precision = -1
	if at < len(format) && format[at] == '.' {
		d.precision, at = twoDigits(format, at+1)
	}
	if at == len(format) || format[at] < ' ' {
		return d, at
	}
	d.Verb = format[at]
	return d, at + 1
}

func twoDigits(text string, at int) (value int8, next int) {
	for end := at + 2; at < len(text) && at < end && text[at]-'0' <= 9; at++ {
		value = value*10 + int8(text[at]-'0')
	}
	return value, at
}
