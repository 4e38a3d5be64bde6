package deflate_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

func decodeHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Blocks that are not compressed and have 3 bytes of data, and more that were not sent: the
// tail, and all that is put behind a payload.
const (
	reachesTail = "00 07 00 f8 ff 48 65 6c"
	reachesEnd  = "01 0c 00 f3 ff 48 65 6c"
)

func TestDecompress(t *testing.T) {
	type received struct{ payload, want string }
	tests := []struct {
		name     string
		messages []received
	}{
		{"§7.2.3.1 one block", []received{{"f2 48 cd c9 c9 07 00", "Hello"}}},
		{"§7.2.3.2 a shared window", []received{{"f2 48 cd c9 c9 07 00", "Hello"}, {"f2 00 11 00 00", "Hello"}}},
		{"§7.2.3.3 a block that is not compressed", []received{{"00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"}}},
		{"a message that ends as the tail does", []received{{"00 04 00 fb ff 00 00 ff ff 00", "\x00\x00\xff\xff"},
			{"f2 48 cd c9 c9 07 00", "Hello"}}},
		{"§7.2.3.4 BFINAL set", []received{{"f3 48 cd c9 c9 07 00 00", "Hello"},
			{"f3 48 cd c9 c9 07 00 00", "Hello"}}},
		{"§7.2.3.5 two blocks", []received{{"f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello"}}},
		{"§7.2.3.6 an empty message", []received{{"00", ""}, {"f2 48 cd c9 c9 07 00", "Hello"}, {"00", ""},
			{"f2 00 11 00 00", "Hello"}}},
		{"an empty message without a byte", []received{{"f2 48 cd c9 c9 07 00", "Hello"}, {"", ""},
			{"f2 00 11 00 00", "Hello"}}},
		{"BFINAL set at the very end", []received{{"f3 48 cd c9 c9 07 00", "Hello"},
			{"f2 48 cd c9 c9 07 00", "Hello"}}},
		{"BFINAL set in the middle", []received{{"f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 f2 48 cd c9 c9 07 00",
			"HelloHelloHello"}, {"f2 00 11 00 00", "Hello"}}},
		{"BFINAL set, nothing behind it but empty blocks",
			[]received{{"f3 48 cd c9 c9 07 00 00 00 00 ff ff 00", "Hello"}}},
		{"BFINAL set on a block that is not compressed", []received{{"01 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"}}},
		{"BFINAL set on an empty message", []received{{"03 00", ""}, {"03 00 00", ""}, {"01 00 00 ff ff", ""}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := deflate.NewDecompressor(direction(true, 15), nil, nil)
			for i, message := range test.messages {
				got, err := d.Decompress(alloc, decodeHex(t, message.payload), 100)
				if err != nil || string(got) != message.want {
					t.Errorf("message %d: got %q, %v, want %q", i+1, got, err, message.want)
				}
			}
		})
	}
}

// Made by Python's zlib 1.2.13: compressobj(level, DEFLATED, -bits, memLevel), the tail
// cut off.
func TestDecompressFromZlib(t *testing.T) {
	messages := []string{
		"tidewire tidewire", `{"op":"ping","id":1}`, `{"op":"ping","id":2}`, "", strings.Repeat("a", 300),
		string(generated(40, 1)), `{"op":"pong","id":2}` + strings.Repeat("tidewire ", 20),
	}
	for _, vector := range zlibVectors {
		t.Run(vector.name, func(t *testing.T) {
			d := deflate.NewDecompressor(direction(true, vector.bits), nil, nil)
			for i, payload := range vector.payloads {
				got, err := d.Decompress(alloc, decodeHex(t, payload), 300)
				if err != nil || string(got) != messages[i] {
					t.Errorf("message %d: got %q, %v, want %q", i+1, got, err, messages[i])
				}
			}
		})
	}
}

// generated is noise that a few lines of any language make.
func generated(n int, x uint32) (b []byte) {
	for range n {
		x = (x*1103515245 + 12345) & 0x7fffffff
		b = append(b, byte(x>>16))
	}
	return b
}

