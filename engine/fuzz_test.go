package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// fuzzLimit is the largest message of FuzzSession.
const fuzzLimit = 2000

// readAtOnce is our reader's view of all bytes in one go: the events of an open
// connection whose script only listens.
func readAtOnce(raw []byte) (messages []string, end string) {
	var found proto.Batch
	raw = slices.Clone(raw)
	err := proto.NewReader(proto.ReaderOptions{MaxMessage: fuzzLimit}).Feed(raw, &found)
	for _, event := range found.Events {
		payload := found.Payload(event, raw)
		switch event.Opcode {
		case wire.Text, wire.Binary:
			messages = append(messages, fmt.Sprintf("%v %s", event.Opcode, wstest.Quote(payload)))
		case wire.Close:
			code, reason, _ := wire.ParseClose(payload)
			return messages, fmt.Sprintf("close %d %q clean", code, reason)
		}
	}
	if err != nil {
		broken := failure.From(failure.PhaseOpen, err)
		return messages, fmt.Sprintf("error %q %s", broken.Message, broken.Category)
	}
	return messages, `error "End of File" eof`
}

// FuzzSession plays bytes of a server and commands of a script, interleaved, to an open
// connection: steps says when how much of raw comes, and whatever else happens. Messages
// come in order and whole, as the reader finds them in all bytes at once; unless the
// script closed, all of them do, and the end is the one that belongs to the bytes.
func FuzzSession(f *testing.F) {
	f.Add([]byte("\x81\x05Hello\x89\x03abc\x88\x02\x03\xe8"), []byte{3, 0, 3, 200, 50})
	f.Add([]byte("\x01\x03Hel\x80\x02lo\x83\x00"), []byte{1, 1, 1, 210, 1, 220, 9})
	f.Add([]byte("\x82\x7e\x01\x00"), []byte{230, 2, 240, 2})
	f.Add([]byte("\x81\x01a\x81\x01b\x81\x01\xff"), []byte{220, 9, 0, 200, 230})
	f.Fuzz(func(t *testing.T, raw, steps []byte) {
		if len(raw) > 10_000 || len(steps) > 200 {
			return
		}
		wantMessages, wantEnd := readAtOnce(raw)
		synctest.Test(t, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{},
				engine.ConnectOptions{MaxMessage: fuzzLimit, ReceiveQueue: 1000, Ping: -1}) // the steps may take long
			peer.Mute()
			closed, sent, asleep := false, 0, false
			rest := raw
			feed := func(n int) {
				n = min(n, len(rest))
				peer.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // a full inbox may hold it up
				written, _ := peer.Conn.Write(rest[:n])
				rest = rest[written:]
			}
			for _, step := range steps {
				switch {
				case step < 200:
					feed(int(step))
				case step < 210:
					h.Send(h.ID, engine.Auto, string(raw[:min(len(raw), int(step-200)*50)]))
					sent++
				case step < 220:
					time.Sleep(time.Duration(step-209) * 300 * time.Millisecond)
				case step < 230:
					asleep = true
				case step < 240:
					asleep = false
				case step < 243:
					h.Close(h.ID, 3000, "enough")
					closed = true
				}
				synctest.Wait()
				for !asleep && h.Drain() {
					synctest.Wait()
				}
			}
			for len(rest) > 0 {
				before := len(rest)
				h.Drain()
				if feed(len(rest)); len(rest) == before {
					break // nothing more is read
				}
			}
			peer.Hangup()
			end := h.End(h.ID)
			events := h.Events(h.ID)
			messages, last := events[:len(events)-1], events[len(events)-1]

			if len(messages) > len(wantMessages) || !slices.Equal(messages, wantMessages[:len(messages)]) {
				t.Fatalf("got %q, want %q", messages, wantMessages)
			}
			if !closed && (len(messages) != len(wantMessages) || last != wantEnd) {
				t.Errorf("got %q and %s, want %q and %s; %s", messages, last, wantMessages, wantEnd, end.Detail)
			}
			if end.Unsent.Messages > sent || end.Category == engine.CategoryInternal || closed && end.Failed &&
				last != wantEnd {
				t.Errorf("%s: %+v after %d sends", last, end, sent)
			}
			if got := len(messages) + end.Dropped.Messages; got > len(wantMessages)+1 {
				t.Errorf("%d delivered and %d dropped of %d", len(messages), end.Dropped.Messages, len(wantMessages))
			}
		})
	})
}
