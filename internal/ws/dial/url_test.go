package dial_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

func TestParseURL(t *testing.T) {
	long, longASCII := strings.Repeat("𐍈.", 25)+"e", strings.Repeat("xn--2c8c.", 25)+"e"
	longestPath := strings.Repeat("x", 64<<10-7)
	for _, c := range []struct {
		name, raw                string
		address, header, request string
		secure                   bool
	}{
		{"§3 default port of ws", "ws://example.com/chat", "example.com:80", "example.com", "/chat", false},
		{"§3 default port of wss", "wss://example.com/chat", "example.com:443", "example.com", "/chat", true},
		{"http is ws", "http://example.com/", "example.com:80", "example.com", "/", false},
		{"https is wss", "https://example.com/", "example.com:443", "example.com", "/", true},
		{"scheme and host in any case", "WsS://EXAMPLE.com/Chat", "example.com:443", "example.com", "/Chat", true},
		{"§3 empty path", "ws://example.com", "example.com:80", "example.com", "/", false},
		{"§3 query without path", "ws://example.com?a=/b?c", "example.com:80", "example.com", "/?a=/b?c", false},
		{"§3 path and query", "ws://example.com/a/b?c=d&e", "example.com:80", "example.com", "/a/b?c=d&e", false},
		{"port", "ws://example.com:8080/", "example.com:8080", "example.com:8080", "/", false},
		{"the scheme's own port", "wss://example.com:443/", "example.com:443", "example.com", "/", true},
		{"the other scheme's port", "wss://example.com:80/", "example.com:80", "example.com:80", "/", true},
		{"empty port", "ws://example.com:/", "example.com:80", "example.com", "/", false},
		{"port with zeros", "ws://example.com:00081/", "example.com:81", "example.com:81", "/", false},
		{"largest port", "ws://example.com:65535", "example.com:65535", "example.com:65535", "/", false},
		{"IPv4", "ws://127.0.0.1:9/", "127.0.0.1:9", "127.0.0.1:9", "/", false},
		{"IPv4 with the root's dot", "ws://127.0.0.1.:9/", "127.0.0.1:9", "127.0.0.1:9", "/", false},
		{"IPv6", "ws://[::1]:9/", "[::1]:9", "[::1]:9", "/", false},
		{"IPv6 shortened", "ws://[2001:DB8:0:0::1]", "[2001:db8::1]:80", "[2001:db8::1]", "/", false},
		{"IPv6 empty port", "ws://[::1]:/", "[::1]:80", "[::1]", "/", false},
		{"IPv6 zone (RFC 6874)", "ws://[fe80::1%25eth0]:9/", "[fe80::1%eth0]:9", "[fe80::1]:9", "/", false},
		{"IPv6 zone, bare", "wss://[fe80::1%eth0]/", "[fe80::1%eth0]:443", "[fe80::1]", "/", true},
		{"IDNA", "ws://bücher.example/", "xn--bcher-kva.example:80", "xn--bcher-kva.example", "/", false},
		{"IDNA, upper case", "ws://BÜCHER.example/", "xn--bcher-kva.example:80", "xn--bcher-kva.example", "/", false},
		{"IDNA, percent-encoded", "ws://b%C3%BCcher.example/", "xn--bcher-kva.example:80", "xn--bcher-kva.example", "/",
			false},
		{"IDNA, ideographic dot", "ws://例え。jp/", "xn--r8jz45g.jp:80", "xn--r8jz45g.jp", "/", false},
		{"IDNA, sharp s stays (non-transitional)", "ws://straße.de", "xn--strae-oqa.de:80", "xn--strae-oqa.de", "/",
			false},
		{"underscore", "ws://my_host/", "my_host:80", "my_host", "/", false},
		{"hyphens three and four", "ws://r3---sn.example/", "r3---sn.example:80", "r3---sn.example", "/", false},
		{"root's dot", "ws://example.com./", "example.com.:80", "example.com.", "/", false},
		{"IDNA: a long host", "ws://" + long + "/", longASCII + ":80", longASCII, "/", false},
		{"the longest URL", "ws://h/" + longestPath, "h:80", "h", "/" + longestPath, false},
		{"label of digits in front", "ws://1.example/", "1.example:80", "1.example", "/", false},
		{"space", "ws://h/a b?c d", "h:80", "h", "/a%20b?c%20d", false},
		{"non-ASCII", "ws://h/ü?ß=☃", "h:80", "h", "/%C3%BC?%C3%9F=%E2%98%83", false},
		{"bytes that are no UTF-8", "ws://h/\xff", "h:80", "h", "/%FF", false},
		{"what RFC 3986 forbids", "ws://h/<\"{|}\\^`>", "h:80", "h", "/%3C%22%7B%7C%7D%5C%5E%60%3E", false},
		{"already encoded", "ws://h/%20%c3%BC?%23", "h:80", "h", "/%20%c3%BC?%23", false},
		{"no valid escape", "ws://h/100%?50%zz", "h:80", "h", "/100%?50%zz", false},
		{"dot segments", "ws://h/a/../b", "h:80", "h", "/a/../b", false},
		{"at sign behind the host", "ws://h/@a?b@c", "h:80", "h", "/@a?b@c", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := dial.ParseURL(c.raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := target.Address(); got != c.address {
				t.Errorf("address %q, want %q", got, c.address)
			}
			if got := target.HostHeader(); got != c.header {
				t.Errorf("host header %q, want %q", got, c.header)
			}
			if target.RequestURI != c.request || target.Secure != c.secure {
				t.Errorf("got %q, secure %t", target.RequestURI, target.Secure)
			}
			if target.Redacted != c.raw || target.HasUserinfo {
				t.Errorf("redacted to %q, userinfo %t", target.Redacted, target.HasUserinfo)
			}
		})
	}
}

