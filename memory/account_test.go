package memory_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/memory"
)

func want(t *testing.T, a *memory.Account, want memory.Figures) {
	t.Helper()
	if got := a.Figures(); got != want {
		t.Errorf("figures are %+v, want %+v", got, want)
	}
}

func wantFull(t *testing.T, err error, want memory.FullError) {
	t.Helper()
	var full *memory.FullError
	if !errors.Is(err, memory.ErrFull) || !errors.As(err, &full) || *full != want {
		t.Errorf("the error is %v, want one like %v", err, &want)
	}
}

func wantFits(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestCharge(t *testing.T) {
	a := memory.New(100)
	wantFits(t, a.Charge(60))
	wantFull(t, a.Charge(41), memory.FullError{Bytes: 41, Used: 60, Limit: 100})
	want(t, a, memory.Figures{Used: 60, Peak: 60, Limit: 100, Refused: 1})
	wantFits(t, a.Charge(40))
	a.Release(70)
	wantFits(t, a.Charge(10))
	want(t, a, memory.Figures{Used: 40, Peak: 100, Limit: 100, Refused: 1})
}

// A charge near the greatest number is refused, and does not wrap round.
func TestHugeCharge(t *testing.T) {
	a := memory.New(100)
	wantFits(t, a.Charge(60))
	if a.Charge(1<<63-1) == nil {
		t.Error("the greatest charge fits")
	}
	a.Take(100) // beyond the limit
	if a.Charge(1<<63-1) == nil {
		t.Error("the greatest charge fits beyond the limit")
	}
	want(t, a, memory.Figures{Used: 160, Peak: 160, Limit: 100, Refused: 2})
}

func TestTake(t *testing.T) {
	a := memory.New(100)
	a.Take(150)
	wantFull(t, a.Charge(1), memory.FullError{Bytes: 1, Used: 150, Limit: 100})
	wantFits(t, a.Charge(0))
	a.Release(51)
	wantFits(t, a.Charge(1))
	want(t, a, memory.Figures{Used: 100, Peak: 150, Limit: 100, Refused: 1})
}

func TestNoLimit(t *testing.T) {
	for _, a := range []*memory.Account{new(memory.Account), memory.New(0), memory.New(-1)} {
		wantFits(t, a.Charge(1<<60))
		want(t, a, memory.Figures{Used: 1 << 60, Peak: 1 << 60})
		if got := a.Default(1 << 50); got != 1<<50 {
			t.Errorf("a default became %d", got)
		}
	}
}

func TestNoAccount(t *testing.T) {
	var none *memory.Account
	wantFits(t, none.Charge(10))
	none.Take(10)
	none.Release(3)
	share := none.Share()
	wantFits(t, share.Resize(5))
	want(t, none, memory.Figures{})
	if got := none.Default(7); got != 7 {
		t.Errorf("a default became %d", got)
	}
}

func TestDefault(t *testing.T) {
	for _, c := range []struct{ limit, bytes, want int64 }{
		{1000, 300, 250}, {1000, 200, 200}, {3, 10, 1}, {1, 0, 0},
	} {
		if got := memory.New(c.limit).Default(c.bytes); got != c.want {
			t.Errorf("with %d, a default of %d became %d, want %d", c.limit, c.bytes, got, c.want)
		}
	}
}

func TestShare(t *testing.T) {
	a := memory.New(100)
	one, other := a.Share(), a.Share()
	wantFits(t, one.Resize(80))
	wantFull(t, other.Resize(21), memory.FullError{Bytes: 21, Used: 80, Limit: 100})
	wantFits(t, other.Grow(15))
	wantFull(t, other.Grow(6), memory.FullError{Bytes: 6, Used: 95, Limit: 100})
	if got := other.Charged(); got != 15 {
		t.Errorf("the part is %d, want 15 as before", got)
	}
	wantFits(t, one.Resize(10))
	wantFits(t, other.Resize(90))
	one.Set(40)
	want(t, a, memory.Figures{Used: 130, Peak: 130, Limit: 100, Refused: 2})
	wantFits(t, one.Resize(30)) // it shrinks, and that is never refused
	one.Close()
	other.Close()
	wantFits(t, one.Resize(1)) // it may be used again
	one.Close()
	want(t, a, memory.Figures{Peak: 130, Limit: 100, Refused: 2})
}

// Many holders together never go beyond the limit, nor is anything refused that fits.
func TestConcurrentUse(t *testing.T) {
	a := memory.New(4)
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for range 10_000 {
				if err := a.Charge(1); err != nil {
					t.Error(err)
					return
				}
				a.Release(1)
			}
		})
	}
	users.Go(func() {
		for range 10_000 {
			if a.Charge(5) == nil {
				t.Error("more than the limit fits")
				return
			}
		}
	})
	users.Wait()
	got := a.Figures()
	if got.Used != 0 || got.Peak > 4 || got.Refused != 10_000 {
		t.Errorf("figures are %+v", got)
	}
}

// A download charges what it holds, and gives it back at its end.
func ExampleAccount() {
	account := memory.New(1000)
	download := account.Share()
	defer download.Close()
	for _, chunk := range []int64{600, 300, 200} {
		if err := download.Grow(chunk); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(account.Used())
	// Output:
	// memory for the network is used up: 200 bytes do not fit, as 900 of 1000 are taken
	// 900
}

func BenchmarkCharge(b *testing.B) {
	a := memory.New(1 << 40)
	b.ReportAllocs()
	for b.Loop() {
		if a.Charge(64<<10) != nil {
			b.Fatal("refused")
		}
		a.Release(64 << 10)
	}
}
