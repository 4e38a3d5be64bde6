package proto_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// ending is where a message ends in a stream of frames.
type ending struct{ at, size int }

// readFrames takes a client's frames apart.
func readFrames(t *testing.T, stream []byte) (frames []string, messages []ending) {
	t.Helper()
	size := 0
	for at := 0; at < len(stream); {
		h, n, err := wire.ParseHeader(stream[at:])
		if err != nil || n == 0 || !h.Masked || at+n+int(h.Length) > len(stream) {
			t.Fatalf("a bad frame at %d of %d: %+v, %v", at, len(stream), h, err)
		}
		payload := append([]byte(nil), stream[at+n:at+n+int(h.Length)]...)
		wire.Mask(payload, payload, h.Key)
		at += n + len(payload)
		frames = append(frames, fmt.Sprintf("%v %s", h.Opcode, payload))
		if h.Opcode.IsControl() {
			continue
		}
		if size += len(payload); h.Fin {
			messages = append(messages, ending{at, size})
			size = 0
		}
	}
	return frames, messages
}

// nextBytes returns the next bytes of an encoder, without a copy if it has such.
func nextBytes(encoder *proto.Encoder, room int) ([]byte, proto.Tally) {
	if piece, tally := encoder.Direct(); piece != nil {
		return piece, tally
	}
	dst := make([]byte, room)
	n, tally := encoder.Fill(dst, constantKey(0x3d21fa37))
	return dst[:n], tally
}

// Short messages are encoded as they are pushed, long ones as they are written, or before
// they are pushed; all leave in order, whatever the sizes of buffers and rounds, with fresh
// keys, and each is counted when its last byte leaves, and not before.
func TestEncodedMessages(t *testing.T) {
	for seed := range uint64(detector.Part(300)) {
		random := rand.New(rand.NewPCG(seed, 2))
		outbox := proto.Outbox{Encodes: true}
		var (
			encoder proto.Encoder
			frames  []proto.Frame
			stream  []byte
			fills   []int // where each Fill has ended
			done    []proto.Tally
			want    []string
			pushed  proto.Tally
		)
		for range 20 + random.IntN(200) {
			switch random.IntN(4) {
			case 0:
				frames = outbox.Next(frames[:0], random.IntN(8000))
				for encoder.Load(frames); !encoder.Empty(); {
					piece, tally := nextBytes(&encoder, wire.MaxHeader+1+random.IntN(6000))
					start := len(stream)
					stream = append(stream, piece...)
					fills, done = append(fills, len(stream)), append(done, tally)
					outbox.Wrote(tally)
					if encoder.Empty() { // or the stream may end in the middle of a frame
						checkDoneAfter(t, &encoder, stream, start)
					}
				}
				proto.Release(frames, nil)
			default:
				size := []int{0, 1, 32, 125, 126, 1000, 1024, 1025, 3000}[random.IntN(9)]
				if random.IntN(100) == 0 {
					size = 20_000
				}
				message := strings.Repeat(string(rune('a'+random.IntN(26))), size)
				payload := []byte(message)
				switch random.IntN(3) {
				case 0:
					outbox.Push(wire.Text, message)
				case 1:
					outbox.PushBytes(wire.Text, payload)
				default:
					outbox.PushEncoded(proto.AppendEncoded(nil, wire.Text, payload), size)
				}
				clear(payload)
				want = append(want, "text "+message)
				pushed.Messages++
				pushed.Bytes += int64(size)
			}
		}
		got, ends := readFrames(t, stream)
		for i := range got {
			if i >= len(want) || got[i] != want[i] {
				t.Fatalf("seed %d: frame %d is %.40q", seed, i, got[i])
			}
		}
		next := 0
		for i, at := range fills {
			var tally proto.Tally
			for ; next < len(ends) && ends[next].at <= at; next++ {
				tally.Messages++
				tally.Bytes += int64(ends[next].size)
			}
			if tally != done[i] {
				t.Fatalf("seed %d: Fill %d has ended %+v, and says %+v", seed, i, tally, done[i])
			}
			pushed.Messages -= tally.Messages
			pushed.Bytes -= tally.Bytes
		}
		if unsent := outbox.Unsent(); unsent != pushed {
			t.Fatalf("seed %d: unsent %+v, want %+v", seed, unsent, pushed)
		}
	}
}

