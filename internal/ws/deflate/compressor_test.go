package deflate_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/deflate"
)

// alloc is memory from the garbage collector.
func alloc(n int) ([]byte, error) { return make([]byte, 0, n), nil }

// feed is a stream of similar messages of the given length, as an exchange's feed would
// send them.
func feed(seed uint64, count, length int) (messages []string) {
	random := rand.New(rand.NewPCG(seed, 1))
	words := []string{"price", "symbol", "BTC-USD", "ETH-USD", "size", "side", "buy", "sell", "sequence", "maker",
		"taker"}
	for i := range count {
		b := fmt.Appendf(nil, `{"type":"match","sequence":%d,"time":"2026-11-22T10:%02d"`, i, random.IntN(60))
		for len(b) < length-1 {
			b = fmt.Appendf(b, `,"%s":"%s %d"`, words[random.IntN(len(words))], words[random.IntN(len(words))],
				random.IntN(100_000))
		}
		messages = append(messages, string(b[:length-1])+"}")
	}
	return messages
}

func randomBytes(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

// mixture holds messages as they may come on one connection: compressible and
// incompressible, short and long, and lengths around each of the compressor's own bounds.
func mixture() (messages []string) {
	messages = append(messages, "", "x", "\x00", strings.Repeat("a", 15), strings.Repeat("a", 16),
		strings.Repeat("\x00", 140_000))
	messages = append(messages, feed(1, 20, 60)...)
	messages = append(messages, feed(2, 20, 880)...)
	for i, n := range []int{127, 128, 255, 256, 257, 511, 512, 513, 4096, 16<<10 - 1, 16 << 10, 16<<10 + 1, 32 << 10,
		70_000} {
		noise := randomBytes(uint64(i), n)
		messages = append(messages, noise, feed(uint64(i), 1, max(n, 100))[0], feed(3, 1, max(n, 100))[0], noise)
		messages = append(messages, noise[:n/2]+strings.Repeat("tide", n/8)) // noise that a later message may refer to
	}
	return messages
}

// wire takes messages from a compressor to a decompressor.
type wire struct {
	t            *testing.T
	direction    deflate.Direction
	compressor   *deflate.Compressor
	decompressor *deflate.Decompressor

	plain, sent int // bytes
}

func newWire(t *testing.T, compresses, decompresses deflate.Direction) *wire {
	return &wire{t: t, direction: compresses,
		compressor: deflate.NewCompressor(compresses, nil), decompressor: deflate.NewDecompressor(decompresses, nil, nil)}
}

func (w *wire) send(message string) {
	w.t.Helper()
	const before = "what dst held before"
	out, ok := w.compressor.Compress([]byte(before), message)
	payload, kept := bytes.CutPrefix(out, []byte(before))
	w.plain += len(message)
	if !kept || !ok && len(payload) > 0 {
		w.t.Fatalf("dst became %.50q, %v", out, ok)
	}
	if !ok {
		w.sent += len(message)
		return
	}
	w.sent += len(payload)
	if len(payload) >= len(message) {
		w.t.Fatalf("%d bytes were compressed to %d", len(message), len(payload))
	}
	got, err := w.decompressor.Decompress(alloc, payload, int64(len(message)))
	if err != nil || string(got) != message {
		w.t.Fatalf("%d bytes became %d, %v", len(message), len(got), err)
	}
	if walked := walk(w.t, payload); walked.length != len(message) || walked.farthest > 1<<w.direction.WindowBits {
		w.t.Fatalf("%d bytes, %d bytes back, want %d and at most %d", walked.length, walked.farthest, len(message),
			1<<w.direction.WindowBits)
	}
}

// Every direction that can be agreed on, with everything that can be sent.
func TestRoundTrip(t *testing.T) {
	for _, bits := range detector.Some([]int{8, 9, 10, 11, 12, 13, 14, 15}) {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d bits, takeover %v", bits, takeover), func(t *testing.T) {
				t.Parallel()
				w := newWire(t, direction(takeover, bits), direction(takeover, bits))
				for _, message := range mixture() {
					w.send(message)
				}
				if w.sent > w.plain*3/4 {
					t.Errorf("%d bytes became %d: is anything compressed at all?", w.plain, w.sent)
				}
			})
		}
	}
}

