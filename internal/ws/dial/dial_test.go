package dial_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

func TestMain(m *testing.M) {
	if url := os.Getenv("DIAL_TEST_URL"); url != "" {
		os.Exit(dialOnce(url))
	}
	code := m.Run()
	fuzzing := flag.Lookup("test.fuzz").Value.String() != "" // which leaves a goroutine of package signal's behind
	if code == 0 && !fuzzing && !goroutinesEnd() {
		buf := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", buf[:runtime.Stack(buf, true)])
		code = 1
	}
	os.Exit(code)
}

// goroutinesEnd reports whether all goroutines except the caller end within a second:
// those that Dial has cancelled may still be on their way out.
func goroutinesEnd() bool {
	for range 100 {
		if runtime.NumGoroutine() == 1 {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// longTimeouts has the names that scripts of the runner see, so that texts here are
// theirs. TestNamesOfGo has the others.
var longTimeouts = dial.Options{TCPTimeout: time.Minute, TLSTimeout: time.Minute,
	Names: dial.Names{Field: scriptsName, Roots: "SSL_CERT_FILE"}}

func scriptsName(field string) string {
	return map[string]string{"TLS.CA": "tls.ca", "TLS.Cert": "tls.cert", "TLS.Key": "tls.key",
		"TLS.ServerName": "tls.serverName", "TLS.Insecure": "tls.insecure"}[field]
}

func TestDialTCP(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(conn net.Conn) { conn.Write([]byte("hello")) })
	conn, err := dialURL(t, "ws://"+address+"/", longTimeouts)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Raw.Close()
	buf := make([]byte, 5)
	if _, err := conn.Transport.Read(buf); err != nil || string(buf) != "hello" {
		t.Errorf("read %q, %v", buf, err)
	}
	if conn.Transport != conn.Raw || conn.TLS != nil || conn.Remote != address {
		t.Errorf("got %+v", conn)
	}
}

func TestDialRefused(t *testing.T) {
	address := closedPort(t)
	conn, err := dialURL(t, "ws://"+address+"/", longTimeouts)
	wantFailure(t, err, failure.PhaseTCP, failure.Refused, failure.MsgTransport)
	wantText(t, err, "dial tcp "+address+": connection refused: nothing listens there")
	if conn == nil || conn.Transport != nil || conn.Raw != nil || conn.Remote != "" {
		t.Errorf("got %+v", conn)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) && runtime.GOOS != "windows" {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestDialErrors(t *testing.T) {
	for _, c := range []struct {
		err      error
		category failure.Category
		message  string
		want     string
	}{
		{syscall.ECONNREFUSED, failure.Refused, failure.MsgTransport, "connection refused: nothing listens there"},
		{syscall.ECONNRESET, failure.Reset, failure.MsgTransport, "connection reset by the peer"},
		{syscall.ENETUNREACH, failure.Unreachable, failure.MsgTransport, "network is unreachable: check the network"},
		{syscall.EHOSTUNREACH, failure.Unreachable, failure.MsgTransport, "no route to host: check the network"},
		{syscall.EADDRNOTAVAIL, failure.Unreachable, failure.MsgTransport,
			syscall.EADDRNOTAVAIL.Error() + ": no local port is left to reach it from"},
		{syscall.ETIMEDOUT, failure.Timeout, failure.MsgTimerExpired, "connection timed out"},
		{syscall.EMFILE, failure.Internal, failure.MsgTransport, "too many open files: raise the limit (ulimit -n)"},
		{errors.New("no such gate"), failure.Internal, failure.MsgTransport, "no such gate"},
	} {
		if _, isErrno := c.err.(syscall.Errno); isErrno && runtime.GOOS == "windows" {
			continue
		}
		o := longTimeouts
		o.DialContext = func(_ context.Context, network, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", c.err)}
		}
		_, err := dialURL(t, "ws://example.com/", o)
		wantFailure(t, err, failure.PhaseTCP, c.category, c.message)
		if want := "dial tcp example.com:80: " + c.want; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestDialInvalidNeverResolves(t *testing.T) {
	ns := startNameserver(t, map[string][]string{"a.invalid": {"127.0.0.1"}})
	for _, host := range []string{"a.invalid", "A.INVALID.", "invalid"} {
		_, err := dialURL(t, "wss://"+host, longTimeouts)
		wantFailure(t, err, failure.PhaseDNS, failure.DNS, failure.MsgTransport)
	}
	if n := ns.queries.Load(); n != 0 {
		t.Errorf("%d queries", n)
	}
}

// A host that cannot be a name is not looked up, here or by a proxy, and is not shown
// whole.
func TestDialNamesThatAreTooLong(t *testing.T) {
	ns := startNameserver(t, nil)
	for length, tooLong := range map[int]bool{253: false, 254: true, 65_000: true} {
		host := strings.Repeat("a", length)
		o := longTimeouts
		o.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("far enough") }
		_, err := dialURL(t, "ws://"+host, o)
		o.Proxy = "http://" + host + ".:1"
		_, proxyErr := dialURL(t, "ws://peer.test/", o)
		for _, err := range []error{err, proxyErr} {
			if got := strings.Contains(err.Error(), ": no name has more than 253 bytes"); got != tooLong ||
				len(err.Error()) > 1000 {
				t.Errorf("of %d bytes: %.2000s", length, err)
			}
		}
	}
	if n := ns.queries.Load(); n != 0 {
		t.Errorf("%d queries", n)
	}
}

func TestDialNames(t *testing.T) {
	startNameserver(t, map[string][]string{"refusing.test": {"127.0.0.1"}})
	port := portOf(closedPort(t))
	for _, c := range []struct {
		host     string
		phase    failure.Phase
		category failure.Category
		want     string
	}{
		{"missing.test.", failure.PhaseDNS, failure.DNS, "look up missing.test.: name not found: check its spelling"},
		{"broken.test.", failure.PhaseDNS, failure.DNS, "look up broken.test.: the name server failed: server " +
			"misbehaving"},
		{"refusing.test.", failure.PhaseTCP, failure.Refused,
			"dial tcp refusing.test.:PORT (127.0.0.1:PORT): connection refused: nothing listens there"},
	} {
		_, err := dialURL(t, "ws://"+c.host+":"+port, longTimeouts)
		wantFailure(t, err, c.phase, c.category, failure.MsgTransport)
		wantText(t, err, strings.ReplaceAll(c.want, "PORT", port))
	}
}

func TestDialBothFamilies(t *testing.T) {
	startNameserver(t, map[string][]string{"both.test": {"127.0.0.1", "::1"}})
	for _, listener := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(listener, func(t *testing.T) {
			address := listen(t, listener, func(net.Conn) {})
			conn, err := dialURL(t, "ws://both.test.:"+portOf(address), longTimeouts)
			if err != nil {
				t.Fatal(err)
			}
			conn.Raw.Close()
			if conn.Remote != address {
				t.Errorf("reached %s, want %s", conn.Remote, address)
			}
		})
	}
}

func TestDialNameTimer(t *testing.T) {
	startNameserver(t, nil)
	_, err := dialURL(t, "ws://mute.test.", dial.Options{TCPTimeout: 50 * time.Millisecond})
	wantFailure(t, err, failure.PhaseDNS, failure.Timeout, failure.MsgTimerExpired)
	wantText(t, err, "look up mute.test.: no answer within 50ms")
}

func TestDialCancelledName(t *testing.T) {
	ns := startNameserver(t, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	closing := errors.New("closed by the script")
	go func() { <-ns.asked; cancel(closing) }()
	_, err := dial.Dial(ctx, parse(t, "ws://mute.test."), longTimeouts)
	wantFailure(t, err, failure.PhaseDNS, failure.Closed, failure.MsgTransport)
	wantText(t, err, "look up mute.test.: cancelled: closed by the script")
	if !errors.Is(err, closing) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestDialTCPTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := dial.Options{TCPTimeout: 3 * time.Second, DialContext: never}
		begin := time.Now()
		_, err := dialURL(t, "ws://example.com:81", o)
		wantFailure(t, err, failure.PhaseTCP, failure.Timeout, failure.MsgTimerExpired)
		wantText(t, err, "dial tcp example.com:81: no answer within 3s")
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestDialDeadlineOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		o := dial.Options{TCPTimeout: 3 * time.Second, DialContext: never}
		_, err := dial.Dial(ctx, parse(t, "ws://example.com:81"), o)
		wantFailure(t, err, failure.PhaseTCP, failure.Timeout, failure.MsgTimerExpired)
		wantText(t, err, "dial tcp example.com:81: context deadline exceeded")
	})
}

func TestDialPolicy(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(net.Conn) {})
	startNameserver(t, map[string][]string{"one.test": {"127.0.0.1"}, "both.test": {"::1", "127.0.0.1"}})
	var asked []string
	var mu sync.Mutex
	policy := func(refused string) func(context.Context, string, netip.AddrPort) error {
		asked = nil
		return func(_ context.Context, host string, addr netip.AddrPort) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, host+" "+addr.Addr().String())
			if addr.Addr().String() == refused {
				return errors.New("private address: see --allow")
			}
			return nil
		}
	}
	port := portOf(address)

	o := longTimeouts
	o.Policy = policy("")
	conn, err := dialURL(t, "ws://one.test.:"+port, o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
	if fmt.Sprint(asked) != "[one.test. 127.0.0.1]" {
		t.Errorf("asked %q", asked)
	}

	o.Policy = policy("127.0.0.1")
	_, err = dialURL(t, "ws://one.test.:"+port, o)
	wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)
	wantText(t, err, fmt.Sprintf("dial tcp one.test.:%s: the policy refuses its address: private address: see "+
		"--allow", port))

	// An IPv4 address in IPv6 clothes is still that address.
	o.Policy = policy("127.0.0.1")
	_, err = dialURL(t, "ws://[::ffff:127.0.0.1]:"+port, o)
	wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)

	// A refused address is passed over if there is another one.
	o.Policy = policy("::1")
	conn, err = dialURL(t, "ws://both.test.:"+port, o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
	if slices.Sort(asked); fmt.Sprint(asked) != "[both.test. 127.0.0.1 both.test. ::1]" || conn.Remote != address {
		t.Errorf("asked %q, reached %s, want %s", asked, conn.Remote, address)
	}

	o.Policy = policy("127.0.0.1")
	o.DialContext = new(net.Dialer).DialContext
	conn, err = dialURL(t, "ws://"+address, o)
	if err != nil || len(asked) != 0 {
		t.Fatalf("asked about an injected dial: %v, %q", err, asked)
	}
	conn.Raw.Close()
}

