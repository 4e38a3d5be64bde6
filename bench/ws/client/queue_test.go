package client

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// counter is an App that keeps the order of messages and ends after some.
type counter struct {
	t    *testing.T
	want int // the next message
	end  int
}

func (c *counter) Begin(Sender) {}

func (c *counter) Received(_ Sender, connection int, data []byte) bool {
	if got := fmt.Sprintf("%d %d", connection, c.want); string(data[:len(got)]) != got {
		c.t.Errorf("message %.20q, want %q", data, got)
	}
	c.want++
	return c.want < c.end
}

// Messages come in order, whatever their sizes, across two rounds.
func TestQueueOrder(t *testing.T) {
	const messages = 10_000
	l := NewLoop(Options{}, nil)
	f := l.Feed(3)
	go func() {
		for i := range messages {
			size := 16 << (i % 5)
			if i%1000 == 0 {
				size = largeBytes + i
			}
			data := f.Buffer(size)
			copy(data, fmt.Sprintf("3 %d ", i))
			f.Add(data)
		}
		f.Hand()
		f.Fail(errors.New("the end"))
	}()
	c := &counter{t: t, end: messages / 2}
	if err := l.Run(c); err != nil {
		t.Fatal(err)
	}
	c.end = messages
	if err := l.Run(c); err != nil || c.want != messages {
		t.Errorf("%d messages, want %d; error %v", c.want, messages, err)
	}
	if err := l.Run(c); err == nil || err.Error() != "the end" {
		t.Errorf("error %v after the end", err)
	}
}

// A reader waits while two of its batches wait, and goes on when one comes back.
func TestQueueBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		f := q.Feed(0)
		handed := 0
		go func() {
			for ; handed < batchesOut+2; handed++ {
				f.Add(f.Buffer(32))
				f.Hand()
			}
		}()
		synctest.Wait()
		if handed != batchesOut {
			t.Errorf("%d batches were handed over, want %d", handed, batchesOut)
		}
		for handed < batchesOut+2 {
			taken, err := q.take(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range taken {
				if err := q.giveBack(b); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
	})
}

// Buffers come back: after the first rounds no message of known size allocates.
func TestQueueUsesBuffersAgain(t *testing.T) {
	q := NewQueue()
	f := q.Feed(0)
	var taken []*batch
	round := func() {
		for range batchMessages / 2 {
			f.Add(f.Buffer(48))
		}
		f.Add(f.Buffer(2 * largeBytes))
		f.Hand()
		var err error
		if taken, err = q.take(taken); err != nil {
			t.Fatal(err)
		}
		for _, b := range taken {
			if err := q.giveBack(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 10 {
		round()
	}
	if n := testing.AllocsPerRun(100, round); n > 1 {
		t.Errorf("%v allocations for %d messages", n, batchMessages/2+1)
	}
}

// Read finds the end of messages that are longer and shorter than the one before.
func TestFeedRead(t *testing.T) {
	q := NewQueue()
	f := q.Feed(0)
	for _, n := range []int{10, 600, 20, 3 * largeBytes, 0} {
		if err := f.Read(strings.NewReader(strings.Repeat("x", n))); err != nil {
			t.Fatal(err)
		}
	}
	f.Hand()
	var sizes []int
	for range 2 { // the large one has filled a batch
		taken, err := q.take(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range taken {
			for _, m := range b.messages {
				if len(bytes.Trim(m.Data, "x")) != 0 {
					t.Errorf("%d bytes are not what was read", len(m.Data))
				}
				sizes = append(sizes, len(m.Data))
			}
		}
		if len(sizes) == 5 {
			break
		}
	}
	if got := fmt.Sprint(sizes); got != fmt.Sprint([]int{10, 600, 20, 3 * largeBytes, 0}) {
		t.Error(got)
	}
}
