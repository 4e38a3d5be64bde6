// Package policy says which hosts, addresses and ports a script may reach: an allow-list,
// which may be absent, and a deny-list, which wins.
package policy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/permission"
)

// Policy is two lists of rules. It is constant after Parse, so any number of goroutines
// may Check at once.
type Policy struct {
	allow []rule
	deny  []rule
	open  bool // no rule allows, which allows everything that is not denied
}

// Parse reads the items of both lists; an item may be several with commas between them:
//
//	example.com       a name, and whatever address it resolves to
//	*.example.com     its subdomains, not the name itself
//	192.0.2.7         an address; one of IPv6 with or without brackets
//	192.0.2.0/24      the addresses of a network
//	localhost         the loopback addresses of both families
//	$private          the addresses that lead inwards, see private
//
// Each may end in a port, as in example.com:443, [2001:db8::1]:443 or
// [2001:db8::]/32:443. Without any item in allow everything is allowed. toASCII turns a
// name that is not ASCII into the form that a look-up uses (IDNA). The error is a
// *permission.ListError.
func Parse(allow, deny []string, toASCII func(string) (string, error)) (*Policy, error) {
	p := &Policy{open: len(allow) == 0}
	var err error
	if p.allow, err = parseList("allow", allow, toASCII); err != nil {
		return nil, err
	}
	if p.deny, err = parseList("deny", deny, toASCII); err != nil {
		return nil, err
	}
	return p, nil
}

func parseList(list string, items []string, toASCII func(string) (string, error)) ([]rule, error) {
	var rules []rule
	for _, some := range items {
		for item := range strings.SplitSeq(some, ",") {
			item = strings.TrimSpace(item)
			r, err := parseRule(item, toASCII)
			if err != nil {
				return nil, &permission.ListError{List: list, Item: item, Err: err}
			}
			rules = append(rules, r)
		}
	}
	return rules, nil
}

// ErrName marks a refusal that depends on the name alone: it holds whatever addresses the
// name has.
var ErrName = errors.New("the name is refused, whatever its addresses")

// refusal is the error of Check.
type refusal struct {
	permission.Refusal
	ofName bool
}

// Unwrap gives the *permission.Refusal to errors.As.
func (r *refusal) Unwrap() error { return &r.Refusal }

// Is makes a refusal of a name an ErrName.
func (r *refusal) Is(target error) bool { return r.ofName && target == ErrName }

// Check returns nil if host may be reached at addr, and an error that wraps a
// *permission.Refusal otherwise. host is a name or an address; addr is the address about
// to be dialled, or has the port alone where it is not known: a proxy resolves the name,
// or it is still to be looked up. Then rules about addresses match nothing, those that deny
// loopback match the names of localhost, and an error other than ErrName holds for the
// proxy's case alone.
func (p *Policy) Check(_ context.Context, host string, addr netip.AddrPort) error {
	t := newTarget(host, addr)
	for i := range p.deny {
		if r := &p.deny[i]; r.matchesAny(&t) {
			return t.refusedBy(r)
		}
	}
	if p.open {
		return nil
	}
	for i := range p.allow {
		if p.allow[i].matches(&t, t.addr) {
			return nil
		}
	}
	return &refusal{permission.Refusal{Permission: permission.Net, Item: t.named()}, !p.allowsAddresses(t.port)}
}

// allowsAddresses reports whether some address at this port is allowed, by whatever name.
func (p *Policy) allowsAddresses(port uint16) bool {
	return slices.ContainsFunc(p.allow, func(r rule) bool {
		return r.prefixes != nil && r.isAt(port)
	})
}

// target is the subject of a Check.
type target struct {
	host    string     // a name in lower case, without its last dot, or an address
	literal bool       // host is an address
	addr    netip.Addr // without zone, never IPv4-mapped; the zero Addr if it is not known
	port    uint16

	beyond []netip.Addr // those that addr leads to
}

func newTarget(host string, addr netip.AddrPort) target {
	t := target{host: canonicalName(host), addr: addr.Addr(), port: addr.Port()}
	literal, err := netip.ParseAddr(t.host)
	if err == nil {
		literal = plain(literal)
		t.host, t.literal = literal.String(), true
	}
	if t.addr.IsValid() {
		t.addr = plain(t.addr)
	} else {
		t.addr = literal // the zero Addr if it is none
	}
	t.beyond = leadsTo(t.addr)
	return t
}

// named is how a person writes the target: "host:port".
func (t *target) named() string { return net.JoinHostPort(t.host, strconv.Itoa(int(t.port))) }

// refusedBy is the refusal of the target by a rule of the deny-list. The rule is a secret
// if it would give away the address that a name has.
func (t *target) refusedBy(r *rule) *refusal {
	open := t.literal || r.name != "" || r.isGroup()
	of := permission.Refusal{Permission: permission.Net, Item: t.named(), Rule: r.text, Secret: !open}
	return &refusal{of, r.name != ""}
}

// canonicalName is the form in which names are compared.
func canonicalName(name string) string { return strings.TrimRight(strings.ToLower(name), ".") }

// OfName makes a question about a name that is still to be looked up from one about an
// address: of its errors those that are ErrName count. nil stays nil.
func OfName(ask func(ctx context.Context, host string, addr netip.AddrPort) error,
) func(ctx context.Context, host string, port uint16) error {
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, host string, port uint16) error {
		if err := ask(ctx, host, netip.AddrPortFrom(netip.Addr{}, port)); errors.Is(err, ErrName) {
			return err
		}
		return nil
	}
}
