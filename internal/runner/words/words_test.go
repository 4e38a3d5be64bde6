package words_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/runner/words"
	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/permission"
)

func TestRefusal(t *testing.T) {
	long := strings.Repeat("A", 1000)
	for _, c := range []struct {
		permission  permission.Permission
		item        string
		text, named string
	}{
		{permission.Read, "/etc/hosts", "/etc/hosts: reading is not allowed: run again with --allow-read=/etc/hosts",
			"reading is not allowed: run again with --allow-read=/etc/hosts"},
		{permission.Write, "x y", "x y: writing is not allowed: run again with --allow-write='x y'",
			"writing is not allowed: run again with --allow-write='x y'"},
		{permission.Read, "it's", "it's: reading is not allowed: run again with --allow-read='it'\\''s'", ""},
		{permission.Read, "", ": reading is not allowed: run again with --allow-read=''", ""},
		{permission.Run, "id", "id: running programs is not allowed: run again with --allow-run",
			"running programs is not allowed: run again with --allow-run"},
		{permission.Env, "HOME", "HOME: reading the environment is not allowed: run again with --allow-env=HOME", ""},
		{permission.Env, "A\x1b[31m\nB", `"A\x1b[31m\nB" is not in --allow-env`, ""},
		{permission.Env, "A\u202eB", `"A\u202eB" is not in --allow-env`, ""},
		{permission.Env, "\xff", `"\xff" is not in --allow-env`, ""},
		{permission.Env, "", `"" is not in --allow-env`, ""},
		{permission.Env, "A*", `"A*" is not in --allow-env`, ""},
		{permission.Env, "ProgramFiles(x86)",
			"ProgramFiles(x86): reading the environment is not allowed: run again with " +
				"--allow-env='ProgramFiles(x86)'", ""},
		{permission.Env, long, `"` + long[:200] + `" and 800 bytes more is not in --allow-env`, ""},
		{permission.Option, "maxMessage", "maxMessage: this value is not allowed", "this value is not allowed"},
		{permission.Read, long + long + long + long + long, long[:200] + "… and 4800 bytes more: reading is " +
			"not allowed",
			"reading is not allowed"},
	} {
		r := permission.Refusal{Permission: c.permission, Item: c.item}
		if got := words.Refusal(r, permission.Whole); got != c.text {
			t.Errorf("%+v: %q, want %q", r, got, c.text)
		}
		if got := words.Refusal(r, permission.Bare); got != c.named && c.named != "" {
			t.Errorf("%+v, named: %q, want %q", r, got, c.named)
		}
	}
}

func TestRefusalToConnect(t *testing.T) {
	for _, c := range []struct {
		r    permission.Refusal
		want string
	}{
		{permission.Refusal{Item: "a.example.com:443"}, "a.example.com:443 is not in --allow-net: run again with " +
			"--allow-net=a.example.com:443"},
		{permission.Refusal{Item: "192.0.2.1:80"}, "192.0.2.1:80 is not in --allow-net: run again with " +
			"--allow-net=192.0.2.1:80"},
		{permission.Refusal{Item: "[2001:db8::1]:81"}, "[2001:db8::1]:81 is not in --allow-net: run again with " +
			"--allow-net=[2001:db8::1]:81"},
		{permission.Refusal{Item: "evil.example:80", Rule: "$private"}, "evil.example:80 is refused by " +
			"--deny-net=$private"},
		{permission.Refusal{Item: "a.example.com:80", Rule: "*.Example.com"}, "a.example.com:80 is refused by " +
			"--deny-net=*.Example.com"},
		{permission.Refusal{Item: "evil.example:80", Rule: "127.0.0.1", Secret: true},
			"evil.example:80 is refused by " +
				"--deny-net"},

		// No message advises to allow a name that a script has made up.
		{permission.Refusal{Item: "$private:80"}, `"$private" is not in --allow-net`},
		{permission.Refusal{Item: "a,b:80"}, `"a,b" is not in --allow-net`},
		{permission.Refusal{Item: "*.com:80"}, `"*.com" is not in --allow-net`},
		{permission.Refusal{Item: "-x:80"}, `"-x" is not in --allow-net`},
	} {
		c.r.Permission = permission.Net
		if got := words.Refusal(c.r, permission.Whole); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
	secret := permission.Refusal{Permission: permission.Net, Item: "evil.example:80", Rule: "127.0.0.1", Secret: true}
	if got := words.Refusal(secret, permission.RuleAlone); got != "--deny-net=127.0.0.1" {
		t.Errorf("the rule for the log is %q", got)
	}
}

func TestList(t *testing.T) {
	identity := func(name string) (string, error) { return name, nil }
	for item, want := range map[string]string{
		"": `bad item "" of --allow-net: it is empty: remove the comma, or, if it was $private, quote it ` +
			`for the shell: '$private'`,
		"--echo": `bad item "--echo" of --allow-net: a flag, no host: name the hosts in front of it, or, if that ` +
			`was $private, quote it for the shell: '$private'`,
		"a.example,": `bad item "" of --allow-net: it is empty: remove the comma, or, if it was $private, quote it ` +
			`for the shell: '$private'`,
		"$public": `bad item "$public" of --allow-net: no such group: there is $private`,
		"*": `bad item "*" of --allow-net: a star can only stand for subdomains, as in *.example.com; to ` +
			`allow every host leave the flag out`,
	} {
		_, err := policy.Parse([]string{item}, nil, identity)
		if got := words.List(err); got == nil || got.Error() != want {
			t.Errorf("--allow-net=%s: %v, want %s", item, got, want)
		}
	}
	_, err := policy.Parse(nil, []string{"ok.example", "$x"}, identity)
	if got := words.List(err); got == nil || got.Error() != `bad item "$x" of --deny-net: no such group: there is `+
		`$private` {
		t.Errorf("--deny-net: %v", got)
	}
	other := errors.New("of no list")
	if got := words.List(other); got != other {
		t.Errorf("another error became %v", got)
	}
}

func TestOption(t *testing.T) {
	for field, want := range map[string]string{"MaxMemory": "--max-memory", "CallbackTimeout": "--callback-timeout"} {
		if got := words.Option(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
}

// FuzzSuggestion wants the item that a refusal names to allow the refused access.
func FuzzSuggestion(f *testing.F) {
	for _, seed := range []string{"example.com", "*.example.com:443", "$private", "[::1]:80", "10.0.0.0/8", "localhost",
		"::1", "a.b,c.d"} {
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
		var refused *permission.Refusal
		if !errors.As(allow.Check(t.Context(), host, asked), &refused) {
			return
		}
		text := words.Refusal(*refused, permission.Whole)
		_, suggested, found := strings.Cut(text, "--allow-net=")
		if !found || port == 0 {
			return
		}
		again, err := policy.Parse([]string{suggested}, nil, identity)
		if err != nil {
			if strings.Contains(err.Error(), "ends in a number") {
				return // no name that is looked up ends so: dial refuses it as a URL
			}
			t.Fatalf("%q suggests %q: %v", text, suggested, err)
		}
		if err := again.Check(t.Context(), host, asked); err != nil &&
			!strings.HasSuffix(strings.TrimRight(strings.ToLower(host), "."), "localhost") {
			t.Fatalf("%q does not help: %v", suggested, err)
		}
	})
}
