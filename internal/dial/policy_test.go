package dial_test

import (
	"net"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/dial"
	"github.com/tidewire/tidewire/internal/failure"
	"github.com/tidewire/tidewire/internal/policy"
)

// The lists of package policy, asked about names that are really looked up.
func TestPolicyOfLists(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(net.Conn) {})
	port := portOf(address)
	startNameserver(t, map[string][]string{
		"public.test": {"192.0.2.1"}, // which nobody can reach
		"inside.test": {"127.0.0.1"},
		"mixed.test":  {"127.0.0.1", "127.0.0.3"},
		"nat64.test":  {"64:ff9b::7f00:1"},
	})
	httpProxy := startHTTPProxy(t, map[string]string{"inside.test.:" + port: address}, "", nil)
	for _, c := range []struct{ name, url, proxy, allow, deny, want string }{
		{"nothing is asked for", "ws://inside.test.", "", "", "", ""},
		{"a name allows what it resolves to", "ws://inside.test.", "", "inside.test", "", ""},
		{"a denied address wins over it", "ws://inside.test.", "", "inside.test", "$private", "127.0.0.1:PORT is refused by --deny-net=$private"},
		{"an address allows whatever resolves to it", "ws://inside.test.", "", "127.0.0.1", "", ""},
		{"the name of another", "ws://inside.test.", "", "public.test", "",
			"inside.test:PORT is not in --allow-net: run again with --allow-net=inside.test:PORT"},
		{"one denied address of two", "ws://mixed.test.", "", "mixed.test", "127.0.0.1", "127.0.0.1:PORT is refused by --deny-net=127.0.0.1"},
		{"behind a translator", "ws://nat64.test.", "", "", "$private", "[64:ff9b::7f00:1]:PORT is refused by --deny-net=$private"},
		{"a proxy that the script names, and its server by name", "ws://inside.test.", "http://PROXY", "localhost,inside.test", "", ""},
		{"the proxy is not allowed", "ws://inside.test.", "http://PROXY", "inside.test", "", "PROXY is not in --allow-net: run again with --allow-net=PROXY"},
		{"the server is not allowed", "ws://inside.test.", "http://PROXY", "localhost", "",
			"inside.test:PORT is not in --allow-net: run again with --allow-net=inside.test:PORT"},
		{"the proxy is denied", "ws://inside.test.", "http://PROXY", "", "PROXY", "PROXY is refused by --deny-net=PROXY"},
		{"a proxy of the environment needs no leave", "ws://inside.test.", "ENV", "inside.test", "", ""},
		{"nor is it denied, or what it resolves", "ws://inside.test.", "ENV", "", "$private", ""},
		{"through it an address allows no name", "ws://inside.test.", "ENV", "localhost", "",
			"inside.test:PORT is not in --allow-net: run again with --allow-net=inside.test:PORT"},
		{"a name is denied", "ws://inside.test.", "ENV", "", "inside.test", "inside.test:PORT is refused by --deny-net=inside.test"},
		{"an address is one without a look-up", "ws://10.0.0.9", "ENV", "", "$private", "10.0.0.9:PORT is refused by --deny-net=$private"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fill := strings.NewReplacer("PORT", port, "PROXY", httpProxy.address).Replace
			p, err := policy.Parse(list(fill(c.allow)), list(fill(c.deny)), dial.ASCIIName)
			if err != nil {
				t.Fatal(err)
			}
			o := longTimeouts
			o.Policy, o.Proxy = p.Check, fill(c.proxy)
			if c.proxy == "ENV" {
				t.Setenv("ALL_PROXY", "http://"+httpProxy.address)
				o.Proxy = ""
			}
			conn, err := dialURL(t, c.url+":"+port, o)
			if err == nil {
				conn.Raw.Close()
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "":
				wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)
				if !strings.HasSuffix(err.Error(), ": "+fill(c.want)) {
					t.Errorf("got %q, want %q", err, fill(c.want))
				}
			}
		})
	}
}

func list(items string) []string {
	if items == "" {
		return nil
	}
	return []string{items}
}
