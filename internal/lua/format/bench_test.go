package format_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/lua/format"
)

func BenchmarkFormat(b *testing.B) {
	for _, text := range []string{
		"%d", "%5d", "%s", "%10s", "%5.2f", "%.2f", "%g", "%.14g", "%x", "%02x", "%q", "%e", "%a", "%.20f",
		"%5.1f|%d|%s",
	} {
		b.Run(text, func(b *testing.B) {
			out := make([]byte, 0, 128)
			b.ReportAllocs()
			for b.Loop() {
				out = out[:0]
				for rest := text; rest != ""; {
					var piece string
					var d format.Directive
					piece, d, rest, _ = format.Next(rest)
					out = append(out, piece...)
					switch d.Kind() {
					case format.Number:
						out = d.AppendNumber(out, 123.456)
					case format.String:
						out = d.AppendString(out, "hello")
					case format.Quoted:
						out = format.AppendQuoted(out, "hello world")
					}
				}
			}
		})
	}
}
