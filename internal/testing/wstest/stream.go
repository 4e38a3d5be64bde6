package wstest

import (
	"io"
	"math"
	"net"
	"os"
	"syscall"
	"time"
)

// never is the offset of a fault that nobody ordered.
const never = math.MaxInt64

// Stream is one direction of a connection, with the faults that it has been ordered to
// show. Offsets count the bytes written since the connection began; one that has passed
// already takes effect at once. Safe for concurrent use.
type Stream struct {
	link    *link
	reverse *Stream
	latency time.Duration

	// Guarded by link.mu:
	capacity  int
	travelled []segment // written and on its way, or arrived; in order
	held      []segment // written since Stall
	queued    int       // bytes in both
	written   int64     // bytes taken from the writer
	finished  bool      // the FIN is queued: nothing more is
	abandoned bool      // the reading end has been closed
	stalled   bool
	maxRead   int // bytes a Read returns at most; 0 is no limit

	cutAt, resetAt, breakAt, stallAt int64
}

// segment holds the bytes of one Write, or the FIN.
type segment struct {
	data    []byte
	arrives time.Time
	fin     bool
}

func newStream(l *link, capacity int, latency time.Duration) *Stream {
	return &Stream{link: l, capacity: capacity, latency: latency, cutAt: never, resetAt: never,
		breakAt: never, stallAt: never}
}

// SetCapacity sets how many bytes wait unread before a Write blocks.
func (s *Stream) SetCapacity(bytes int) {
	s.order(func() { s.capacity = bytes })
}

// SetLatency sets how long bytes travel that are written from now on. It must not become
// shorter while any are on their way.
func (s *Stream) SetLatency(d time.Duration) {
	s.order(func() { s.latency = d })
}

// ShortReads makes every Read return at most n bytes. 0 lifts the limit.
func (s *Stream) ShortReads(n int) {
	s.order(func() { s.maxRead = n })
}

// Stall lets nothing pass from now on, a FIN included, without an error: writes succeed
// until the buffer is full. Bytes that have arrived can still be read.
func (s *Stream) Stall() {
	s.order(func() {
		s.stalled = true
		for i, segment := range s.travelled {
			if time.Now().Before(segment.arrives) {
				s.held = append(s.held, s.travelled[i:]...)
				s.travelled = s.travelled[:i:i]
				return
			}
		}
	})
}

// Resume ends a Stall: bytes that were held back set out now.
func (s *Stream) Resume() {
	s.order(func() {
		held := s.held
		s.stalled, s.stallAt, s.held = false, never, nil
		for _, segment := range held {
			s.sendLocked(segment)
		}
	})
}

// CutAfter ends the direction with a FIN after byte n. Bytes written beyond are lost,
// without an error for the writer; the other direction goes on.
func (s *Stream) CutAfter(n int64) {
	s.order(func() {
		s.cutAt = n
		s.faultsLocked()
	})
}

// ResetAfter resets the connection, both directions, after byte n.
func (s *Stream) ResetAfter(n int64) {
	s.order(func() {
		s.resetAt = n
		s.faultsLocked()
	})
}

// BreakAfter makes writes beyond byte n fail with EPIPE. Neither the reader nor the other
// direction notices.
func (s *Stream) BreakAfter(n int64) {
	s.order(func() { s.breakAt = n })
}

// StallAfter is Stall after byte n.
func (s *Stream) StallAfter(n int64) {
	s.order(func() {
		s.stallAt = n
		s.faultsLocked()
	})
}

// Written returns how many bytes the writer has got rid of, those lost in a cut included.
func (s *Stream) Written() int64 {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	return s.written
}

// Queued returns how many bytes wait to be read, those on their way included.
func (s *Stream) Queued() int {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	return s.queued
}

func (s *Stream) order(f func()) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	f()
	s.link.cond.Broadcast()
}

// readLocked reads for c, which is the stream's reading end.
func (s *Stream) readLocked(p []byte, c *Conn) (int, error) {
	for {
		if c.closed {
			return 0, net.ErrClosed
		}
		if c.readDeadline.passed() {
			return 0, os.ErrDeadlineExceeded
		}
		if len(p) == 0 {
			return 0, nil
		}
		if n := s.takeLocked(p); n > 0 {
			s.link.cond.Broadcast()
			return n, nil
		}
		switch {
		case len(s.travelled) > 0 && s.arrivedLocked() && s.travelled[0].fin:
			return 0, io.EOF
		case len(s.travelled) == 0 && s.link.reset:
			if c.told {
				return 0, io.EOF
			}
			c.told = true
			return 0, os.NewSyscallError("read", syscall.ECONNRESET)
		}
		s.link.cond.Wait()
	}
}

