// Package differ gives the same bytes of a server to our reader and to those of other
// libraries, and compares what each of them makes of them.
package differ

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gobwas "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// A view is how a library reads bytes: its events, and how it ended.
type view struct {
	events  []string // messages and control frames, a close frame included
	verdict verdict
	why     string // of broken
}

type verdict string

const (
	incomplete verdict = "incomplete" // the bytes ended first
	closed     verdict = "closed"     // by a close frame
	broken     verdict = "broken"     // a rule is
)

func (v *view) add(kind string, data []byte) {
	v.events = append(v.events, fmt.Sprintf("%s %q", kind, data))
}

// ours reads as package engine does, in pieces of any size.
func ours(raw []byte, piece int) (v view) {
	reader := proto.NewReader(proto.ReaderOptions{})
	for rest := slices.Clone(raw); len(rest) > 0; {
		part := rest[:min(len(rest), max(piece, 1))]
		rest = rest[len(part):]
		var found proto.Batch
		err := reader.Feed(part, &found)
		for _, event := range found.Events {
			v.add(event.Opcode.String(), found.Payload(event, part))
			if event.Opcode == wire.Close {
				v.verdict = closed
				return v
			}
		}
		if err != nil {
			v.verdict, v.why = broken, failure.From(failure.PhaseOpen, err).Message
			return v
		}
	}
	v.verdict = incomplete
	return v
}

// end is the verdict that a library's error means.
func (v *view) end(err error) view {
	v.verdict, v.why = broken, err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		v.verdict = incomplete
	}
	return *v
}

// gobwasReader reads with github.com/gobwas/ws.
func gobwasReader(raw []byte) (v view) {
	reader := &wsutil.Reader{Source: bytes.NewReader(raw), State: gobwas.StateClientSide, CheckUTF8: true}
	var ended error // by a control frame
	control := func(h gobwas.Header, r io.Reader) error {
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return io.ErrUnexpectedEOF // io.EOF would end the message around it
		}
		if h.OpCode == gobwas.OpClose && len(payload) > 0 {
			code, reason := gobwas.ParseCloseFrameData(payload)
			if err := gobwas.CheckCloseFrameData(code, reason); err != nil {
				return err
			}
		}
		v.add(wire.Opcode(h.OpCode).String(), payload)
		if h.OpCode == gobwas.OpClose {
			ended = errClosed
		}
		return ended
	}
	reader.OnIntermediate = control
	for {
		h, err := reader.NextFrame()
		if err == nil && h.OpCode.IsControl() {
			if err = control(h, reader); err == nil {
				err = reader.Discard()
			}
			if err == nil {
				continue
			}
		}
		var payload []byte
		if err == nil {
			payload, err = io.ReadAll(reader)
		}
		if ended != nil {
			v.verdict = closed
			return v
		}
		if err != nil {
			return v.end(err)
		}
		v.add(wire.Opcode(h.OpCode).String(), payload)
	}
}

var errClosed = errors.New("closed")

// gorillaReader reads with github.com/gorilla/websocket.
func gorillaReader(raw []byte) (v view) {
	dialer := gorilla.Dialer{NetDial: func(string, string) (net.Conn, error) { return &conversation{raw: raw}, nil }}
	conn, _, err := dialer.Dial("ws://peer.test/", nil)
	if err != nil {
		return v.end(fmt.Errorf("no handshake: %w", err))
	}
	note := func(kind string) func(string) error {
		return func(data string) error { v.add(kind, []byte(data)); return nil }
	}
	conn.SetPingHandler(note("ping"))
	conn.SetPongHandler(note("pong"))
	conn.SetCloseHandler(func(code int, reason string) error {
		v.add("close", wire.AppendClose(nil, code, reason))
		v.verdict = closed
		return nil
	})
	for {
		kind, payload, err := conn.ReadMessage()
		if v.verdict == closed {
			return v
		}
		if err != nil {
			if gorilla.IsCloseError(err, gorilla.CloseAbnormalClosure) { // its word for the end of the bytes
				err = io.ErrUnexpectedEOF
			}
			return v.end(err)
		}
		v.add(wire.Opcode(kind).String(), payload)
	}
}

// conversation is a client's connection to a server that agrees to the opening handshake
// and then sends raw.
type conversation struct {
	net.Conn // nil: nothing else of it is used
	raw      []byte
	asked    bytes.Buffer
	out      bytes.Buffer
	answered bool
}

func (c *conversation) Write(p []byte) (int, error) {
	if c.answered {
		return len(p), nil
	}
	c.asked.Write(p)
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.asked.Bytes())))
	if err != nil {
		return len(p), nil // the rest is still to come
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c.out.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
	c.out.Write(c.raw)
	c.answered = true
	return len(p), nil
}

func (c *conversation) Read(p []byte) (int, error)       { return c.out.Read(p) }
func (c *conversation) Close() error                     { return nil }
func (c *conversation) SetDeadline(time.Time) error      { return nil }
func (c *conversation) SetReadDeadline(time.Time) error  { return nil }
func (c *conversation) SetWriteDeadline(time.Time) error { return nil }

// A departure is a place where a library and the RFC differ. From there on views differ,
// too.
type departure struct {
	example string
	text    string // a part of our text for a rule that the library lets a server break, or of its text
	section string // of the RFC
}

