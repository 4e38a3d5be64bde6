package proto_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

var update = flag.Bool("update", false, "rewrite the golden traces")

// TestTrace runs the stories in testdata/trace. A story is blocks of commands, each
// followed by ---- and their outcome. Every story runs once with each of its inputs
// whole, once a byte at a time, and once for each place where an input can be cut in two;
// the outcome must not depend on it.
//
//	role client|server          starts an endpoint; limit=5 bounds its messages; toy negotiates a compression that puts
//	                            "z:" before the text, and compresses nothing shorter than 4 bytes
//	peer OPCODE "payload" …     the peer sends a frame; flags: more (no FIN), rsv1, mask, unmasked, repeat=N
//	bytes HEX                   the peer sends these bytes
//	ping "payload"              queues a ping
//	push OPCODE "payload" …     queues a message; flag: repeat=N
//	close CODE "reason"         queues the close frame
//	fail CODE "reason"          puts a close frame before all else
//	write [MAX]                 hands out frames of about MAX bytes and encodes them
func TestTrace(t *testing.T) {
	files, err := filepath.Glob("testdata/trace/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	step := 1
	if detector.Race {
		step = 10
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runStory(t, string(golden), whole)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(golden) {
				t.Errorf("got\n%s\nwant\n%s", got, golden)
			}
			if cut := runStory(t, string(golden), byteByByte); cut != got {
				t.Errorf("a byte at a time:\n%s\nwhole:\n%s", cut, got)
			}
			for at, end := 1+rand.IntN(step), longestInput(t, string(golden)); at < end; at += step {
				if at > 500 && at < end-500 {
					at = min(at+60, end-500) // within a long payload all bytes are alike
				}
				if cut := runStory(t, string(golden), cutAt(at)); cut != got {
					t.Fatalf("cut after byte %d:\n%s\nwhole:\n%s", at, cut, got)
				}
			}
		})
	}
}

// A chop cuts an input into the pieces that the reader gets.
type chop func(b []byte) [][]byte

func whole(b []byte) [][]byte { return [][]byte{b} }

func byteByByte(b []byte) (pieces [][]byte) {
	for i := range b {
		pieces = append(pieces, b[i:i+1])
	}
	return pieces
}

func cutAt(n int) chop {
	return func(b []byte) [][]byte {
		if n >= len(b) {
			return whole(b)
		}
		return [][]byte{b[:n], b[n:]}
	}
}

// longestInput returns the length in bytes of the longest input, or how many cuts of it
// are worth trying.
func longestInput(t *testing.T, story string) int {
	longest := 0
	runStory(t, story, func(b []byte) [][]byte {
		longest = max(longest, len(b))
		return whole(b)
	})
	if longest > 1000 {
		return 16 // the header and the bytes after it
	}
	return longest
}

// endpoint uses proto as a connection does, in five lines: pings and closes carried from
// the reader to the outbox.
type endpoint struct {
	t       *testing.T
	role    proto.Role
	reader  *proto.Reader
	outbox  proto.Outbox
	encoder proto.Encoder
	chop    chop
	failed  bool // the peer broke a rule; a connection reads no further
	out     strings.Builder
	results strings.Builder // of the commands of this block
}

func runStory(t *testing.T, story string, chop chop) string {
	t.Helper()
	e := &endpoint{t: t, chop: chop}
	golden := false // between ---- and the next blank line
	for line := range strings.Lines(story) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			golden = true
			fmt.Fprintln(&e.out, line)
			e.out.WriteString(e.results.String())
			e.results.Reset()
		case line == "":
			golden = false
			fmt.Fprintln(&e.out)
		case golden: // is written again
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(&e.out, line)
		default:
			fmt.Fprintln(&e.out, line)
			e.command(line)
		}
	}
	return e.out.String()
}

func (e *endpoint) command(line string) {
	words := splitWords(e.t, line)
	flags := map[string]string{}
	var args []string
	for _, word := range words[1:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "toy", "more", "rsv1", "mask", "unmasked", "repeat", "limit":
			flags[name] = value
		default:
			args = append(args, word)
		}
	}
	has := func(flag string) bool { _, ok := flags[flag]; return ok }
	payload := func() string {
		s := args[len(args)-1]
		if n, err := strconv.Atoi(flags["repeat"]); err == nil {
			s = strings.Repeat(s, n)
		}
		return s
	}
	switch words[0] {
	case "role":
		limit, _ := strconv.ParseInt(flags["limit"], 10, 64)
		if args[0] == "server" {
			e.role = proto.Server
		}
		opts := proto.ReaderOptions{Role: e.role, MaxMessage: limit}
		if has("toy") {
			opts.Inflater = toy{}
			e.outbox.Compress()
		}
		e.reader = proto.NewReader(opts)
	case "peer":
		h := wire.Header{Fin: !has("more"), Opcode: opcode(e.t, args[0]), Length: int64(len(payload()))}
		if has("rsv1") {
			h.RSV = 4
		}
		b := []byte(payload())
		if has("mask") || e.role == proto.Server && !has("unmasked") {
			h.Masked, h.Key = true, 0x3d21fa37
			wire.Mask(b, b, h.Key)
		}
		e.feed(append(wire.AppendHeader(nil, h), b...))
	case "bytes":
		b, err := hex.DecodeString(strings.Join(args, ""))
		if err != nil {
			e.t.Fatal(err)
		}
		e.feed(b)
	case "push":
		e.outbox.Push(opcode(e.t, args[0]), payload())
	case "ping":
		e.outbox.Ping(payload())
	case "close", "fail":
		code, _ := strconv.Atoi(args[0])
		if words[0] == "close" {
			e.outbox.Close(code, payload())
		} else {
			e.outbox.CloseNow(code, payload())
		}
	case "write":
		limit := 1 << 16
		if len(args) > 0 {
			limit, _ = strconv.Atoi(args[0])
		}
		e.write(limit)
	default:
		e.t.Fatalf("unknown command %q", line)
	}
}

