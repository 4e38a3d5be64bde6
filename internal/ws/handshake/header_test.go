package handshake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/handshake"
)

func TestCheckHeader(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc", ""},
		{"Origin", "https://example.com", ""},
		{"X-Any!#$%&'*+-.^_`|~9", "", ""},
		{"Cookie", "a=b; c=\"d\"\twith a tab and ü", ""},
		{"User-Agent", "bot", ""},
		{"", "x", `"": a header name is`},
		{"A B", "x", `"A B": a header name is`},
		{"A:", "x", `"A:": a header name is`},
		{"A\r\nB", "x", `"A\r\nB": a header name is`},
		{"Ü", "x", "a header name is"},
		{"X", "a\r\nInjected: b", "X: its value has control byte 0x0d at offset 1"},
		{"X", "a\nb", "0x0a at offset 1"},
		{"X", "secret\x00", "0x00 at offset 6"},
		{"X", "\x7f", "0x7f at offset 0"},
		{"Host", "h", "Host: the opening handshake sets it"},
		{"sec-websocket-protocol", "chat", "the opening handshake sets it"},
		{"Sec-WebSocket-Extensions", "x", "the opening handshake sets it"},
		{"SEC-WEBSOCKET-KEY", "x", "the opening handshake sets it"},
		{"Sec-WebSocket-Version", "13", "the opening handshake sets it"},
		{"Sec-WebSocket-Anything", "x", "the opening handshake sets it"},
		{"upgrade", "h2c", "the opening handshake sets it"},
		{"Connection", "close", "the opening handshake sets it"},
		{"content-length", "0", "the opening handshake sets it"},
		{"Transfer-Encoding", "chunked", "the opening handshake sets it"},
		{"Trailer", "x", "the opening handshake sets it"},
		{"TE", "trailers", "the opening handshake sets it"},
		{"Expect", "100-continue", "the opening handshake sets it"},
		{"Keep-Alive", "5", "the opening handshake sets it"},
		{"Proxy-Connection", "close", "the opening handshake sets it"},
	} {
		err := handshake.CheckHeader(c.name, c.value)
		if c.want == "" {
			if err != nil {
				t.Errorf("%q: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.name, err, c.want)
		} else if strings.Contains(err.Error(), "secret") || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q: the text shows the value or breaks the line: %q", c.name, err)
		}
	}
}

// A field that Request has in another way comes with the name of that.
func TestOwnFields(t *testing.T) {
	for name, want := range map[string]string{
		"host": "Host", "Sec-WebSocket-Protocol": "Protocols", "sec-websocket-extensions": "Extensions",
		"Sec-WebSocket-Key": "", "Upgrade": "",
	} {
		var own *handshake.OwnFieldError
		err := handshake.CheckHeader(name, "x")
		if !errors.As(err, &own) || *own != (handshake.OwnFieldError{Name: name, SetsIt: want}) {
			t.Errorf("%s: %#v, want the field %q", name, err, want)
		}
	}
}

func TestCheckProtocols(t *testing.T) {
	for _, c := range []struct {
		protocols []string
		want      string
	}{
		{nil, ""},
		{[]string{"chat"}, ""},
		{[]string{"chat", "Chat", "v2.chat"}, ""},
		{[]string{"chat", ""}, "an empty subprotocol"},
		{[]string{"a,b"}, `"a,b": a subprotocol is`},
		{[]string{"a b"}, `"a b": a subprotocol is`},
		{[]string{"chät"}, "a subprotocol is"},
		{[]string{"a", "b", "a"}, `"a" twice`},
	} {
		err := handshake.CheckProtocols(c.protocols)
		if got := errText(err); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.protocols, got, c.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
