package proto_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// A write that fails half-way: messages that had not left completely stay unsent, the
// message cut in two included.
func TestPartialWrite(t *testing.T) {
	messages := []string{"one", "", strings.Repeat("x", 300), "four"}
	whole := encode(t, messages, 4096)
	ends := []int{0} // of each message, in whole
	for _, m := range messages {
		ends = append(ends, ends[len(ends)-1]+len(encode(t, []string{m}, 4096)))
	}
	for written := range len(whole) + 1 {
		var outbox proto.Outbox
		for _, m := range messages {
			outbox.Push(wire.Text, m)
		}
		var encoder proto.Encoder
		encoder.Load(outbox.Next(nil, 4096))
		// In chunks of 100 bytes; the one in which the transport gives up counts by
		// DoneAfter.
		for left := written; ; {
			n, done := encoder.Fill(make([]byte, 100), constantKey(1))
			if n >= left {
				outbox.Wrote(encoder.DoneAfter(left))
				break
			}
			outbox.Wrote(done)
			left -= n
		}
		want := 0
		for _, end := range ends[1:] {
			if end > written {
				want++
			}
		}
		if got := outbox.Unsent().Messages; got != want {
			t.Errorf("%d of %d bytes written: %d messages unsent, want %d", written, len(whole), got, want)
		}
	}
}

func encode(t *testing.T, messages []string, chunk int) (out []byte) {
	t.Helper()
	var outbox proto.Outbox
	for _, m := range messages {
		outbox.Push(wire.Text, m)
	}
	var encoder proto.Encoder
	encoder.Load(outbox.Next(nil, 1<<30))
	for !encoder.Empty() {
		buf := make([]byte, chunk)
		n, _ := encoder.Fill(buf, constantKey(0x01020304))
		if n == 0 {
			t.Fatal("Fill made no progress")
		}
		out = append(out, buf[:n]...)
	}
	return out
}

// The bytes do not depend on the size of the chunks.
func TestEncoderChunks(t *testing.T) {
	messages := []string{"", "a", strings.Repeat("b", 125), strings.Repeat("c", 126), strings.Repeat("d", 70_000), "e"}
	want := encode(t, messages, 1<<20)
	for _, chunk := range []int{wire.MaxHeader + 1, 16, 17, 31, 100, 4096, 65536} {
		if got := encode(t, messages, chunk); !bytes.Equal(got, want) {
			t.Errorf("chunks of %d bytes give other bytes", chunk)
		}
	}
}

// A queue that is filled as fast as it is emptied keeps order and does not grow without
// bound.
func TestOutboxOrder(t *testing.T) {
	var outbox proto.Outbox
	pushed, written := 0, 0
	for range 1000 {
		for range 7 {
			outbox.Push(wire.Text, fmt.Sprint(pushed))
			pushed++
		}
		for _, frame := range outbox.Next(nil, 100) {
			if frame.Payload != fmt.Sprint(written) {
				t.Fatalf("message %d is %q", written, frame.Payload)
			}
			written++
		}
	}
	for _, frame := range outbox.Next(nil, 1<<30) {
		if frame.Payload != fmt.Sprint(written) {
			t.Fatalf("message %d is %q", written, frame.Payload)
		}
		written++
	}
	if pushed != written {
		t.Errorf("%d pushed, %d written", pushed, written)
	}
}

// A peer that declares a large message pays for each byte of memory with one of its own.
func TestMemoryFollowsArrival(t *testing.T) {
	allocated := 0
	reader := proto.NewReader(proto.ReaderOptions{Alloc: func(n int) ([]byte, error) {
		allocated = max(allocated, n)
		return make([]byte, 0, n), nil
	}})
	frame := wire.AppendHeader(nil, wire.Header{Fin: true, Opcode: wire.Binary, Length: 1 << 40})
	if err := reader.Feed(append(frame, 1, 2, 3), new(proto.Batch)); err != nil {
		t.Fatal(err)
	}
	for arrived := 3; arrived < 8<<20; {
		if limit := max(4*arrived, 512); allocated > limit {
			t.Fatalf("%d bytes allocated for %d that arrived", allocated, arrived)
		}
		n := len(reader.Space())
		if err := reader.Filled(n, new(proto.Batch)); err != nil {
			t.Fatal(err)
		}
		arrived += n
	}
}

// A limit that no slice could have is one that a slice can.
func TestLargestLimit(t *testing.T) {
	for length, want := range map[int64]error{math.MaxInt / 2: nil, math.MaxInt/2 + 1: rule.MessageLength} {
		reader := proto.NewReader(proto.ReaderOptions{MaxMessage: math.MaxInt64})
		err := reader.Feed(wire.AppendHeader(nil, wire.Header{Opcode: wire.Binary, Length: length}), new(proto.Batch))
		if !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", length, err, want)
		}
	}
}

