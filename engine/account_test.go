package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/transport"
	"github.com/tidewire/tidewire/memory"
)

// flat is the charge for one connection to enginetest.URL without options.
const flat = 8<<10 + 3*int64(len(enginetest.URL))

// wantCharged wants so many connections charged, and from least to most bytes on top.
// Every Rig wants none at its end.
func wantCharged(t *testing.T, a *memory.Account, connections, least, most int64) {
	t.Helper()
	if got := a.Used() - connections*flat; got < least || got > most {
		t.Errorf("%d bytes are charged beside %d connections, want %d to %d", got, connections, least, most)
	}
}

// wantText wants a long text whose bytes are all the same as the next event.
func wantText(t *testing.T, h *enginetest.Rig, of byte) {
	t.Helper()
	if got := h.Next(h.ID); !strings.HasPrefix(got, fmt.Sprintf("text %q", strings.Repeat(string(of), 10))[:15]) {
		t.Fatalf("got %s", got)
	}
}

func TestMemoryOfSendQueue(t *testing.T) {
	const step = 4 << 10
	inBubble(t, "from Send until written", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{})
		h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Send(h.ID, engine.Text, "early")
		wantCharged(t, h.Memory, 1, overhead+5, step)
		peer := wstest.Accept(t, h.Listener)
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.Handshake(wstest.Answer{})
		h.Want("open")
		for range 10 {
			h.SendBytes(h.ID, engine.Binary, make([]byte, 1000))
		}
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 11*overhead+10_005, 3*step+16<<10) // perhaps in a larger buffer
		peer.WantFrame(wstest.Text("early"))
		for range 10 {
			peer.WantFrame(wstest.Binary(strings.Repeat("\x00", 1000)))
		}
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 0, 0)
	})
	inBubble(t, "a message that is never written is charged until the end, one after Close never", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Text, "stuck")
		h.Close(h.ID, 1000, "")
		h.Send(h.ID, engine.Text, strings.Repeat("late", step))
		wantCharged(t, h.Memory, 1, overhead+5, 2*step) // with a buffer to write from
		h.Want(`close 1006 "The closing handshake timed out"`)
		wantCharged(t, h.Memory, 0, 0, 0)
	})
	inBubble(t, "a queue that is full is released with its connection", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{SendQueue: 100})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Text, "x")
		h.Send(h.ID, engine.Text, "y")
		synctest.Wait() // for the buffer of the writer
		wantCharged(t, h.Memory, 1, 0, 0)
		h.Want(`error "send queue full" queue_full`)
		wantCharged(t, h.Memory, 0, 0, 0)
	})
	inBubble(t, "a writer that waits with nothing but a pong has its buffer charged", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		peer.Send(wstest.Ping("x"))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, step, step)
		peer.WantFrame(wstest.Pong("x"))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 0, 0)
	})
	inBubble(t, "a writer that waits has its buffer charged", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 100<<10))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 100<<10+overhead+64<<10, 400<<10)
		peer.WantFrame(wstest.Binary(strings.Repeat("x", 100<<10)))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 0, 0)
	})
}

func TestMemoryOfInbox(t *testing.T) {
	const parcel, writeBuffer = 512, 4 << 10
	inBubble(t, "from the wire until delivered", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text("one"), wstest.Binary("two"), wstest.Text("three"))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 11, parcel)
		h.Want(`text "one"`, `binary "two"`, `text "three"`)
		wantCharged(t, h.Memory, 1, 0, 0)
	})
	inBubble(t, "no more than fits, and the read that waits", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{ReceiveQueue: 2 * (overhead + 1)})
		peer.Send(wstest.Text("1"), wstest.Text("2"), wstest.Text("3"))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 2, 2*parcel)
		h.Want(`text "1"`, `text "2"`, `text "3"`)
		wantCharged(t, h.Memory, 1, 0, 0)
	})
	inBubble(t, "Close releases at once", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		peer.Send(wstest.Text(strings.Repeat("x", 3*writeBuffer)))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 3*writeBuffer, 8*writeBuffer)
		h.Close(h.ID, 1000, "")
		wantCharged(t, h.Memory, 1, 0, writeBuffer) // for the close frame
	})
	inBubble(t, "a message that arrives in pieces, from the first one on", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{}, engine.ConnectOptions{})
		half := strings.Repeat("x", 50_000)
		peer.Send(wstest.Text(half).Unfinished())
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 50_000, 136<<10)
		peer.Send(wstest.Continuation(half))
		synctest.Wait()
		wantCharged(t, h.Memory, 1, 100_000, 136<<10+parcel)
		wantText(t, h, 'x')
		wantCharged(t, h.Memory, 1, 0, 0)
	})
}