// feed gives b to the reader as a connection would: the missing part of a large frame
// straight into the message.
func (e *endpoint) feed(b []byte) {
	for _, piece := range e.chop(append([]byte(nil), b...)) {
		for len(piece) > 0 && !e.failed {
			var found proto.Batch
			var err error
			fed := piece
			if space := e.reader.Space(); space != nil {
				n := copy(space, piece)
				piece = piece[n:]
				err = e.reader.Filled(n, &found)
			} else {
				err = e.reader.Feed(piece, &found)
				piece = nil
			}
			e.events(&found, fed, err)
		}
	}
}

func (e *endpoint) events(found *proto.Batch, fed []byte, err error) {
	for _, event := range found.Events {
		payload := found.Payload(event, fed)
		switch event.Opcode {
		case wire.Ping:
			e.outbox.Pong(payload)
		case wire.Close:
			code, reason, _ := wire.ParseClose(payload)
			e.outbox.Answer(code, "")
			fmt.Fprintf(&e.results, "event close %d %q\n", code, reason)
			continue
		}
		fmt.Fprintf(&e.results, "event %v %s\n", event.Opcode, short(string(payload)))
	}
	if err != nil {
		failed := failure.From(failure.PhaseOpen, err)
		e.failed = true
		fmt.Fprintf(&e.results, "violation %q %d: %v\n", failed.Message, proto.CloseCode(failed), failed)
		e.outbox.CloseNow(proto.CloseCode(failed), "")
	}
}

func (e *endpoint) write(limit int) {
	var keys rand.Source
	if e.role == proto.Client {
		keys = constantKey(0x3d21fa37)
	}
	for {
		plain, ok := e.outbox.Plain()
		if !ok {
			break
		}
		var packed []byte
		if len(plain) > 3 {
			packed = []byte("z:" + plain)
		}
		e.outbox.Packed(packed, false)
	}
	e.encoder.Load(e.outbox.Next(nil, limit))
	var wrote []byte
	for !e.encoder.Empty() {
		chunk := make([]byte, 100)
		n, done := e.encoder.Fill(chunk, keys)
		if again := e.encoder.DoneAfter(n); again != done {
			e.t.Errorf("DoneAfter(%d) = %v, Fill said %v", n, again, done)
		}
		e.outbox.Wrote(done)
		wrote = append(wrote, chunk[:n]...)
	}
	for len(wrote) > 0 {
		h, n, err := wire.ParseHeader(wrote)
		if err != nil || n == 0 || h.Masked != (e.role == proto.Client) {
			e.t.Fatalf("wrote a bad frame: %+v, %v", h, err)
		}
		payload := wrote[n : n+int(h.Length)]
		wire.Mask(payload, payload, h.Key)
		wrote = wrote[n+int(h.Length):]
		more := ""
		if !h.Fin {
			more = " more"
		}
		if h.RSV != 0 {
			more += map[byte]string{4: " rsv1", 2: " rsv2", 1: " rsv3"}[h.RSV]
		}
		if h.Opcode == wire.Close {
			code, reason, _ := wire.ParseClose(payload)
			fmt.Fprintf(&e.results, "sent close %d %q\n", code, reason)
			continue
		}
		fmt.Fprintf(&e.results, "sent %v %s%s\n", h.Opcode, short(string(payload)), more)
	}
	if unsent := e.outbox.Unsent(); unsent.Messages > 0 {
		fmt.Fprintf(&e.results, "unsent %d messages, %d bytes\n", unsent.Messages, unsent.Bytes)
	}
	if e.outbox.Waits() {
		fmt.Fprintln(&e.results, "more waits")
	}
}

// toy is a compression for traces.
type toy struct{}

func (toy) Decompress(alloc func(int) ([]byte, error), payload []byte, max int64) ([]byte, error) {
	message, ok := strings.CutPrefix(string(payload), "z:")
	switch {
	case !ok:
		return nil, failure.Explain(failure.PhaseOpen, failure.Deflate, failure.MsgZlib, rule.Deflate, "no z")
	case max > 0 && int64(len(message)) > max:
		return nil, failure.Explain(failure.PhaseOpen, failure.TooBig, failure.MsgTooBig, rule.InflatedLength,
			"more than %d bytes", max)
	}
	out, err := alloc(len(message))
	return append(out, message...), err
}

type constantKey uint64

func (k constantKey) Uint64() uint64 { return uint64(k) }

func short(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q… (%d bytes)", s[:10], len(s))
	}
	return strconv.Quote(s)
}

func opcode(t *testing.T, word string) wire.Opcode {
	for op := range wire.Opcode(16) {
		if op.String() == word {
			return op
		}
	}
	if n, err := strconv.ParseUint(word, 0, 4); err == nil {
		return wire.Opcode(n)
	}
	t.Fatalf("unknown opcode %q", word)
	return 0
}

// splitWords splits a line at spaces, quoted words being Go strings.
func splitWords(t *testing.T, line string) (words []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			word, _ := strconv.Unquote(quoted)
			words, line = append(words, word), line[len(quoted):]
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		words, line = append(words, word), rest
	}
	return words
}
