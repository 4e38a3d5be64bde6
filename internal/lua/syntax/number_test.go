package syntax_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

func TestParseNumber(t *testing.T) {
	const malformed = -1
	for text, want := range map[string]float64{
		"0":                                  0,
		"42":                                 42,
		"007":                                7,
		"2147483648":                         1 << 31,
		"4294967296":                         1 << 32,
		"123456789012345":                    123456789012345,
		"1.":                                 1,
		".5":                                 0.5,
		"1.5e3":                              1500,
		"1.E-2":                              0.01,
		"1e+2":                               100,
		"9007199254740993":                   1 << 53,
		"1e400":                              math.Inf(1),
		"1e1048575":                          math.Inf(1),
		"2.5e-324":                           math.SmallestNonzeroFloat64,
		"1e-1048575":                         0,
		"0x1F":                               31,
		"0Xe":                                14,
		"0xe+0":                              malformed,
		"0xA.8":                              10.5,
		"0x.8":                               0.5,
		"0x8.":                               8,
		"0x1p4":                              16,
		"0x.1P-4":                            1.0 / 256,
		"0x10000000000000081":                1 << 64, // 0x81 is less than half of the last place
		"0x1.000000000000080001p0":           1 + 1.0/(1<<52),
		"0b101":                              5,
		"0B11":                               3,
		"0b" + strings.Repeat("0", 99) + "1": 1,
		"0b" + strings.Repeat("1", 64):       1 << 64,
		"0b" + strings.Repeat("1", 65):       malformed,
		"":                                   malformed,
		".":                                  malformed,
		"-1":                                 malformed,
		"+1":                                 malformed,
		" 1":                                 malformed,
		"1 ":                                 malformed,
		"1_000":                              malformed,
		"0x_1":                               malformed,
		"1e":                                 malformed,
		"1e+":                                malformed,
		"1e+-2":                              malformed,
		"e1":                                 malformed,
		".e1":                                malformed,
		"1e1e1":                              malformed,
		"1e1048576":                          malformed,
		"0e-1048576":                         malformed,
		"1e99999999999999999999":             malformed,
		"1p4":                                malformed,
		"1a":                                 malformed,
		"1.2.3":                              malformed,
		"0x":                                 malformed,
		"0x.":                                malformed,
		"0x.p1":                              malformed,
		"0x1p":                               malformed,
		"0xg":                                malformed,
		"0b":                                 malformed,
		"0b2":                                malformed,
		"0b1.1":                              malformed,
		"0b1e1":                              malformed,
		"inf":                                malformed,
		"nan":                                malformed,
		"infinity":                           malformed,
		"1LL":                                malformed,
		"1ull":                               malformed,
		"1i":                                 malformed,
		"١":                                  malformed,
	} {
		value, ok := syntax.ParseNumber(text)
		if refused := want == malformed; ok == refused || ok && value != want {
			t.Errorf("%q: got %v, %v; want %v", text, value, ok, want)
		}
	}
}
