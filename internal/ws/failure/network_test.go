//go:build unix

package failure_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

func TestNetwork(t *testing.T) {
	for _, c := range []struct {
		err  error
		want failure.Category
	}{
		{syscall.ECONNREFUSED, failure.Refused},
		{syscall.ECONNRESET, failure.Reset},
		{syscall.EPIPE, failure.Reset},
		{syscall.EHOSTUNREACH, failure.Unreachable},
		{syscall.ENETUNREACH, failure.Unreachable},
		{syscall.ETIMEDOUT, failure.Timeout},
		{context.DeadlineExceeded, failure.Timeout},
		{os.ErrDeadlineExceeded, failure.Timeout},
		{syscall.EMFILE, failure.Internal},
		{errors.New("anything else"), failure.Internal},
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", c.err)}
		if got := failure.Network(err); got != c.want {
			t.Errorf("%v: got %s, want %s", c.err, got, c.want)
		}
	}
}
