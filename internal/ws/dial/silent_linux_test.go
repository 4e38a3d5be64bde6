package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// silentPort returns a port of 127.0.0.3 that answers no connection, by a queue that is
// full.
func silentPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 3}}),
		syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 3}),
		uint16(bound.(*syscall.SockaddrInet4).Port)).String()
	for range 2 { // a queue of 0 has room for one, or for two
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			break
		}
		t.Cleanup(func() { conn.Close() })
	}
	return portOf(address)
}

// The end of an address that never answers, alone and among others. The policy refuses
// the others.
func TestDialSilentAddress(t *testing.T) {
	port := silentPort(t)
	startNameserver(t, map[string][]string{
		"silent.test": {"127.0.0.3"},
		"second.test": {"127.0.0.1", "127.0.0.3"},
		"family.test": {"::1", "127.0.0.3"},
	})
	refuse := func(_ context.Context, _ string, addr netip.AddrPort) error {
		if addr.Addr().String() != "127.0.0.3" {
			return errors.New("see --allow")
		}
		return nil
	}
	for range 5 { // two timers end at the same time
		o := dial.Options{TCPTimeout: 20 * time.Millisecond}
		_, err := dialURL(t, "ws://127.0.0.3:"+port, o)
		wantNoAnswer(t, err, "dial tcp 127.0.0.3:"+port+": ", o.TCPTimeout)
	}
	for _, host := range []string{"silent.test.", "second.test.", "family.test."} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			where := "dial tcp " + host + ":" + port + " (127.0.0.3:" + port + "): "
			o := dial.Options{TCPTimeout: 3 * time.Second, Policy: refuse} // with the look-up, which may take a second
			_, err := dialURL(t, "ws://"+host+":"+port, o)
			wantNoAnswer(t, err, where, o.TCPTimeout)

			ctx, cancel := context.WithCancelCause(t.Context())
			closing := errors.New("closed by the script")
			o = longTimeouts
			o.Policy = func(ctx context.Context, host string, addr netip.AddrPort) error {
				err := refuse(ctx, host, addr)
				if err == nil {
					time.AfterFunc(time.Millisecond, func() { cancel(closing) }) // connecting by then, or about to
				}
				return err
			}
			_, err = dial.Dial(ctx, parse(t, "ws://"+host+":"+port), o)
			wantFailure(t, err, failure.PhaseTCP, failure.Closed, failure.MsgTransport)
			wantText(t, err, where+"cancelled: closed by the script")
		})
	}
}

func wantNoAnswer(t *testing.T, err error, where string, timeout time.Duration) {
	t.Helper()
	wantFailure(t, err, failure.PhaseTCP, failure.Timeout, failure.MsgTimerExpired)
	wantText(t, err, fmt.Sprintf("%sno answer within %v", where, timeout))
}
