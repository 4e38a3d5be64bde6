package dial_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/permission"
)

// The lists of package policy, asked about names that are really looked up.
func TestPolicyOfLists(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(net.Conn) {})
	port := portOf(address)
	ns := startNameserver(t, map[string][]string{
		"public.test": {"192.0.2.1"}, // which nobody can reach
		"inside.test": {"127.0.0.1"},
		"mixed.test":  {"127.0.0.1", "127.0.0.3"},
		"nat64.test":  {"64:ff9b::7f00:1"},
	})
	httpProxy := startHTTPProxy(t, map[string]string{"inside.test.:" + port: address}, "", nil)
	socksProxy := startSOCKSProxy(t, map[string]string{"127.0.0.1:" + port: address}, "")
	const (
		silent = false // no name server hears of it
		heard  = true
	)
	for _, c := range []struct {
		name, url, proxy, allow, deny, want string
		queries                             bool
	}{
		{"nothing is asked for", "ws://inside.test.", "", "", "", "", heard},
		{"a name allows what it resolves to", "ws://inside.test.", "", "inside.test", "", "", heard},
		{"a denied address wins over it", "ws://inside.test.", "", "inside.test", "$private",
			"inside.test:PORT: connecting is not allowed by the rule $private", heard},
		{"an address allows whatever resolves to it", "ws://inside.test.", "", "127.0.0.1", "", "", heard},
		{"the name of another", "ws://inside.test.", "", "public.test", "",
			"inside.test:PORT: connecting is not allowed", silent},
		{"one denied address of two", "ws://mixed.test.", "", "mixed.test", "127.0.0.3", "", heard},
		{"one allowed address of two", "ws://mixed.test.", "", "127.0.0.1", "", "", heard},
		{"both denied", "ws://mixed.test.", "", "mixed.test", "127.0.0.3,$private", "mixed.test:PORT: connecting is " +
			"not allowed by the rule $private", heard},
		{"a denied network", "ws://inside.test.", "", "", "127.0.0.0/8", "inside.test:PORT: connecting is not allowed",
			heard},
		{"a denied network, for a SOCKS proxy", "ws://inside.test.", "socks5://SOCKS", "SOCKS,inside.test",
			"127.0.0.1:PORT",
			"inside.test:PORT: connecting is not allowed", heard},
		{"a denied name", "ws://inside.test.", "", "", "inside.test", "inside.test:PORT: connecting is not " +
			"allowed by " +
			"the rule inside.test", silent},
		{"a denied domain that does not exist", "ws://missing.test.", "", "", "*.test",
			"missing.test:PORT: connecting is not allowed by the rule *.test", silent},
		{"addresses of another port", "ws://inside.test.", "", "127.0.0.1:1", "", "inside.test:PORT: connecting is " +
			"not allowed", silent},
		{"addresses of others", "ws://inside.test.", "", "10.0.0.0/8", "", "inside.test:PORT: connecting is not " +
			"allowed",
			heard},
		{"one denied address of two, for a SOCKS proxy", "ws://mixed.test.", "socks5://SOCKS", "", "127.0.0.3", "",
			heard},
		{"both denied, for a SOCKS proxy", "ws://mixed.test.", "socks5://SOCKS", "SOCKS", "127.0.0.3",
			"mixed.test:PORT: connecting is not allowed", silent},
		{"a denied name, for a SOCKS proxy", "ws://inside.test.", "socks5://SOCKS", "", "inside.test",
			"inside.test:PORT: connecting is not allowed by the rule inside.test", silent},
		{"a SOCKS proxy that is denied by name", "ws://inside.test.", "socks5h://inside.test.:1", "", "inside.test:1",
			"inside.test:1: connecting is not allowed by the rule inside.test:1", silent},
		{"behind a translator", "ws://nat64.test.", "", "", "$private", "nat64.test:PORT: connecting is not allowed " +
			"by the rule $private", heard},
		{"a proxy that the script names, and its server by name", "ws://inside.test.", "http://PROXY",
			"localhost,inside.test", "", "", silent},
		{"the proxy is not allowed", "ws://inside.test.", "http://PROXY", "inside.test", "", "PROXY: connecting is " +
			"not allowed", silent},
		{"the server is not allowed", "ws://inside.test.", "http://PROXY", "localhost", "",
			"inside.test:PORT: connecting is not allowed", silent},
		{"the proxy is denied", "ws://inside.test.", "http://PROXY", "", "PROXY", "PROXY: connecting is not allowed " +
			"by the rule PROXY", silent},
		{"a proxy of ProxyFor needs no leave", "ws://inside.test.", "CHOSEN", "inside.test", "", "", silent},
		{"nor is it denied, or what it resolves", "ws://inside.test.", "CHOSEN", "", "$private", "", silent},
		{"through it an address allows no name", "ws://inside.test.", "CHOSEN", "localhost", "",
			"inside.test:PORT: connecting is not allowed", silent},
		{"a name is denied", "ws://inside.test.", "CHOSEN", "", "inside.test", "inside.test:PORT: connecting is not " +
			"allowed by the rule inside.test", silent},
		{"an address is one without a look-up", "ws://10.0.0.9", "CHOSEN", "", "$private",
			"10.0.0.9:PORT: connecting " +
				"is not allowed by the rule $private", silent},
	} {
		t.Run(c.name, func(t *testing.T) {
			fill := strings.NewReplacer("PORT", port, "PROXY", httpProxy.address, "SOCKS", socksProxy.address).Replace
			p, err := policy.Parse(list(fill(c.allow)), list(fill(c.deny)), dial.ASCIIName)
			if err != nil {
				t.Fatal(err)
			}
			o := longTimeouts
			o.Policy, o.Proxy = p.Check, fill(c.proxy)
			o.NamePolicy = func(ctx context.Context, host string, port uint16) error {
				if err := p.Check(ctx, host, netip.AddrPortFrom(netip.Addr{}, port)); errors.Is(err, policy.ErrName) {
					return err
				}
				return nil
			}
			ns.queries.Store(0)
			if c.proxy == "CHOSEN" {
				o.Proxy, o.ProxyFor = "", chosen("http://"+httpProxy.address, "")
			}
			conn, err := dialURL(t, c.url+":"+port, o)
			if err == nil {
				conn.Raw.Close()
			}
			if got := ns.queries.Load() > 0; got != c.queries {
				t.Errorf("a name server was asked: %v, want %v", got, c.queries)
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "":
				wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)
				if !strings.HasSuffix(err.Error(), ": "+fill(c.want)) {
					t.Errorf("got %q, want %q", err, fill(c.want))
				}
				wantAddressInLogOnly(t, conn, err, c.queries)
			}
		})
	}
}

// wantAddressInLogOnly wants the address that a name has, and a rule that refuses it, in
// the log alone, if a name was refused for it.
func wantAddressInLogOnly(t *testing.T, conn *dial.Conn, err error, ofAddress bool) {
	t.Helper()
	log := strings.Join(conn.Warnings, "\n")
	var refused *permission.Refusal
	if !errors.As(err, &refused) || refused.Permission != permission.Net {
		t.Errorf("%v is no refusal to connect", err)
		return
	}
	switch {
	case !ofAddress && log != "":
		t.Errorf("logged %q", log)
	case ofAddress && (!strings.Contains(log, "127.0.0.1:") && !strings.Contains(log, "[64:ff9b::7f00:1]:") ||
		refused.Rule != "" && !strings.Contains(log, "(rule "+refused.Rule+")")):
		t.Errorf("logged %q, want the address and the rule", log)
	case ofAddress && (strings.Contains(err.Error(), "127.0.0") || strings.Contains(err.Error(), "7f00")):
		t.Errorf("the script is told the address: %q", err)
	}
}

func list(items string) []string {
	if items == "" {
		return nil
	}
	return []string{items}
}
