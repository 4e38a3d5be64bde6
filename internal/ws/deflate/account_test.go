package deflate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/rule"
	account "github.com/tidewire/tidewire/memory"
)

// What is borrowed for a message is charged while it is, and given back.
func TestAccount(t *testing.T) {
	for _, c := range []struct {
		length       int
		takeover     bool
		least, most  int64 // KiB charged to compress
		uncompressed bool
	}{
		{length: 10, uncompressed: true},
		{length: 880, least: 700, most: 900},
		{length: 880, takeover: true},
		{length: 20_000, least: 1000, most: 1300},
		{length: 20_000, takeover: true, least: 1000, most: 1300},
	} {
		t.Run(fmt.Sprintf("%d bytes, takeover %v", c.length, c.takeover), func(t *testing.T) {
			out, in := account.New(0), account.New(0)
			text := strings.Repeat("tidewire, ", c.length/10)
			payload, ok := deflate.NewCompressor(direction(c.takeover, 15), out).Compress(nil, text)
			if got := out.Figures(); got.Used != 0 || got.Peak < c.least<<10 || got.Peak > c.most<<10 {
				t.Errorf("compressing: %+v, want a peak of %d to %d KiB", got, c.least, c.most)
			}
			if !ok {
				if !c.uncompressed {
					t.Error("it was not compressed")
				}
				return
			}
			got, err := deflate.NewDecompressor(direction(c.takeover, 15), in, nil).Decompress(alloc, payload, 0)
			if err != nil || string(got) != text {
				t.Errorf("%d bytes became %d, %v", len(text), len(got), err)
			}
			if got := in.Figures(); got.Used != 0 || got.Peak < 36<<10 || got.Peak > 64<<10 {
				t.Errorf("inflating: %+v", got)
			}
		})
	}
}

// Without memory a message is not inflated. It is compressed without a borrowed state where
// the window is the widest, and not at all elsewhere.
func TestFullAccount(t *testing.T) {
	text := strings.Repeat("tidewire, ", 88)
	payload, _ := deflate.NewCompressor(direction(false, 15), nil).Compress(nil, text)
	full := account.New(30 << 10)
	_, err := deflate.NewDecompressor(direction(false, 15), full, nil).Decompress(alloc, payload, 0)
	var violation *rule.Violation
	if !errors.As(err, &violation) || violation.Rule != rule.Memory || !errors.Is(err, account.ErrFull) {
		t.Errorf("inflating: %v", err)
	}
	for _, bits := range []int{9, 15} {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d bits, takeover %v", bits, takeover), func(t *testing.T) {
				w := newWire(t, direction(takeover, bits), direction(takeover, bits))
				w.compressor = deflate.NewCompressor(direction(takeover, bits), full)
				for _, message := range mixture() {
					w.send(message)
				}
				if bits == 15 && w.sent > w.plain*3/4 {
					t.Errorf("%d bytes became %d", w.plain, w.sent)
				}
				long := strings.Repeat(text, 100)
				if _, ok := w.compressor.Compress(nil, long); ok != (bits == 15) {
					t.Errorf("a message of %d bytes: compressed %v", len(long), ok)
				}
				if got := full.Figures(); got.Used != 0 || got.Peak != 0 {
					t.Errorf("charged: %+v", got)
				}
			})
		}
	}
}
