// Package proto is an RFC 6455 endpoint of either role as state machines without I/O,
// clock or goroutines. Reader turns received bytes into events. Outbox decides which
// frame is written next. Encoder turns frames into bytes. They share nothing: the caller
// carries a ping or a close from the Reader to the Outbox, and guards each as it sees
// fit.
//
//	bytes ── Reader ── events: text, binary, ping, pong, close
//	                             │ Pong, Answer
//	Push, Close, CloseNow ──── Outbox ── frames ── Encoder ── bytes
package proto

import (
	"errors"

	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// Role says which side of the connection an endpoint is: a client masks its frames, a
// server must not (RFC 6455 §5.1).
type Role uint8

// The roles.
const (
	Client Role = iota
	Server
)

// CloseCode is the code to fail the connection with when the peer broke err's rule (RFC
// 6455 §7.1.7, §7.4.1).
func CloseCode(err error) int {
	var broken rule.Rule
	errors.As(err, &broken)
	switch broken {
	case rule.TextUTF8, rule.CloseReasonUTF8, rule.Deflate:
		return wire.CloseInvalidData
	case rule.MessageLength, rule.InflatedLength, rule.EmptyFragments, rule.Memory:
		return wire.CloseTooBig
	}
	return wire.CloseProtocolError
}
