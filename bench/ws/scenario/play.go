package scenario

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/measure"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// wave is how many connections are opened at once, but in a storm.
const wave = 100

// A Result is one measurement.
type Result struct {
	Scenario, Contestant string
	Script               bool // a script's: it has Messages, Wall, CPU and ServerCPU alone

	Messages    int64
	Connections int64
	Wall        time.Duration
	CPU         time.Duration // of the contestant's process
	ServerCPU   time.Duration
	Allocations uint64
	Bytes       uint64            // allocated
	Sent        int64             // bytes of payload that Sink has read, compressed or not
	Latency     measure.Quantiles // of echoes, as the server has seen them
	Frames      measure.Quantiles // how late frames began
	FrameCounts measure.Counts    // the same
	Before      measure.Memory    // the first connection
	After       measure.Memory    // all
}

// Play plays a scenario in this process. length is how long the measured part should
// take. If profile is not empty, the CPU profile of that part goes to the file that it
// names.
func Play(s Scenario, c contestants.Contestant, at server.Address, length time.Duration, profile string) (
	Result, error,
) {
	r := Result{Scenario: s.Name, Contestant: c.Name, Connections: int64(s.Connections)}
	p, err := newPlayer(s, c, at)
	if err != nil {
		return r, err
	}
	p.profile = profile
	p.counts = !c.Lua && c.Name != "raw"
	if r.Before, err = measure.Held(); err != nil {
		return r, err
	}
	if err := p.measure(&r, length); err != nil {
		return r, err
	}
	if err := p.task.Err(p.counts); err != nil {
		return r, err
	}
	if r.After, err = measure.Held(); err != nil {
		return r, err
	}
	report, err := p.control.Report()
	if err != nil {
		return r, err
	}
	if n := len(report.Problems); n > 0 {
		return r, fmt.Errorf("the server has seen %d problems: %s", n, report.Problems[n-1])
	}
	return r, nil
}

// A player plays one scenario with one contestant.
type player struct {
	Scenario
	url     string
	task    *client.Task
	client  client.Client
	control *server.Control
	counts  bool // the contestant adds up the words of messages
	profile string
}

func newPlayer(s Scenario, c contestants.Contestant, at server.Address) (*player, error) {
	s.Serve.Together, s.Serve.Group = s.Connections, os.Getpid()
	p := &player{Scenario: s, url: "ws://" + at.WS + s.Serve.Path()}
	if s.TLS {
		p.url = "wss://" + at.WSS + s.Serve.Path()
	}
	host, _, err := net.SplitHostPort(at.WSS)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(at.CA)) {
		return nil, errors.New("the server's certificate cannot be read")
	}
	p.task = &client.Task{Role: s.Role, Burst: s.Serve.Burst, Cycle: s.Serve.Order.Cycle()}
	if err := p.task.Prepare(); err != nil {
		return nil, err
	}
	p.client, err = c.New(client.Options{
		Task:    p.task,
		Deflate: s.Serve.Deflate,
		TLS:     &tls.Config{RootCAs: roots, ServerName: host},
		Shape:   s.Serve.Order.Shape,
		Size:    s.Serve.Order.Size,

		Connections: s.Connections,
	})
	if err != nil {
		return nil, err
	}
	p.control, err = server.Dial(at.Control)
	return p, err
}

func (p *player) measure(r *Result, length time.Duration) error {
	switch p.Kind {
	case Idle:
		p.task.Again(p.Connections, true)
		if err := p.dial(p.Connections); err != nil {
			return err
		}
		return p.client.Play(p.task)
	case Storm:
		return p.storm(r)
	case Frames:
		return p.frames(r, length)
	}
	p.task.Again(math.MaxInt/2, true)
	if err := p.dial(p.Connections); err != nil {
		return err
	}
	target, err := p.warmUp(length)
	if err != nil {
		return err
	}
	for {
		err := p.used(r, func() error {
			p.task.Again(target, false)
			return p.client.Play(p.task)
		})
		r.Messages = int64(p.task.Count)
		// The warm-up had a stall if this is too short, and messages that waited in
		// queues would count too much.
		if err != nil || r.Wall >= length/2 && (!p.Timed() || r.Latency.Count > 0) {
			return err
		}
		target *= 2
	}
}

