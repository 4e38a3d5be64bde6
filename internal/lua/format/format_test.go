package format_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/format"
	"github.com/tidewire/tidewire/internal/lua/number"
)

// write is string.format with one value for all directives. An error comes after the text
// that was appended before it.
func write(text string, value any) string {
	var out []byte
	for text != "" {
		piece, d, rest, err := format.Next(text)
		out = append(out, piece...)
		if err != nil {
			return string(out) + err.Error()
		}
		text = rest
		switch d.Kind() {
		case format.Number:
			out = d.AppendNumber(out, toFloat(value))
		case format.String:
			out = d.AppendString(out, value.(string))
		case format.Quoted:
			out = format.AppendQuoted(out, value.(string))
		case format.Pointer:
			out = append(out, value.(string)...)
		}
	}
	return string(out)
}

func toFloat(value any) float64 {
	if whole, ok := value.(int); ok {
		return float64(whole)
	}
	return value.(float64)
}

var infinity = math.Inf(1)

var rules = []struct {
	rule   string
	format string
	value  any
	want   string
}{
	{"no directive", "abc", 1, "abc"},
	{"nothing", "", 1, ""},
	{"an escaped '%'", "100%%|%d", 1, "100%|1"},
	{"two escaped '%'", "%%%%", 1, "%%"},
	{"text around", "a %d b %d c", 7, "a 7 b 7 c"},

	{"a whole number", "%d", 3, "3"},
	{"a negative one", "%d", -3, "-3"},
	{"a fraction is dropped", "%d", 3.7, "3"},
	{"a negative fraction is dropped", "%d", -3.7, "-3"},
	{"a fraction below 0 is 0", "%d", -0.5, "0"},
	{"%i is %d", "%i", -7, "-7"},
	{"a width", "%5d|", 42, "   42|"},
	{"a width that is too small", "%1d|", 42, "42|"},
	{"to the left", "%-5d|", 42, "42   |"},
	{"with zeros", "%05d", 42, "00042"},
	{"with zeros behind the sign", "%05d", -42, "-0042"},
	{"to the left without zeros", "%-05d|", 42, "42   |"},
	{"a sign", "%+d", 42, "+42"},
	{"a space for a sign", "% d", 42, " 42"},
	{"a sign wins over a space", "%+ d", 42, "+42"},
	{"a sign and zeros", "%+05d", 42, "+0042"},
	{"at least so many digits", "%.3d", 5, "005"},
	{"at least so many digits of a negative number", "%.3d", -5, "-005"},
	{"digits and a width", "%8.3d|", 5, "     005|"},
	{"digits and a width to the left", "%-8.3d|", -5, "-005    |"},
	{"digits switch zeros off", "%08.3d|", 5, "     005|"},
	{"no digits of 0", "%.0d|", 0, "|"},
	{"a point alone is 0", "%.d|", 0, "|"},
	{"a sign of no digits", "%+.0d|", 0, "+|"},
	{"a width of no digits", "%5.d|", 0, "     |"},
	{"one digit that is not 0", "%.0d|", 7, "7|"},
	{"the flag # means nothing", "%#d", 3, "3"},
	{"all flags", "%-+ #0d|", 5, "+5|"},
	{"a flag many times", "%-------5d|", 1, "1    |"},
	{"the greatest width", "%99d|", 1, strings.Repeat(" ", 98) + "1|"},
	{"the most digits", "%.99d|", 1, strings.Repeat("0", 98) + "1|"},
	{"both", "%99.99d|", -1, "-" + strings.Repeat("0", 98) + "1|"},
	{"more than 32 bits", "%d", 1.0 * (1 << 40), "1099511627776"},
	{"more than 53 bits", "%d", 1.0 * (1 << 62), "4611686018427387904"},
	{"more than 64 bits are their least number", "%d", 1e19, "-9223372036854775808"},
	{"so is less", "%d", -1e19, "-9223372036854775808"},
	{"and infinity", "%d", infinity, "-9223372036854775808"},
	{"and a NaN", "%d", math.NaN(), "-9223372036854775808"},

	{"without a sign", "%u", 3, "3"},
	{"a negative number wraps around", "%u", -1, "18446744073709551615"},
	{"2^63", "%u", 1.0 * (1 << 63), "9223372036854775808"},
	{"2^64 is too much", "%u", 1.0 * (1 << 64), "0"},
	{"a sign means nothing", "%+u", 7, "7"},
	{"hexadecimal", "%x", 255, "ff"},
	{"hexadecimal of large letters", "%X", 255, "FF"},
	{"0x", "%#x", 255, "0xff"},
	{"0X", "%#X", 255, "0XFF"},
	{"no 0x of 0", "%#x", 0, "0"},
	{"hexadecimal 0", "%x", 0, "0"},
	{"zeros behind 0x", "%#08x", 255, "0x0000ff"},
	{"zeros", "%08x", 3735928559.0, "deadbeef"},
	{"digits", "%.4x", 10, "000a"},
	{"digits behind 0x", "%#.4x", 10, "0x000a"},
	{"digits and a width of hexadecimal", "%10.4x|", 10, "      000a|"},
	{"hexadecimal to the left", "%-6x|", 171, "ab    |"},
	{"hexadecimal of a fraction", "%x", 10.9, "a"},
	{"no digits of hexadecimal 0", "%.0x|", 0, "|"},
	{"negative hexadecimal", "%x", -1, "ffffffffffffffff"},
	{"hexadecimal infinity", "%x", infinity, "8000000000000000"},
	{"octal", "%o", 8, "10"},
	{"octal with a 0", "%#o", 8, "010"},
	{"no second 0", "%#o", 0, "0"},
	{"digits have the 0 already", "%#.3o", 8, "010"},
	{"one digit more for the 0", "%#.2o", 8, "010"},
	{"no digits, but the 0", "%#.0o", 0, "0"},
	{"octal zeros", "%0#9o", 0, "000000000"},
	{"negative octal", "%o", -1, "1777777777777777777777"},

	{"a byte", "%c", 65, "A"},
	{"a NUL", "%c", 0, "\x00"},
	{"the low bits", "%c", 256 + 65, "A"},
	{"of a negative number", "%c", -1, "\xff"},
	{"too large a number", "%c", 1e10, "\x00"},
	{"a width of a byte", "%5c|", 65, "    A|"},
	{"a byte to the left", "%-5c|", 65, "A    |"},
	{"no zeros in front of a byte", "%05c|", 65, "    A|"},
	{"no precision of a byte", "%.0c|", 65, "A|"},

	{"a float", "%f", 3.14159, "3.141590"},
	{"%F is %f", "%F", 1.5, "1.500000"},
	{"rounded down", "%.2f", 3.14159, "3.14"},
	{"rounded up", "%.3f", 3.14159, "3.142"},
	{"rounded up to another digit", "%.2f", 9.999, "10.00"},
	{"a tie goes to the even digit, down", "%.0f", 2.5, "2"},
	{"a tie goes to the even digit, up", "%.0f", 3.5, "4"},
	{"a half", "%.0f", 0.5, "0"},
	{"a tie behind the point", "%.1f", 0.25, "0.2"},
	{"not quite a tie", "%.1f", 0.35, "0.3"},
	{"a point in spite of no digits", "%#.0f", 3, "3."},
	{"a small float", "%.3f", 0.0001, "0.000"},
	{"zeros in front of the digits", "%.5f", 0.00123, "0.00123"},
	{"a negative zero", "%f", math.Copysign(0, -1), "-0.000000"},
	{"a negative float that is 0 when rounded", "%5.1f|", -0.04, " -0.0|"},
	{"a width of a float", "%10.2f|", 3.14159, "      3.14|"},
	{"a float to the left", "%-10.2f|", 3.14159, "3.14      |"},
	{"a float with zeros", "%010.2f|", -3.14159, "-000003.14|"},
	{"a float with a sign", "%+.1f", 3, "+3.0"},
	{"a float with a space", "% .1f", 3, " 3.0"},
	{"19 digits", "%.10f", 123456789.5, "123456789.5000000000"},
	{"more digits", "%f", 1e22, "10000000000000000000000.000000"},
	{"20 places", "%.20f", 0.1, "0.10000000000000000555"},
	{"99 places", "%.99f", 1.0 / 3, "0.333333333333333314829616256247390992939472198486328125" +
		strings.Repeat("0", 45)},

	{"an exponent", "%e", 12345.678, "1.234568e+04"},
	{"a large E", "%E", 12345.678, "1.234568E+04"},
	{"an exponent of 0", "%.2e", 0, "0.00e+00"},
	{"one digit", "%.0e", 15, "2e+01"},
	{"one digit and a point", "%#.0e", 15, "2.e+01"},
	{"an exponent of three digits", "%e", 1e100, "1.000000e+100"},
	{"a negative exponent of three digits", "%e", 1e-100, "1.000000e-100"},
	{"an exponent and a width", "%15e|", 1, "   1.000000e+00|"},
	{"an exponent and zeros", "%015e|", -1, "-001.000000e+00|"},
	{"the least float", "%e", 5e-324, "4.940656e-324"},
	{"21 digits", "%.20e", 0.1, "1.00000000000000005551e-01"},
	{"nines", "%.2e", 9.999, "1.00e+01"},

	{"general", "%g", 0.1, "0.1"},
	{"general 0", "%g", 0, "0"},
	{"general negative 0", "%g", math.Copysign(0, -1), "-0"},
	{"six digits", "%g", 123456, "123456"},
	{"seven digits", "%g", 1234567, "1.23457e+06"},
	{"zeros are left away", "%g", 100000, "100000"},
	{"a small number", "%g", 0.0001, "0.0001"},
	{"a smaller number", "%g", 1e-5, "1e-05"},
	{"rounded before it is decided", "%.3g", 999.9, "1e+03"},
	{"rounded and not", "%.4g", 999.9, "999.9"},
	{"14 digits", "%.14g", 0.1, "0.1"},
	{"17 digits", "%.17g", 0.1, "0.10000000000000001"},
	{"20 digits", "%.20g", 0.1, "0.10000000000000000555"},
	{"no digits are one", "%.0g", 123, "1e+02"},
	{"zeros stay", "%#g", 1, "1.00000"},
	{"zeros of 0 stay", "%#g", 0, "0.00000"},
	{"zeros of a small number stay", "%#g", 0.001, "0.00100000"},
	{"zeros of an exponent stay", "%#g", 1e10, "1.00000e+10"},
	{"a point in spite of one digit", "%#.0g", 100, "1.e+02"},
	{"a point at the end", "%#.3g", 100, "100."},
	{"a large E of %G", "%G", 1e-10, "1E-10"},
	{"digits of %G", "%.3G", 1234.5, "1.23E+03"},
	{"a width of %g", "%10g|", 1.5, "       1.5|"},
	{"zeros of %g", "%010g|", -1.5, "-0000001.5|"},

	{"hexadecimal float", "%a", 1, "0x1p+0"},
	{"a hexadecimal fraction", "%a", -3.25, "-0x1.ap+1"},
	{"of large letters", "%A", 255.5, "0X1.FFP+7"},
	{"hexadecimal float 0", "%a", 0, "0x0p+0"},
	{"two digits", "%.2a", 1.999, "0x2.00p+0"},
	{"no digits round to even", "%.0a", 1.5, "0x2p+0"},
	{"the least float in hexadecimal", "%a", 5e-324, "0x1p-1074"},
	{"the greatest float in hexadecimal", "%a", math.MaxFloat64, "0x1.fffffffffffffp+1023"},
	{"a hexadecimal point", "%#a", 1, "0x1.p+0"},
	{"zeros behind the 0x of a float", "%012a|", 1, "0x0000001p+0|"},
	{"a hexadecimal float to the left", "%-10a|", 1, "0x1p+0    |"},
	{"a hexadecimal float with a sign", "%+a", 1, "+0x1p+0"},

	{"infinity", "%f", infinity, "inf"},
	{"negative infinity", "%g", -infinity, "-inf"},
	{"infinity with a sign", "%+e", infinity, "+inf"},
	{"large infinity", "%G", infinity, "INF"},
	{"infinity has no zeros", "%06f|", infinity, "   inf|"},
	{"infinity to the left", "%-8g|", -infinity, "-inf    |"},
	{"hexadecimal infinity of a float", "%.1a", infinity, "inf"},
	{"a float that is none", "%5.1f|", math.NaN(), "  nan|"},
	{"one with a sign bit", "%g", math.Copysign(math.NaN(), -1), "nan"},
	{"a large one", "%E", math.NaN(), "NAN"},

	{"a string", "%s", "x", "x"},
	{"a width of a string", "%5s|", "ab", "   ab|"},
	{"a string to the left", "%-5s|", "ab", "ab   |"},
	{"at most so many bytes", "%.2s", "abcdef", "ab"},
	{"that and a width", "%5.1s|", "abc", "    a|"},
	{"no bytes", "%.0s|", "abc", "|"},
	{"a point alone and a string", "%.s|", "abc", "|"},
	{"more bytes than there are", "%.20s|", "short", "short|"},
	{"no zeros in front of a string", "%05s|", "ab", "   ab|"},
	{"a NUL within", "%5s|", "a\x00b", "  a\x00b|"},

	{"quoted", "%q", "hello", `"hello"`},
	{"quoted characters", "%q", "a\"b\\c\nd", "\"a\\\"b\\\\c\\\nd\""},
	{"a quoted NUL", "%q", "\x00", `"\0"`},
	{"a quoted NUL in front of a digit", "%q", "\x001", `"\0001"`},
	{"quoted control characters", "%q", "\r\t\x01\x7f\x80\xff", "\"\\13\\9\\1\\127\x80\xff\""},
	{"one in front of a digit", "%q", "\x1f9", `"\0319"`},
	{"no width of quotes", "%10q|", "x", `"x"|`},

	{"an address", "%p", "0x1234", "0x1234"},
	{"no width of an address", "%20p|", "0x1234", "0x1234|"},
}