var zlibVectors = []struct {
	name     string
	bits     int
	payloads []string
}{
	{"window bits 9", 9, []string{
		"2ac94c492dcf2c4a552881320000",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"c21433aa0500",
		"00",
		"4a1c0544030000",
		"002800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"aa56ca2f50b2522ac8cf4b57d251ca4c51b232aa2dc94c492dcf2c4a5518420c0000",
	}},
	{"window bits 12, memLevel 1", 12, []string{
		"2ac94c492dcf2c4a552881320000",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"c21433aa0500",
		"00",
		"4a1c0544870000",
		"002800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"8285733e3cec8d6a61f1028fa021c00000",
	}},
	{"window bits 15", 15, []string{
		"2ac94c492dcf2c4a552881320000",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"c21433aa0500",
		"00",
		"4a1c0544030000",
		"002800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"8285733e523897a047d010600000",
	}},
	{"full flush", 15, []string{
		"2ac94c492dcf2c4a552881320000",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232aa0500",
		"00",
		"4a4c1c05c4020000",
		"002800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"aa56ca2f50b2522ac8cf4b57d251ca4c51b232aa2dc94c492dcf2c4a5518420c0000",
	}},
	{"no takeover", 15, []string{
		"2ac94c492dcf2c4a552881320000",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"aa56ca2f50b2522ac8cc4b57d251ca4c51b232aa0500",
		"00",
		"4a4c1c05c4020000",
		"002800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"aa56ca2f50b2522ac8cf4b57d251ca4c51b232aa2dc94c492dcf2c4a5518420c0000",
	}},
	{"stored", 15, []string{
		"001100eeff746964657769726520746964657769726500",
		"001400ebff7b226f70223a2270696e67222c226964223a317d00",
		"001400ebff7b226f70223a2270696e67222c226964223a327d00",
		"00",
	}},
	{"BFINAL, padded", 15, []string{
		"2bc94c492dcf2c4a552881320000",
		"ab56ca2f50b2522ac8cc4b57d251ca4c51b232ac050000",
		"ab56ca2f50b2522ac8cc4b57d251ca4c51b232aa050000",
		"030000",
		"4b4c1c05c4020000",
		"012800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d800",
		"ab56ca2f50b2522ac8cf4b57d251ca4c51b232aa2dc94c492dcf2c4a5518420c0000",
	}},
	{"BFINAL, not padded", 15, []string{
		"2bc94c492dcf2c4a5528813200",
		"ab56ca2f50b2522ac8cc4b57d251ca4c51b232ac0500",
		"ab56ca2f50b2522ac8cc4b57d251ca4c51b232aa0500",
		"0300",
		"4b4c1c05c40200",
		"012800d7ffc67e816b4bfbe2fb54f6bddf7c1ce18701bf31de56720f4767668759aa883c59ea56137bd285a1d8",
		"ab56ca2f50b2522ac8cf4b57d251ca4c51b232aa2dc94c492dcf2c4a5518420c00",
	}},
}

func wantFailure(t *testing.T, err error, category failure.Category, message, detail string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	failed := failure.From(failure.PhaseOpen, err)
	if failed.Phase != failure.PhaseOpen || failed.Category != category || failed.Message != message ||
		!strings.Contains(failed.Error(), detail) {
		t.Errorf("failed as %s, %s, %q: %v", failed.Phase, failed.Category, failed.Message, failed)
	}
}

func TestDecompressRefuses(t *testing.T) {
	for name, payload := range map[string]string{
		"a block of the reserved type":                             "06",
		"a length that does not match its complement":              "00 05 00 fa fe 48 65 6c 6c 6f 00",
		"a reference to before the beginning":                      "f2 00 11 00 00",
		"codes that make no tree":                                  "04 00 00 00 00 00 00 00",
		"a stream that refers to the one before BFINAL":            "f3 48 cd c9 c9 07 00 f2 00 11 00 00",
		"garbage behind BFINAL":                                    "f3 48 cd c9 c9 07 00 ff ff",
		"a message with the tail that is not to be sent":           "f2 48 cd c9 c9 07 00 00 00 ff ff",
		"a block that is not compressed and reaches into the tail": "00 05 00 fa ff 48 65 6c",
		"such a block with all of the tail":                        reachesTail,
		"such a last block with all that is put behind":            reachesEnd,
		"a length that reaches into the tail":                      "00 05",
		"data that ends in the middle of a code":                   "f2 48 cd",
	} {
		t.Run(name, func(t *testing.T) {
			memory := &memory{}
			d := deflate.NewDecompressor(direction(true, 15), nil, memory.free)
			got, err := d.Decompress(memory.alloc, decodeHex(t, payload), 0)
			if err == nil {
				t.Fatalf("it became %q", got)
			}
			wantFailure(t, err, failure.Deflate, failure.MsgZlib,
				fmt.Sprintf("a compressed message of %d bytes", len(decodeHex(t, payload))))
			if memory.now != 0 {
				t.Errorf("%d bytes were not given back", memory.now)
			}
		})
	}
}

