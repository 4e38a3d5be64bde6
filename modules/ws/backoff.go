package ws

import (
	"strings"
	"time"
)

const (
	// comeBackPerSecond is how many kept sockets of one host come back in a second.
	comeBackPerSecond = 100

	// longestRetryAfter is the longest Retry-After that is heeded.
	longestRetryAfter = time.Hour

	slotWidth = time.Second / comeBackPerSecond
)

// host is the place that some kept sockets connect to. It spreads their attempts, so that
// a server that comes back is not met by all of them at once.
type host struct {
	members int

	// Each attempt has a slot of time of its own. next leads from a slot that is taken to
	// one that may be free.
	epoch time.Time
	next  map[int64]int64
}

func newHost(now time.Time) *host { return &host{epoch: now, next: make(map[int64]int64)} }

// first returns the bound of a socket's first pause: long enough for the kept sockets of
// the host to come back at comeBackPerSecond.
func (h *host) first() time.Duration { return time.Duration(h.members-1) * slotWidth }

// reserve returns when an attempt may begin that is to begin at due: then, or if that
// slot is taken in the first free one after it.
func (h *host) reserve(now, due time.Time) time.Time {
	if len(h.next) > 2*h.members+1000 {
		h.forget(now)
	}
	wanted := int64(due.Sub(h.epoch) / slotWidth)
	free := wanted
	for h.next[free] != 0 {
		free = h.next[free]
	}
	for slot := wanted; slot != free; { // the next search takes one step
		slot, h.next[slot] = h.next[slot], free+1
	}
	h.next[free] = free + 1
	return due.Add(time.Duration(free-wanted) * slotWidth)
}

// forget drops the slots that are past.
func (h *host) forget(now time.Time) {
	past := int64(now.Sub(h.epoch) / slotWidth)
	for slot := range h.next {
		if slot < past {
			delete(h.next, slot)
		}
	}
}

// hostOf returns the scheme and the authority of a URL, without user name and password.
func hostOf(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return strings.ToLower(scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:])
}

// ceiling is min·2ⁿ, at most max.
func ceiling(shortest, longest time.Duration, n int) time.Duration {
	for ; n > 0 && shortest < longest; n-- {
		shortest *= 2
	}
	return min(shortest, longest)
}
