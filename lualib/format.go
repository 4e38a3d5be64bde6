package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// directive is one conversion of a format: %[flags][width][.precision]verb.
type directive struct {
	left, plus, space, alternative, zero bool

	width     int // at most 99
	precision int // at most 99; -1 if none is given
	verb      byte
}

// stringFormat is string.format: C's printf with the extensions and limits of Lua.
func stringFormat(L *lua.LState) int {
	format := CheckString(L, 1)
	out := make([]byte, 0, len(format)+16)
	for argument := 2; ; {
		percent := strings.IndexByte(format, '%')
		if percent < 0 {
			L.Push(lua.LString(append(out, format...)))
			return 1
		}
		out = append(out, format[:percent]...)
		format = format[percent:]
		if strings.HasPrefix(format, "%%") {
			out, format = append(out, '%'), format[2:]
			continue
		}
		d, size, ok := parseDirective(format)
		if !ok {
			invalid, _, _ := strings.Cut(format[:size], "\x00")
			Errorf(L, "invalid option '%s' to 'format'", invalid)
		}
		checkAny(L, argument)
		out = d.append(out, L, argument)
		CheckSize(L, len(out))
		argument++
		format = format[size:]
	}
}

// parseDirective reads the directive at the start of format and returns how long it is. If it is none, size is up to and
// with the first byte that does not fit.
func parseDirective(format string) (d directive, size int, ok bool) {
	at := 1
	for ; at < len(format) && d.setFlag(format[at]); at++ {
	}
	d.width, at = parseTwoDigits(format, at)
	d.precision = -1
	if at < len(format) && format[at] == '.' {
		d.precision, at = parseTwoDigits(format, at+1)
	}
	if at == len(format) {
		return d, at, false
	}
	d.verb = format[at]
	return d, at + 1, strings.IndexByte("diucxXoeEfFgGaAsqp", d.verb) >= 0
}

func (d *directive) setFlag(c byte) bool {
	switch c {
	case '-':
		d.left = true
	case '+':
		d.plus = true
	case ' ':
		d.space = true
	case '#':
		d.alternative = true
	case '0':
		d.zero = true
	default:
		return false
	}
	return true
}

func parseTwoDigits(text string, at int) (value, next int) {
	for end := at + 2; at < len(text) && at < end && isDigit(text[at]); at++ {
		value = value*10 + int(text[at]-'0')
	}
	return value, at
}

// append appends argument n of L as the directive has it.
func (d directive) append(out []byte, L *lua.LState, n int) []byte {
	switch d.verb {
	case 's':
		text := tostring(L, L.Get(n))
		if d.precision >= 0 && d.precision < len(text) {
			text = text[:d.precision]
		}
		return d.pad(out, "", text, false)
	case 'q':
		return appendQuoted(out, tostring(L, L.Get(n)))
	case 'p':
		_, address, found := strings.Cut(basicText(L.Get(n)), ": ")
		if !found {
			address = "NULL"
		}
		return d.pad(out, "", address, false)
	case 'c':
		return d.pad(out, "", string([]byte{byte(checkInt(L, n))}), false)
	case 'd', 'i':
		return d.appendSigned(out, toInt64(CheckNumber(L, n)))
	case 'u', 'x', 'X', 'o':
		return d.appendUnsigned(out, toUint64(CheckNumber(L, n)))
	}
	return d.appendFloat(out, CheckNumber(L, n))
}

// pad appends prefix and text, filled up to the width. Zeros go between the two.
func (d directive) pad(out []byte, prefix, text string, zeros bool) []byte {
	fill := max(d.width-len(prefix)-len(text), 0)
	switch {
	case d.left:
		out = append(append(out, prefix...), text...)
		return appendRepeated(out, ' ', fill)
	case zeros:
		out = appendRepeated(append(out, prefix...), '0', fill)
		return append(out, text...)
	}
	return append(append(appendRepeated(out, ' ', fill), prefix...), text...)
}

func appendRepeated(out []byte, c byte, count int) []byte {
	for range count {
		out = append(out, c)
	}
	return out
}

