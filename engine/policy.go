package engine

import (
	"context"
	"net/netip"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/policy"
)

// Policy decides which addresses may be dialled. It is asked about each address that is
// about to be connected to, after the name was resolved; host is the name as the URL has
// it, in ASCII. A non-nil error refuses the address, which is then passed over. If none
// is left the connection ends as "Connection rejected", with the first error's text in
// End.Detail. That reaches a script, which must not learn where a name leads: the text
// should not name addr, which the engine logs. An error that wraps a *permission.Refusal
// is worded by Options.Words. A Policy is called from several goroutines at once and must
// not block.
//
// Before a name is looked up it is asked about the name, with the port alone: addr.Addr()
// is the zero Addr. There only an error that is ErrNameRefused counts, and ends the
// connection before a name server has heard of the name.
//
// Through a proxy it is asked about the server before anything is sent. Where the name is
// left to the proxy to resolve, addr has the port alone, and every error counts. A proxy
// of ConnectOptions is asked about like a server, by address; one of Options.Proxy is
// not, as it is the embedder's choice.
type Policy func(ctx context.Context, host string, addr netip.AddrPort) error

// ErrNameRefused marks a refusal that holds for a name whatever its addresses: a Policy
// returns it, or an error that wraps it, and the name is not looked up. Refusals of a
// NewPolicy that depend on the name alone wrap it.
var ErrNameRefused = policy.ErrName

// NewPolicy returns the policy of two lists. Its errors wrap a *permission.Refusal.
// Without any item in allow every address is allowed; deny wins. Each item is one of
// these, or several with commas between them:
//
//	example.com       a name, and whatever address it resolves to
//	*.example.com     its subdomains, not the name itself
//	192.0.2.7         an address; one of IPv6 with or without brackets
//	192.0.2.0/24      the addresses of a network
//	localhost         the loopback addresses of both families
//	$private          addresses that lead inwards: loopback, private, link-local,
//	                  a cloud's metadata, shared, reserved, unspecified
//
// and may end in a port, as in example.com:443 or [2001:db8::1]:443. An address is the
// same in every spelling, and is denied, too, where an IPv6 address leads to it through
// NAT64, 6to4 or the like, or 0.0.0.0 or [::] does. Where a proxy resolves the name only
// the items that are names say anything. The error is a
// *permission.ListError, which names the item that cannot be read.
func NewPolicy(allow, deny []string) (Policy, error) {
	p, err := policy.Parse(allow, deny, dial.ASCIIName)
	if err != nil {
		return nil, err
	}
	return p.Check, nil
}
