package logging

import (
	"log/slog"
	"time"
)

// How much is logged: a place in our code may log siteBurst entries at once and then
// siteRate a second, whatever they say, since a peer can put something new into each. Of
// the same message, attributes aside, at most messageBurst come at once and then one a
// second. A bucket fills up while nothing is logged.
const (
	siteBurst    = 50
	siteRate     = 5
	messageBurst = 10
	messageRate  = 1

	// summaryInterval is how often the log says how many entries were left out.
	summaryInterval = time.Second

	// maxMessages bounds the different messages remembered. Beyond it they are forgotten:
	// nothing is lost but the limit of each message for a moment, and that of its place
	// still holds.
	maxMessages = 1000
)

// limits decides which entries are left out. Not safe for concurrent use.
type limits struct {
	sites    map[uintptr]*site // by program counter: as many as there are log calls
	messages map[string]*bucket
}

// site is a place that logs.
type site struct {
	bucket
	leftOut leftOut
}

// leftOut are entries that were not written.
type leftOut struct {
	count   int
	level   slog.Level // the highest
	message string     // the last one
}

// bucket lets entries through at a rate.
type bucket struct {
	tokens float64
	at     time.Time
}

func newLimits() limits {
	return limits{sites: make(map[uintptr]*site), messages: make(map[string]*bucket)}
}

// allow reports whether r is to be written, and otherwise counts it.
func (l *limits) allow(r slog.Record, now time.Time) bool {
	at := l.sites[r.PC]
	if at == nil {
		at = &site{bucket: bucket{siteBurst, now}}
		l.sites[r.PC] = at
	}
	// The message first: one that comes over and over must not use up the share of others
	// from its place.
	if l.message(r, now).take(now, messageRate, messageBurst) && at.take(now, siteRate, siteBurst) {
		return true
	}
	at.leftOut.add(r)
	return false
}

// message returns the bucket of r's message.
func (l *limits) message(r slog.Record, now time.Time) *bucket {
	key := firstLine(cut(r.Message, maxSummary))
	if b := l.messages[key]; b != nil {
		return b
	}
	if len(l.messages) >= maxMessages {
		clear(l.messages)
	}
	b := &bucket{messageBurst, now}
	l.messages[key] = b
	return b
}

// takeLeftOut returns the counts of entries left out since the last call, by place.
func (l *limits) takeLeftOut() []leftOut {
	var all []leftOut
	for _, at := range l.sites {
		if at.leftOut.count > 0 {
			all = append(all, at.leftOut)
			at.leftOut = leftOut{}
		}
	}
	return all
}

func (o *leftOut) add(r slog.Record) {
	if o.count == 0 || r.Level > o.level {
		o.level = r.Level
	}
	o.count++
	o.message = cut(r.Message, maxSummary)
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
