package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// hangingResolver makes look-ups hang until release is called, as those of the system's
// resolver may: not even the end of their context ends them. hanging says how many do.
func hangingResolver(t *testing.T) (hanging func() int64, release func()) {
	var n atomic.Int64
	released := make(chan struct{})
	dial.UseResolver(t, func(context.Context, string, string) (net.Conn, error) {
		n.Add(1)
		defer n.Add(-1)
		<-released
		return nil, errors.New("released")
	})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	return n.Load, release
}

// wait waits for a condition that no channel signals.
func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// A look-up that hangs, and cannot be ended, holds up no dial: its time and its
// cancelling end it. One look-up for each name lives on, however many ask.
func TestHangingResolver(t *testing.T) {
	hanging, release := hangingResolver(t)
	before := runtime.NumGoroutine()

	_, err := dialURL(t, "ws://one.test.", dial.Options{TCPTimeout: time.Second})
	wantFailure(t, err, failure.PhaseDNS, failure.Timeout, failure.MsgTimerExpired)
	wantText(t, err, "look up one.test.: no answer within 1s")
	each := hanging()
	if each < 1 || each > 2 { // one for each family of addresses
		t.Errorf("%d look-ups hang for one name", each)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := dial.Dial(ctx, parse(t, "ws://two.test."), longTimeouts)
		ended <- err
	}()
	wait(t, "the second look-up hangs", func() bool { return hanging() == 2*each })
	cancel(errors.New("closed by the script"))
	err = <-ended
	wantFailure(t, err, failure.PhaseDNS, failure.Closed, failure.MsgTransport)
	wantText(t, err, "look up two.test.: cancelled: closed by the script")

	var dials sync.WaitGroup
	for range 1000 {
		dials.Go(func() {
			_, err := dialURL(t, "ws://three.test.", dial.Options{TCPTimeout: 200 * time.Millisecond})
			wantFailure(t, err, failure.PhaseDNS, failure.Timeout, failure.MsgTimerExpired)
		})
	}
	dials.Wait()
	t.Logf("1,000 dials of a third name: %d look-ups hang, %d goroutines more", hanging(), runtime.NumGoroutine()-before)
	if n := hanging(); n > 4*each { // the first dials' time may end before the last ones begin
		t.Errorf("%d look-ups hang for three names", n)
	}
	if n := runtime.NumGoroutine() - before; n > 1000+40 { // package net keeps one for each that gave up
		t.Errorf("%d goroutines live on", n)
	}
	release()
	wait(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// The resolver's own look-ups can be ended, however many hang: a name server that does not
// answer leaves nothing behind.
func TestMuteNameserverLeavesNothing(t *testing.T) {
	startNameserver(t, nil)
	before := runtime.NumGoroutine()
	var dials sync.WaitGroup
	for i := range 200 {
		dials.Go(func() {
			_, err := dialURL(t, fmt.Sprintf("ws://mute.%d.test.", i), dial.Options{TCPTimeout: 100 * time.Millisecond})
			wantFailure(t, err, failure.PhaseDNS, failure.Timeout, failure.MsgTimerExpired)
		})
	}
	dials.Wait()
	wait(t, "the look-ups end", func() bool { return runtime.NumGoroutine() <= before })
}