// takeLocked moves bytes that have arrived to p, as many as fit.
func (s *Stream) takeLocked(p []byte) (n int) {
	if s.maxRead > 0 && len(p) > s.maxRead {
		p = p[:s.maxRead]
	}
	for n < len(p) && s.arrivedLocked() && !s.travelled[0].fin {
		head := &s.travelled[0]
		took := copy(p[n:], head.data)
		n += took
		if head.data = head.data[took:]; len(head.data) == 0 {
			s.travelled[0] = segment{}
			s.travelled = s.travelled[1:]
		}
	}
	s.queued -= n
	return n
}

func (s *Stream) arrivedLocked() bool {
	return len(s.travelled) > 0 && !time.Now().Before(s.travelled[0].arrives)
}

// writeLocked writes for c, which is the stream's writing end.
func (s *Stream) writeLocked(p []byte, c *Conn) (n int, err error) {
	for {
		if n > 0 && len(p) == 0 {
			return n, nil // even if a fault came right after: the kernel would have taken it all
		}
		if err := s.writeErrorLocked(c); err != nil || len(p) == 0 {
			return n, err
		}
		took := s.acceptLocked(p)
		if took == 0 {
			s.link.cond.Wait()
			continue
		}
		n, p = n+took, p[took:]
		s.link.cond.Broadcast()
	}
}

func (s *Stream) writeErrorLocked(c *Conn) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.writeDeadline.passed():
		return os.ErrDeadlineExceeded
	case s.link.reset && !c.told:
		c.told = true
		return os.NewSyscallError("write", syscall.ECONNRESET)
	case s.link.reset,
		s.finished && s.written < s.cutAt, // CloseWrite; after a cut the writer is to notice nothing
		s.written >= s.breakAt,
		s.abandoned && !s.reverse.stalled: // the RST that says so comes the other way
		return os.NewSyscallError("write", syscall.EPIPE)
	}
	return nil
}

// acceptLocked takes as much of p as there is room for, up to the next fault, and lets
// the fault happen.
func (s *Stream) acceptLocked(p []byte) int {
	if s.written >= s.cutAt {
		s.written += int64(len(p))
		return len(p)
	}
	next := min(s.cutAt, s.resetAt, s.breakAt, s.nextStallLocked()) - s.written
	n := int(min(int64(len(p)), int64(max(0, s.capacity-s.queued)), next))
	if n > 0 {
		s.written += int64(n)
		s.queued += n
		s.sendLocked(segment{data: append([]byte(nil), p[:n]...)})
		s.faultsLocked()
	}
	return n
}

// faultsLocked lets the faults happen whose offset has been reached.
func (s *Stream) faultsLocked() {
	if s.written >= s.cutAt {
		s.finishLocked()
	}
	if s.written >= s.resetAt {
		s.link.resetLocked()
	}
	if s.written >= s.stallAt {
		s.stalled = true
	}
}

// nextStallLocked is the offset of a stall that is still to come.
func (s *Stream) nextStallLocked() int64 {
	if s.stalled {
		return never
	}
	return s.stallAt
}

// sendLocked puts a segment on its way.
func (s *Stream) sendLocked(next segment) {
	if s.stalled {
		s.held = append(s.held, next)
		return
	}
	next.arrives = time.Now().Add(s.latency)
	s.travelled = append(s.travelled, next)
	if s.latency > 0 {
		time.AfterFunc(s.latency, s.link.wake)
	}
}

func (s *Stream) finishLocked() {
	if !s.finished {
		s.finished = true
		if s.link.reset {
			return // the connection is no more: a FIN has nowhere to go
		}
		s.sendLocked(segment{fin: true})
	}
}

// abandonLocked throws away bytes that the reading end will never read.
func (s *Stream) abandonLocked() {
	s.abandoned = true
	s.travelled, s.held, s.queued = nil, nil, 0
}