// dial opens connections in waves.
func (p *player) dial(n int) error {
	for ; n > 0; n -= wave {
		if err := p.client.Dial(p.url, min(n, wave)); err != nil {
			return err
		}
	}
	return nil
}

// Frames take framesLength as long as the other scenarios, of which a quarter is to warm
// up.
const (
	frameEvery   = time.Second / 60
	framesLength = 5
)

func (p *player) frames(r *Result, length time.Duration) error {
	p.task.Frames = &client.Frames{Every: frameEvery}
	p.task.Again(math.MaxInt/2, false)
	if err := p.dial(1); err != nil {
		return err
	}
	beside := *p
	beside.url = strings.Replace(p.url, p.Serve.Path(), p.Beside.Path(), 1)
	if err := beside.dial(1); err != nil {
		return err
	}
	target := max(1, int(framesLength*length/frameEvery))
	p.task.Frames.Begin(1 + target/4)
	if err := p.client.Play(p.task); err != nil {
		return err
	}
	err := p.used(r, func() error {
		p.task.Again(math.MaxInt/2, false)
		p.task.Frames.Begin(target)
		return p.client.Play(p.task)
	})
	r.Messages = int64(p.task.Count)
	r.Frames, r.FrameCounts = measure.QuantilesOf(p.task.Frames.Delays), measure.CountsOf(p.task.Frames.Delays)
	return err
}

// storm opens all connections at once, after a few to warm up.
func (p *player) storm(r *Result) error {
	if err := p.dial(wave); err != nil {
		return err
	}
	return p.used(r, func() error { return p.client.Dial(p.url, p.Connections) })
}

// warmUp looks at every message of a first part, and plays without that until it knows
// how many messages fill length.
func (p *player) warmUp(length time.Duration) (target int, err error) {
	p.task.Again(max(2*len(p.task.Cycle), p.Serve.Burst, 4*p.Connections), true)
	if err := p.client.Play(p.task); err != nil {
		return 0, err
	}
	for n := max(p.task.Count, 1); ; n *= 2 {
		p.task.Again(n, false)
		began := time.Now()
		if err := p.client.Play(p.task); err != nil {
			return 0, err
		}
		if took := time.Since(began); took >= length/4 {
			return max(1, int(float64(p.task.Count)*float64(length)/float64(took))), nil
		}
	}
}

// used measures f on both sides.
func (p *player) used(r *Result, f func() error) error {
	runtime.GC()
	serverBefore, err := p.control.Report()
	if err != nil {
		return err
	}
	stop, err := p.startProfile()
	if err != nil {
		return err
	}
	before := measure.Now()
	if err := f(); err != nil {
		return err
	}
	after := measure.Now()
	if err := stop(); err != nil {
		return err
	}
	serverAfter, err := p.control.Report()
	if err != nil {
		return err
	}
	r.Wall = after.Wall.Sub(before.Wall)
	r.CPU = after.CPU - before.CPU
	r.ServerCPU = serverAfter.CPU - serverBefore.CPU
	r.Allocations = after.Allocations - before.Allocations
	r.Bytes = after.Bytes - before.Bytes
	r.Sent = serverAfter.Received - serverBefore.Received
	r.Latency = serverAfter.Latency
	return nil
}

// startProfile starts the CPU profile, if one is wanted, and returns its end.
func (p *player) startProfile() (stop func() error, err error) {
	if p.profile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(p.profile)
	if err != nil {
		return nil, err
	}
	stop = func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}
	return stop, pprof.StartCPUProfile(file)
}