// BFINAL ends the bytes that may be referred to: in the same message, and in the next
// one.
func TestStreamEndsContext(t *testing.T) {
	const hello, helloAgain = "f2 48 cd c9 c9 07 00", "f2 00 11 00 00"
	for _, messages := range [][]string{
		{"f3 48 cd c9 c9 07 00", helloAgain},
		{"f3 48 cd c9 c9 07 00 00", helloAgain},
		{hello, "03 00 00", helloAgain},
		{hello, "03 00" + helloAgain},
	} {
		d, last := deflate.NewDecompressor(direction(true, 15), nil, nil), len(messages)-1
		for _, payload := range messages[:last] {
			if _, err := d.Decompress(alloc, decodeHex(t, payload), 0); err != nil {
				t.Fatalf("%s: %v", payload, err)
			}
		}
		if got, err := d.Decompress(alloc, decodeHex(t, messages[last]), 0); err == nil {
			t.Errorf("%q: got %q", messages, got)
		}
	}
}

// Without takeover nothing is remembered.
func TestDecompressWithoutTakeover(t *testing.T) {
	d := deflate.NewDecompressor(direction(false, 15), nil, nil)
	if _, err := d.Decompress(alloc, decodeHex(t, "f2 48 cd c9 c9 07 00"), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Decompress(alloc, decodeHex(t, "f2 00 11 00 00"), 0); err == nil {
		t.Errorf("got %q", got)
	}
}

// No prefix of a message passes for a message, and none of them is taken for something
// longer than it is.
func TestDecompressEveryPrefix(t *testing.T) {
	text := feed(1, 1, 600)[0]
	compressed, _ := deflate.NewCompressor(direction(false, 15), nil).Compress(nil, text)
	payloads := map[string][]byte{
		"§7.2.3.1":   decodeHex(t, "f2 48 cd c9 c9 07 00"),
		"§7.2.3.3":   decodeHex(t, "00 05 00 fa ff 48 65 6c 6c 6f 00"),
		"two codes":  compressed,
		"zlib's own": decodeHex(t, zlibVectors[0].payloads[6]),
	}
	for name, payload := range payloads {
		for n := 1; n < len(payload); n++ {
			if string(payload[:n]) == "\x00" {
				continue // which is the empty message
			}
			got, err := deflate.NewDecompressor(direction(true, 15), nil, nil).Decompress(alloc, payload[:n], 0)
			if err == nil {
				t.Errorf("%s: the first %d of %d bytes became %q", name, n, len(payload), got)
				continue
			}
			wantFailure(t, err, failure.Deflate, failure.MsgZlib, "")
		}
	}
}

// memory counts a Decompressor's bytes, and refuses to go beyond limit unless that is 0.
type memory struct{ now, peak, largest, limit int }

var errNoMemory = errors.New("no memory")

func (m *memory) alloc(n int) ([]byte, error) {
	if m.limit > 0 && m.now+n > m.limit {
		return nil, errNoMemory
	}
	m.now += n
	m.peak, m.largest = max(m.peak, m.now), max(m.largest, n)
	return make([]byte, 0, n), nil
}

func (m *memory) free(b []byte) { m.now -= cap(b) }

func TestDecompressLimit(t *testing.T) {
	for _, n := range []int{1, 511, 512, 513, 2048, 32768, 100_000, 3_000_000} {
		text := strings.Repeat("a", n)
		payload := compressed(t, text)
		for _, limit := range []int{n - 1, n, n + 1} {
			if limit == 0 {
				continue
			}
			memory := &memory{}
			got, err := deflate.NewDecompressor(direction(true, 15), nil, memory.free).Decompress(memory.alloc, payload,
				int64(limit))
			if limit >= n {
				if err != nil || string(got) != text {
					t.Errorf("%d bytes, limit %d: got %d, %v", n, limit, len(got), err)
				}
			} else {
				wantFailure(t, err, failure.TooBig, failure.MsgTooBig, fmt.Sprintf("more than %d bytes, the limit, "+
					"compressed to %d", limit, len(payload)))
				if memory.now != 0 {
					t.Errorf("%d bytes were not given back", memory.now)
				}
			}
			if memory.largest > limit {
				t.Errorf("limit %d: asked for %d bytes at once", limit, memory.largest)
			}
		}
	}
}

// A message that finds no memory ends with alloc's error, and gives back what it had.
func TestDecompressWithoutMemory(t *testing.T) {
	payload := compressed(t, strings.Repeat("a", 100_000))
	for _, limit := range []int{100, 5_000, 99_999} {
		memory := &memory{limit: limit}
		got, err := deflate.NewDecompressor(direction(true, 15), nil, memory.free).Decompress(memory.alloc, payload, 0)
		if !errors.Is(err, errNoMemory) || memory.now != 0 {
			t.Errorf("limit %d: %d bytes, %v, and %d were not given back", limit, len(got), err, memory.now)
		}
	}
}

// compressed compresses without asking whether that pays.
func compressed(t *testing.T, text string) []byte {
	if payload, ok := deflate.NewCompressor(direction(false, 15), nil).Compress(nil, text); ok {
		return payload
	}
	if len(text) > 65535 {
		t.Fatal("too long for one block")
	}
	payload := []byte{0, byte(len(text)), byte(len(text) >> 8), ^byte(len(text)), ^byte(len(text) >> 8)}
	return append(append(payload, text...), 0)
}

// A few bytes that would become very many cost as much as the limit allows, and the time
// that it takes to get there.
func TestDecompressBombs(t *testing.T) {
	const limit = 1 << 20
	zeros, ok := deflate.NewCompressor(direction(false, 15), nil).Compress(nil, strings.Repeat("\x00", 64<<20))
	if !ok || len(zeros) > 1<<20 {
		t.Fatalf("%d bytes are no bomb", len(zeros))
	}
	memory := &memory{}
	_, err := deflate.NewDecompressor(direction(true, 15), nil, memory.free).Decompress(memory.alloc, zeros, limit)
	wantFailure(t, err, failure.TooBig, failure.MsgTooBig, "")
	if memory.peak > limit+limit/2 {
		t.Errorf("%d bytes held at once, limit %d", memory.peak, limit)
	}
	for name, block := range map[string]string{
		"empty streams":         "\x03\x00",
		"empty blocks":          "\x00\x00\x00\xff\xff",
		"empty streams, stored": "\x01\x00\x00\xff\xff",
	} {
		payload := []byte(strings.Repeat(block, 1<<20/len(block)) + "\x00")
		got, err := deflate.NewDecompressor(direction(true, 15), nil, nil).Decompress(alloc, payload, limit)
		if err != nil || len(got) != 0 {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// The memory of a connection between messages, both directions taking over their context.
func TestIdleMemory(t *testing.T) {
	if detector.Race {
		t.Skip("the race detector has memory of its own")
	}
	const connections = 100
	messages := append(feed(1, 20, 2000), randomBytes(1, 50_000), strings.Repeat("a", 100_000))
	type pair struct {
		c *deflate.Compressor
		d *deflate.Decompressor
	}
	for _, test := range []struct {
		direction deflate.Direction
		most      uint64
	}{{direction(true, 15), 42 << 10}, {direction(true, 10), 3 << 10}, {direction(false, 15), 512}} {
		before := heap()
		pairs := make([]pair, connections)
		for i := range pairs {
			pairs[i] = pair{deflate.NewCompressor(test.direction, nil), deflate.NewDecompressor(test.direction, nil, nil)}
			for _, message := range messages {
				if payload, ok := pairs[i].c.Compress(nil, message); ok {
					if _, err := pairs[i].d.Decompress(alloc, payload, 0); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		each := (heap() - before) / connections
		t.Logf("%+v: %d bytes a connection", test.direction, each)
		if each > test.most {
			t.Errorf("%+v: %d bytes a connection, want at most %d", test.direction, each, test.most)
		}
		runtime.KeepAlive(pairs)
	}
}

func heap() uint64 {
	for range 3 {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
