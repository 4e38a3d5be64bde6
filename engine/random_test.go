package engine_test

import (
	"crypto/tls"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
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
	way  randomWay     // of a connect
}

func (s randomStep) String() string {
	if s.what == "connect" {
		return fmt.Sprintf("%v connect %+v", s.wait, s.way)
	}
	return fmt.Sprintf("%v %s %d", s.wait, s.what, s.conn)
}

var randomWords = strings.Fields("accept refuse send message begin ping close close-peer fin cut reset violate sleep " +
	"wake stop read hold resume closeall abort")

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
	way := func() randomWay {
		return randomWay{
			TLS:        random.IntN(3) == 0,
			Deflate:    random.IntN(2) == 0,
			Latency:    []time.Duration{0, 0, 3 * time.Millisecond, 150 * time.Millisecond}[random.IntN(4)],
			ShortReads: []int{0, 0, 1, 7}[random.IntN(4)],
			Narrow:     random.IntN(3) == 0,
			SendQueue:  []int{16 << 20, 16 << 20, 400}[random.IntN(3)],
			// with room for a few short messages, or one
			ReceiveQueue: []int{4 << 20, 400, 100}[random.IntN(3)],
		}
	}
	steps := []randomStep{{what: "connect", way: way()}}
	if random.IntN(4) > 0 {
		steps = append(steps, randomStep{what: "accept"})
	}
	if random.IntN(3) == 0 { // sessions with long queues
		steps = append(steps, randomStep{what: "stop"})
		words = append(words, "send", "send", "send", "send", "ping", "read")
	}
	if random.IntN(3) == 0 { // with full inboxes
		steps = append(steps, randomStep{what: "sleep"})
		words = append(words, "message", "message", "message", "message", "wake")
	}
	conns := 1 + random.IntN(3)
	for range 5 + random.IntN(40) {
		wait := waits[random.IntN(len(waits))] + time.Duration(1+random.IntN(1000))*time.Microsecond
		steps = append(steps, randomStep{words[random.IntN(len(words))], random.IntN(conns), wait, way()})
	}
	return steps
}

// randomRun plays steps to an engine and to the model.
type randomRun struct {
	engine.NopHandler
	t      *testing.T
	h      *enginetest.Rig
	cert   *wstest.Cert
	secure *wstest.Listener // the rig's has the peers without TLS
	begin  time.Time
	conns  []*randomConn
	asleep bool // the script
	ending bool
	told   string // the first difference
}

func newRandomRun(t *testing.T, cert *wstest.Cert) *randomRun {
	options := engine.Options{DialsPerSecond: -1, TLSConfig: &tls.Config{RootCAs: cert.Roots}}
	r := &randomRun{t: t, h: enginetest.New(t, options), cert: cert, begin: time.Now()}
	var err error
	if r.secure, err = r.h.Net.Listen("peer.test:443"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.secure.Close() })
	return r
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
	r.h.Flush()
	synctest.Wait()
	for !r.asleep && r.h.Dispatch(r, engine.Budget{Time: time.Hour}) > 0 {
		synctest.Wait()
	}
	for i, c := range r.conns {
		if !r.asleep && !c.onHold {
			c.want = append(c.want, c.model.deliver()...)
		}
		if !slices.Equal(c.events, c.want) {
			r.differ("connection %d: got %q, want %q", i, c.events, c.want)
		}
		if !c.model.gone {
			continue
		}
		if c.end == nil || c.end.Unsent.Messages != c.model.unsent || c.end.Dropped.Messages != c.model.dropped {
			r.differ("connection %d: %+v after %q, want %d unsent, %d dropped", i, c.end, c.events, c.model.unsent,
				c.model.dropped)
		}
		if c.end != nil && c.end.CloseCode != c.model.closeCode() {
			r.differ("connection %d: close code %d, want %d", i, c.end.CloseCode, c.model.closeCode())
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
			if len(c.underway) > 0 {
				next = min(next, c.underway[0].at)
			}
		}
		if early := next - time.Since(r.begin) - 1; early > 0 {
			time.Sleep(early)
			r.settle() // nothing happens before its time
		}
		time.Sleep(next - time.Since(r.begin))
		for _, c := range r.conns {
			c.model.now = next
			c.arrive()
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
		r.connect(s.way)
	case s.what == "sleep":
		r.asleep = true
	case s.what == "wake":
		r.asleep = false
	case (s.what == "closeall" || s.what == "abort") && r.races():
	case s.what == "closeall", s.what == "abort":
		r.ending = true
		r.h.CloseAll(1001, "")
		for _, c := range r.conns {
			c.model.close(1001)
			c.onHold = false
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

// races reports whether an end of all connections would race what a peer has sent.
func (r *randomRun) races() bool {
	return slices.ContainsFunc(r.conns, func(c *randomConn) bool { return c.model.races() })
}

func withoutPongs(frames []string) []string {
	return slices.DeleteFunc(slices.Clone(frames), func(frame string) bool { return strings.HasPrefix(frame, "pong") })
}

// playRandom plays steps in a bubble and returns the first difference between engine and
// model, "" if there is none.
func playRandom(t *testing.T, cert *wstest.Cert, steps []randomStep) (told string) {
	synctest.Test(t, func(t *testing.T) {
		r := newRandomRun(t, cert)
		for _, s := range steps {
			if r.step(s); r.told != "" {
				break
			}
		}
		r.asleep = false
		for _, c := range r.conns {
			c.step(r, "resume")
		}
		r.settle()
		r.wait(2 * time.Minute) // whatever is left ends: keepalive sees to it
		for i, c := range r.conns {
			if r.told == "" && c.end == nil {
				r.differ("connection %d has no end", i)
			}
			c.raw.Close()
			c.reading.Wait()
			got, want := c.frames, c.model.up.got
			if c.model.pongRaces {
				got, want = withoutPongs(got), withoutPongs(want)
			}
			if !slices.Equal(got, want) {
				r.differ("connection %d: the peer got %q, want %q", i, got, want)
			}
		}
		told = r.told
	})
	return told
}

// shrunk leaves out steps, and the peculiarities of ways, as long as it fails without
// them.
func shrunk(steps []randomStep, fails func([]randomStep) bool) []randomStep {
	for i := len(steps) - 1; i >= 0; i-- {
		fewer := slices.Delete(slices.Clone(steps), i, i+1)
		plain := slices.Clone(steps)
		plain[i].way = plainWay
		switch {
		case fails(fewer):
			steps = fewer
		case steps[i].what == "connect" && fails(plain):
			steps = plain
		}
	}
	return steps
}

// Several connections, over many ways, whose script, peers and host do one thing after the
// other, and between them time passes: events, frames and counts are the model's.
func TestRandomSessions(t *testing.T) {
	first, count := rand.Uint64(), 2000
	if detector.Race {
		count = 500
	}
	if *randomSeed != 0 {
		first, count = *randomSeed, 1
	}
	cert := wstest.Certificate(t, "peer.test")
	begin, played := time.Now(), 0
	for ; played < count || time.Since(begin) < *randomFor; played++ {
		seed := first + uint64(played)
		steps := randomSteps(seed)
		told := playRandom(t, cert, steps)
		if told == "" && !t.Failed() {
			continue
		}
		steps = shrunk(steps, func(steps []randomStep) bool { return playRandom(t, cert, steps) != "" })
		t.Fatalf("seed %d: %s\nshrunk to %v:\n%s", seed, told, steps, playRandom(t, cert, steps))
	}
	t.Logf("%d seeds from %d", played, first)
}
