package dial

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/tidewire/tidewire/internal/failure"
)

// policies are those of Options. The zero value allows everything.
type policies struct {
	name    func(ctx context.Context, host string, port uint16) error
	address func(ctx context.Context, host string, addr netip.AddrPort) error
}

func (o *Options) policies() policies { return policies{o.NamePolicy, o.Policy} }

// deniedError is the policy's refusal of an address, or of a name.
type deniedError struct {
	addr netip.AddrPort // the zero AddrPort for a name
	err  error
}

func (e *deniedError) Error() string {
	if !e.addr.IsValid() {
		return fmt.Sprintf("the policy refuses it: %v", e.err)
	}
	return fmt.Sprintf("the policy refuses %s: %v", e.addr, e.err)
}

func (e *deniedError) Unwrap() error { return e.err }

// maxName is how long a name may be in a look-up, without its last dot (RFC 1035 §2.3.4).
const maxName = 253

// checkName refuses a name that must not be looked up (RFC 6761 §6.4), or cannot be. The texts of what comes after it show
// names as they are.
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
	return failure.New(failure.PhaseDNS, failure.DNS, failure.MsgTransport, "look up %s: %s", failure.Bounded(host), rule)
}

// addresses returns those addresses of host that the policies let through, one at least, in the resolver's order. The name
// is judged before the look-up, since a name server should not hear of one that is refused anyway. Of the addresses some
// may be refused: these are passed over. The error is a *deniedError if nothing is left, that of the first address.
func (p policies) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(host); err == nil { // needs no look-up
		return p.allowed(ctx, host, []netip.AddrPort{netip.AddrPortFrom(addr.Unmap(), port)})
	}
	if p.name != nil {
		if err := p.name(ctx, host, port); err != nil {
			return nil, &deniedError{err: err}
		}
	}
	found, err := resolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	var addrs []netip.AddrPort
	for _, ip := range found {
		if addr, ok := netip.AddrFromSlice(ip.IP); ok {
			addrs = append(addrs, netip.AddrPortFrom(addr.Unmap().WithZone(ip.Zone), port))
		}
	}
	return p.allowed(ctx, host, addrs)
}

// allowed is addresses for those that are known.
func (p policies) allowed(ctx context.Context, host string, addrs []netip.AddrPort) ([]netip.AddrPort, error) {
	if p.address == nil {
		return addrs, nil
	}
	var left []netip.AddrPort
	var first error
	for _, addr := range addrs {
		if err := p.address(ctx, host, addr); err == nil {
			left = append(left, addr)
		} else if first == nil {
			first = &deniedError{addr, err}
		}
	}
	if len(left) == 0 {
		return nil, first
	}
	return left, nil
}

// families parts addresses into those of the first one's family and the others, each in their order.
func families(addrs []netip.AddrPort) (first, second []netip.AddrPort) {
	for _, addr := range addrs {
		if addr.Addr().Is4() == addrs[0].Addr().Is4() {
			first = append(first, addr)
		} else {
			second = append(second, addr)
		}
	}
	return first, second
}
