package deflate_test

import (
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/deflate"
)

func BenchmarkCompress(b *testing.B) {
	for _, takeover := range []bool{true, false} {
		for _, length := range []int{60, 120, 300, 880, 8000, 100_000} {
			b.Run(fmt.Sprintf("takeover=%v/%dB", takeover, length), func(b *testing.B) {
				messages := feed(1, 100, length)
				c := deflate.NewCompressor(direction(takeover, 15), nil)
				dst := make([]byte, 0, length+4)
				c.Compress(dst, feed(2, 1, 880)[0])
				b.SetBytes(int64(length))
				b.ReportAllocs()
				plain, sent := 0, 0
				for i := 0; b.Loop(); i++ {
					message := messages[i%len(messages)]
					out, ok := c.Compress(dst, message)
					plain += len(message)
					if sent += len(out); !ok {
						sent += len(message)
					}
				}
				b.ReportMetric(100*float64(sent)/float64(plain), "%")
			})
		}
	}
}

// The cost of a message that is not worth compressing.
func BenchmarkCompressNoise(b *testing.B) {
	for _, length := range []int{880, 100_000} {
		b.Run(fmt.Sprintf("%dB", length), func(b *testing.B) {
			noise, dst := randomBytes(1, length), make([]byte, 0, length+4)
			c := deflate.NewCompressor(direction(true, 15), nil)
			c.Compress(dst, feed(2, 1, 8000)[0])
			b.SetBytes(int64(length))
			b.ReportAllocs()
			for b.Loop() {
				c.Compress(dst, noise)
			}
		})
	}
}

func BenchmarkDecompress(b *testing.B) {
	for _, takeover := range []bool{true, false} {
		for _, length := range []int{120, 880, 8000, 100_000} {
			b.Run(fmt.Sprintf("takeover=%v/%dB", takeover, length), func(b *testing.B) {
				c, d := deflate.NewCompressor(direction(false, 15), nil),
					deflate.NewDecompressor(direction(takeover, 15), nil, nil)
				payload, ok := c.Compress(nil, feed(1, 1, length)[0])
				if !ok {
					b.Fatal("not compressed")
				}
				memory := make([]byte, 0, 1<<20)
				reuse := func(int) ([]byte, error) { return memory, nil }
				b.SetBytes(int64(length))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := d.Decompress(reuse, payload, 1<<20); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
