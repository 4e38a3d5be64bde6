package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"
)

// A Loop is the part that the shaped contestants share: the queue, the App's goroutine,
// and connections that write at the end of a turn.
type Loop struct {
	*Queue
	options Options
	write   func(connection int, data []byte) error
	turn    turn
	taken   []*batch
	err     error // of write
}

// NewLoop returns a Loop for a contestant that sends with write.
func NewLoop(o Options, write func(connection int, data []byte) error) *Loop {
	return &Loop{Queue: NewQueue(), options: o, write: write}
}

// Send sends with the contestant's function.
func (l *Loop) Send(connection int, data []byte) {
	if err := l.write(connection, data); err != nil && l.err == nil {
		l.err = err
	}
}

// Play plays the Task itself.
func (l *Loop) Play(t *Task) error { return l.Run(t) }

// Run hands messages to an App until it has had enough.
func (l *Loop) Run(app App) error {
	var frames *Frames
	if l.options.Task != nil {
		frames = l.options.Task.Frames
	}
	var timer *time.Timer
	if frames != nil {
		timer = time.AfterFunc(frames.Until(), l.wake)
		defer timer.Stop()
	}
	app.Begin(l)
	for more := true; more; {
		if err := errors.Join(l.turn.end(), l.err); err != nil {
			return err
		}
		taken, err := l.take(l.taken)
		if err != nil {
			return err
		}
		l.taken = taken
		for i, b := range taken {
			for j := range b.messages {
				if m := &b.messages[j]; !app.Received(l, m.Connection, m.Data) {
					more = false
				}
			}
			taken[i] = nil
			if err := l.giveBack(b); err != nil {
				return err
			}
			if frames != nil {
				frames.Run()
			}
		}
		if frames != nil {
			frames.Run()
			timer.Reset(frames.Until())
			more = !frames.Done()
		}
	}
	return l.turn.end()
}

// Connect opens a connection for a library: TCP, and TLS for wss. Coalesce makes it
// gather written messages, once the opening handshake is done.
func (l *Loop) Connect(u *url.URL) (*Conn, error) {
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "wss" {
		secure := tls.Client(conn, l.options.TLS)
		if err := secure.HandshakeContext(context.Background()); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secure
	}
	return &Conn{Conn: conn}, nil
}

// Coalesce makes the writes of a connection leave at the end of a turn.
func (l *Loop) Coalesce(c *Conn) { c.turn = &l.turn }

// AtOnce calls open n times, each time on a goroutine of its own.
func AtOnce(n int, open func() error) error {
	var group sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		group.Go(func() { errs[i] = open() })
	}
	group.Wait()
	return errors.Join(errs...)
}
