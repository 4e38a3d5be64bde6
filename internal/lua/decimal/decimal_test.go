package decimal_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/decimal"
)

func TestSignificant(t *testing.T) {
	for _, test := range []struct {
		rule     string
		f        float64
		n        int
		digits   uint64
		exponent int
		ok       bool
	}{
		{"a power of two", 2, 1, 2, 0, true},
		{"filled up with zeros", 2, 5, 20000, 0, true},
		{"a fraction", 0.1, 14, 10000000000000, -1, true},
		{"17 digits tell floats apart", 0.1, 17, 10000000000000001, -1, true},
		{"the last digit is rounded", 1234.56, 4, 1235, 3, true},
		{"an exact tie goes to the even digit, down", 2.5, 1, 2, 0, true},
		{"an exact tie goes to the even digit, up", 3.5, 1, 4, 0, true},
		{"an exact tie of whole digits, down", 12345, 4, 1234, 4, true},
		{"an exact tie of whole digits, up", 12355, 4, 1236, 4, true},
		{"a little above a tie of whole digits", 12345.5, 4, 1235, 4, true},
		{"all digits are nines and round up", 9.9999, 2, 10, 1, true},
		{"whole nines round up", 99999, 2, 10, 5, true},
		{"less than a power of ten by one unit", math.Nextafter(1000, 0), 17, 99999999999999989, 2, true},
		{"a whole number of 15 digits", 123456789012345, 14, 12345678901234, 14, true},
		{"the greatest of 64 bits", math.Nextafter(1<<64, 0), 17, 18446744073709550, 19, true},
		{"beyond 64 bits", 1 << 64, 14, 0, 0, false},
		{"too small", 1e-30, 14, 0, 0, false},
		{"the least float", 5e-324, 1, 0, 0, false},
	} {
		digits, exponent, ok := decimal.Significant(test.f, test.n)
		if ok != test.ok || ok && (digits != test.digits || exponent != test.exponent) {
			t.Errorf("%s: %v to %d digits gives %d, %d, %v; want %d, %d, %v", test.rule, test.f, test.n,
				digits, exponent, ok, test.digits, test.exponent, test.ok)
		}
	}
}

func TestFixed(t *testing.T) {
	for _, test := range []struct {
		rule   string
		f      float64
		n      int
		digits uint64
		ok     bool
	}{
		{"zero", 0, 5, 0, true},
		{"zero without a fraction", 0, 0, 0, true},
		{"a whole number", 12, 2, 1200, true},
		{"rounded down", 3.14159, 2, 314, true},
		{"rounded up", 2.71828, 2, 272, true},
		{"a tie, down", 0.125, 2, 12, true},
		{"a tie, up", 0.375, 2, 38, true},
		{"a tie without a fraction, down", 0.5, 0, 0, true},
		{"a tie without a fraction, up", 1.5, 0, 2, true},
		{"much smaller than the last digit", 1e-300, 3, 0, true},
		{"a half of the last digit and a little more", 0.0005000000000000001, 3, 1, true},
		{"19 digits", 999999999, 10, 9999999990000000000, true},
		{"20 digits", 9999999999, 10, 0, false},
		{"far too large", 1e300, 0, 0, false},
		{"28 digits behind the point", 1e-20, 28, 0, false},
	} {
		digits, ok := decimal.Fixed(test.f, test.n)
		if ok != test.ok || ok && digits != test.digits {
			t.Errorf("%s: %v to %d places gives %d, %v; want %d, %v", test.rule, test.f, test.n, digits, ok,
				test.digits, test.ok)
		}
	}
}

// Both functions agree with strconv on every float that they take, and Fixed with exact
// arithmetic.
func FuzzDigits(f *testing.F) {
	for _, number := range []float64{0.1, 0.5, 2.5, 1e15, 1<<53 + 2, 5e-324, 1e-11, math.MaxFloat64, 123456.5,
		1 << 63} {
		f.Add(math.Float64bits(number), uint8(13))
	}
	f.Fuzz(func(t *testing.T, word uint64, n uint8) {
		number := math.Abs(math.Float64frombits(word))
		if math.IsNaN(number) || math.IsInf(number, 0) || number == 0 {
			t.Skip()
		}
		check(t, number, n)
	})
}