// An abandoned Reader gives nothing back, and still counts the message that it was in.
func TestAbandon(t *testing.T) {
	reader := proto.NewReader(proto.ReaderOptions{Free: func([]byte) { t.Error("given back") }})
	var batch proto.Batch
	reader.Feed(append(wire.AppendHeader(nil, wire.Header{Opcode: wire.Binary, Length: 10}), "12345"...), &batch)
	reader.Abandon()
	if n, ok := reader.Unfinished(); n != 5 || !ok {
		t.Errorf("Unfinished = %d, %v; want 5, true", n, ok)
	}
	reader.Drop()
	if err := reader.Feed([]byte("67890"), &batch); len(batch.Events) > 0 || err != nil {
		t.Errorf("it read on: %v, %v", batch.Events, err)
	}
}

// Each ping is answered with its own payload, wherever reads cut the two of them: those
// of one Feed all hold until the next (a ping completed by a read, and one cut by the end
// of the same read, once shared their bytes).
func TestControlFramesKeepTheirPayloads(t *testing.T) {
	stream := []byte("\x89\x08AAAAAAAA\x89\x08BBBBBBBB\x8a\x08CCCCCCCC")
	want := []string{"ping AAAAAAAA", "ping BBBBBBBB", "pong CCCCCCCC"}
	for first := range len(stream) + 1 {
		for second := first; second <= len(stream); second++ {
			reader := proto.NewReader(proto.ReaderOptions{})
			var got []string
			for _, piece := range [][]byte{stream[:first], stream[first:second], stream[second:]} {
				var found proto.Batch
				if err := reader.Feed(piece, &found); err != nil {
					t.Fatal(err)
				}
				for _, event := range found.Events {
					got = append(got, fmt.Sprintf("%v %s", event.Opcode, found.Payload(event, piece)))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("cut at %d and %d: %q", first, second, got)
			}
		}
	}
}

// A message that finds no memory ends the reader with Alloc's error, and what has arrived
// of it counts as unfinished. Before it gives up, the reader asks for as little as it needs.
func TestNoMemory(t *testing.T) {
	full := &rule.Violation{Rule: rule.Memory, Err: errors.New("full")}
	held, limit := 0, 20_000
	reader := proto.NewReader(proto.ReaderOptions{
		Alloc: func(n int) ([]byte, error) {
			if held+n > limit {
				return nil, full
			}
			held += n
			return make([]byte, 0, n), nil
		},
		Free: func(b []byte) { held -= cap(b) },
	})
	frame := wire.AppendHeader(nil, wire.Header{Fin: true, Opcode: wire.Binary, Length: 1 << 20})
	if err := reader.Feed(frame, new(proto.Batch)); err != nil {
		t.Fatal(err)
	}
	arrived := 0
	for {
		part := reader.Space()
		var err error
		if part == nil {
			part = make([]byte, 1000)
			err = reader.Feed(part, new(proto.Batch))
		} else {
			err = reader.Filled(len(part), new(proto.Batch))
		}
		arrived += len(part)
		if err != nil {
			if !errors.Is(err, rule.Memory) || proto.CloseCode(err) != wire.CloseTooBig {
				t.Errorf("the error is %v, with code %d", err, proto.CloseCode(err))
			}
			break
		}
	}
	if bytes, unfinished := reader.Unfinished(); bytes != int64(arrived) || !unfinished || arrived < limit/3 {
		t.Errorf("%d bytes are unfinished, %d have arrived of a limit of %d", bytes, arrived, limit)
	}
	if reader.Drop(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

// Blocks from Alloc leave in an event or go to Free, each exactly once.
func TestBlocksAreReturned(t *testing.T) {
	out := map[*byte]bool{}
	reader := proto.NewReader(proto.ReaderOptions{
		Alloc: func(n int) ([]byte, error) {
			b := make([]byte, 0, n+1)
			out[&b[:1][0]] = true
			return b, nil
		},
		Free: func(b []byte) {
			if !out[&b[:1][0]] {
				t.Error("freed twice or never allocated")
			}
			delete(out, &b[:1][0])
		},
	})
	for i := range 50 {
		long := wire.AppendHeader(nil, wire.Header{Opcode: wire.Binary, Length: int64(i * 1000)})
		long = append(long, make([]byte, i*1000)...)
		long = wire.AppendHeader(long, wire.Header{Fin: true})
		var found proto.Batch
		if err := reader.Feed(long, &found); err != nil || len(found.Events) != 1 {
			t.Fatalf("%d events, %v", len(found.Events), err)
		}
		payload := found.Payload(found.Events[0], long)
		if len(payload) != i*1000 {
			t.Fatalf("%d bytes, want %d", len(payload), i*1000)
		}
		if found.Events[0].Owned {
			delete(out, &payload[:1][0])
		}
	}
	reader.Feed(wire.AppendHeader(nil, wire.Header{Opcode: wire.Binary, Length: 10}), new(proto.Batch))
	reader.Feed([]byte("12345"), new(proto.Batch))
	if n, ok := reader.Unfinished(); n != 5 || !ok {
		t.Errorf("Unfinished = %d, %v; want 5, true", n, ok)
	}
	reader.Drop()
	if len(out) != 0 {
		t.Errorf("%d blocks not returned", len(out))
	}
}

// What is pushed after the close frame is counted, and never handed out: it is no reason for
// a larger buffer.
func TestWaitingBytes(t *testing.T) {
	var outbox proto.Outbox
	outbox.Push(wire.Text, "hello")
	before := outbox.WaitingBytes()
	outbox.Close(1000, "")
	outbox.Push(wire.Text, strings.Repeat("x", 10_000))
	if after := outbox.WaitingBytes(); before < 5 || after != before || outbox.Unsent().Messages != 2 {
		t.Errorf("%d bytes wait, then %d, unsent %+v", before, after, outbox.Unsent())
	}
}

// After Clear the queue holds nothing, whatever is pushed; all of it counts as unsent.
func TestClearedOutbox(t *testing.T) {
	var outbox proto.Outbox
	outbox.Push(wire.Text, "before")
	outbox.Clear()
	outbox.Push(wire.Text, "after")
	if outbox.Waits() || outbox.Held() != (proto.Tally{}) || len(outbox.Next(nil, 1000)) > 0 {
		t.Errorf("holds %+v", outbox.Held())
	}
	if got, want := outbox.Unsent(), (proto.Tally{Messages: 2, Bytes: 11}); got != want {
		t.Errorf("unsent %+v, want %+v", got, want)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	buf := bytes.Repeat([]byte("\x81\x05Hello"), 1000)
	reader := proto.NewReader(proto.ReaderOptions{})
	found := proto.Batch{Events: make([]proto.Event, 0, 1000)}
	if n := testing.AllocsPerRun(10, func() {
		found.Reset()
		err := reader.Feed(buf, &found)
		if want := (proto.Tally{Messages: 1000, Bytes: 5000}); err != nil || found.Messages != want {
			t.Fatalf("%v, %v; want %v", found.Messages, err, want)
		}
	}); n != 0 {
		t.Errorf("%v allocations for 1000 messages, want 0", n)
	}
}

// FuzzReader feeds any bytes, whole and cut in two, to both roles: the events and the
// error are the same, the error is one of the catalogue, no message is larger than the
// limit, and no text is invalid.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x81\x05Hello\x89\x00\x88\x02\x03\xe8"), 3, false)
	f.Add([]byte("\x01\x03Hel\x80\x02lo"), 7, false)
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 5, true)
	f.Add([]byte("\x82\x7e\x01\x00"), 2, false)
	f.Add([]byte("\x81\x02\xc3"), 2, false)
	f.Add([]byte("\x89\x08AAAAAAAA\x89\x08BBBB"), 6, false)
	f.Fuzz(func(t *testing.T, input []byte, cut int, server bool) {
		const limit = 1000
		opts := proto.ReaderOptions{MaxMessage: limit}
		if server {
			opts.Role = proto.Server
		}
		cut = min(max(cut, 0), len(input))
		run := func(pieces ...[]byte) (out []string, unfinished int64) {
			reader := proto.NewReader(opts)
			for _, piece := range pieces {
				var found proto.Batch
				var messages proto.Tally
				piece = slices.Clone(piece)
				err := reader.Feed(piece, &found)
				for _, event := range found.Events {
					payload := found.Payload(event, piece)
					if event.Opcode == wire.Text && !wire.ValidUTF8(payload) {
						t.Errorf("text %q", payload)
					}
					if len(payload) > limit || event.Opcode.IsControl() && len(payload) > wire.MaxControlPayload {
						t.Errorf("%v of %d bytes", event.Opcode, len(payload))
					}
					if !event.Opcode.IsControl() {
						messages.Messages++
						messages.Bytes += int64(len(payload))
					}
					out = append(out, fmt.Sprintf("%v %q", event.Opcode, payload))
				}
				if messages != found.Messages {
					t.Errorf("%v messages, counted as %v", messages, found.Messages)
				}
				if err != nil {
					failed := failure.From(failure.PhaseOpen, err)
					if failed.Category == failure.Internal || failed.Message == "" || proto.CloseCode(failed) == 0 {
						t.Fatalf("undocumented error %v", err)
					}
					return append(out, failed.Message), 0
				}
			}
			unfinished, _ = reader.Unfinished()
			return out, unfinished
		}
		all, rest := run(input)
		halves, restOfHalves := run(input[:cut], input[cut:])
		if !slices.Equal(all, halves) || rest != restOfHalves {
			t.Errorf("whole: %q, %d; cut at %d: %q, %d", all, rest, cut, halves, restOfHalves)
		}
	})
}

// A message takes 10,000 frames that bring nothing, in either role, compressed or not;
// one more breaks the rule. The end of a message, control frames and frames with a payload
// do not count.
func TestEmptyFragments(t *testing.T) {
	for _, role := range []proto.Role{proto.Client, proto.Server} {
		for _, compressed := range []bool{false, true} {
			reader := proto.NewReader(proto.ReaderOptions{Role: role, Inflater: toy{}})
			var got []string
			feed := func(opcode wire.Opcode, fin bool, payload string, times int) error {
				h := wire.Header{Fin: fin, Opcode: opcode, Masked: role == proto.Server, Length: int64(len(payload))}
				if compressed && opcode == wire.Text {
					h.RSV = 4
				}
				frames := bytes.Repeat(append(wire.AppendHeader(nil, h), payload...), times)
				var found proto.Batch
				err := reader.Feed(frames, &found)
				for _, event := range found.Events {
					got = append(got, event.Opcode.String()+" "+string(found.Payload(event, frames)))
				}
				return err
			}
			want := []string{"ping p", "text z:a"}
			if compressed {
				want[1] = "text a"
			}
			for message := range 2 {
				err := errors.Join(
					feed(wire.Text, false, "", 1),
					feed(wire.Continuation, false, "", 9998),
					feed(wire.Ping, true, "p", 1),
					feed(wire.Continuation, false, "z:a", 1),
					feed(wire.Continuation, false, "", 1),
					feed(wire.Continuation, true, "", 1))
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("role %d, compressed %v, message %d: %q, %v", role, compressed, message, got, err)
				}
				got = nil
			}
			if err := feed(wire.Text, false, "z:b", 1); err != nil {
				t.Fatal(err)
			}
			if err := feed(wire.Continuation, false, "", 10_000); err != nil {
				t.Errorf("role %d: after 10,000: %v", role, err)
			}
			err := feed(wire.Continuation, false, "", 1)
			if !errors.Is(err, rule.EmptyFragments) || proto.CloseCode(err) != wire.CloseTooBig {
				t.Errorf("role %d: after 10,001: %v, close code %d", role, err, proto.CloseCode(err))
			}
			if n, unfinished := reader.Unfinished(); n != 3 || !unfinished {
				t.Errorf("role %d: unfinished %d, %v", role, n, unfinished)
			}
			if more := feed(wire.Continuation, true, "", 1); more != err || len(got) > 0 {
				t.Errorf("role %d: it went on with %q, %v", role, got, more)
			}
		}
	}
}

func BenchmarkFeed32(b *testing.B) {
	frame := append([]byte{0x81, 32}, bytes.Repeat([]byte("x"), 32)...)
	buf := bytes.Repeat(frame, 65536/len(frame))
	reader := proto.NewReader(proto.ReaderOptions{})
	var found proto.Batch
	b.ReportAllocs()
	for i := 0; i < b.N; i += 65536 / len(frame) {
		found.Reset()
		reader.Feed(buf, &found)
	}
}

// The frames that cost most for the bytes that they take on the wire.
func BenchmarkFeedEmpty(b *testing.B) {
	for name, c := range map[string]struct{ first, frame string }{
		"fragment": {"\x02\x00", "\x00\x00"},
		"ping":     {"", "\x89\x00"},
		"message":  {"", "\x81\x00"},
	} {
		b.Run(name, func(b *testing.B) {
			buf := []byte(strings.Repeat(c.frame, 8192))
			var found proto.Batch
			b.ReportAllocs()
			for i := 0; i < b.N; i += 8192 {
				reader := proto.NewReader(proto.ReaderOptions{})
				reader.Feed([]byte(c.first), &found)
				found.Reset()
				reader.Feed(buf, &found)
			}
		})
	}
}

func BenchmarkSend32(b *testing.B) {
	var outbox proto.Outbox
	var encoder proto.Encoder
	var frames []proto.Frame
	payload := strings.Repeat("x", 32)
	chunk := make([]byte, 65536)
	b.ReportAllocs()
	for i := 0; i < b.N; {
		for range 1000 {
			outbox.Push(wire.Text, payload)
			i++
		}
		for outbox.Waits() {
			frames = outbox.Next(frames[:0], len(chunk))
			encoder.Load(frames)
			for !encoder.Empty() {
				_, done := encoder.Fill(chunk, constantKey(7))
				outbox.Wrote(done)
			}
		}
	}
}
