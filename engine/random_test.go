package engine_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

var (
	randomSeed = flag.Uint64("random.seed", 0, "TestRandomSessions: run this seed alone")
	randomFor  = flag.Duration("random.for", 0, "TestRandomSessions: go on for so long; 0 runs 2,000 seeds")
)

// randomStep is something that the script, a peer, the embedder or time does. One that
// makes no sense where it comes is left out, so that any part of a list of steps is one,
// too.
type randomStep struct {
	what string
	conn int
	wait time.Duration // before it
}

func (s randomStep) String() string { return fmt.Sprintf("%v %s %d", s.wait, s.what, s.conn) }

var randomWords = strings.Fields("accept refuse send message ping close close-peer fin reset violate sleep wake " +
	"closeall abort")

// randomSteps makes a list of steps. Each seed has its own likings, so that rare orders
// of a few things come up, too.
func randomSteps(seed uint64) []randomStep {
	random := rand.New(rand.NewPCG(seed, 1))
	waits := []time.Duration{0, time.Millisecond, 300 * time.Millisecond, 2 * time.Second, 6 * time.Second,
		31 * time.Second}
	waits = waits[:1+random.IntN(len(waits))]
	words := []string{"connect", "accept", "message"}
	for _, word := range randomWords {
		likings := []int{0, 1, 4}
		if word == "refuse" || word == "closeall" || word == "abort" {
			likings = []int{0, 0, 1}
		}
		for range likings[random.IntN(len(likings))] {
			words = append(words, word)
		}
	}
	steps := []randomStep{{what: "connect"}}
	if random.IntN(4) > 0 {
		steps = append(steps, randomStep{what: "accept"})
	}
	conns := 1 + random.IntN(3)
	for range 5 + random.IntN(40) {
		wait := waits[random.IntN(len(waits))] + time.Duration(1+random.IntN(1000))*time.Microsecond
		steps = append(steps, randomStep{words[random.IntN(len(words))], random.IntN(conns), wait})
	}
	return steps
}

// randomRun plays steps to an engine and to the model.
type randomRun struct {
	engine.NopHandler
	t      *testing.T
	h      *enginetest.Rig
	begin  time.Time
	conns  []*randomConn
	asleep bool // the script
	ending bool
	told   string // the first difference
}

// randomConn is one connection with its peer and its model.
type randomConn struct {
	id     engine.ID
	model  *model
	server *wstest.Conn
	events []string // dispatched
	end    *engine.End
	want   []string // by the model
	sent   int
	ended  bool // the peer has sent its FIN, or worse

	reading sync.WaitGroup
	mu      sync.Mutex
	frames  []string // that the peer got
}

func (r *randomRun) Opened(id engine.ID, _ *engine.Info) { r.note(id, "open") }

func (r *randomRun) Received(id engine.ID, data []byte, _ engine.Kind) {
	r.note(id, "text "+string(data))
}

func (r *randomRun) Ended(id engine.ID, end *engine.End) {
	r.note(id, enginetest.EndString(end))
	r.conns[id-1].end = end
}

func (r *randomRun) note(id engine.ID, event string) {
	c := r.conns[id-1]
	c.events = append(c.events, event)
}

func (r *randomRun) differ(format string, args ...any) {
	if r.told == "" {
		r.told = fmt.Sprintf(format, args...)
	}
}

// settle lets everything happen that can happen now, on both sides, and compares.
func (r *randomRun) settle() {
	synctest.Wait()
	for !r.asleep && r.h.Dispatch(r, engine.Budget{Time: time.Hour}) > 0 {
		synctest.Wait()
	}
	for i, c := range r.conns {
		if !r.asleep {
			c.want = append(c.want, c.model.deliver()...)
		}
		if !slices.Equal(c.events, c.want) {
			r.differ("connection %d: got %q, want %q", i, c.events, c.want)
		}
		if !c.model.gone {
			continue
		}
		if c.end == nil || c.end.Unsent.Messages != c.model.unsent || c.end.Dropped.Messages != c.model.dropped {
			r.differ("connection %d: end %+v, want %d unsent, %d dropped", i, c.end, c.model.unsent, c.model.dropped)
		}
	}
}

// wait lets time pass, for the models from one thing that is due to the next.
func (r *randomRun) wait(d time.Duration) {
	for until := time.Since(r.begin) + d; r.told == ""; {
		next := until
		for _, c := range r.conns {
			if due := c.model.due(); due >= 0 {
				next = min(next, due)
			}
		}
		time.Sleep(next - time.Since(r.begin))
		for _, c := range r.conns {
			c.model.now = next
			if due := c.model.due(); due >= 0 && due <= next {
				c.model.pass()
			}
		}
		r.settle()
		if next == until {
			return
		}
	}
}