// A transport that waits with a block, because the read before filled what it has itself, is
// charged for the block; where that does not fit, it reads on without.
func TestMemoryOfTheReadThatWaits(t *testing.T) {
	const record, block = 508, 16 << 10 // with its header 512 bytes
	for name, limit := range map[string]int64{"charged": 1 << 20, "refused": flat + block - 1} {
		inBubble(t, name, func(t *testing.T) {
			h, peer := enginetest.Open(t, engine.Options{Memory: bounded(t, limit)}, engine.ConnectOptions{})
			peer.Send(wstest.Text(strings.Repeat("x", record)))
			wantText(t, h, 'x')
			synctest.Wait()
			if name == "charged" {
				wantCharged(t, h.Memory, 1, block, block)
			} else {
				wantCharged(t, h.Memory, 1, 0, 0)
			}
			peer.Send(wstest.Text("short"))
			h.Want(`text "short"`)
			synctest.Wait()
			wantCharged(t, h.Memory, 1, 0, 0)
		})
	}
}

// Each engine has its own account, or two share one.
func TestMemoryOfEngines(t *testing.T) {
	inBubble(t, "accounts are apart", func(t *testing.T) {
		one, other := enginetest.New(t, engine.Options{}), enginetest.New(t, engine.Options{})
		one.Connect(enginetest.URL, engine.ConnectOptions{})
		wantCharged(t, one.Memory, 1, 0, 0)
		wantCharged(t, other.Memory, 0, 0, 0)
		third := enginetest.New(t, engine.Options{Memory: one.Memory})
		third.Connect(enginetest.URL, engine.ConnectOptions{})
		wantCharged(t, one.Memory, 2, 0, 0)
	})
}

// bounded is an account for a Rig, empty at its end.
func bounded(t *testing.T, limit int64) *memory.Account {
	account := memory.New(limit)
	t.Cleanup(func() { // after the Rig's, which is younger
		if got := account.Figures(); got.Used != 0 || got.Peak > limit+16<<10 { // the lists of messages may grow beyond
			t.Errorf("at the end the account has %+v", got)
		}
	})
	return account
}

