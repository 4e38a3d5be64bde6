package proto_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

const mib = 1 << 20

// patterned returns n bytes, none of which is at a wrong place unnoticed.
func patterned(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>10)
	}
	return b
}

// A message that is encoded before it is pushed has frames of at most 1 MiB, each with a
// key of its own, takes as many bytes as EncodedLen says, and nothing before it changes.
func TestAppendEncoded(t *testing.T) {
	for _, size := range detector.Some([]int{0, 1, 125, 126, 0xffff, 0x10000, mib - 1, mib, mib + 1, 2*mib + 5, 3 * mib}) {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			payload := patterned(size)
			room := make([]byte, 0, 1+proto.EncodedLen(size))
			out := proto.AppendEncoded(append(room, 'x'), wire.Binary, payload)
			if len(out) != cap(room) || &out[0] != &room[:1][0] || out[0] != 'x' {
				t.Fatalf("%d bytes that begin with %q, want %d in the room that was there", len(out), out[0], cap(room))
			}
			var got []byte
			keys := map[uint32]bool{}
			for at, frame := 1, 0; at < len(out); frame++ {
				h, n, err := wire.ParseHeader(out[at:])
				if err != nil || n == 0 {
					t.Fatalf("a bad header at %d: %v", at, err)
				}
				last := at+n+int(h.Length) == len(out)
				want := wire.Header{Fin: last, Opcode: wire.Binary, Masked: true, Key: h.Key, Length: h.Length}
				if frame > 0 {
					want.Opcode = wire.Continuation
				}
				if h != want || h.Length > mib || !last && h.Length != mib || keys[h.Key] {
					t.Errorf("frame %d is %+v", frame, h)
				}
				keys[h.Key] = true
				part := out[at+n : at+n+int(h.Length)]
				wire.Mask(part, part, h.Key)
				got = append(got, part...)
				at += n + len(part)
			}
			if !bytes.Equal(got, payload) {
				t.Error("the payload is changed")
			}
		})
	}
}

// Pongs pass between the frames of an encoded message, which is freed and counted with its
// last byte, and DoneAfter counts it there.
func TestPushEncoded(t *testing.T) {
	const size = 2*mib + 70_000
	encoded := proto.AppendEncoded(nil, wire.Binary, patterned(size))
	var outbox proto.Outbox
	outbox.PushEncoded(encoded, size)
	outbox.Push(wire.Text, "after")
	freed := 0
	free := func(b []byte) {
		if freed++; &b[0] != &encoded[0] || len(b) != len(encoded) {
			t.Error("other memory is freed")
		}
	}
	encoder := proto.Encoder{Free: free}
	var frames []proto.Frame
	var got []string
	for i := 0; outbox.Waits(); i++ {
		if i%2 == 0 {
			outbox.Pong(fmt.Append(nil, i))
		}
		frames = outbox.Next(frames[:0], 100)
		encoder.Load(frames)
		for !encoder.Empty() {
			piece, done := nextBytes(&encoder, 100)
			names := ""
			for at := 0; at < len(piece); {
				h, n, _ := wire.ParseHeader(piece[at:])
				names += fmt.Sprintf("%v %d, ", h.Opcode, h.Length)
				at += n + int(h.Length)
			}
			got = append(got, fmt.Sprintf("%s%v", names, done))
			if before := encoder.DoneAfter(len(piece) - 1); before != (proto.Tally{}) {
				t.Errorf("DoneAfter counts %v without the last byte", before)
			}
			if after := encoder.DoneAfter(len(piece)); after != done {
				t.Errorf("DoneAfter counts %v, want %v", after, done)
			}
			outbox.Wrote(done)
		}
		if proto.Release(frames, free); freed != 0 && i < 5 {
			t.Errorf("freed after round %d", i)
		}
	}
	want := []string{
		"pong 1, {0 0}", "binary 1048576, {0 0}",
		"pong 1, {0 0}", "continuation 1048576, {0 0}",
		"pong 1, {0 0}", "continuation 70000, {1 2167152}",
		"pong 1, text 5, {1 5}",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if freed != 1 || outbox.Unsent() != (proto.Tally{}) || outbox.Held() != (proto.Tally{}) {
		t.Errorf("freed %d times, unsent %v, held %v", freed, outbox.Unsent(), outbox.Held())
	}
}

// Once a close frame is under way an encoded message is only counted.
func TestPushEncodedAfterClose(t *testing.T) {
	var outbox proto.Outbox
	outbox.Close(1000, "")
	outbox.PushEncoded(proto.AppendEncoded(nil, wire.Text, []byte("late")), 4)
	frames := outbox.Next(nil, 1000)
	if len(frames) != 1 || frames[0].Opcode != wire.Close || outbox.Unsent() != (proto.Tally{Messages: 1, Bytes: 4}) ||
		outbox.Held() != (proto.Tally{}) {
		t.Errorf("%+v, unsent %v, held %v", frames, outbox.Unsent(), outbox.Held())
	}
}
