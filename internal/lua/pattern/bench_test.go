package pattern_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/pattern"
)

// All matches of a pattern in a subject, as gmatch and gsub take them.
func BenchmarkNext(b *testing.B) {
	words := strings.Repeat("the quick brown fox jumps over the lazy dog, 123 times. ", 20)
	for _, bench := range []struct {
		name    string
		pattern string
		subject string
	}{
		{"words", "%w+", words},
		{"four words", "%a+", "one two three four"},
		{"pairs", "(%w+)=(%w+)", strings.Repeat("key=value, other=12; ", 20)},
		{"split", "[^,]*", words},
		{"trim", "^%s*(.-)%s*$", "   some text with spaces in it   "},
		{"text", "lazy", words},
		{"each byte", ".", words},
		{"extension", "^(.*)%.(%w+)$", "/usr/local/lib/some.file.name.tar"},
		{"frontier", "%f[%a]%a+", words},
		{"balanced", "%b()", "f(a(b)c)d) and (x)"},
		{"tags", "<(.-)>", strings.Repeat("text <tag> more </tag> ", 20)},
		{"optional", "colou?r", strings.Repeat("color colour ", 20)},
		{"date", "(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)", "2024-01-02T03:04:05"},
		{"quotes", "([\"'])(.-)%1", strings.Repeat("a 'b' \"c\" ", 20)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var m pattern.Matcher
			p := pattern.Compile(bench.pattern)
			b.SetBytes(int64(len(bench.subject)))
			b.ReportAllocs()
			for b.Loop() {
				m.Reset(p, bench.subject)
				for from := 0; from >= 0; from, _, _ = m.Next() {
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		pattern.Compile("^%s*(.-)%s*$")
	}
}

func BenchmarkCache(b *testing.B) {
	var c pattern.Cache
	b.ReportAllocs()
	for b.Loop() {
		c.Get("^%s*(.-)%s*$")
	}
}

func BenchmarkIndex(b *testing.B) {
	subject := strings.Repeat("hello world, ", 100_000) + "end"
	for name, text := range map[string]string{
		"byte": "x", "text": "end", "long": strings.Repeat("hello world, ", 50_000) + "end",
	} {
		b.Run(name, func(b *testing.B) {
			var m pattern.Matcher
			b.SetBytes(int64(len(subject)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Index(subject, text, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