// Everything that does not fit into the account ends its own connection, and no other.
func TestFullAccount(t *testing.T) {
	const tooLarge = `error "A message was too large" memory`
	const notMade = `error "Underlying Transport Error" memory`
	neighbour := func(t *testing.T, account *memory.Account) func() {
		h, peer := enginetest.Open(t, engine.Options{Memory: account}, engine.ConnectOptions{})
		return func() {
			t.Helper()
			h.Send(h.ID, engine.Text, "still there")
			peer.WantFrame(wstest.Text("still there"))
			synctest.Wait() // or its buffer takes the room of what comes
			peer.Send(wstest.Text("so am I"))
			h.Want(`text "so am I"`)
		}
	}
	wantEnd := func(t *testing.T, h *enginetest.Rig, id engine.ID, code int, dropped engine.Tally) {
		t.Helper()
		end := h.End(id)
		if end.CloseCode != code || !end.Retryable || !errors.Is(end.Err, memory.ErrFull) || end.Dropped != dropped {
			t.Errorf("the end is %+v, want code %d and %+v dropped", end, code, dropped)
		}
	}
	inBubble(t, "messages that nobody takes", func(t *testing.T) {
		account := bounded(t, 256<<10)
		check := neighbour(t, account)
		h, peer := enginetest.Open(t, engine.Options{Memory: account}, engine.ConnectOptions{ReceiveQueue: 1 << 30})
		message := strings.Repeat("x", 10_000)
		const sent = 30
		for range sent {
			peer.Send(wstest.Text(message))
			synctest.Wait()
		}
		got := 0
		for event := h.Next(h.ID); event != tooLarge; event = h.Next(h.ID) {
			if !strings.HasPrefix(event, `text "xxx`) {
				t.Fatalf("got %s", event)
			}
			got++
		}
		if got < 12 || got >= sent {
			t.Errorf("%d messages were delivered", got)
		}
		peer.WantFrame(wstest.Close(1009, ""))
		// As much of the last one as had come when it needed a block that did not fit.
		dropped := h.End(h.ID).Dropped
		if dropped.Bytes < 1 || dropped.Bytes > 10_000 {
			t.Errorf("%d bytes were dropped", dropped.Bytes)
		}
		wantEnd(t, h, h.ID, 1009, engine.Tally{Messages: 1, Bytes: dropped.Bytes})
		check()
	})
	inBubble(t, "messages of one read", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{Memory: bounded(t, 60<<10)}, engine.ConnectOptions{ReceiveQueue: 1 << 30})
		peer.SendRaw(bytes.Repeat(wstest.Text(strings.Repeat("x", 1000)).Append(nil), 60))
		synctest.Wait() // or what is delivered makes room for the rest
		got := 0
		for h.Next(h.ID) != tooLarge {
			got++
		}
		if got < 30 || got > 58 {
			t.Errorf("%d messages were delivered of 60 in one read", got)
		}
		if dropped := h.End(h.ID).Dropped; dropped.Messages == 0 || dropped.Bytes == 0 {
			t.Errorf("%+v were dropped", dropped)
		}
	})
	inBubble(t, "the read that waits for a full inbox", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{Memory: bounded(t, 72<<10)}) // a third of it for the connection
		s := newStream()
		h.UseTransport(func(string) transport.Conn { return s })
		h.ID = h.Connect("wss://stream.test/", engine.ConnectOptions{ReceiveQueue: 40 << 10})
		h.Want("open")
		peer := wstest.NewPeer(t, &streamPeer{stream: s})
		peer.SendRaw(bytes.Repeat(wstest.Text(strings.Repeat("x", 1000)).Append(nil), 35))
		synctest.Wait()
		peer.SendRaw(bytes.Repeat(wstest.Text(strings.Repeat("y", 1000)).Append(nil), 30))
		synctest.Wait()
		for range 35 {
			wantText(t, h, 'x')
		}
		got := 0
		for h.Next(h.ID) != tooLarge {
			got++
		}
		if dropped := h.End(h.ID).Dropped; got > 20 || dropped.Messages == 0 {
			t.Errorf("%d more were delivered and %+v dropped", got, dropped)
		}
	})
	inBubble(t, "half a message", func(t *testing.T) {
		account := bounded(t, 256<<10)
		check := neighbour(t, account)
		h, peer := enginetest.Open(t, engine.Options{Memory: account}, engine.ConnectOptions{MaxMessage: 1 << 30})
		peer.Send(wstest.Text("whole"))
		peer.SendRaw(wstest.Text(strings.Repeat("x", 300<<10)).Append(nil)[:290<<10])
		h.Want(`text "whole"`, tooLarge)
		peer.WantFrame(wstest.Close(1009, ""))
		if end := h.End(h.ID); end.Dropped.Messages != 1 || end.Dropped.Bytes < 100<<10 || !end.Retryable {
			t.Errorf("the end is %+v", end)
		}
		check()
	})
	inBubble(t, "a message sent", func(t *testing.T) {
		account := bounded(t, 256<<10)
		check := neighbour(t, account)
		h, peer := enginetest.Open(t, engine.Options{Memory: account}, engine.ConnectOptions{SendQueue: 1 << 30})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		for range 3 {
			h.Send(h.ID, engine.Binary, strings.Repeat("x", 100<<10))
		}
		h.Want(`error "send queue full" memory`)
		end := h.End(h.ID)
		if !end.Retryable || !errors.Is(end.Err, memory.ErrFull) || end.Unsent != (engine.Tally{3, 300 << 10}) {
			t.Errorf("the end is %+v", end)
		}
		check()
	})
	inBubble(t, "a new connection", func(t *testing.T) {
		account := bounded(t, 21<<10)
		check := neighbour(t, account)
		h := enginetest.New(t, engine.Options{Memory: account})
		first := h.Connect(enginetest.URL, engine.ConnectOptions{})
		wstest.Accept(t, h.Listener)
		second := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.WantOf(second, notMade)
		if end := h.End(second); !end.Retryable || end.URL != enginetest.URL || end.Phase != engine.PhaseTCP ||
			!strings.Contains(end.Detail, "no memory to connect: ") {
			t.Errorf("the end is %+v", end)
		}
		check()
		h.Close(first, 0, "")
		h.WantOf(first, `close 1006 ""`)
		third := h.Connect(enginetest.URL, engine.ConnectOptions{})
		wstest.Accept(t, h.Listener).Handshake(wstest.Answer{})
		h.WantOf(third, "open")
	})
	for name, opts := range map[string]engine.ConnectOptions{
		"headers":         {Header: http.Header{"X-Long": {strings.Repeat("x", 40<<10)}}},
		"many headers":    {Header: http.Header{"X-Long": strings.Split(strings.Repeat("x,", 10<<10), ",")}},
		"subprotocols":    {Protocols: []string{strings.Repeat("x", 40<<10)}},
		"an origin":       {Origin: strings.Repeat("x", 40<<10)},
		"authorities":     {TLS: engine.TLSOptions{CA: "-----BEGIN CERTIFICATE-----" + strings.Repeat("A", 10<<10)}},
		"certificates":    {TLS: engine.TLSOptions{Cert: "-----BEGIN CERTIFICATE-----" + strings.Repeat("A", 10<<10)}},
		"keys":            {TLS: engine.TLSOptions{Key: "-----BEGIN PRIVATE KEY-----" + strings.Repeat("A", 10<<10)}},
		"a path of a key": {TLS: engine.TLSOptions{Key: strings.Repeat("A", 100<<10)}},
	} {
		inBubble(t, name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{Memory: bounded(t, 100<<10)})
			h.WantOf(h.Connect(enginetest.URL, opts), notMade)
		})
	}
	inBubble(t, "a URL", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{Memory: bounded(t, 100<<10)})
		long := enginetest.URL + strings.Repeat("x", 40<<10)
		id := h.Connect(long, engine.ConnectOptions{})
		h.WantOf(id, notMade)
		if got := h.End(id).URL; got != long[:1<<10] {
			t.Errorf("the URL of the event has %d bytes", len(got))
		}
	})
	inBubble(t, "the answer to the opening handshake", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{Memory: bounded(t, 100<<10)})
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{Header: http.Header{"X-Short": {strings.Repeat("x", 20<<10)}}})
		h.Want("open")
		peer.Close(1000, "")
		h.Want(`close 1000 "" clean`)
		h.Open(engine.ConnectOptions{}, wstest.Answer{Header: http.Header{"X-Long": {strings.Repeat("x", 40<<10)}}})
		h.Want(notMade)
		if end := h.End(h.ID); !end.Retryable || end.Phase != engine.PhaseHandshake {
			t.Errorf("the end is %+v", end)
		}
	})
	inBubble(t, "compression", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{Memory: bounded(t, 120<<10)})
		agree := wstest.Answer{Header: http.Header{"Sec-WebSocket-Extensions": {"permessage-deflate"}}}
		offer := engine.ConnectOptions{Compression: new(engine.Compression)}
		h.Open(offer, agree)
		h.Want("open")
		if got := h.Memory.Used(); got < flat+40<<10 {
			t.Errorf("%d bytes are charged, want those of both windows, too", got)
		}
		h.Open(offer, agree)
		h.Want("open")
		h.Open(offer, agree)
		h.Want(notMade)
	})
}

