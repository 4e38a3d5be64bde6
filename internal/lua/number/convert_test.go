package number_test

import (
	"math"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/number"
)

func TestConvert(t *testing.T) {
	const least32, least64 = math.MinInt32, math.MinInt64
	for _, test := range []struct {
		rule     string
		f        float64
		int32    int
		int64    int64
		unsigned uint64
	}{
		{"a whole number", 3, 3, 3, 3},
		{"a fraction is dropped", 3.9, 3, 3, 3},
		{"towards zero", -3.9, -3, -3, ^uint64(2)},
		{"the greatest of 32 bits", 1<<31 - 1, 1<<31 - 1, 1<<31 - 1, 1<<31 - 1},
		{"with a fraction", 1<<31 - 0.5, 1<<31 - 1, 1<<31 - 1, 1<<31 - 1},
		{"one more", 1 << 31, least32, 1 << 31, 1 << 31},
		{"the least of 32 bits", -1 << 31, least32, -1 << 31, ^uint64(1<<31 - 1)},
		{"with a fraction below", -1<<31 - 0.5, least32, -1 << 31, ^uint64(1<<31 - 1)},
		{"one less", -1<<31 - 1, least32, -1<<31 - 1, ^uint64(1 << 31)},
		{"the greatest of 64 bits", math.Nextafter(1<<63, 0), least32, 1<<63 - 1024, 1<<63 - 1024},
		{"2^63", 1 << 63, least32, least64, 1 << 63},
		{"-2^63", -1 << 63, least32, least64, 1 << 63},
		{"less", -1e19, least32, least64, 1 << 63},
		{"2^64", 1 << 64, least32, least64, 0},
		{"3 * 2^63", 3 * (1 << 63), least32, least64, 1 << 63},
		{"infinity", math.Inf(1), least32, least64, 1 << 63},
		{"negative infinity", math.Inf(-1), least32, least64, 1 << 63},
		{"a NaN", math.NaN(), least32, least64, 1 << 63},
	} {
		if got := number.Int32(test.f); got != test.int32 {
			t.Errorf("%s: Int32 of %v is %d, want %d", test.rule, test.f, got, test.int32)
		}
		if got := number.Int64(test.f); got != test.int64 {
			t.Errorf("%s: Int64 of %v is %d, want %d", test.rule, test.f, got, test.int64)
		}
		if got := number.Uint64(test.f); got != test.unsigned {
			t.Errorf("%s: Uint64 of %v is %d, want %d", test.rule, test.f, got, test.unsigned)
		}
	}
}
