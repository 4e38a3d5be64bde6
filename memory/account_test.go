package memory_test

import (
	"sync"
	"testing"

	"github.com/tidewire/tidewire/memory"
)

func wantUsed(t *testing.T, a *memory.Account, want int64) {
	t.Helper()
	if got := a.Used(); got != want {
		t.Errorf("%d bytes are charged, want %d", got, want)
	}
}

func TestAccount(t *testing.T) {
	var a memory.Account
	a.Charge(10)
	a.Charge(5)
	a.Release(3)
	wantUsed(t, &a, 12)
	one, other := a.Share(), a.Share()
	one.Set(100)
	other.Set(1000)
	one.Set(40)
	wantUsed(t, &a, 1052)
	other.Set(0)
	one.Set(0)
	wantUsed(t, &a, 12)
}

func TestNoAccount(t *testing.T) {
	var none *memory.Account
	none.Charge(10)
	none.Release(3)
	share := none.Share()
	share.Set(5)
	wantUsed(t, none, 0)
}

func TestAccountIsShared(t *testing.T) {
	var a memory.Account
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			share := a.Share()
			for n := range int64(1000) {
				share.Set(n)
			}
			share.Set(1)
		})
	}
	users.Wait()
	wantUsed(t, &a, 4)
}
