package dial_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

const withoutPorts = "TIDEWIRE_TEST_PORTS"

// A machine that has no local port left says so, and a connection that ends gives its port
// to the next. The machine is a network namespace with four ports.
func TestNoLocalPort(t *testing.T) {
	if os.Getenv(withoutPorts) != "" {
		noLocalPort(t)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestNoLocalPort$", "-test.v")
	child.Env = append(os.Environ(), withoutPorts+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
	}
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skipf("this machine gives us no network namespace: %v", err)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	}
}

// noLocalPort is the child's half.
func noLocalPort(t *testing.T) {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40003"), 0); err != nil {
		t.Skip(err)
	}
	if err := raiseLoopback(); err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:39999")
	if err != nil {
		t.Fatal(err)
	}
	target := parse(t, "ws://127.0.0.1:39999")
	var conns []*dial.Conn
	for {
		conn, err := dial.Dial(t.Context(), target, longTimeouts)
		if err == nil {
			if conns = append(conns, conn); len(conns) > 4 {
				t.Fatal("more connections than ports")
			}
			continue
		}
		wantFailure(t, err, failure.PhaseTCP, failure.Unreachable, failure.MsgTransport)
		wantText(t, err, "dial tcp 127.0.0.1:39999: cannot assign requested address: no local port is left to "+
			"reach it from, or no address: hold fewer connections, or widen the range of ports (on Linux sysctl "+
			"net.ipv4.ip_local_port_range)")
		break
	}
	last := conns[len(conns)-1]
	last.Raw.(*net.TCPConn).SetLinger(0) // its port is free at once
	last.Raw.Close()
	conn, err := dial.Dial(t.Context(), target, longTimeouts)
	if err != nil {
		t.Fatalf("with a port again: %v", err)
	}
	for _, conn := range append(conns[:len(conns)-1], conn) {
		conn.Raw.Close()
	}
	l.Close()
}

// raiseLoopback brings the interface lo up, which a new namespace has down.
func raiseLoopback() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS,
		uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}
