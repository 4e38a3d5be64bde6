package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/tidewire/tidewire/bench/ws/frames"
	"github.com/tidewire/tidewire/bench/ws/payload"
)

// pieceSize is how much a flood writes at a time.
const pieceSize = 256 << 10

// serve does a task until the connection ends.
func (s *Server) serve(conn net.Conn, t Task) error {
	switch t.Mode {
	case Flood:
		return s.flood(conn, t)
	case Sink:
		return s.sink(conn, t)
	case Echo:
		return s.echo(conn, t)
	case Ping:
		return s.ping(conn, t)
	case Pace:
		return s.pace(conn, t)
	case Once:
		return s.once(conn, t)
	case Idle:
		return wait(conn)
	}
	return fmt.Errorf("unknown mode %q", t.Mode)
}

func opcode(shape payload.Shape) byte {
	if shape == payload.Binary {
		return frames.Binary
	}
	return frames.Text
}

// A cycle is one order's messages, and the same as frames. It is shared by the
// connections that use it, and constant.
type cycle struct {
	messages [][]byte
	frames   [][]byte
	piece    []byte // whole cycles of frames, at least pieceSize
}

func newCycle(t Task) (*cycle, error) {
	c := &cycle{messages: t.Order.Cycle()}
	payloads, err := deflated(c.messages, t.Deflate)
	if err != nil {
		return nil, err
	}
	for _, p := range payloads {
		frame := frames.AppendHeader(nil, opcode(t.Order.Shape), len(p), t.Deflate != Plain, false)
		c.frames = append(c.frames, append(frame, p...))
	}
	c.piece = bytes.Join(c.frames, nil)
	c.piece = bytes.Repeat(c.piece, 1+(pieceSize-1)/len(c.piece))
	return c, nil
}

func (s *Server) flood(conn net.Conn, t Task) error {
	c, err := s.cycle(t)
	if err != nil {
		return err
	}
	for {
		for rest := c.piece; len(rest) > 0; {
			n, err := conn.Write(rest[:min(len(rest), pieceSize)])
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
}

// sink acknowledges each burst with the number of bursts and the checksum of all messages
// so far, as text: so the client knows the messages that have arrived, and checks them.
func (s *Server) sink(conn net.Conn, t Task) error {
	in := newReader(conn, t.Deflate)
	var sum uint64
	var frame []byte
	for bursts := 1; ; bursts++ {
		before := in.wire
		for range t.Burst {
			message, err := in.next()
			if err != nil {
				return err
			}
			sum = payload.Sum(sum, message)
		}
		s.received.Add(in.wire - before)
		frame = frames.Append(frame[:0], frames.Text, Acknowledgement(bursts, sum), false)
		if _, err := conn.Write(frame); err != nil {
			return err
		}
	}
}

// Acknowledgement is the message that Sink sends after a burst.
func Acknowledgement(bursts int, sum uint64) []byte {
	return fmt.Appendf(nil, "burst %012d %016x", bursts, sum)
}

// echo keeps InFlight messages on their way. Those whose predecessors have come back
// together leave together.
func (s *Server) echo(conn net.Conn, t Task) error {
	c, err := s.cycle(t)
	if err != nil {
		return err
	}
	s.together(t)
	in := newReader(conn, t.Deflate)
	var out []byte
	sent, back := 0, 0
	for {
		out = out[:0]
		for sent < back+t.InFlight {
			frame := c.frames[sent%len(c.frames)]
			sent++
			if len(frame) > pieceSize {
				out, err = nil, write(conn, frame)
				if err != nil {
					return err
				}
				continue
			}
			out = append(out, frame...)
		}
		if err := write(conn, out); err != nil {
			return err
		}
		for more := true; more; more = in.buffered() {
			message, err := in.next()
			if err != nil {
				return err
			}
			if !bytes.Equal(message, c.messages[back%len(c.messages)]) {
				return fmt.Errorf("message %d came back changed", back)
			}
			back++
		}
	}
}

func (s *Server) ping(conn net.Conn, t Task) error {
	c, err := s.cycle(t)
	if err != nil {
		return err
	}
	in := newReader(conn, t.Deflate)
	for n := 0; ; n++ {
		began := time.Now()
		if err := write(conn, c.frames[n%len(c.frames)]); err != nil {
			return err
		}
		message, err := in.next()
		if err != nil {
			return err
		}
		if !bytes.Equal(message, c.messages[n%len(c.messages)]) {
			return fmt.Errorf("message %d came back changed", n)
		}
		s.late(began)
	}
}

func write(conn net.Conn, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	_, err := conn.Write(data)
	return err
}

// once sends one message, and ignores everything after its echo.
func (s *Server) once(conn net.Conn, t Task) error {
	c, err := s.cycle(t)
	if err != nil {
		return err
	}
	if _, err := conn.Write(c.frames[0]); err != nil {
		return err
	}
	in := &reader{conn: conn, buf: make([]byte, 1024)}
	message, err := in.next()
	if err != nil {
		return err
	}
	if !bytes.Equal(message, c.messages[0]) {
		return errors.New("the message came back changed")
	}
	return wait(conn)
}

// wait returns when the connection ends.
func wait(conn net.Conn) error {
	_, err := io.Copy(io.Discard, conn)
	return err
}

// pace sends messages at a fixed rate, expects each one back, and measures from the time
// at which it was due. It spins, so that its own timers do not blur the figures.
func (s *Server) pace(conn net.Conn, t Task) error {
	c, err := s.cycle(t)
	if err != nil {
		return err
	}
	end, err := newPoller(conn)
	if err != nil {
		return err
	}
	interval := time.Second / time.Duration(t.Rate)
	in := newReader(end, t.Deflate)
	began := time.Now()
	for sent, back := 0, 0; ; {
		due := time.Duration(sent) * interval
		if time.Since(began) >= due {
			if err := write(conn, c.frames[sent%len(c.frames)]); err != nil {
				return err
			}
			sent++
		}
		more, err := end.ready()
		if err != nil {
			return err
		}
		for ; more; more = in.buffered() {
			message, err := in.next()
			if err != nil {
				return err
			}
			if !bytes.Equal(message, c.messages[back%len(c.messages)]) {
				return fmt.Errorf("message %d came back changed", back)
			}
			s.late(began.Add(time.Duration(back) * interval))
			back++
		}
	}
}
