package outlet_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/outlet"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// valve is a stream whose writes wait while it is shut.
type valve struct {
	mu      sync.Mutex
	changed *sync.Cond
	shut    bool
	err     error
	bytes.Buffer
}

func newValve(shut bool) *valve {
	v := &valve{shut: shut}
	v.changed = sync.NewCond(&v.mu)
	return v
}

func (v *valve) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.shut {
		v.changed.Wait()
	}
	if v.err != nil {
		return 0, v.err
	}
	return v.Buffer.Write(p)
}

func (v *valve) set(shut bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut, v.err = shut, err
	v.changed.Broadcast()
}

func (v *valve) text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.String()
}

func TestWriteWaitsUntilWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := newValve(true)
		o := outlet.New(stream, nil)
		text := strings.Repeat("0123456789", 100_000)
		returned := false
		go func() {
			if n, err := o.Write([]byte(text)); n != len(text) || err != nil || stream.text() != text {
				t.Errorf("Write = %d, %v, %d bytes written", n, err, len(stream.text()))
			}
			returned = true
		}()
		time.Sleep(time.Hour)
		if returned {
			t.Error("Write returned although nothing was written")
		}
		stream.set(false, nil)
		synctest.Wait()
		if !returned {
			t.Error("Write did not return")
		}
	})
}

// A writer is held up until the program is about to end, and no longer: output that fits
// is still queued.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := newValve(true)
		o := outlet.New(stream, nil)
		begin := time.Now()
		time.AfterFunc(time.Second, o.Hurry)
		if _, err := o.Write([]byte("one ")); err != nil || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if _, err := o.Write([]byte("two ")); err != nil {
			t.Error(err)
		}
		if n, err := o.Write(make([]byte, 4<<20)); !errors.Is(err, outlet.ErrUnread) || n > 1<<20 {
			t.Errorf("4 MiB to nobody: %d, %v", n, err)
		}
		if err := o.Flush(time.Second); !errors.Is(err, outlet.ErrUnread) || time.Since(begin) != 2*time.Second {
			t.Errorf("Flush = %v after %v", err, time.Since(begin))
		}
		time.AfterFunc(time.Second, func() { stream.set(false, nil) })
		if err := o.Flush(time.Hour); err != nil || time.Since(begin) != 3*time.Second {
			t.Errorf("Flush = %v after %v", err, time.Since(begin))
		}
		if !strings.HasPrefix(stream.text(), "one two ") {
			t.Errorf("written: %.20q", stream.text())
		}
	})
}

// Lines that nobody reads are dropped, and said to be, where they would have been.
func TestOfferNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := newValve(true)
		o := outlet.New(stream, func(lines int) string { return fmt.Sprintf("(%d lost)\n", lines) })
		line := append(bytes.Repeat([]byte("x"), 1023), '\n')
		o.Offer(line)
		synctest.Wait() // in the hands of writeLoop
		for range 1024 + 7 {
			o.Offer(line)
		}
		o.Offer([]byte("short\n")) // would fit, but no line passes those before it
		stream.set(false, nil)
		synctest.Wait()
		o.Offer([]byte("later\n"))
		synctest.Wait()
		if want := strings.Repeat(string(line), 1025) + "(8 lost)\nlater\n"; stream.text() != want {
			t.Errorf("%d bytes written, ending in %q, want %d", len(stream.text()),
				stream.text()[len(stream.text())-40:],
				len(want))
		}
	})
}

// A stream may come to itself again, as a disk that was full: the bytes of the failed
// write are lost, no others.
func TestFailedWrite(t *testing.T) {
	synctest.Test(t, testFailedWrite)
}

func testFailedWrite(t *testing.T) {
	stream := newValve(false)
	o := outlet.New(stream, nil)
	full := errors.New("no space left")
	stream.set(false, full)
	if n, err := o.Write([]byte("lost")); n != 0 || err != full {
		t.Errorf("Write = %d, %v, want 0, %v", n, err, full)
	}
	stream.set(false, nil)
	if n, err := o.Write([]byte("kept")); n != 4 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
	if err := o.Flush(time.Minute); err != nil {
		t.Errorf("Flush = %v", err)
	}
	stream.set(true, full)
	o.Offer([]byte("lost, too"))
	time.AfterFunc(time.Millisecond, func() { stream.set(false, full) })
	if err := o.Flush(time.Minute); err != full {
		t.Errorf("Flush = %v, want %v", err, full)
	}
	if stream.text() != "kept" {
		t.Errorf("written: %q", stream.text())
	}
}

// Many writers: each piece stays whole, and those of one writer stay in order.
func TestConcurrentWriters(t *testing.T) {
	stream := newValve(false)
	o := outlet.New(stream, nil)
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 200 {
				text := fmt.Appendf(nil, "%d %d\n", w, i)
				if i%2 == 0 {
					o.Offer(text)
				} else if _, err := o.Write(text); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := o.Flush(time.Minute); err != nil {
		t.Fatal(err)
	}
	var next [8]int
	for line := range strings.Lines(stream.text()) {
		var w, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &i); err != nil || next[w] != i {
			t.Fatalf("line %q, want number %d", line, next[w])
		}
		next[w]++
	}
	if next != [8]int{200, 200, 200, 200, 200, 200, 200, 200} {
		t.Errorf("lines written: %v", next)
	}
}
