package number_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/number"
)

func TestAppend(t *testing.T) {
	for _, test := range []struct {
		rule string
		f    float64
		want string
	}{
		{"zero", 0, "0"},
		{"a negative zero keeps its sign", math.Copysign(0, -1), "-0"},
		{"one digit", 7, "7"},
		{"two digits", 42, "42"},
		{"three digits", 100, "100"},
		{"a negative whole number", -12345, "-12345"},
		{"the greatest whole number of 14 digits", 99999999999999, "99999999999999"},
		{"the least whole number of 14 digits", -99999999999999, "-99999999999999"},
		{"a whole number of 15 digits has an exponent", 1e14, "1e+14"},
		{"digits beyond the 14th are rounded", 123456789012346, "1.2345678901235e+14"},
		{"a tie goes to the even digit, as in C", 123456789012345, "1.2345678901234e+14"},
		{"a fraction that rounds up to 15 digits", 99999999999999.5, "1e+14"},
		{"a fraction that rounds to 14 digits", 9999999999999.75, "9999999999999.8"},
		{"a fraction", 0.5, "0.5"},
		{"a negative fraction", -0.1, "-0.1"},
		{"14 digits", 1.0 / 3, "0.33333333333333"},
		{"a sum that is not what it seems", 0.1 + 0.2, "0.3"},
		{"a whole number by rounding", 2.99999999999999999, "3"},
		{"nearly a whole number", math.Nextafter(100, 0), "100"},
		{"the smallest without an exponent", 0.0001, "0.0001"},
		{"rounds up to it", 0.000099999999999999999, "0.0001"},
		{"an exponent below -4", 0.00001, "1e-05"},
		{"an exponent and digits", 1.25e-7, "1.25e-07"},
		{"an exponent of three digits", 1.5e100, "1.5e+100"},
		{"the greatest float", math.MaxFloat64, "1.7976931348623e+308"},
		{"the least float", 5e-324, "4.9406564584125e-324"},
		{"2^53", 1 << 53, "9.007199254741e+15"},
		{"2^63", 1 << 63, "9.2233720368548e+18"},
		{"-2^63", -1 << 63, "-9.2233720368548e+18"},
		{"2^64", 1 << 64, "1.844674407371e+19"},
		{"infinity", math.Inf(1), "inf"},
		{"negative infinity", math.Inf(-1), "-inf"},
		{"a NaN", math.NaN(), "nan"},
		{"a NaN with its sign bit set has no sign", math.Copysign(math.NaN(), -1), "nan"},
	} {
		if got := string(number.Append([]byte("x"), test.f)); got != "x"+test.want {
			t.Errorf("%s: %v is written %q, want %q", test.rule, test.f, got[1:], test.want)
		}
	}
}

// Append is C's "%.14g", which strconv knows.
func FuzzAppend(f *testing.F) {
	for _, seed := range []float64{0, -1.5, 1e14, 0.1, 5e-324, math.MaxFloat64, 1 << 53, 1e-5, 123456789012345} {
		f.Add(math.Float64bits(seed))
	}
	f.Fuzz(func(t *testing.T, word uint64) {
		float := math.Float64frombits(word)
		for _, value := range []float64{float, math.Trunc(float), math.Remainder(float, 1e6), float * 1e-300,
			float * 1e300} {
			got := string(number.Append(nil, value))
			want := strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(value, 'g', 14, 64)), "+")
			if got != want {
				t.Errorf("%v is written %q, want %q", value, got, want)
			}
			if len(got) > number.MaxText {
				t.Errorf("%v takes %d bytes", value, len(got))
			}
			rounded := func(f float64) string { return strconv.FormatFloat(f, 'g', 14, 64) }
			if read, ok := number.Parse(got); !ok || rounded(read) != rounded(value) {
				t.Errorf("%q reads %v, %v", got, read, ok)
			}
		}
	})
}

