package policy_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/permission"
)

// toASCII takes the place of IDNA, which the package does not know.
func toASCII(name string) (string, error) {
	switch name {
	case "bücher.example":
		return "xn--bcher-kva.example", nil
	case "１２７.1":
		return "127.1", nil
	}
	return "", errors.New("no name")
}

func parse(t testing.TB, allow, deny string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(list(allow), list(deny), toASCII)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func list(items string) []string {
	if items == "" {
		return nil
	}
	return []string{items}
}

// check asks about "host:port address", or "host:port" where a proxy resolves the name,
// and returns the refusal: the refused item, and the rule that refuses it. A secret rule
// is in brackets.
func check(t testing.TB, p *policy.Policy, question string) string {
	t.Helper()
	err := ask(t, p, question)
	if err == nil {
		return ""
	}
	var r *permission.Refusal
	if !errors.As(err, &r) || r.Permission != permission.Net {
		t.Errorf("%s: %v is no refusal to connect", question, err)
		return ""
	}
	switch {
	case r.Secret:
		return r.Item + " by (" + r.Rule + ")"
	case r.Rule != "":
		return r.Item + " by " + r.Rule
	}
	return r.Item
}

func ask(t testing.TB, p *policy.Policy, question string) error {
	t.Helper()
	place, address, known := strings.Cut(question, " ")
	colon := strings.LastIndexByte(place, ':')
	port := netip.MustParseAddrPort("0.0.0.0" + place[colon:]).Port()
	addr := netip.AddrPortFrom(netip.Addr{}, port)
	if known {
		addr = netip.AddrPortFrom(netip.MustParseAddr(address), port)
	}
	return p.Check(t.Context(), strings.Trim(place[:colon], "[]"), addr)
}

func TestAllow(t *testing.T) {
	for _, c := range []struct{ allow, asked, want string }{
		{"", "example.com:443 192.0.2.1", ""},
		{"", "example.com:443", ""},
		{"example.com", "example.com:443 192.0.2.1", ""},
		{"example.com", "example.com:80 10.0.0.1", ""}, // whatever it resolves to
		{"example.com", "example.com:443", ""},         // by name, through a proxy
		{"example.com", "example.com.:443 192.0.2.1", ""},
		{"EXAMPLE.com.", "example.com:443 192.0.2.1", ""},
		{"bücher.example", "xn--bcher-kva.example:443 192.0.2.1", ""},
		{" example.org , example.com:443", "example.com:443 192.0.2.1", ""},
		{"example.com", "a.example.com:443 192.0.2.1", "a.example.com:443"},
		{"example.com", "notexample.com:443 192.0.2.1", "notexample.com:443"},
		{"example.com:443", "example.com:80 192.0.2.1", "example.com:80"},
		{"*.example.com", "a.b.example.com:443 192.0.2.1", ""},
		{"*.example.com:443", "a.example.com:80 192.0.2.1", "a.example.com:80"},
		{"*.example.com", "example.com:443 192.0.2.1", "example.com:443"},
		{"*.example.com", "badexample.com.:443 192.0.2.1", "badexample.com:443"},

		{"192.0.2.1", "example.com:443 192.0.2.1", ""},
		{"192.0.2.1", "example.com:443 192.0.2.2", "example.com:443"},
		{"192.0.2.1", "example.com:443", "example.com:443"},
		{"192.0.2.1:443", "192.0.2.1:443 192.0.2.1", ""},
		{"192.0.2.1:443", "192.0.2.1:443", ""}, // a literal needs no resolving
		{"192.0.2.1:443", "192.0.2.1:80 192.0.2.1", "192.0.2.1:80"},
		{"192.0.2.1", "[::ffff:192.0.2.1]:80 192.0.2.1", ""},
		{"::ffff:192.0.2.1", "192.0.2.1:80 192.0.2.1", ""},
		{"192.0.2.1", "[64:ff9b::c000:201]:80 64:ff9b::c000:201", "[64:ff9b::c000:201]:80"},
		{"2001:db8::1", "[2001:db8::1]:80 2001:db8::1", ""},
		{"[2001:db8::1]", "[2001:db8::1]:80 2001:db8::1", ""},
		{"[2001:DB8:0:0::1]:80", "[2001:db8::1]:80 2001:db8::1", ""},
		{"[2001:db8::1]:80", "[2001:db8::1]:81 2001:db8::1", "[2001:db8::1]:81"},
		{"fe80::1", "[fe80::1%eth0]:81 fe80::1%eth0", ""},
		{"192.0.2.0/24", "example.com:443 192.0.2.255", ""},
		{"192.0.2.99/24:443", "example.com:443 192.0.2.1", ""},
		{"192.0.2.0/24:443", "192.0.2.1:80 192.0.2.1", "192.0.2.1:80"},
		{"::ffff:192.0.2.0/120", "example.com:443 192.0.2.1", ""},
		{"2001:db8::/32", "example.com:443 2001:db8::1", ""},
		{"[2001:db8::]/32:443", "example.com:443 2001:db8::1", ""},
		{"[2001:db8::/32]:443", "example.com:443 2001:db8::1", ""},
		{"0.0.0.0/0", "example.com:443 2001:db8::1", "example.com:443"},

		{"localhost", "localhost:80 127.0.0.1", ""},
		{"localhost", "localhost:80 ::1", ""},
		{"localhost", "127.9.9.9:80 127.9.9.9", ""},
		{"LocalHost:80", "[::1]:80 ::1", ""},
		{"localhost", "localhost:80", ""},
		{"localhost", "localhost:80 192.0.2.1", "localhost:80"},
		{"localhost:80", "localhost:81 127.0.0.1", "localhost:81"},
		{"$private", "printer.lan:80 192.168.1.9", ""},
		{"$PRIVATE:80", "printer.lan:80 192.168.1.9", ""},
		{"$private", "printer.lan:80", "printer.lan:80"},
		{"example.com", "$private:80", "$private:80"},
	} {
		if got := check(t, parse(t, c.allow, ""), c.asked); got != c.want {
			t.Errorf("allow %s, %s\n got %q\nwant %q", c.allow, c.asked, got, c.want)
		}
	}
}

func TestDeny(t *testing.T) {
	for _, c := range []struct{ allow, deny, asked, want string }{
		{"", "$private", "127.0.0.1:80 127.0.0.1", "127.0.0.1:80 by $private"},
		{"", "$private", "evil.example:80 127.0.0.1", "evil.example:80 by $private"},
		{"", "$private", "evil.example:80 ::1", "evil.example:80 by $private"},
		{"", "$private", "localhost:80", "localhost:80 by $private"},
		{"", "$private", "example.com:80", ""},
		{"", "$private:22", "127.0.0.1:80 127.0.0.1", ""},
		{"", "example.com", "example.com.:80 192.0.2.1", "example.com:80 by example.com"},
		{"", "example.com", "example.com..:80", "example.com:80 by example.com"},
		{"", "example.com", "a.example.com:80 192.0.2.1", ""},
		{"", "*.Example.com", "a.example.com:80", "a.example.com:80 by *.Example.com"},
		{"", "a.example,example.com:81", "example.com:80 192.0.2.1", ""},
		{"", "localhost", "a.localhost:80", "a.localhost:80 by localhost"},
		{"example.com", "example.com", "example.com:80 192.0.2.1", "example.com:80 by example.com"},
		{"example.com", "$private", "example.com:80 10.0.0.1", "example.com:80 by $private"},
		{"127.0.0.1", "127.0.0.0/8", "127.0.0.1:80", "127.0.0.1:80 by 127.0.0.0/8"},
		{"", "10.0.0.0/8", "[64:ff9b::a01:203]:80 64:ff9b::a01:203", "[64:ff9b::a01:203]:80 by 10.0.0.0/8"},
		{"", "localhost", "0.0.0.0:80 0.0.0.0", "0.0.0.0:80 by localhost"},
		{"", "localhost", "[::]:80 ::", "[::]:80 by localhost"},
		{"", "127.0.0.1", "evil.example:80 0.0.0.0", "evil.example:80 by (127.0.0.1)"},
		{"", "[::1]:80", "[::ffff:0.0.0.0]:80 ::ffff:0.0.0.0", "0.0.0.0:80 by [::1]:80"},
		{"", "127.0.0.1", "[::]:80", "[::]:80 by 127.0.0.1"},
		{"", "127.0.0.1:22,10.0.0.0/8", "0.0.0.0:80 0.0.0.0", ""},
		{"localhost", "", "0.0.0.0:80 0.0.0.0", "0.0.0.0:80"},
		{"", "10.0.0.0/8:22", "[64:ff9b::a01:203]:80 64:ff9b::a01:203", ""},
		// Teredo: its server inwards, its client outwards, and the other way round.
		{"", "10.0.0.0/8", "[2001:0:a01:203:8000:1234:3fff:fdfe]:80 2001:0:a01:203:8000:1234:3fff:fdfe",
			"[2001:0:a01:203:8000:1234:3fff:fdfe]:80 by 10.0.0.0/8"},
		{"", "10.0.0.0/8", "[2001:0:c000:201:8000:1234:f5fe:fdfc]:80 2001:0:c000:201:8000:1234:f5fe:fdfc",
			"[2001:0:c000:201:8000:1234:f5fe:fdfc]:80 by 10.0.0.0/8"},
		{"", "10.0.0.0/8", "[2001:0:c000:201:8000:1234:3fff:fdfe]:80 2001:0:c000:201:8000:1234:3fff:fdfe", ""},
	} {
		if got := check(t, parse(t, c.allow, c.deny), c.asked); got != c.want {
			t.Errorf("allow %s, deny %s, %s\n got %q\nwant %q", c.allow, c.deny, c.asked, got, c.want)
		}
	}
}

// Which refusals hold before a name was looked up.
func TestErrName(t *testing.T) {
	for _, c := range []struct {
		allow, deny, asked string
		want               bool
	}{
		{"", "example.com", "example.com:80", true},
		{"", "example.com:81,*.example.com", "a.example.com:80", true},
		{"", "example.com:81", "example.com:80", false},
		{"", "$private,10.0.0.0/8,localhost", "example.com:80", false},
		{"", "localhost", "localhost:80", false}, // its addresses decide
		{"example.org", "", "example.com:80", true},
		{"example.org,*.example.com", "", "example.com:80", true},
		{"example.com:81", "", "example.com:80", true},
		{"example.com", "", "example.com:80", false},
		{"example.org,192.0.2.0/24", "", "example.com:80", false},
		{"example.org,192.0.2.1", "", "example.com:80", false},
		{"example.org,$private", "", "example.com:80", false},
		{"example.org,localhost", "", "example.com:80", false},
		{"example.org,192.0.2.0/24:443", "", "example.com:80", true},
		{"192.0.2.0/24:80", "", "example.com:80", false},
		{"192.0.2.0/24", "example.com", "example.com:80", true},
		{"example.com", "192.0.2.1", "example.com:80 192.0.2.1", false},
	} {
		p := parse(t, c.allow, c.deny)
		if got := errors.Is(ask(t, p, c.asked), policy.ErrName); got != c.want {
			t.Errorf("allow %s, deny %s, %s: refused by name %v, want %v", c.allow, c.deny, c.asked, got, c.want)
		}
	}
}

// Every address that leads inwards, in every spelling, and the public ones next to them.
func TestPrivate(t *testing.T) {
	p := parse(t, "", "$private")
	for _, address := range strings.Fields(`
		127.0.0.1 127.255.255.255 ::1 0.0.0.0 0.1.2.3 ::
		10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 100.127.255.255
		169.254.169.254 169.254.0.1 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254
		198.18.0.1 240.0.0.1 255.255.255.255
		fc00::1 fdff::1 fe80::1 fe80::1%eth0 febf::1 fec0::1 64:ff9b:1::a00:1
		::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::ffff:0:0
		::ffff:0:127.0.0.1 ::127.0.0.1 ::10.0.0.1
		64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe
		2002:7f00:1:: 2002:a9fe:a9fe::1 2002:c0a8:101::c0a8:101
		2001:0:a00:1::1 2001:0:808:808:0:0:80ff:fffe
		2001:db8::5efe:10.0.0.1 2001:db8::200:5efe:192.168.0.1`) {
		if got := check(t, p, "x.example:80 "+address); got != "x.example:80 by $private" {
			t.Errorf("%s was let through: %q", address, got)
		}
	}
	for _, address := range strings.Fields(`
		1.1.1.1 9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 100.63.255.255 100.128.0.0
		169.253.255.255 169.255.0.0 126.255.255.255 128.0.0.0 168.63.129.17 192.0.1.0 198.20.0.0 239.255.255.255
		2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1 2001:0:808:808:0:0:f7f7:f7f7 2001:db8::5efe:1.1.1.1
		fbff::1 ff02::1 224.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 100::1`) {
		if got := check(t, p, "x.example:80 "+address); got != "" {
			t.Errorf("%s was refused: %q", address, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for item, want := range map[string]string{
		"":                    `bad item "" of allow: it is empty`,
		"--echo":              `bad item "--echo" of allow: no host: none begins with a hyphen`,
		"a.example,":          `bad item "" of allow: it is empty`,
		"$public":             `bad item "$public" of allow: no such group: there is $private`,
		"$private.":           `no such group`,
		"*":                   `a star can only stand for subdomains, as in *.example.com`,
		"*:80":                `a star can only`,
		"*example.com":        `a star can only`,
		"a.*.com":             `a star can only`,
		"*.*.com":             `a star can only`,
		"wss://example.com/x": `a URL: write its host alone, with the port if it matters, as in example.com:443`,
		"example.com/x":       `no network`,
		"example.com:":        `no port from 1 to 65535 behind the colon`,
		"example.com:0":       `no port`,
		"example.com:65536":   `no port`,
		"example.com:https":   `no port`,
		"example.com:+80":     `no port`,
		"[::1]:":              `no port`,
		"10.0.0.0/33":         `no network: write it as in 10.0.0.0/8 or 2001:db8::/32`,
		"10.0.0/8":            `no network`,
		"[10.0.0.0]/8":        `no network`,
		"::/129":              `no network`,
		"127.1":               `a host that ends in a number and is no IPv4 address`,
		"2130706433":          `a host that ends in a number`,
		"0x7f000001":          `a host that ends in a number`,
		"0177.0.0.1":          `a host that ends in a number`,
		"300.0.0.1":           `a host that ends in a number`,
		"127.0.0.1.":          `a host that ends in a number`,
		"１２７.1":               `a host that ends in a number`,
		"[::1":                `no IPv6 address between the brackets: write it as in [2001:db8::1]:443`,
		"[127.0.0.1]":         `no IPv6 address`,
		"[::1]x":              `no port`,
		"::1::":               `no IPv6 address`,
		"fe80::1%eth0":        `an address with a zone: remove the % and what is behind it`,
		"a b":                 `no host name`,
		"user@example.com":    `no host name`,
		".example.com":        `no host name`,
		"*..example.com":      `no host name`,
		"a..b":                `no host name`,
		".":                   `no host name`,
		"ä.example":           `bad item "ä.example" of allow: no name`,
	} {
		_, err := policy.Parse([]string{item}, nil, toASCII)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", item, err, want)
		}
	}
	if _, err := policy.Parse(nil, []string{"ok.example", "$x"}, toASCII); err == nil ||
		err.Error() != `bad item "$x" of deny: no such group: there is $private` {
		t.Errorf("deny: %v", err)
	}
}

// FuzzPolicy holds the two lists to each other, whatever is asked: a host that a list
// denies by itself is never reached, an empty list allows everything.
func FuzzPolicy(f *testing.F) {
	for _, seed := range []string{"example.com", "*.example.com:443", "$private", "[::1]:80", "10.0.0.0/8", "localhost",
		"::1", "a.b,c.d", "[2001:db8::]/32:443"} {
		f.Add(seed, "example.com", []byte{127, 0, 0, 1}, uint16(80))
		f.Add(seed, "::ffff:127.0.0.1", []byte{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1}, uint16(443))
	}
	f.Fuzz(func(t *testing.T, items, host string, address []byte, port uint16) {
		addr, _ := netip.AddrFromSlice(address)
		asked := netip.AddrPortFrom(addr, port)
		if literal, err := netip.ParseAddr(strings.TrimRight(host, ".")); err == nil && addr.IsValid() &&
			literal.WithZone("").Unmap() != addr.Unmap() {
			return // an address resolves to itself
		}
		identity := func(name string) (string, error) { return name, nil }
		allow, err := policy.Parse([]string{items}, nil, identity)
		if err != nil {
			return
		}
		both, err := policy.Parse([]string{items}, []string{items}, identity)
		if err != nil {
			t.Fatalf("%q is fit for allow alone: %v", items, err)
		}
		if both.Check(t.Context(), host, asked) == nil {
			t.Fatalf("%q both ways: %q at %v was let through", items, host, asked)
		}
		byName := allow.Check(t.Context(), host, netip.AddrPortFrom(netip.Addr{}, port))
		if allow.Check(t.Context(), host, asked) == nil && errors.Is(byName, policy.ErrName) {
			t.Fatalf("%q refuses %q whatever its addresses, and allows it at %v", items, host, asked)
		}
	})
}