// Both directions of every connection that can come about.
func TestRoundTripAsNegotiated(t *testing.T) {
	messages := append(feed(1, 2, 100), feed(2, 2, 600)...)
	seen := map[[2]deflate.Params]bool{}
	for _, client := range detector.Some(configs(0, 8, 9, 10, 11, 12, 13, 14, 15)) {
		for _, server := range configs(0, 10) {
			atClient, atServer := wantAgreement(t, client, server)
			if agreed := [2]deflate.Params{atClient, atServer}; seen[agreed] {
				continue
			} else {
				seen[agreed] = true
			}
			up, down := newWire(t, atClient.Client, atServer.Client), newWire(t, atServer.Server, atClient.Server)
			for _, message := range messages {
				up.send(message)
				down.send(message)
			}
		}
	}
	t.Logf("%d agreements", len(seen))
}

func TestTakeover(t *testing.T) {
	ratio := func(messages []string, d deflate.Direction) float64 {
		w := newWire(t, d, d)
		for _, message := range messages {
			w.send(message)
		}
		return float64(w.sent) / float64(w.plain)
	}
	for _, length := range detector.Some([]int{120, 300, 880}) {
		messages := feed(1, 200, length)
		with, without := ratio(messages, direction(true, 15)), ratio(messages, direction(false, 15))
		t.Logf("%4d bytes: %.2f with takeover, %.2f without", length, with, without)
		if with > 0.6 || with > without*0.85 {
			t.Errorf("%d bytes: takeover does not pay", length)
		}
	}
}

// The shortest messages are those that takeover is for: by themselves they do not shrink,
// and a longer one has to come before them.
func TestTakeoverByShortMessages(t *testing.T) {
	w := newWire(t, direction(true, 15), direction(true, 15))
	w.send(feed(1, 1, 300)[0])
	w.plain, w.sent = 0, 0
	for _, message := range feed(2, 50, 60) {
		w.send(message)
	}
	if w.sent > w.plain/2 {
		t.Errorf("%d bytes became %d", w.plain, w.sent)
	}
}

// A message that went uncompressed was never seen by the peer's decompressor: nothing may
// refer to it.
func TestUncompressedIsForgotten(t *testing.T) {
	w := newWire(t, direction(true, 15), direction(true, 15))
	noise := randomBytes(1, 2000)
	w.send(feed(1, 1, 500)[0])
	if _, ok := w.compressor.Compress(nil, noise); ok {
		t.Fatal("noise was compressed")
	}
	if _, ok := w.compressor.Compress(nil, noise); ok {
		t.Fatal("noise was compressed by what was never sent")
	}
	w.send(noise + noise) // which is within itself
	w.send(noise)
	if w.sent > 500+2000+100+200 {
		t.Errorf("sent %d bytes", w.sent)
	}
}

// A message that does not shrink costs no more memory than it has bytes.
func TestCompressBounded(t *testing.T) {
	c := deflate.NewCompressor(direction(true, 15), nil)
	noise := randomBytes(1, 1<<20)
	dst := make([]byte, 0, len(noise)+4)
	out, ok := c.Compress(dst, noise)
	if ok || len(out) != 0 || cap(out) != cap(dst) {
		t.Errorf("compressed %v, %d bytes, capacity %d", ok, len(out), cap(out))
	}
}

func TestAllocations(t *testing.T) {
	messages, dst := feed(1, 8, 880), make([]byte, 0, 1024)
	memory := func(int) ([]byte, error) { return dst, nil }
	for _, takeover := range []bool{false, true} {
		c, d := deflate.NewCompressor(direction(takeover, 15), nil), deflate.NewDecompressor(direction(takeover, 15), nil, nil)
		var payloads [][]byte
		for i := range 100 {
			payload, _ := c.Compress(nil, messages[i%len(messages)])
			payloads = append(payloads, payload)
		}
		for _, payload := range payloads {
			if _, err := d.Decompress(alloc, payload, 0); err != nil {
				t.Fatal(err)
			}
		}
		if detector.Race {
			continue // pools then lose memory, at random
		}
		i := 0
		compress := testing.AllocsPerRun(100, func() { c.Compress(dst, messages[i%len(messages)]); i++ })
		decompress := testing.AllocsPerRun(100, func() { d.Decompress(memory, payloads[0], 0) })
		if compress > 1 || decompress > 0 { // the library joins context and message in memory of its own
			t.Errorf("takeover %v: compress %v allocations, decompress %v", takeover, compress, decompress)
		}
	}
}
