package client

import "time"

// A Channel hands messages to one goroutine through a Go channel, one at a time, as
// programs around a library usually do. Messages are written as soon as they are sent.
type Channel struct {
	Messages chan Message
	failures chan error
	write    func(connection int, data []byte) error
	err      error // of write
}

// NewChannel returns a Channel for a contestant that sends with write.
func NewChannel(write func(connection int, data []byte) error) *Channel {
	return &Channel{Messages: make(chan Message, 256), failures: make(chan error, 1), write: write}
}

// Fail makes Play return an error.
func (c *Channel) Fail(err error) {
	select {
	case c.failures <- err:
	default: // one of them is enough
	}
}

// Send sends with the contestant's function.
func (c *Channel) Send(connection int, data []byte) {
	if err := c.write(connection, data); err != nil && c.err == nil {
		c.err = err
	}
}

// Play plays the Task itself.
func (c *Channel) Play(t *Task) error {
	t.Begin(c)
	var due <-chan time.Time // of a frame
	if t.Frames != nil {
		ticker := time.NewTicker(t.Frames.Every)
		defer ticker.Stop()
		due = ticker.C
	}
	for {
		select {
		case <-due:
			if t.Frames.Run(); t.Frames.Done() {
				return nil
			}
		case m := <-c.Messages:
			more := t.Received(c, m.Connection, m.Data)
			if m.Held != nil {
				if err := m.Held.Close(); err != nil {
					return err
				}
			}
			if !more || c.err != nil {
				return c.err
			}
		case err := <-c.failures:
			return err
		}
	}
}