func (r *randomRun) step(s randomStep) {
	r.wait(s.wait)
	switch {
	case s.what == "connect" && len(r.conns) < 3 && !r.ending:
		r.connect()
	case s.what == "sleep":
		r.asleep = true
	case s.what == "wake":
		r.asleep = false
	case s.what == "closeall", s.what == "abort":
		r.ending = true
		r.h.CloseAll(1001, "")
		for _, c := range r.conns {
			c.model.close(1001)
		}
		if s.what == "abort" {
			r.settle() // or Abort would race the close frames
			r.h.Abort()
			for _, c := range r.conns {
				c.model.abort()
			}
		}
	case s.conn < len(r.conns):
		r.conns[s.conn].step(r, s.what)
	}
	r.settle()
}

func (r *randomRun) connect() {
	c := &randomConn{model: newModel(time.Since(r.begin))}
	r.conns = append(r.conns, c)
	c.id = r.h.Connect(enginetest.URL, engine.ConnectOptions{})
	conn, err := r.h.Listener.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	c.server = conn.(*wstest.Conn)
}

func (c *randomConn) step(r *randomRun, what string) {
	c.sent++
	data := fmt.Sprint(c.sent)
	connecting := c.model.state == mConnecting
	switch what {
	case "send":
		r.h.Send(c.id, engine.Text, data)
		c.model.send(data)
		return
	case "close":
		r.h.Close(c.id, 3000, "")
		c.model.close(3000)
		return
	}
	if c.ended || c.model.violated && (what == "fin" || what == "reset") {
		return
	}
	switch {
	case what == "accept" && connecting:
		c.accept()
		c.model.accept()
	case what == "refuse" && connecting:
		io.WriteString(c.server, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
		c.model.refuse()
	case what == "fin":
		c.ended = true
		c.server.CloseWrite()
		c.model.transportEnds("End of File", "eof")
	case what == "reset":
		c.ended = true
		c.server.Reset()
		c.model.transportEnds("Underlying Transport Error", "reset")
	case connecting:
	case what == "message":
		c.server.Write(wstest.Text(data).Append(nil))
		c.model.message(data)
	case what == "ping":
		c.server.Write(wstest.Ping(data).Append(nil))
		c.model.ping(data)
	case what == "close-peer":
		c.server.Write(wstest.Close(4000, "").Append(nil))
		c.model.peerCloses(4000)
	case what == "violate":
		c.server.Write([]byte(broken))
		c.model.violate()
	}
}

// accept answers the opening handshake, and reads from then on whatever comes.
func (c *randomConn) accept() {
	reader := bufio.NewReader(c.server)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	c.server.Write(wstest.Answer{}.Bytes(request))
	c.reading.Go(func() {
		for {
			frame, err := readClientFrame(reader)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.frames = append(c.frames, frame)
			c.mu.Unlock()
		}
	})
}

// readClientFrame returns a frame in the model's words.
func readClientFrame(r *bufio.Reader) (string, error) {
	var head []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		head = append(head, b)
		header, n, err := wire.ParseHeader(head)
		if err != nil {
			return "", err
		}
		if n == 0 {
			continue
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return "", err
		}
		wire.Mask(payload, payload, header.Key)
		switch header.Opcode {
		case wire.Close:
			code, _, err := wire.ParseClose(payload)
			return fmt.Sprintf("close %d", code), err
		case wire.Ping:
			return "ping", nil
		}
		return fmt.Sprintf("%v %s", header.Opcode, payload), nil
	}
}

// playRandom plays steps in a bubble and returns the first difference between engine and
// model, "" if there is none.
func playRandom(t *testing.T, steps []randomStep) (told string) {
	synctest.Test(t, func(t *testing.T) {
		r := &randomRun{t: t, h: enginetest.New(t, engine.Options{DialsPerSecond: -1}), begin: time.Now()}
		for _, s := range steps {
			if r.step(s); r.told != "" {
				break
			}
		}
		r.asleep = false
		r.wait(2 * time.Minute) // whatever is left ends: keepalive sees to it
		for i, c := range r.conns {
			if r.told == "" && c.end == nil {
				r.differ("connection %d has no end", i)
			}
			c.server.Close()
			c.reading.Wait()
			if !slices.Equal(c.frames, c.model.frames) {
				r.differ("connection %d: the peer got %q, want %q", i, c.frames, c.model.frames)
			}
		}
		told = r.told
	})
	return told
}

// Several connections, whose script, peers and host do one thing after the other, and
// between them time passes: events, frames and counts are the model's.
func TestRandomSessions(t *testing.T) {
	first, count := rand.Uint64(), 2000
	if *randomSeed != 0 {
		first, count = *randomSeed, 1
	}
	begin, played := time.Now(), 0
	for ; played < count || time.Since(begin) < *randomFor; played++ {
		seed := first + uint64(played)
		steps := randomSteps(seed)
		told := playRandom(t, steps)
		if told == "" && !t.Failed() {
			continue
		}
		for i := len(steps) - 1; i >= 0; i-- {
			if fewer := slices.Delete(slices.Clone(steps), i, i+1); playRandom(t, fewer) != "" {
				steps = fewer
			}
		}
		t.Fatalf("seed %d: %s\nshrunk to %v:\n%s", seed, told, steps, playRandom(t, steps))
	}
	t.Logf("%d seeds from %d", played, first)
}