func TestAppendDoesNotAllocate(t *testing.T) {
	var buffer [64]byte
	if count := testing.AllocsPerRun(100, func() {
		for _, value := range []float64{0, 123456, 0.1, 1e100, -5e-324, math.Inf(1)} {
			number.Append(buffer[:0], value)
		}
	}); count != 0 {
		t.Errorf("%v allocations", count)
	}
}

var numerals = []struct {
	rule string
	text string
	want float64
}{
	{"a digit", "7", 7},
	{"zeros in front", "00012", 12},
	{"no octal numbers", "010", 10},
	{"15 digits", "123456789012345", 123456789012345},
	{"16 digits", "1234567890123456", 1234567890123456},
	{"a tie of 17 digits goes to the even float", "9007199254740993", 9007199254740992},
	{"more than a tie", "9007199254740993.00000000000000000000000000001", 9007199254740994},
	{"a plus", "+1", 1},
	{"a minus", "-1", -1},
	{"white space of all kinds", " \t\n\v\f\r1 \t\n\v\f\r", 1},
	{"a fraction", "0.5", 0.5},
	{"a fraction that is rounded", "3.14159", 3.14159},
	{"nothing before the point", ".5", 0.5},
	{"nothing behind the point", "1.", 1},
	{"an exponent", "1e5", 1e5},
	{"a large E and a plus", "12.5E+2", 1250},
	{"a negative exponent", "5e-1", 0.5},
	{"zeros in an exponent", "1e0005", 1e5},
	{"too large is infinite", "1e400", math.Inf(1)},
	{"too small is zero", "1e-400", 0},
	{"the least float", "4.9406564584124654e-324", 5e-324},
	{"a half of the least float is a tie with zero", "2.4703282292062327e-324", 0},
	{"the greatest float", "1.7976931348623157e308", math.MaxFloat64},
	{"the greatest exponent", "0e1048575", 0},
	{"hexadecimal", "0x10", 16},
	{"a large X", "0XfF", 255},
	{"an e is a digit there", "0x1e5", 0x1e5},
	{"zeros in front of it", "0x0000000000000000000000000000000000000001", 1},
	{"17 digits", "0x1ffffffffffffffff", 0x20000000000000000},
	{"a hexadecimal tie goes to the even float", "0x1.00000000000008", 1},
	{"a hexadecimal tie goes up to the even float", "0x1.00000000000018", 1.0000000000000004},
	{"more than a hexadecimal tie", "0x1.0000000000000800000000000000000000001", 1.0000000000000002},
	{"a hexadecimal fraction", "0x.8", 0.5},
	{"a point at its end", "0x8.", 8},
	{"a binary exponent", "0x1p4", 16},
	{"a large P and a sign", "-0x1P-4", -0.0625},
	{"too large with it", "0x1p2000", math.Inf(1)},
	{"the greatest float by it", "0x1.fffffffffffffp1023", math.MaxFloat64},
	{"half a unit above the greatest float", "0x1.fffffffffffff8p1023", math.Inf(1)},
	{"too small with it", "0x1p-2000", 0},
	{"the least float by it", "0x1p-1074", 5e-324},
	{"a half of it", "0x1p-1075", 0},
	{"more than a half of it", "0x1.00000000000000000001p-1075", 5e-324},
	{"rounded once where floats have fewer digits", "0x1.8p-1074", 1e-323},
	{"binary", "0b101", 5},
	{"a large B", "-0B11", -3},
	{"64 binary digits", "0b" + strings.Repeat("1", 64), 1 << 64},
	{"infinity", "inf", math.Inf(1)},
	{"its long name, in any case", "-InFiNiTy", math.Inf(-1)},
}