func TestParseURLUserinfo(t *testing.T) {
	for _, c := range []struct {
		raw, user, password, redacted string
		has                           bool
	}{
		{"ws://joe:secret@h/", "joe", "secret", "ws://h/", true},
		{"wss://joe@h:9", "joe", "", "wss://h:9", true},
		{"ws://:secret@h", "", "secret", "ws://h", true},
		{"ws://joe:a:b@h", "joe", "a:b", "ws://h", true},
		{"ws://joe:p@ss@h/x@y", "joe", "p@ss", "ws://h/x@y", true},
		{"ws://j%6Fe:%C3%BC%40%zz@[::1]/", "joe", "ü@%zz", "ws://[::1]/", true},
		{"ws://@h/", "", "", "ws://h/", false},
		{"ws://:@h/", "", "", "ws://h/", false},
	} {
		target, err := dial.ParseURL(c.raw)
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
			continue
		}
		if target.Username != c.user || target.Password != c.password || target.HasUserinfo != c.has {
			t.Errorf("%s: got %q, %q, %t", c.raw, target.Username, target.Password, target.HasUserinfo)
		}
		if target.Redacted != c.redacted || dial.Redact(c.raw) != c.redacted {
			t.Errorf("%s: redacted to %q and %q", c.raw, target.Redacted, dial.Redact(c.raw))
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"empty", "", `read url "": no scheme: begin it with ws:// or wss://`},
		{"no scheme", "example.com/chat", "no scheme"},
		{"no slashes", "ws:example.com", `read url "ws:example.com": "ws:" at its start: write ws://`},
		{"one slash", "WSS:/example.com", `read url "WSS:/example.com": "WSS:/" at its start: write wss://`},
		{"no colon", "ws//joe:secret@example.com", `read url "example.com": "ws//" at its start: write ws://`},
		{"a semicolon", "wss;//example.com", `"wss;//" at its start: write wss://`},
		{"backslashes", `https:\\example.com`, `"https:\\\\" at its start: write https://`},
		{"many slashes", "ws;" + strings.Repeat("/", 1000), `"ws;` + strings.Repeat("/", 17) + `…" at its start: write ws://`},
		{"a host that begins so", "ws.example.com/chat", "no scheme: begin it with ws:// or wss://"},
		{"the scheme alone", "wss", "no scheme"},
		{"scheme-relative", "//example.com", "no scheme"},
		{"another scheme", "ftp://example.com", "another scheme than ws and wss"},
		{"no host", "ws://", "no host"},
		{"no host but a path", "ws:///chat", "no host"},
		{"no host but a query", "ws://?a", "no host"},
		{"no host but a port", "ws://:80/", "no host"},
		{"no host but a user", "ws://joe@/", "no host"},
		{"port 0", "ws://h:0/", "a port that is no number from 1 to 65535"},
		{"port over 65535", "ws://h:65536/", "a port that is no number from 1 to 65535"},
		{"port of many digits", "ws://h:99999999999999999999/", "a port that is no number"},
		{"port with a sign", "ws://h:+80/", "a port that is no number"},
		{"port of letters", "ws://h:http/", "a port that is no number"},
		{"leading space", " ws://h/", "white space at its start or end"},
		{"trailing space", "ws://h/ ", "white space at its start or end"},
		{"trailing newline", "ws://h/\n", "white space at its start or end"},
		{"space in the scheme", "w s://h/", "another scheme"},
		{"space in the host", "ws://a b/", "white space before the path"},
		{"space in the userinfo", "ws://a b@h/", "white space before the path"},
		{"encoded space in the host", "ws://a%20b/", "a character that no host name has"},
		{"tab", "ws://h/a\tb", "control byte 0x09 at offset 8: remove it or write %09"},
		{"CR LF", "ws://h/a\r\nb", "control byte 0x0d at offset 8"},
		{"NUL", "ws://h\x00/", "control byte 0x00 at offset 6"},
		{"DEL", "ws://h/\x7f", "control byte 0x7f at offset 7"},
		{"fragment", "ws://h/a#b", `"#" at offset 8`},
		{"empty fragment", "ws://h/#", `"#" at offset 7`},
		{"backslash in the authority", `ws://good.example\@evil.example/`, "a backslash before the path"},
		{"IPv6 without brackets", "ws://::1/", "an IPv6 address without brackets"},
		{"IPv6 without brackets, longer", "ws://2001:db8::1/", "an IPv6 address without brackets"},
		{"bracket not closed", "ws://[::1/", "no IPv6 address between the brackets"},
		{"IPv4 in brackets", "ws://[127.0.0.1]/", "no IPv6 address between the brackets"},
		{"empty zone", "ws://[fe80::1%25]/", "no IPv6 address between the brackets"},
		{"control byte in a zone", "ws://[fe80::1%25a%0a]/", "no IPv6 address between the brackets"},
		{"zone of a mapped address", "ws://[::ffff:127.0.0.1%25lo]/", "a zone behind an IPv4-mapped address"},
		{"bare zone of a mapped address", "ws://[::ffff:7f00:1%lo]:9/", "a zone behind an IPv4-mapped address"},
		{"text behind the bracket", "ws://[::1]x/", `something other than a port behind the "]"`},
		{"IPv4 of three parts", "ws://127.0.1/", "a host that ends in a number"},
		{"IPv4 part over 255", "ws://256.0.0.1/", "a host that ends in a number"},
		{"IPv4 octal", "ws://0177.0.0.1/", "a host that ends in a number"},
		{"IPv4 in hexadecimal", "ws://0x7f000001/", "a host that ends in a number"},
		{"IPv4 as one number, two dots", "ws://2130706433../", "two dots in a row"},
		{"IPv4 in hexadecimal, two dots", "ws://0x7f000001../", "two dots in a row"},
		{"IPv4 of two parts, two dots", "ws://127.1../", "two dots in a row"},
		{"IPv4 with two dots", "ws://127.0.0.1..:80/", "two dots in a row"},
		{"three dots", "ws://example.com.../", "two dots in a row"},
		{"an empty label", "ws://a..b/", "two dots in a row"},
		{"an empty label, percent-encoded", "ws://a%2e%2eb/", "two dots in a row"},
		{"an empty label in front", "ws://.example.com/", "one at its start"},
		{"the root alone", "ws://./", "one at its start"},
		{"IDNA: an empty label", "ws://ü。。example/", "two dots in a row"},
		{"IDNA: IPv4 in fullwidth digits, two dots", "ws://１２７．１．．/", "two dots in a row"},
		{"angle bracket in the host", "ws://<host>/", "a character that no host name has"},
		{"slash through IDNA", "ws://good.example／.evil.example/", "a character that no host name has"},
		{"IDNA: a host of 60 KB", "ws://" + strings.Repeat("ü", 30_000) + "/", "a host of more than 1016 bytes"},
		{"IDNA: the same, encoded", "ws://" + strings.Repeat("%C3%BC", 9_000) + "/", "a host of more than 1016 bytes"},
		{"64 KiB and a byte", "ws://h/" + strings.Repeat("x", 64<<10-6), "more than 65536 bytes: shorten it"},
		{"IDNA: no UTF-8", "ws://\xff.example/", "no valid internationalised name"},
		{"IDNA: forbidden rune", "ws://a\u2028b/", "no valid internationalised name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := dial.ParseURL(c.raw)
			if err == nil {
				t.Fatalf("got %+v, want an error", target)
			}
			wantFailure(t, err, failure.PhaseURI, failure.URI, failure.MsgInvalidURI)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
			if strings.ContainsAny(err.Error(), "\r\n\t\x00") {
				t.Errorf("not one printable line: %q", err)
			}
		})
	}
}

