package policy

import (
	"net/netip"
	"slices"
)

// loopback holds the addresses of localhost.
var loopback = prefixes("127.0.0.0/8", "::1/128")

// private holds the addresses of $private: those reached only from within this machine,
// its link, its network or its cloud (RFC 6890 and the registries that it began).
var private = slices.Concat(loopback, prefixes(
	"0.0.0.0/8",        // this network; 0.0.0.0 itself is this machine
	"10.0.0.0/8",       // RFC 1918
	"100.64.0.0/10",    // shared with the provider, RFC 6598; has a cloud's metadata at 100.100.100.200
	"168.63.129.16/32", // a cloud's platform service, under a public address
	"169.254.0.0/16",   // link-local; metadata at 169.254.169.254
	"172.16.0.0/12",    // RFC 1918
	"192.0.0.0/24",     // protocol assignments; has a cloud's metadata at 192.0.0.192
	"192.168.0.0/16",   // RFC 1918
	"198.18.0.0/15",    // benchmarks, RFC 2544
	"240.0.0.0/4",      // reserved, used within clouds; the broadcast address
	"::/128",           // unspecified: this machine
	"64:ff9b:1::/48",   // translation within a network, RFC 8215
	"fc00::/7",         // unique local, RFC 4193; has metadata at fd00:ec2::254
	"fe80::/10",        // link-local
	"fec0::/10",        // site-local, deprecated
))

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func contains(list []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// plain is an address in its one spelling: without a zone, and IPv4 rather than
// IPv4-mapped IPv6.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// plainPrefix is plain for a network.
func plainPrefix(prefix netip.Prefix) netip.Prefix {
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked()
}

// The networks of IPv6 whose addresses have one of IPv4 within, at a place that is fixed.
var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")             // RFC 6052
	siit      = netip.MustParsePrefix("::ffff:0:0:0/96")          // RFC 2765
	v4compat  = netip.MustParsePrefix("::/96")                    // RFC 4291 §2.5.5.1, deprecated
	sixToFour = netip.MustParsePrefix("2002::/16")                // 6to4, RFC 3056
	teredo    = netip.MustParsePrefix("2001::/32")                // RFC 4380
	isatap    = [][4]byte{{0, 0, 0x5e, 0xfe}, {2, 0, 0x5e, 0xfe}} // the interface's half begins so, RFC 5214 §6.1
)

// thisMachine is where a connection to an unspecified address arrives, whichever family's
// it is: Linux keeps to the family, package net on Windows does not.
var thisMachine = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// leadsTo returns the further addresses that addr leads to: the loopback addresses if it
// is unspecified, the IPv4 address into which a translator or a tunnel turns an IPv6 one.
func leadsTo(addr netip.Addr) []netip.Addr {
	if addr.IsUnspecified() {
		return thisMachine
	}
	if !addr.Is6() {
		return nil
	}
	b := addr.As16()
	last := netip.AddrFrom4([4]byte(b[12:]))
	var found []netip.Addr
	if nat64.Contains(addr) || siit.Contains(addr) || v4compat.Contains(addr) ||
		slices.Contains(isatap, [4]byte(b[8:12])) {
		found = append(found, last)
	}
	if sixToFour.Contains(addr) {
		found = append(found, netip.AddrFrom4([4]byte(b[2:6])))
	}
	if teredo.Contains(addr) { // its server, and its client with all bits turned over
		client := [4]byte{^b[12], ^b[13], ^b[14], ^b[15]}
		found = append(found, netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4(client))
	}
	return found
}