// Of several addresses, the error is that of the first one that the policy has let
// through.
func TestDialPolicyAndErrors(t *testing.T) {
	startNameserver(t, map[string][]string{
		"first.test":  {"127.0.0.1", "127.0.0.3"},
		"last.test":   {"127.0.0.3", "127.0.0.1"},
		"family.test": {"::1", "127.0.0.3"},
		"none.test":   {"127.0.0.1", "::1"},
	})
	port := portOf(closedPort(t))
	o := longTimeouts
	o.Policy = func(_ context.Context, _ string, addr netip.AddrPort) error {
		if addr.Addr().String() != "127.0.0.3" {
			return errors.New("see --allow")
		}
		return nil
	}
	for _, host := range []string{"first.test.", "last.test.", "family.test."} {
		_, err := dialURL(t, "ws://"+host+":"+port, o)
		wantFailure(t, err, failure.PhaseTCP, failure.Refused, failure.MsgTransport)
		wantText(t, err, strings.NewReplacer("HOST", host, "PORT", port).Replace(
			"dial tcp HOST:PORT (127.0.0.3:PORT): connection refused: nothing listens there"))
	}
	_, err := dialURL(t, "ws://none.test.:"+port, o)
	wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)
}

// never dials until its context ends.
func never(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// listen serves each connection on its own and closes it when serve returns.
func listen(t *testing.T, address string, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil && strings.HasPrefix(address, "[") {
		t.Skipf("no IPv6 here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			loops.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); loops.Wait() })
	return listener.Addr().String()
}

// closedPort returns an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func portOf(address string) string {
	return strconv.Itoa(int(netip.MustParseAddrPort(address).Port()))
}

func parse(t *testing.T, url string) *dial.Target {
	t.Helper()
	target, err := dial.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func dialURL(t *testing.T, url string, o dial.Options) (*dial.Conn, error) {
	t.Helper()
	return dial.Dial(t.Context(), parse(t, url), o)
}

func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err.Error() != want {
		t.Errorf("got  %q\nwant %q", err, want)
	}
}

// dialOnce is the test binary's work when DIAL_TEST_URL is set: environment variables
// that crypto/x509 reads once need a process of their own.
func dialOnce(url string) int {
	target, err := dial.ParseURL(url)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	o := longTimeouts
	o.Proxy = os.Getenv("DIAL_TEST_PROXY")
	for range 2 {
		conn, err := dial.Dial(context.Background(), target, o)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(conn.TLS.Version)
		conn.Raw.Close()
	}
	return 0
}