// A connection without options cannot use up the account: its bounds are cut.
func TestDefaultsOfASmallAccount(t *testing.T) {
	inBubble(t, "maxMessage", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{Memory: bounded(t, 1<<20)}, engine.ConnectOptions{})
		peer.SendRaw(wstest.Text(strings.Repeat("x", 256<<10+1)).Append(nil))
		h.Want(`error "A message was too large" too_big`)
	})
	inBubble(t, "receiveQueue", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{Memory: bounded(t, 1<<20)}, engine.ConnectOptions{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 1000 {
				peer.Send(wstest.Text(strings.Repeat("x", 5000)))
			}
		}()
		time.Sleep(time.Second)
		if got := h.Stats().Undelivered; got.Bytes < 200<<10 || got.Bytes > 256<<10 {
			t.Errorf("%+v wait, want about 256 KiB", got)
		}
		for range 1000 {
			wantText(t, h, 'x')
		}
		<-done
	})
	inBubble(t, "sendQueue", func(t *testing.T) {
		h, peer := enginetest.Open(t, engine.Options{Memory: bounded(t, 1<<20)}, engine.ConnectOptions{})
		peer.Conn.(*wstest.Conn).In().SetCapacity(1)
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 255<<10))
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 2<<10))
		h.Want(`error "send queue full" queue_full`)
	})
}