// sign is what stands before a number.
func (d directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

func (d directive) appendSigned(out []byte, value int64) []byte {
	magnitude := uint64(value)
	if value < 0 {
		magnitude = -magnitude
	}
	return d.appendDigits(out, d.sign(value < 0), strconv.FormatUint(magnitude, 10))
}

func (d directive) appendUnsigned(out []byte, value uint64) []byte {
	switch d.verb {
	case 'o':
		digits := strconv.FormatUint(value, 8)
		if d.alternative && value != 0 && d.precision <= len(digits) {
			digits = "0" + digits
		}
		if d.alternative && value == 0 {
			d.precision = max(d.precision, 1)
		}
		return d.appendDigits(out, "", digits)
	case 'x', 'X':
		prefix, digits := "", strconv.FormatUint(value, 16)
		if d.alternative && value != 0 {
			prefix = "0x"
		}
		if d.verb == 'X' {
			prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
		}
		return d.appendDigits(out, prefix, digits)
	}
	return d.appendDigits(out, "", strconv.FormatUint(value, 10))
}

// appendDigits appends an integer. A precision is the least number of digits, and switches the flag 0 off.
func (d directive) appendDigits(out []byte, prefix, digits string) []byte {
	if d.precision == 0 && digits == "0" {
		digits = ""
	}
	if missing := d.precision - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return d.pad(out, prefix, digits, d.zero && d.precision < 0)
}

func (d directive) appendFloat(out []byte, value float64) []byte {
	upper := d.verb&0x20 == 0
	prefix := d.sign(math.Signbit(value) && !math.IsNaN(value))
	var text string
	finite := false
	switch {
	case math.IsNaN(value):
		text = "nan"
	case math.IsInf(value, 0):
		text = "inf"
	default:
		finite = true
		text = d.floatText(math.Abs(value))
		if d.verb|0x20 == 'a' {
			prefix, text = prefix+"0x", strings.TrimPrefix(text, "0x")
		}
	}
	if upper {
		prefix, text = strings.ToUpper(prefix), strings.ToUpper(text)
	}
	return d.pad(out, prefix, text, d.zero && finite)
}

// floatText is a number that is neither negative nor special, without sign and padding.
func (d directive) floatText(value float64) string {
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	switch verb := d.verb | 0x20; verb {
	case 'a':
		return d.hexFloat(value)
	case 'g':
		precision = max(precision, 1)
		if !d.alternative {
			return strconv.FormatFloat(value, 'g', precision, 64)
		}
		scientific := strconv.FormatFloat(value, 'e', precision-1, 64)
		exponent := exponentOf(scientific, 'e')
		if exponent < -4 || exponent >= precision {
			return withPoint(scientific, 'e')
		}
		return withPoint(strconv.FormatFloat(value, 'f', precision-1-exponent, 64), 'e')
	default:
		text := strconv.FormatFloat(value, verb, precision, 64)
		if d.alternative {
			text = withPoint(text, 'e')
		}
		return text
	}
}

// hexFloat is C's %a, which unlike Go's writes no more exponent digits than needed, and rounds up to 0x2.
func (d directive) hexFloat(value float64) string {
	text := strconv.FormatFloat(value, 'x', d.precision, 64)
	exponent := exponentOf(text, 'p')
	mantissa, _, _ := strings.Cut(text, "p")
	if _, exact := math.Frexp(value); value != 0 && exponent > exact-1 {
		mantissa, exponent = strings.Replace(mantissa, "0x1", "0x2", 1), exponent-1
	}
	text = mantissa + "p" + signed(exponent)
	if d.alternative {
		text = withPoint(text, 'p')
	}
	return text
}

func signed(value int) string {
	if value < 0 {
		return strconv.Itoa(value)
	}
	return "+" + strconv.Itoa(value)
}

// exponentOf returns the number behind the letter.
func exponentOf(text string, letter byte) int {
	_, digits, _ := strings.Cut(text, string(letter))
	exponent, _ := strconv.Atoi(digits)
	return exponent
}

// withPoint adds the decimal point that the flag # asks for, if there is none.
func withPoint(text string, letter byte) string {
	if strings.Contains(text, ".") {
		return text
	}
	if at := strings.IndexByte(text, letter); at >= 0 {
		return text[:at] + "." + text[at:]
	}
	return text + "."
}

// appendQuoted appends a text so that Lua reads it back.
func appendQuoted(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"', c == '\\', c == '\n':
			out = append(out, '\\', c)
		case c < 32 || c == 127:
			out = append(out, '\\')
			if i+1 < len(text) && isDigit(text[i+1]) { // which would count as one of the escape's
				out = append(out, '0'+c/100, '0'+c/10%10, '0'+c%10)
			} else {
				out = strconv.AppendUint(out, uint64(c), 10)
			}
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// tostring is the text of a value, by its __tostring if it has one.
func tostring(L *lua.LState, value lua.LValue) string {
	switch value := value.(type) {
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return FormatNumber(float64(value))
	}
	return basicText(tostringMeta(L, value))
}

// tostringMeta calls a value's __tostring, which may return anything. Without one it returns the value's text.
func tostringMeta(L *lua.LState, value lua.LValue) lua.LValue {
	method := lua.LValue(lua.LNil)
	if _, isString := value.(lua.LString); !isString {
		method = metafield(L, value, "__tostring")
	}
	if method == lua.LNil {
		return lua.LString(basicText(value))
	}
	L.Push(method)
	L.Push(value)
	L.Call(1, 1)
	defer L.Pop(1)
	return L.Get(-1)
}

// metafield returns a field of a value's metatable, or nil.
func metafield(L *lua.LState, value lua.LValue, name string) lua.LValue {
	var metatable lua.LValue
	switch value := value.(type) {
	case *lua.LTable:
		metatable = value.Metatable
	case *lua.LUserData:
		metatable = value.Metatable
	default:
		return L.GetMetaField(value, name)
	}
	if table, ok := metatable.(*lua.LTable); ok {
		return table.RawGetString(name)
	}
	return lua.LNil
}

// basicText is the text of a value without its metatable.
func basicText(value lua.LValue) string {
	if number, ok := value.(lua.LNumber); ok {
		return FormatNumber(float64(number))
	}
	return value.String()
}
