// Package proto is an RFC 6455 endpoint of either role as state machines without I/O, clock or goroutines. Reader turns
// received bytes into events. Outbox decides which frame is written next. Encoder turns frames into bytes. They share
// nothing: the caller carries a ping or a close from the Reader to the Outbox, and guards each as it sees fit.
//
//	bytes ── Reader ── events: text, binary, ping, pong, close
//	                             │ Pong, Answer
//	Push, Close, CloseNow ──── Outbox ── frames ── Encoder ── bytes
package proto

import (
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// Role says which side of the connection an endpoint is: a client masks what it sends, a server must not (RFC 6455 §5.1).
type Role uint8

// The roles.
const (
	Client Role = iota
	Server
)

// The rules that a peer can break, beside those of package wire (RFC 6455 §5).
var (
	errReservedBits = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgReservedBits,
		"peer set a reserved bit without an extension that defines it (RFC 6455 §5.2)")
	errControlFragmented = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgControlFragmented,
		"peer sent a fragmented control frame (RFC 6455 §5.5)")
	errMaskedFrame = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgMaskedFrame,
		"server sent a masked frame (RFC 6455 §5.1)")
	errUnmaskedFrame = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgUnmaskedClientFrame,
		"client sent a frame without a mask (RFC 6455 §5.1)")
	errNothingToContinue = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgContinuation,
		"peer sent a continuation frame with no message to continue (RFC 6455 §5.4)")
	errUnfinishedMessage = failure.New(failure.PhaseOpen, failure.Protocol, failure.MsgContinuation,
		"peer began a new message before the last one was finished (RFC 6455 §5.4)")
	errTextUTF8 = failure.New(failure.PhaseOpen, failure.UTF8, failure.MsgUTF8,
		"peer sent a text message that is not valid UTF-8 (RFC 6455 §8.1)")
)

// CloseCode is the code to fail the connection with when the peer broke err's rule (RFC 6455 §7.1.7, §7.4.1).
func CloseCode(err *failure.Error) int {
	switch err.Category {
	case failure.UTF8, failure.Deflate:
		return wire.CloseInvalidData
	case failure.TooBig:
		return wire.CloseTooBig
	}
	return wire.CloseProtocolError
}
