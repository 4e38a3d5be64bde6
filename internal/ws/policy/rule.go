package policy

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// rule is one item of a list: a name, or addresses, at any port or at one.
type rule struct {
	text string // as it was written
	port uint16 // 0 means any

	name       string // in its canonical form; "" for a rule about addresses
	subdomains bool   // of name, not name itself

	prefixes  []netip.Prefix
	localhost bool // the name localhost means the prefixes where no address is known
}

// The rules that an item can break, each with the way to mend it. The exported ones get a
// longer text for a person who gave the list to a shell.
var (
	ErrEmpty  = errors.New("it is empty")
	ErrHyphen = errors.New("no host: none begins with a hyphen")
	ErrStar   = errors.New("a star can only stand for subdomains, as in *.example.com")

	errGroup   = errors.New("no such group: there is $private")
	errURL     = errors.New("a URL: write its host alone, with the port if it matters, as in example.com:443")
	errPort    = errors.New("no port from 1 to 65535 behind the colon")
	errNetwork = errors.New("no network: write it as in 10.0.0.0/8 or 2001:db8::/32")
	errNumber  = errors.New("a host that ends in a number and is no IPv4 address: write four numbers from 0 to 255")
	errBracket = errors.New("no IPv6 address between the brackets: write it as in [2001:db8::1]:443")
	errZone    = errors.New("an address with a zone: remove the % and what is behind it")
	errName    = errors.New("no host name: write it as in example.com, *.example.com, 192.0.2.7, " +
		"[2001:db8::1]:443, 10.0.0.0/8 or $private")
)

func parseRule(item string, toASCII func(string) (string, error)) (rule, error) {
	if item == "" {
		return rule{}, ErrEmpty
	}
	if item[0] == '-' { // a flag that follows an empty list would else be a host
		return rule{}, ErrHyphen
	}
	if strings.Contains(item, "://") {
		return rule{}, errURL
	}
	r := rule{text: item}
	host, port, err := splitPort(item)
	if err != nil {
		return rule{}, err
	}
	r.port = port
	switch {
	case strings.HasPrefix(host, "$"):
		if strings.ToLower(host) != "$private" {
			return rule{}, errGroup
		}
		r.prefixes, r.localhost = private, true
	case strings.ContainsAny(host, "[]:/") || endsInNumber(host):
		prefix, err := parseAddresses(host)
		if err != nil {
			return rule{}, err
		}
		r.prefixes = []netip.Prefix{prefix}
	default:
		err = r.setName(host, toASCII)
	}
	return r, err
}

// splitPort takes a port off an item's end. The colons of an IPv6 address without
// brackets begin none.
func splitPort(item string) (host string, port uint16, err error) {
	colon := strings.LastIndexByte(item, ':')
	if colon < 0 || strings.HasSuffix(item, "]") || !strings.Contains(item, "]") && strings.Count(item, ":") > 1 {
		return item, 0, nil
	}
	if slash := strings.LastIndexByte(item, '/'); slash > colon { // [2001:db8::]/32
		return item, 0, nil
	}
	number, err := strconv.ParseUint(item[colon+1:], 10, 16)
	if err != nil || number == 0 {
		return "", 0, errPort
	}
	return item[:colon], uint16(number), nil
}

// parseAddresses reads an address or a network. Brackets may enclose the address, or all
// of it.
func parseAddresses(host string) (netip.Prefix, error) {
	bare, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		address, behind, closed := strings.Cut(bare, "]")
		if !closed || behind != "" && behind[0] != '/' {
			return netip.Prefix{}, errBracket
		}
		bare = address + behind
	}
	if strings.Contains(bare, "%") {
		return netip.Prefix{}, errZone
	}
	if strings.Contains(bare, "/") {
		prefix, err := netip.ParsePrefix(bare)
		if err != nil || bracketed && !prefix.Addr().Is6() {
			return netip.Prefix{}, errNetwork
		}
		return plainPrefix(prefix), nil
	}
	addr, err := netip.ParseAddr(bare)
	switch {
	case err == nil && !(bracketed && addr.Is4()):
		addr = plain(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	case strings.ContainsAny(host, "[]:"):
		return netip.Prefix{}, errBracket
	}
	return netip.Prefix{}, errNumber
}

// setName makes a rule of a name.
func (r *rule) setName(host string, toASCII func(string) (string, error)) error {
	name, subdomains := strings.CutPrefix(host, "*.")
	if strings.Contains(name, "*") {
		return ErrStar
	}
	if !isASCII(name) {
		var err error
		if name, err = toASCII(name); err != nil {
			return err
		}
	}
	name = canonicalName(name)
	switch {
	case !IsName(name):
		return errName
	case endsInNumber(name): // as the digits of other scripts do
		return errNumber
	case name == "localhost" && !subdomains:
		r.prefixes, r.localhost = loopback, true
		return nil
	}
	r.name, r.subdomains = name, subdomains
	return nil
}

// matches reports whether the rule is about the target, taken to be at addr.
func (r *rule) matches(t *target, addr netip.Addr) bool {
	switch {
	case !r.isAt(t.port):
		return false
	case r.subdomains:
		return strings.HasSuffix(t.host, "."+r.name)
	case r.name != "":
		return t.host == r.name
	case !addr.IsValid():
		return r.localhost && isLocalhost(t.host)
	}
	return contains(r.prefixes, addr)
}

// isGroup reports whether the rule is about addresses that it does not list: $private,
// localhost.
func (r *rule) isGroup() bool { return r.localhost }

// matchesAny is matches for denied addresses: an address is refused also for one that it
// leads to, and a name of this machine whose address is not known for any of loopback.
func (r *rule) matchesAny(t *target) bool {
	if r.matches(t, t.addr) {
		return true
	}
	for _, addr := range t.beyond {
		if r.matches(t, addr) {
			return true
		}
	}
	return !t.addr.IsValid() && isLocalhost(t.host) && r.isAt(t.port) && slices.ContainsFunc(r.prefixes, overlapsLoopback)
}

// isAt reports whether the rule is about a port.
func (r *rule) isAt(port uint16) bool { return r.port == 0 || r.port == port }

func overlapsLoopback(p netip.Prefix) bool { return slices.ContainsFunc(loopback, p.Overlaps) }

// isLocalhost knows the names that never leave this machine (RFC 6761 §6.3).
func isLocalhost(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// IsName reports whether s is a host name as people write it: no spelling of an address,
// nothing that lists know.
func IsName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return s != "" && s[0] != '.' && !strings.Contains(s, "..")
}

// endsInNumber reports whether some resolver may take the host for an IPv4 address, such
// as 127.1 or 0x7f000001. No name ends in such a label.
func endsInNumber(host string) bool {
	host = strings.TrimRight(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, isHex := strings.CutPrefix(last, "0x"); isHex {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }
