package engine_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
)

// A dialer whose look-up hangs holds up neither Close nor Shutdown.
func TestHangingLookup(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{}, 8)
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		select {
		case asked <- struct{}{}:
		default: // for the servers and families that are asked besides
		}
		<-release // whatever becomes of the context
		return nil, errors.New("released")
	}}
	defer close(release)
	h := enginetest.New(t, engine.Options{DialContext: (&net.Dialer{Resolver: resolver}).DialContext})
	for _, end := range []func(engine.ID){
		func(id engine.ID) { h.Close(id, 1000, "") },
		func(engine.ID) { h.Abort() },
	} {
		h.ID = h.Connect("ws://hangs.test./", engine.ConnectOptions{})
		<-asked
		began := time.Now()
		end(h.ID)
		h.Want(`close 1006 ""`)
		if took := time.Since(began); took > time.Second {
			t.Errorf("the end took %v", took)
		}
	}
}
