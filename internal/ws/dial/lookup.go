package dial

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/permission"
)

// policies are those of Options. The zero value allows everything.
type policies struct {
	name    func(ctx context.Context, host string, port uint16) error
	address func(ctx context.Context, host string, addr netip.AddrPort) error
	words   permission.Words
}

func (o *Options) policies() policies { return policies{o.NamePolicy, o.Policy, o.Words.OrPlain()} }

// deniedError is the policy's refusal of an address, or of a name. Its text may reach a
// script, which must not learn the address of a name that it may not reach; forLog is for
// the log.
type deniedError struct {
	addr  netip.AddrPort // that host resolves to; the zero AddrPort for host itself
	err   error
	words permission.Words
}

func (e *deniedError) Error() string {
	if !e.addr.IsValid() {
		return "the policy refuses it: " + e.reason()
	}
	return "the policy refuses its address: " + e.reason()
}

// reason is the policy's error in words.
func (e *deniedError) reason() string {
	var refused *permission.Refusal
	if errors.As(e.err, &refused) {
		return e.words(*refused, permission.Whole)
	}
	return e.err.Error()
}

// forLog returns the line for the log, "" if the text says it all.
func (e *deniedError) forLog() string {
	if !e.addr.IsValid() {
		return ""
	}
	line := fmt.Sprintf("a connection to %s was refused: %s", e.addr, e.reason())
	var refused *permission.Refusal
	if errors.As(e.err, &refused) && refused.Rule != "" {
		line += " (" + e.words(*refused, permission.RuleAlone) + ")"
	}
	return line
}

func (e *deniedError) Unwrap() error { return e.err }

// maxName is how long a name may be in a look-up, without its last dot (RFC 1035 §2.3.4).
const maxName = 253

// checkName refuses a name that must not be looked up (RFC 6761 §6.4), or cannot be. The
// texts of the steps after it show names as they are.
func checkName(host string) error {
	bare, rule := strings.TrimSuffix(host, "."), ""
	switch {
	case len(bare) > maxName:
		rule = fmt.Sprintf("no name has more than %d bytes (RFC 1035): check its spelling", maxName)
	case bare == "invalid" || strings.HasSuffix(bare, ".invalid"):
		rule = "names under .invalid never resolve (RFC 6761 §6.4)"
	default:
		return nil
	}
	return failure.New(failure.PhaseDNS, failure.DNS, failure.MsgTransport, "look up %s: %s",
		failure.Bounded(host), rule)
}

// allowName judges a name before it is looked up, since a name server should not hear of
// one that is refused anyway. The error is a *deniedError.
func (p policies) allowName(ctx context.Context, host string, port uint16) error {
	if _, err := netip.ParseAddr(host); err == nil || p.name == nil {
		return nil
	}
	if err := p.name(ctx, host, port); err != nil {
		return &deniedError{err: err, words: p.words}
	}
	return nil
}

// allowAddress judges an address of host. The error is a *deniedError.
func (p policies) allowAddress(ctx context.Context, host string, addr netip.AddrPort) error {
	if p.address == nil {
		return nil
	}
	err := p.address(ctx, host, addr)
	switch _, notAddress := netip.ParseAddr(host); {
	case err == nil:
		return nil
	case notAddress == nil:
		return &deniedError{err: err, words: p.words}
	}
	return &deniedError{addr, err, p.words}
}