func TestRules(t *testing.T) {
	for _, test := range rules {
		if got := write(test.format, test.value); got != test.want {
			t.Errorf("%s: %s of %#v is %q, want %q", test.rule, test.format, test.value, got, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		rule   string
		format string
		want   string
	}{
		{"a '%' alone", "%", "%"},
		{"a '%' at the end", "100%", "%"},
		{"no such verb", "%y", "%y"},
		{"a verb that C alone has", "%n", "%n"},
		{"a size of C", "%ld", "%l"},
		{"%% with a width", "%5%", "%5%"},
		{"a width without a verb", "%10", "%10"},
		{"a point without a verb", "%.", "%."},
		{"two points", "%..5d", "%.."},
		{"a flag behind the width", "%5-d", "%5-"},
		{"a width of three digits", "%100d", "%100"},
		{"a zero and three digits", "%0123d", "%0123"},
		{"a precision of three digits", "%.100f", "%.100"},
		{"a width by an argument", "%*d", "%*"},
		{"a position", "%1$d", "%1$"},
		{"a NUL", "%\x00d", "%"},
		{"a control character", "%5\nd", "%5"},
		{"a high byte", "%\xff", "%\xff"},
		{"text in front", "abc %d%y", "%y"},
	} {
		text, err := test.format, error(nil)
		for text != "" && err == nil {
			_, _, text, err = format.Next(text)
		}
		var option *format.OptionError
		if !errors.As(err, &option) || option.Option != test.want {
			t.Errorf("%s: %q gives %v, want %s", test.rule, test.format, err, test.want)
			continue
		}
		if want := "invalid option '" + test.want + "' to 'format'"; err.Error() != want {
			t.Errorf("%s: %q", test.rule, err)
		}
	}
}

// Each prefix of a format gives the same up to where it is cut, or an error there.
func TestPrefixes(t *testing.T) {
	for _, test := range rules {
		for end := range len(test.format) {
			prefix := test.format[:end]
			got, want := write(prefix, test.value), write(test.format, test.value)
			cut := prefix[max(strings.LastIndexByte(prefix, '%'), 0):]
			before, isCut := strings.CutSuffix(got, "invalid option '"+cut+"' to 'format'")
			if !strings.HasPrefix(want, before) || !isCut && strings.HasPrefix(got, "invalid") {
				t.Errorf("%s: %q of %#v is %q, which is not how %q begins", test.rule, test.format[:end], test.value,
					got, want)
			}
		}
	}
}

// A long text comes in pieces of at most 1 MiB.
func TestLongText(t *testing.T) {
	whole := strings.Repeat("x", 5<<20) + "%d" + strings.Repeat("y", 2<<20) + "%%"
	var got []byte
	for text := whole; text != ""; {
		piece, d, rest, err := format.Next(text)
		if err != nil || len(piece) > 1<<20 {
			t.Fatalf("a piece of %d bytes, %v", len(piece), err)
		}
		got = append(got, piece...)
		if d.Kind() == format.Number {
			got = append(got, "%d"...)
		}
		text = rest
	}
	if string(got)+"%" != whole {
		t.Errorf("%d bytes of %d", len(got), len(whole))
	}
}

func TestIsPlain(t *testing.T) {
	for text, want := range map[string]bool{
		"%d": true, "%s": true, "%5d": false, "%-d": false, "%.3d": false, "%.d": false, "%0d": false,
	} {
		if _, d, _, _ := format.Next(text); d.IsPlain() != want {
			t.Errorf("%s is plain: %v", text, d.IsPlain())
		}
	}
}

// MaxNumber is reached and never exceeded.
func TestMaxNumber(t *testing.T) {
	longest := 0
	for _, verb := range "diucxXoeEfFgGaA" {
		for _, value := range []float64{-math.MaxFloat64, math.MaxFloat64, 5e-324, -1.0 / 3, 0, -1 << 63} {
			_, d, _, _ := format.Next("%+#099.99" + string(verb))
			longest = max(longest, len(d.AppendNumber(nil, value)))
		}
	}
	if longest != format.MaxNumber {
		t.Errorf("a number has up to %d bytes, MaxNumber is %d", longest, format.MaxNumber)
	}
}

func TestDoesNotAllocate(t *testing.T) {
	out := make([]byte, 0, 1000)
	for _, text := range []string{"%d", "%-8d|", "%08.3f", "%.20f", "%5.2e", "%g", "%#g", "%a", "%x", "%c"} {
		if count := testing.AllocsPerRun(100, func() {
			_, d, _, _ := format.Next(text)
			d.AppendNumber(out, 1234.5678)
		}); count != 0 {
			t.Errorf("%s: %v allocations", text, count)
		}
	}
}

// Whatever the format and the value are: the sizes are as announced, a string that is
// quoted reads back, and numbers are those of strconv.
func FuzzFormat(f *testing.F) {
	for _, test := range rules {
		if text, ok := test.value.(string); ok {
			f.Add(test.format, 0.0, text)
		} else {
			f.Add(test.format, toFloat(test.value), "")
		}
	}
	f.Fuzz(func(t *testing.T, text string, value float64, s string) {
		for text != "" {
			_, d, rest, err := format.Next(text)
			if err != nil {
				var option *format.OptionError
				if !errors.As(err, &option) || !strings.Contains(text, option.Option) || option.Option[0] != '%' {
					t.Errorf("%q: %v", text, err)
				}
				return
			}
			if len(rest) >= len(text) {
				t.Fatalf("%q does not get shorter: %q", text, rest)
			}
			text = rest
			switch d.Kind() {
			case format.Number:
				if size := len(d.AppendNumber(nil, value)); size > format.MaxNumber {
					t.Errorf("%d bytes", size)
				}
			case format.String:
				if got := d.AppendString([]byte("x"), s); len(got)-1 != d.StringSize(len(s)) {
					t.Errorf("%d bytes, not %d", len(got)-1, d.StringSize(len(s)))
				}
			}
		}
		quoted := string(format.AppendQuoted(nil, s))
		if len(quoted) != format.EscapedSize(s)+2 {
			t.Errorf("%q has %d bytes, not %d", quoted, len(quoted), format.EscapedSize(s)+2)
		}
		var pieces []byte
		for rest := s; rest != ""; {
			part := format.EscapedPiece(rest, 3)
			pieces = format.AppendEscaped(pieces, part)
			rest = rest[len(part):]
		}
		if string(pieces) != quoted[1:len(quoted)-1] {
			t.Errorf("%q in pieces, %s as a whole", pieces, quoted)
		}
		if got := unquote(quoted); got != s {
			t.Errorf("%q is quoted as %s, which is %q", s, quoted, got)
		}
		checkNumbers(t, value)
	})
}

func checkNumbers(t *testing.T, value float64) {
	t.Helper()
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	for precision := range 25 {
		for _, verb := range []byte("efgEG") {
			want := strconv.FormatFloat(value, verb, precision, 64)
			if got := write(fmt.Sprintf("%%.%d%c", precision, verb), value); got != want {
				t.Errorf("%%.%d%c of %v is %s, want %s", precision, verb, value, got, want)
			}
		}
	}
	if exact, ok := number.Parse(write("%.17g", value)); !ok || exact != value {
		t.Errorf("%%.17g of %v reads %v", value, exact)
	}
	if exact, ok := number.Parse(write("%a", value)); !ok || exact != value {
		t.Errorf("%%a of %v reads %v", value, exact)
	}
	if want := strconv.FormatInt(number.Int64(value), 10); write("%d", value) != want {
		t.Errorf("%%d of %v is %s, want %s", value, write("%d", value), want)
	}
	if want := strconv.FormatUint(number.Uint64(value), 16); write("%x", value) != want {
		t.Errorf("%%x of %v is %s, want %s", value, write("%x", value), want)
	}
	if want := strconv.FormatUint(number.Uint64(value), 8); write("%o", value) != want {
		t.Errorf("%%o of %v is %s, want %s", value, write("%o", value), want)
	}
}

// unquote reads a string of Lua with the escapes that %q writes.
func unquote(quoted string) string {
	var out []byte
	for text := quoted[1 : len(quoted)-1]; text != ""; {
		c := text[0]
		text = text[1:]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		digits := 0
		for digits < 3 && digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		code, _ := strconv.Atoi(text[:digits])
		out, text = append(out, byte(code)), text[digits:]
	}
	return string(out)
}
