// Package memory bounds the memory that a script takes outside of its Lua values: bytes
// on their way in and out, requests, connections. Each holder of such bytes charges the
// script's Account before it takes them and gives them back with Release. A charge that
// does not fit is refused, and ends its holder's own request or connection; the values of
// the Lua state have a limit of their own, so neither takes from the other.
//
// Charge by the block, not by the message: each call is an atomic operation on memory that
// all goroutines of a script share.
package memory

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// defaultParts says how large a default may be: a quarter of the account.
const defaultParts = 4

// ErrFull is what errors.Is finds in the error of a charge that does not fit.
var ErrFull = errors.New("memory for the network is used up")

// FullError is a charge that was refused. Nothing was charged.
type FullError struct {
	Bytes int64 // how many were asked for
	Used  int64 // how many of the limit were charged already
	Limit int64
}

func (e *FullError) Error() string {
	return fmt.Sprintf("%v: %d bytes do not fit, as %d of %d are taken", ErrFull, e.Bytes, e.Used, e.Limit)
}

// Unwrap gives ErrFull to errors.Is.
func (e *FullError) Unwrap() error { return ErrFull }

// Account counts the bytes that are held for one script, up to a limit. The zero value has
// none and no limit. All methods may be called from any goroutine, and on a nil Account,
// which counts and refuses nothing.
type Account struct {
	limit               int64 // constant; 0 means none
	used, peak, refused atomic.Int64
}

// New returns an account that refuses to go beyond limit bytes. 0 or less means no limit.
func New(limit int64) *Account { return &Account{limit: max(limit, 0)} }

// Figures is a snapshot of an Account.
type Figures struct {
	Used    int64 // bytes that are charged now
	Peak    int64 // the most that ever were
	Limit   int64 // the most that may be; 0 means no limit
	Refused int64 // charges that did not fit
}

// Figures returns how the account is used.
func (a *Account) Figures() Figures {
	if a == nil {
		return Figures{}
	}
	return Figures{Used: a.used.Load(), Peak: a.peak.Load(), Limit: a.limit, Refused: a.refused.Load()}
}

// Used returns how many bytes are charged now.
func (a *Account) Used() int64 { return a.Figures().Used }

// Limit returns how many bytes may be charged at once. 0 means that there is no limit.
func (a *Account) Limit() int64 { return a.Figures().Limit }

// Default returns bytes as the default of a limit, such as that of a queue: at most a
// quarter of the account's own.
func (a *Account) Default(bytes int64) int64 {
	if limit := a.Limit(); limit > 0 {
		return min(bytes, max(limit/defaultParts, 1))
	}
	return bytes
}

// Charge counts bytes that are about to be taken, until Release. If they do not fit it
// charges nothing and returns a *FullError.
func (a *Account) Charge(bytes int64) error {
	if a == nil || bytes == 0 {
		return nil
	}
	for {
		used := a.used.Load()
		if a.limit > 0 && bytes > a.limit-used {
			a.refused.Add(1)
			return &FullError{Bytes: bytes, Used: used, Limit: a.limit}
		}
		if a.used.CompareAndSwap(used, used+bytes) {
			a.notePeak(used + bytes)
			return nil
		}
	}
}

// Take is Charge for bytes that are there already and that something else bounds: it goes
// beyond the limit.
func (a *Account) Take(bytes int64) {
	if a != nil && bytes != 0 {
		a.notePeak(a.used.Add(bytes))
	}
}

// Release takes back bytes that were charged.
func (a *Account) Release(bytes int64) {
	if a != nil && bytes != 0 {
		a.used.Add(-bytes)
	}
}

func (a *Account) notePeak(used int64) {
	for peak := a.peak.Load(); used > peak; peak = a.peak.Load() {
		if a.peak.CompareAndSwap(peak, used) {
			return
		}
	}
}