func TestParse(t *testing.T) {
	for _, test := range numerals {
		if got, ok := number.Parse(test.text); !ok || got != test.want {
			t.Errorf("%s: %q reads %v, %v; want %v", test.rule, test.text, got, ok, test.want)
		}
	}
	for _, text := range []string{"nan", "NaN", "+nan", "-nAn"} {
		if got, ok := number.Parse(text); !ok || !math.IsNaN(got) {
			t.Errorf("%q reads %v, %v", text, got, ok)
		}
	}
	if got, ok := number.Parse("-0"); !ok || got != 0 || !math.Signbit(got) {
		t.Errorf("-0 reads %v, %v", got, ok)
	}
	for rule, text := range map[string]string{
		"nothing":                            "",
		"white space alone":                  " \t",
		"other white space":                  "1\u00a0",
		"a sign alone":                       "-",
		"two signs":                          "--1",
		"white space behind the sign":        "- 1",
		"a point alone":                      ".",
		"two points":                         "1.2.3",
		"words":                              "x",
		"a letter behind it":                 "1f",
		"a suffix of C":                      "1LL",
		"white space within":                 "1 2",
		"a NUL":                              "\x00",
		"a NUL behind it":                    "1\x00",
		"a NUL behind white space":           "1 \x00",
		"an underscore":                      "1_000",
		"digits of others":                   "٣",
		"an exponent without digits":         "1e",
		"an exponent with a sign alone":      "1e+",
		"an exponent with a fraction":        "1e1.5",
		"two exponents":                      "1e1e1",
		"an exponent alone":                  "e1",
		"an exponent of a point":             ".e1",
		"an exponent of more than 20 bits":   "0e1048576",
		"a negative one of more":             "1e-1048576",
		"an exponent of many digits":         "1e99999999999999999999999999",
		"no hexadecimal digits":              "0x",
		"a hexadecimal point alone":          "0x.",
		"a hexadecimal exponent alone":       "0x.p1",
		"a letter that is no digit":          "0x1g",
		"a hexadecimal exponent's digit":     "0x1pa",
		"two hexadecimal points":             "0x1.8.",
		"a sign behind 0x":                   "0x-1",
		"no binary digits":                   "0b",
		"a digit that is not binary":         "0b2",
		"a binary fraction":                  "0b1.1",
		"a binary exponent of a binary":      "0b1p2",
		"65 binary digits":                   "0b1" + strings.Repeat("0", 64),
		"more than a name":                   "infi",
		"a name with an argument":            "nan(1)",
		"a piece of a name":                  "in",
		"2^20 digits behind the point":       "." + strings.Repeat("0", 1<<20-1) + "1",
		"and their exponent":                 "0." + strings.Repeat("0", 1<<20) + "1e1000000",
		"2^20 hexadecimal ones":              "0x." + strings.Repeat("0", 1<<20-1) + "1",
		"a long text that ends in something": strings.Repeat("1", 1<<20) + "x",
	} {
		if got, ok := number.Parse(text); ok {
			t.Errorf("%s: %.40q reads %v", rule, text, got)
		}
	}
}

// Numbers of millions of digits are read exactly, and fast enough for a test.
func TestParseLong(t *testing.T) {
	zeros := strings.Repeat("0", 1<<21)
	tie := "1" + strconv.FormatFloat(1.0/(1<<53), 'f', 53, 64)[1:] // halfway between 1 and the next float
	for _, test := range []struct {
		rule string
		text string
		want float64
	}{
		{"zeros in front", zeros + "12", 12},
		{"zeros at the end", "1" + zeros, math.Inf(1)},
		{"zeros behind the point", "1." + zeros, 1},
		{"nothing but zeros", "0." + zeros, 0},
		{"nothing but zeros, and an exponent", "0." + zeros + "e5", 0},
		{"digits that the exponent takes back", "1" + zeros[:1000000] + "e-1000000", 1},
		{"digits behind the point that the exponent takes back", "0." + zeros[:1000000] + "1e1000001", 1},
		{"many digits", strings.Repeat("4", 1000) + "e-999", 4.444444444444445},
		{"a tie", tie, 1},
		{"a tie and zeros", tie + zeros, 1},
		{"a tie and something far behind", tie + zeros[:1<<20-100] + "1", math.Nextafter(1, 2)},
		{"just below a tie", tie[:len(tie)-1] + "4" + strings.Repeat("9", 100000), 1},
		{"801 digits of which the last one decides", tie[:1] + tie[2:] + zeros[:746] + "1e-800", math.Nextafter(1, 2)},
		{"white space", strings.Repeat(" ", 1<<21) + "1" + strings.Repeat("\n", 1<<21), 1},
		{"hexadecimal zeros in front", "0x" + zeros + "ff", 255},
		{"hexadecimal zeros that the exponent takes back", "0x1" + zeros[:250000] + "p-1000000", 1},
		{"a hexadecimal tie and zeros", "0x1.00000000000008" + zeros, 1},
		{"a hexadecimal tie and something", "0x1.00000000000008" + zeros[:1<<19] + "1", math.Nextafter(1, 2)},
		{"binary zeros in front", "0b" + zeros + "11", 3},
	} {
		if got, ok := number.Parse(test.text); !ok || got != test.want {
			t.Errorf("%s: %.60q reads %v, %v; want %v", test.rule, test.text, got, ok, test.want)
		}
	}
}