// The same for floats of all sizes that the functions take, at each count of digits.
func TestDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for exponent := -45; exponent < 66; exponent++ {
		for n := range uint8(30) {
			for range 10 {
				check(t, math.Ldexp(1+random.Float64(), exponent), n)
			}
		}
	}
}

func check(t *testing.T, number float64, n uint8) {
	t.Helper()
	count := int(n)%decimal.MaxDigits + 1
	if digits, exponent, ok := decimal.Significant(number, count); ok {
		want := strconv.FormatFloat(number, 'e', count-1, 64)
		text := strconv.FormatUint(digits, 10)
		if len(text) > 1 {
			text = text[:1] + "." + text[1:]
		}
		power, _ := strconv.Atoi(want[strings.IndexByte(want, 'e')+1:])
		if text != want[:strings.IndexByte(want, 'e')] || power != exponent {
			t.Errorf("%v to %d digits is %s times ten to the %d, want %s", number, count, text, exponent, want)
		}
	} else if number >= 1e-10 && number < 1<<64 {
		t.Errorf("%v to %d digits is refused", number, count)
	}
	places := int(n) % 30
	if digits, ok := decimal.Fixed(number, places); ok {
		scale := new(big.Float).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		exact := new(big.Float).SetPrec(2000).Mul(new(big.Float).SetFloat64(number), scale.SetPrec(200))
		if want := exact.Text('f', 0); strconv.FormatUint(digits, 10) != want {
			t.Errorf("%v to %d places is %d, want %s", number, places, digits, want)
		}
	}
}

func BenchmarkSignificant(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		decimal.Significant(3.14159265358979, 14)
	}
}

// AppendUint is strconv's, at each count of digits.
func TestAppendUint(t *testing.T) {
	for _, whole := range []uint64{0, 9, 10, 42, 99, 100, 101, 999, 1000, 99999, 100000, math.MaxUint64} {
		if got := string(decimal.AppendUint([]byte("x"), whole)); got != "x"+strconv.FormatUint(whole, 10) {
			t.Errorf("%d is written %s", whole, got[1:])
		}
	}
	for power := uint64(1); power < 1e19; power *= 10 {
		for _, whole := range []uint64{power - 1, power, power + 1} {
			if got := string(decimal.AppendUint(nil, whole)); got != strconv.FormatUint(whole, 10) {
				t.Errorf("%d is written %s", whole, got)
			}
		}
	}
}

func TestAppendGeneral(t *testing.T) {
	for _, test := range []struct {
		rule     string
		digits   uint64
		n        int
		exponent int
		want     string
	}{
		{"one digit", 7, 1, 0, "7"},
		{"one digit and an exponent", 7, 1, 1, "7e+01"},
		{"a point within", 12345, 5, 2, "123.45"},
		{"an even count of digits", 123456, 6, 2, "123.456"},
		{"no point at the end", 12345, 5, 4, "12345"},
		{"zeros behind the point are left away", 12300, 5, 1, "12.3"},
		{"and the point", 12000, 5, 1, "12"},
		{"zeros before the point are not", 10000, 5, 3, "1000"},
		{"an exponent of n", 12345, 5, 5, "1.2345e+05"},
		{"an exponent without a point", 10000, 5, 5, "1e+05"},
		{"a small number", 12345, 5, -1, "0.12345"},
		{"the smallest without an exponent", 12345, 5, -4, "0.00012345"},
		{"a smaller one", 12345, 5, -5, "1.2345e-05"},
		{"three digits of an exponent", 12345, 5, 123, "1.2345e+123"},
		{"17 digits", 12345678901234567, 17, 3, "1234.5678901234567"},
		{"17 digits and an exponent", 12345678901234567, 17, -7, "1.2345678901234567e-07"},
	} {
		if got := string(decimal.AppendGeneral([]byte("x"), test.digits, test.n, test.exponent)); got != "x"+test.want {
			t.Errorf("%s: %s, want %s", test.rule, got[1:], test.want)
		}
	}
}
