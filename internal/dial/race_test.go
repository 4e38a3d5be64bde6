package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/dial"
)

// closable is a connection that knows whether it was closed.
type closable struct {
	net.Conn
	name   string
	closed bool
}

func (c *closable) Close() error { c.closed = true; return nil }

// What the addresses of a name do, and what comes of it: which one is connected to, after how long, and when each was
// begun. An address answers after its time, fails after a negative one, and is silent with 0; within 6 s.
func TestConnectAny(t *testing.T) {
	const silent = time.Duration(0)
	for _, c := range []struct {
		name  string
		hosts string
		after []time.Duration // of each host
		want  string
	}{
		{"one", "1.1.1.1", []time.Duration{1 * time.Second}, "1.1.1.1 after 1s; 1.1.1.1@0s"},
		{"one that fails", "1.1.1.1", []time.Duration{-1 * time.Second}, "1.1.1.1 fails after 1s; 1.1.1.1@0s"},
		{"one that is silent", "1.1.1.1", []time.Duration{silent}, "deadline after 6s; 1.1.1.1@0s"},
		{"the next one of a family", "1.1.1.1 2.2.2.2", []time.Duration{-1 * time.Second, 1}, "2.2.2.2 after 1.000000001s; 1.1.1.1@0s 2.2.2.2@1s"},
		{"the first error is told", "1.1.1.1 2.2.2.2", []time.Duration{-1, -1}, "1.1.1.1 fails after 2ns; 1.1.1.1@0s 2.2.2.2@1ns"},
		{"silence takes its share", "1.1.1.1 2.2.2.2", []time.Duration{silent, 1 * time.Second}, "2.2.2.2 after 4s; 1.1.1.1@0s 2.2.2.2@3s"},
		{"a share is 2 s at least", "1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4", []time.Duration{silent, silent, 1 * time.Second, 1},
			"3.3.3.3 after 5s; 1.1.1.1@0s 2.2.2.2@2s 3.3.3.3@4s"},
		{"the first family answers in its head start", "::1 1.1.1.1", []time.Duration{299 * time.Millisecond, 1}, "::1 after 299ms; ::1@0s"},
		{"the second one is quicker", "::1 1.1.1.1", []time.Duration{silent, 1 * time.Second}, "1.1.1.1 after 1.3s; ::1@0s 1.1.1.1@300ms"},
		{"the first one after all", "::1 1.1.1.1", []time.Duration{400 * time.Millisecond, silent}, "::1 after 400ms; ::1@0s 1.1.1.1@300ms"},
		{"a failure ends the head start", "::1 1.1.1.1", []time.Duration{-1, 1}, "1.1.1.1 after 2ns; ::1@0s 1.1.1.1@1ns"},
		{"both at once", "::1 1.1.1.1", []time.Duration{500 * time.Millisecond, 200 * time.Millisecond}, "one after 500ms; ::1@0s 1.1.1.1@300ms"},
		{"both families fail", "::1 1.1.1.1", []time.Duration{-1, -1}, "::1 fails after 2ns; ::1@0s 1.1.1.1@1ns"},
		{"families that alternate", "::1 1.1.1.1 ::2 2.2.2.2", []time.Duration{-1, silent, 1 * time.Second, 1},
			"::2 after 1.000000001s; ::1@0s 1.1.1.1@300ms ::2@1ns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var mu sync.Mutex
				var begun []string
				var made []*closable
				hosts := strings.Fields(c.hosts)
				dialer := func(ctx context.Context, _, address string) (net.Conn, error) {
					host := netip.MustParseAddrPort(address).Addr().String()
					mu.Lock()
					begun = append(begun, fmt.Sprintf("%s@%v", host, time.Since(begin)))
					mu.Unlock()
					after := c.after[slices.Index(hosts, host)]
					if after == silent {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					select {
					case <-ctx.Done():
						return nil, ctx.Err()
					case <-time.After(max(after, -after)):
					}
					if after < 0 {
						return nil, errors.New(host + " fails")
					}
					mu.Lock()
					defer mu.Unlock()
					made = append(made, &closable{name: host})
					return made[len(made)-1], nil
				}
				ctx, stop := context.WithTimeout(t.Context(), 6*time.Second)
				defer stop()
				var addrs []netip.AddrPort
				for _, host := range hosts {
					addrs = append(addrs, netip.AddrPortFrom(netip.MustParseAddr(host), 80))
				}
				conn, err := dial.ConnectAny(ctx, dialer, addrs...)
				got := "deadline"
				switch {
				case err == nil && c.name == "both at once":
					got = "one"
				case err == nil:
					got = conn.(*closable).name
				case !errors.Is(err, context.DeadlineExceeded):
					got = err.Error()
				}
				slices.SortFunc(begun, func(a, b string) int { return slices.Index(hosts, host(a)) - slices.Index(hosts, host(b)) })
				got += fmt.Sprintf(" after %v; %s", time.Since(begin), strings.Join(begun, " "))
				if got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				for _, m := range made {
					if m.closed == (net.Conn(m) == conn) {
						t.Errorf("%s is closed: %v", m.name, m.closed)
					}
				}
			})
		})
	}
}

// host is what stands before the time.
func host(begun string) string { host, _, _ := strings.Cut(begun, "@"); return host }