func TestParseHTTP(t *testing.T) {
	for raw, want := range map[string]string{
		"HTTP://Example.com":                 "http example.com:80 / HTTP://Example.com",
		"https://u:p@example.com/a?b=c#d?/e": "https example.com:443 /a?b=c https://example.com/a?b=c",
		"http://example.com#":                "http example.com:80 / http://example.com",
		"http://example.com#a#b":             "http example.com:80 / http://example.com",
	} {
		target, err := dial.ParseHTTP(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if got := target.Scheme() + " " + target.Address() + " " + target.RequestURI + " " + target.Redacted; got != want {
			t.Errorf("%s is %s, want %s", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"ws://a/":            `read url "ws://a/": another scheme than http and https: begin it with http:// or https://`,
		"a/":                 `read url "a/": no scheme: begin it with http:// or https://`,
		"a/#http://b":        `read url "a/#…": no scheme: begin it with http:// or https://`,
		"http://":            `read url "http://": no host: write it behind the "//"`,
		"http://u:p@/?k=v#f": `read url "http:///?k=…#…": no host: write it behind the "//"`,
	} {
		if _, err := dial.ParseHTTP(raw); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

// A reference is read by the rules of the URL that it is in, and an origin is scheme,
// host and port.
func TestResolveKeepsTheProtocol(t *testing.T) {
	page, err := dial.ParseHTTP("http://a.test/x/y")
	if err != nil {
		t.Fatal(err)
	}
	for reference, want := range map[string]string{
		"z#f": "http://a.test/x/z true", "//b.test/": "http://b.test/ false", "https://a.test/": "https://a.test/ false",
		"http://A.test:80/": "http://A.test:80/ true", "http://a.test:81/": "http://a.test:81/ false",
	} {
		target, err := page.Resolve(reference)
		if err != nil {
			t.Errorf("%s: %v", reference, err)
		} else if got := fmt.Sprint(target.Redacted, " ", page.SameOrigin(target)); got != want {
			t.Errorf("%s is %s, want %s", reference, got, want)
		}
	}
	if _, err := page.Resolve("ws://a.test/"); err == nil {
		t.Error("a page leads to a WebSocket")
	}
	socket, err := dial.ParseURL("wss://a.test/")
	if err != nil {
		t.Fatal(err)
	}
	if target, err := socket.Resolve("http://b.test/"); err != nil || target.Scheme() != "ws" || socket.Scheme() != "wss" {
		t.Errorf("a WebSocket leads to %v, error %v", target, err)
	}
}

func TestRedactUnreadable(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"ws://h:0/", "ws://h:0/"},
		{"ws://joe:secret@h:0/", "ws://h:0/"},
		{"ws://joe:s#cret@h/", "ws://h/"},
		{"ws://joe:p@ss:wo/rd@h/", "ws://h/"},
		{"joe:secret@h/", "h/"},
		{"joe:se://cret@h/", "h/"},
		{"//joe:secret@h/", "h/"},
		{"ws:joe:secret@h/", "h/"},
		{"://joe:secret@h/", "h/"},
		{"", ""},
	} {
		if got := dial.Redact(c.raw); got != c.want {
			t.Errorf("%q: got %q, want %q", c.raw, got, c.want)
		}
	}
	_, err := dial.ParseURL("ws://h:0/" + strings.Repeat("x", 1000))
	if len(err.Error()) > 400 {
		t.Errorf("a text of %d bytes: %s", len(err.Error()), err)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"ws://example.com/chat?a=b", "wss://joe:secret@[fe80::1%25eth0]:9/ü x", "http://bücher.example:80",
		"ws://127.0.0.1.", "ws://a\\b", "ws://h/#", " ", "ws://u:p@ss:wo/rd@h", "https://%41.example/%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := dial.ParseURL(raw)
		redacted := dial.Redact(raw)
		if again := dial.Redact(redacted); again != redacted {
			t.Errorf("redacted again: %q became %q", redacted, again)
		}
		checkSecret(t, raw)
		if err != nil {
			wantFailure(t, err, failure.PhaseURI, failure.URI, failure.MsgInvalidURI)
			return
		}
		if redacted != target.Redacted {
			t.Errorf("Redact gives %q, the target %q", redacted, target.Redacted)
		}
		for _, s := range []string{target.RequestURI, target.HostHeader()} {
			for i := range len(s) {
				if s[i] <= ' ' || s[i] >= 0x7f {
					t.Errorf("%q holds byte %#02x, which a request line cannot carry", s, s[i])
				}
			}
		}
		again, err := dial.ParseURL(redacted)
		if err != nil {
			t.Fatalf("the redacted %q does not parse: %v", redacted, err)
		}
		want := *target
		want.HasUserinfo, want.Username, want.Password = false, "", ""
		if *again != want {
			t.Errorf("%q gives %+v, its redacted form %+v", raw, want, *again)
		}
	})
}

// checkSecret puts a password after the scheme of raw, and looks for it in all text that
// is shown.
func checkSecret(t *testing.T, raw string) {
	const secret = "Tr0ub4dor"
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || strings.Contains(scheme, "@") {
		return
	}
	planted := scheme + "://joe:" + secret + "@" + rest
	if shown := dial.Redact(planted); strings.Contains(shown, secret) {
		t.Errorf("%q is shown as %q", planted, shown)
	}
	if _, err := dial.ParseURL(planted); err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("%q: the error tells the password: %v", planted, err)
	}
}

func wantFailure(t *testing.T, err error, phase failure.Phase, category failure.Category, message string) {
	t.Helper()
	var f *failure.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %T %v, want a *failure.Error", err, err)
	}
	if f.Phase != phase || f.Category != category || f.Message != message {
		t.Errorf("got %s, %s, %q (%v), want %s, %s, %q", f.Phase, f.Category, f.Message, f, phase, category, message)
	}
}
