package number_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/number"
)

func BenchmarkAppend(b *testing.B) {
	for name, value := range map[string]float64{
		"digit": 7, "whole": 123456, "short": 0.1, "long": 1.0 / 3, "large": 123456789.125, "far": 1.5e100,
	} {
		b.Run(name, func(b *testing.B) {
			var buffer [32]byte
			b.ReportAllocs()
			for b.Loop() {
				number.Append(buffer[:0], value)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{
		"digit": "7", "whole": "123456", "short": "0.1", "long": "0.33333333333333331", "exponent": "1.5e100",
		"hex": "0xff", "spaced": " 12 ", "word": "hello",
		"huge": "1234567." + strings.Repeat("9", 1<<20-10),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				number.Parse(text)
			}
		})
	}
}

func BenchmarkParseBase(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		number.ParseBase("deadbeef", 16)
	}
}