// checkDoneAfter compares the messages that DoneAfter counts in each part of the last Fill
// with those in the stream, in which that Fill began at start.
func checkDoneAfter(t *testing.T, encoder *proto.Encoder, stream []byte, start int) {
	t.Helper()
	_, ends := readFrames(t, stream)
	var want proto.Tally
	check := func(n int) {
		if got := encoder.DoneAfter(n); n >= 0 && got != want {
			t.Fatalf("after %d of %d bytes DoneAfter says %+v, want %+v", n, len(stream)-start, got, want)
		}
	}
	check(0)
	for _, end := range ends {
		if end.at <= start {
			continue
		}
		check(end.at - start - 1)
		want.Messages++
		want.Bytes += int64(end.size)
		check(end.at - start)
	}
	check(len(stream) - start)
}

// Short messages that were compressed are encoded when Packed brings them back, next to
// those that did not shrink, and each counts with its size from before. The memory of an
// owned one comes back with Packed.
func TestEncodedAfterCompression(t *testing.T) {
	sizes := []int{3, 4000, 5, 70_000, 6, 1 << 20}
	freed := 0
	outbox := proto.Outbox{Encodes: true, Free: func([]byte) { freed++ }}
	outbox.Compress()
	var want []proto.Tally // for each message
	for _, size := range sizes {
		outbox.PushOwned(wire.Binary, []byte(strings.Repeat("x", size)))
		want = append(want, proto.Tally{Messages: 1, Bytes: int64(size)})
	}
	scratch := make([]byte, 100)
	for i := range sizes {
		plain, ok := outbox.Plain()
		if !ok || len(plain) != sizes[i] {
			t.Fatalf("message %d: %d bytes, %v", i, len(plain), ok)
		}
		if len(plain) < len(scratch) {
			outbox.Packed(nil, false)
		} else {
			clear(scratch)
			outbox.Packed(append(scratch[:0], fmt.Sprint("packed ", i)...), false)
		}
	}
	clear(scratch) // which Packed may not need any more
	if _, ok := outbox.Plain(); ok || freed != len(sizes) || outbox.Waits() == false {
		t.Fatalf("plain messages %v, freed %d times, waits %v", ok, freed, outbox.Waits())
	}
	var encoder proto.Encoder
	encoder.Load(outbox.Next(nil, 1<<20))
	var stream []byte
	for next := 0; !encoder.Empty(); {
		piece := make([]byte, wire.MaxHeader+1)
		n, done := encoder.Fill(piece, constantKey(0))
		if again := encoder.DoneAfter(n); again != done {
			t.Errorf("DoneAfter(%d) is %v, Fill said %v", n, again, done)
		}
		var sum proto.Tally
		for ; sum.Messages < done.Messages; next++ {
			sum.Messages, sum.Bytes = sum.Messages+1, sum.Bytes+want[next].Bytes
		}
		if sum != done {
			t.Errorf("%v are done, want %v", done, sum)
		}
		outbox.Wrote(done)
		stream = append(stream, piece[:n]...)
	}
	if outbox.Unsent() != (proto.Tally{}) {
		t.Errorf("unsent %v", outbox.Unsent())
	}
	got, _ := readFrames(t, stream)
	if want := "[binary xxx binary packed 1 binary xxxxx binary packed 3 binary xxxxxx binary packed 5]"; fmt.Sprint(got) != want {
		t.Errorf("frames %q, want %q", got, want)
	}
	if got := stream[0] & 0x70; got != 0 {
		t.Errorf("the first frame has RSV %x", got)
	}
	if got := stream[2+4+3] & 0x70; got != 0x40 { // after header, key and payload
		t.Errorf("the second frame has RSV %x", got)
	}
}

// Two messages never have the same key, but by chance.
func TestEncodedKeysAreFresh(t *testing.T) {
	outbox := proto.Outbox{Encodes: true}
	keys := map[uint32]int{}
	for range 1000 {
		outbox.Push(wire.Text, "x")
	}
	var encoder proto.Encoder
	encoder.Load(outbox.Next(nil, 1<<20))
	stream := make([]byte, 1<<20)
	n, _ := encoder.Fill(stream, constantKey(0))
	for at := 0; at < n; {
		h, size, _ := wire.ParseHeader(stream[at:n])
		keys[h.Key]++
		at += size + int(h.Length)
	}
	if len(keys) < 998 {
		t.Errorf("%d different keys for 1000 messages", len(keys))
	}
}
