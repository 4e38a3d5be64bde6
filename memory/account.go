// Package memory counts the memory that a script takes outside of its Lua values:
// messages that wait to be sent or to be delivered. Each holder of such bytes is given
// the script's Account and charges it. The account counts and bounds nothing yet.
package memory

import "sync/atomic"

// Account counts the bytes that are held for one script. The zero value has none. All
// methods may be called from any goroutine, and on a nil Account, which counts nothing.
type Account struct{ used atomic.Int64 }

// Charge counts bytes that are held from now on, until Release.
func (a *Account) Charge(bytes int64) {
	if a != nil && bytes != 0 {
		a.used.Add(bytes)
	}
}

// Release takes back bytes that were charged.
func (a *Account) Release(bytes int64) { a.Charge(-bytes) }

// Used returns how many bytes are charged now.
func (a *Account) Used() int64 {
	if a == nil {
		return 0
	}
	return a.used.Load()
}

// A Share is the part of an Account that one queue is charged with. The queue's lock or
// owner guards it, too.
type Share struct {
	account *Account
	charged int64
}

// Share returns a part of a for one queue, without bytes.
func (a *Account) Share() Share { return Share{account: a} }

// Set makes the part as large as the queue is now.
func (s *Share) Set(bytes int64) {
	s.account.Charge(bytes - s.charged)
	s.charged = bytes
}