// A library is another reader.
type library struct {
	name    string
	read    func(raw []byte) view
	lenient []departure // it takes bytes that we refuse
	strict  []departure // it refuses bytes that we take
}

var libraries = []library{
	{
		name: "gobwas/ws",
		read: gobwasReader,
		lenient: []departure{
			{"\x81\x7e\x00\x01a", failure.MsgNonMinimalLength,
				"RFC 6455 §5.2: the minimal number of bytes must be used"},
			{"\x88\x02\x13\x88", failure.MsgInvalidCloseCode, "RFC 6455 §7.4.2: codes of 5000 and more mean nothing"},
		},
		strict: []departure{
			{"\x88\x02\x03\xf6", "status code is not defined in spec",
				"RFC 6455 §11.7: 1012 to 1014 have been registered"},
		},
	},
	{
		name: "gorilla/websocket",
		read: gorillaReader,
		lenient: []departure{
			{"\x81\x7e\x00\x01a", failure.MsgNonMinimalLength, "RFC 6455 §5.2"},
			{"\x81\x01\xff", failure.MsgUTF8, "RFC 6455 §8.1: it leaves the check of texts to its caller"},
			{"\x88\x01\x03", failure.MsgInvalidCloseCode,
				"RFC 6455 §5.5.1: a close frame has a code of two bytes or none"},
		},
		strict: []departure{
			{"\x88\x02\x03\xf6", "bad close code 1014", "RFC 6455 §11.7: it has been registered"},
		},
	},
}

// Each departure is one: without it in the list its example is a difference. A library
// that has mended it fails here.
func TestDepartures(t *testing.T) {
	for _, library := range libraries {
		their := library.read
		for _, departure := range slices.Concat(library.lenient, library.strict) {
			raw := []byte(departure.example)
			if compare(raw, ours(raw, 1), their(raw), library) != "" {
				t.Errorf("%s: %q is no example for %s", library.name, raw, departure.section)
			}
			if compare(raw, ours(raw, 1), their(raw), unnamed) == "" {
				t.Errorf("%s does not depart from %s any longer", library.name, departure.section)
			}
		}
	}
}

var unnamed library // without departures

// FuzzReaders compares views of the same bytes: the same messages and control frames in
// the same order, and the same end, except where a library is known to differ from the
// RFC.
func FuzzReaders(f *testing.F) {
	for _, raw := range seeds() {
		f.Add([]byte(raw), uint8(len(raw)))
	}
	f.Fuzz(func(t *testing.T, raw []byte, piece uint8) {
		if len(raw) > maxInput {
			return
		}
		our := ours(raw, int(piece))
		for _, library := range libraries {
			if difference := compare(raw, our, library.read(raw), library); difference != "" {
				t.Errorf("%s: %s\nbytes %q", library.name, difference, raw)
			}
		}
	})
}

// compare returns the difference that nothing explains, "" if there is none.
func compare(raw []byte, our, their view, l library) string {
	same := 0
	for same < len(our.events) && same < len(their.events) && our.events[same] == their.events[same] {
		same++
	}
	knows := func(list []departure, why string) bool {
		return slices.ContainsFunc(list, func(known departure) bool { return strings.Contains(why, known.text) })
	}
	switch {
	case our.verdict == broken && knows(l.lenient, our.why) && same == len(our.events):
		return "" // it goes on where we stop
	case their.verdict == broken && knows(l.strict, their.why) && same == len(their.events):
		return ""
	case same < len(our.events) || same < len(their.events):
	case our.verdict == their.verdict:
		return ""
	case our.verdict == broken && their.verdict == incomplete && our.why == failure.MsgUTF8:
		return "" // RFC 6455 §8.1 does not say how soon
	case our.verdict == incomplete && their.verdict == broken:
		// It judges a header before all of it is there: with the rest, whatever that is, we
		// must refuse it, too.
		if ours(append(slices.Clone(raw), make([]byte, wire.MaxHeader)...), len(raw)+wire.MaxHeader).verdict == broken {
			return ""
		}
	}
	return fmt.Sprintf("ours %+v\ntheirs %+v", our, their)
}

// maxInput is too short for as many empty fragments as our reader refuses, a limit of its
// own (RFC 6455 §10.4).
const maxInput = 20_000

// seeds are sessions with a bit of everything.
func seeds() []string {
	long := strings.Repeat("x", 200)
	return []string{
		"\x81\x05Hello\x89\x03abc\x88\x02\x03\xe8",
		"\x01\x03Hel\x89\x01p\x80\x02lo\x82\x00\x8a\x00",
		"\x81\x7e\x00\xc8" + long + "\x88\x06\x0f\xa1done",
		"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + long,
		"\x82\x7e\x00\x05Hello", "\x83\x00", "\xc1\x00", "\x81\x85\x01\x02\x03\x04Hello", "\x80\x00",
		"\x01\x00\x01\x00", "\x09\x00", "\x89\x7e\x00\x7e", "\x88\x01\x03", "\x88\x02\x03\xed", "\x88\x02\x03\xf6", "\x88\x02\x13\x88",
		"\x81\x02\xc3\xa4\x81\x01\xc3", "\x01\x01\xc3\x80\x01\xa4", "\x88\x03\x03\xe8\xff", "\x88\x00",
		"\x01\x01\xe2\x89\x00\x80\x02\x82\xac",
		"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00",
	}
}
