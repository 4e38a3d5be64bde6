package script

import (
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/outlet"
)

// output is the script's two streams. While the script runs, a reader that does not keep
// up holds up the script, as with any program. Once the ending has begun it holds up
// nothing: the streams go on as far as they can, and the run's end waits for them until
// the grace is over.
type output struct {
	printed        *outlet.Stdout // the buffer before stdout
	stdout, stderr *outlet.Outlet
	grace          time.Duration

	mu    sync.Mutex // leaf; guards begun
	begun time.Time  // when the ending began; zero before
}

func newOutput(opts Options) *output {
	stdout := outlet.New(opts.Stdout, nil)
	return &output{
		printed: outlet.NewStdout(stdout, opts.Lines),
		stdout:  stdout,
		stderr:  outlet.New(opts.Stderr, nil),
		grace:   opts.grace(),
	}
}

// beginEnding may be called from any goroutine, and more than once.
func (o *output) beginEnding() {
	o.mu.Lock()
	if o.begun.IsZero() {
		o.begun = time.Now()
	}
	o.mu.Unlock()
	o.stdout.Hurry()
	o.stderr.Hurry()
}

// flush waits until both streams are written, at most for patience. The error is that of
// stdout.
func (o *output) flush(patience time.Duration) error {
	end := time.Now().Add(patience)
	err := o.stdout.Flush(patience)
	_ = o.stderr.Flush(time.Until(end)) // its errors were the script's to see
	return err
}

// flushRest is flush for the end of an ending.
func (o *output) flushRest() error {
	o.mu.Lock()
	graceOver := o.begun.Add(o.grace)
	o.mu.Unlock()
	return o.flush(max(time.Until(graceOver), flushTimeout))
}

// finish is a last flush from any goroutine, whatever the script is doing. Later output
// is dropped.
func (o *output) finish(patience time.Duration) error {
	end := time.Now().Add(patience)
	finished := make(chan error, 1)
	go func() { finished <- o.printed.Finish() }() // lives on while the script waits inside its output, for a reader
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-finished:
		if unflushed := o.flush(time.Until(end)); err == nil {
			err = unflushed
		}
		return err
	case <-timer.C:
		return outlet.ErrUnread
	}
}