// Each prefix of a numeral is read as the reference reads it, with something after it,
// too.
func TestParsePrefixes(t *testing.T) {
	for _, test := range numerals {
		for end := range len(test.text) + 1 {
			for _, behind := range []string{"", " ", "0", ".", "e", "\x00", "-"} {
				checkParse(t, test.text[:end]+behind)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, test := range numerals {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 700 { // the reference misreads some
			t.Skip()
		}
		checkParse(t, text)
	})
}

func checkParse(t *testing.T, text string) {
	got, ok := number.Parse(text)
	want, wantOK := reference(text)
	if ok != wantOK || math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%q reads %v, %v; want %v, %v", text, got, ok, want, wantOK)
	}
}

// reference is Parse for short texts, by strconv.
func reference(text string) (value float64, ok bool) {
	text = strings.ToLower(strings.Trim(text, " \t\n\v\f\r"))
	unsigned := strings.TrimPrefix(text, "-")
	negative := unsigned != text
	if !negative {
		unsigned = strings.TrimPrefix(text, "+")
	}
	value, ok = referenceUnsigned(unsigned)
	if negative {
		value = -value
	}
	return value, ok
}

func referenceUnsigned(text string) (value float64, ok bool) {
	switch {
	case text == "inf", text == "infinity":
		return math.Inf(1), true
	case text == "nan":
		return math.NaN(), true
	case strings.Trim(text, "0123456789abcdefxp.+-") != "", strings.HasPrefix(text, "+"), strings.HasPrefix(text, "-"):
		return 0, false
	case strings.HasPrefix(text, "0b"):
		bits, err := strconv.ParseUint(text[2:], 2, 64)
		if err != nil {
			return 0, false
		}
		return float64(bits), true
	}
	letter := "e"
	if strings.HasPrefix(text, "0x") {
		if letter = "p"; !strings.Contains(text, letter) {
			text += "p0"
		}
	}
	if _, exponent, found := strings.Cut(text, letter); found {
		if power, err := strconv.Atoi(exponent); err != nil || max(power, -power) >= 1<<20 {
			return 0, false
		}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(value, 0) {
		return 0, false
	}
	return value, true
}

func TestParseDoesNotAllocate(t *testing.T) {
	if count := testing.AllocsPerRun(100, func() {
		for _, text := range []string{"1", " -3.5 ", "0x10", "1e5", "0.1234567890123456789", "inf", "x"} {
			number.Parse(text)
		}
	}); count != 0 {
		t.Errorf("%v allocations", count)
	}
}

var based = []struct {
	rule string
	text string
	base int
	want float64
}{
	{"binary", "10", 2, 2},
	{"letters", "zz", 36, 1295},
	{"large letters", "ZZ", 36, 1295},
	{"white space around", " \t\n\v\f\r11 \t\n\v\f\r", 2, 3},
	{"a minus", "-11", 2, -3},
	{"a plus", "+11", 2, 3},
	{"0x in base 16", "0x10", 16, 16},
	{"0X in base 16", "-0XA", 16, -10},
	{"0x in a base that has an x", "0x1", 34, 33*34 + 1},
	{"a NUL ends it", "11\x00rest", 2, 3},
	{"a NUL behind white space, too", "11 \x00", 2, 3},
	{"32 bits", "ffffffff", 16, 1<<32 - 1},
	{"64 bits", "ffffffffffffffff", 16, 1 << 64},
	{"64 bits are read exactly before they are rounded", "8000000000000401", 16, 0x8000000000000800},
	{"more than 64 bits are their greatest number", "10000000000000000", 16, 1 << 64},
	{"negative, too", "-" + strings.Repeat("z", 100), 36, -1 << 64},
	{"a million digits", strings.Repeat("0", 1<<20) + "7", 8, 7},
	{"an e is a digit", "1e5", 16, 0x1e5},
	{"a name is digits", "inf", 36, 24171},
}

func TestParseBase(t *testing.T) {
	for _, test := range based {
		if got, ok := number.ParseBase(test.text, test.base); !ok || got != test.want {
			t.Errorf("%s: %.40q in base %d reads %v, %v; want %v", test.rule, test.text, test.base, got, ok, test.want)
		}
	}
	if got, ok := number.ParseBase("-0", 16); !ok || got != 0 || !math.Signbit(got) {
		t.Errorf("-0 reads %v, %v", got, ok)
	}
	for _, test := range []struct {
		rule string
		text string
		base int
	}{
		{"nothing", "", 2},
		{"white space alone", " ", 16},
		{"a sign alone", "-", 16},
		{"white space behind the sign", "- 1", 2},
		{"two signs", "-+1", 2},
		{"a digit of a greater base", "8", 8},
		{"one behind others", "12", 2},
		{"a fraction", "1.5", 8},
		{"white space within", "1 1", 2},
		{"0x alone", "0x", 16},
		{"0x and a sign", "0x-1", 16},
		{"0x and a letter that is no digit", "0xg", 16},
		{"0x twice", "0x0x1", 16},
		{"0x in a base without an x", "0x10", 17},
		{"a NUL in front", "\x001", 2},
		{"a high byte", "\xc1", 36},
	} {
		if got, ok := number.ParseBase(test.text, test.base); ok {
			t.Errorf("%s: %q in base %d reads %v", test.rule, test.text, test.base, got)
		}
	}
}

// Each prefix of a number in a base, and whatever else, is read as strconv reads it.
func TestParseBasePrefixes(t *testing.T) {
	for _, test := range based {
		for end := range min(len(test.text), 200) + 1 {
			checkParseBase(t, test.text[:end], test.base)
		}
	}
}

func FuzzParseBase(f *testing.F) {
	for _, test := range based {
		f.Add(test.text, test.base)
	}
	f.Fuzz(func(t *testing.T, text string, base int) {
		if base < 2 || base > 36 || base == 10 {
			t.Skip()
		}
		checkParseBase(t, text, base)
	})
}

func checkParseBase(t *testing.T, text string, base int) {
	got, ok := number.ParseBase(text, base)
	rest, _, _ := strings.Cut(text, "\x00")
	rest = strings.Trim(rest, " \t\n\v\f\r")
	unsigned := strings.TrimPrefix(rest, "-")
	negative := unsigned != rest
	if !negative {
		unsigned = strings.TrimPrefix(rest, "+")
	}
	if base == 16 && len(unsigned) > 2 && strings.EqualFold(unsigned[:2], "0x") {
		unsigned = unsigned[2:]
	}
	whole, err := strconv.ParseUint(unsigned, base, 64)
	const allDigits = "0123456789abcdefghijklmnopqrstuvwxyz"
	fits := strings.Trim(asciiLower(unsigned), allDigits[:base]) == "" // strconv names the size first
	want, wantOK := float64(whole), fits && (err == nil || errors.Is(err, strconv.ErrRange))
	if !wantOK {
		want = 0
	}
	if negative {
		want = -want
	}
	if ok != wantOK || ok && got != want {
		t.Errorf("%q in base %d reads %v, %v; want %v, %v", text, base, got, ok, want, wantOK)
	}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, s)
}
