package dial

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// proxyServer is where a tunnel begins.
type proxyServer struct {
	scheme             string // http, https, socks5 or socks5h
	host               string // as Target.Host
	port               int
	address            string // "host:port"
	hasUserinfo        bool
	username, password string

	named bool   // by Options.Proxy, not by ProxyFor
	shown string // how texts name it: never with the password
}

// proxyPorts has the schemes that a proxy's URL may have, each with its port.
var proxyPorts = map[string]int{"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}

// The rules that the URL of a proxy can break, in addition to those of url.go.
var (
	errProxyScheme = errors.New("another scheme than http, https, socks5 and socks5h: use one of these")
	errProxyTail   = errors.New(`something behind the host: remove it, ` +
		`or write %2F for a "/" and %3F for a "?" in the password`)
	errSOCKSUser = errors.New("a user name without a byte, or more than 255 of it or of the password, " +
		"which SOCKS5 does not take: correct it")
)

// chooseProxy returns the proxy to reach t through; nil means none. The error is a
// *failure.Error of PhaseProxy.
func chooseProxy(t *Target, o *Options) (*proxyServer, error) {
	switch {
	case strings.EqualFold(o.Proxy, "direct"):
		return nil, nil
	case o.Proxy != "":
		p, err := parseProxy(o.Proxy)
		if err != nil {
			return nil, badProxy(o.Proxy, "", err)
		}
		p.named = true
		return p, nil
	case o.ProxyFor == nil, o.DialContext != nil:
		return nil, nil
	}
	return defaultProxy(t, o)
}

// defaultProxy asks Options.ProxyFor.
func defaultProxy(t *Target, o *Options) (*proxyServer, error) {
	scheme := "http"
	if t.Secure {
		scheme = "https"
	}
	host := net.JoinHostPort(strings.TrimSuffix(t.Host, "."), strconv.Itoa(t.Port))
	chosen, err := o.ProxyFor(&url.URL{Scheme: scheme, Host: host})
	if err != nil {
		return nil, failure.New(failure.PhaseProxy, failure.Proxy, failure.MsgProxy, "proxy for %s: %w",
			t.Address(), err)
	}
	if chosen.URL == "" {
		return nil, nil
	}
	of, shown := "", ""
	if chosen.Source != "" {
		of, shown = " of "+chosen.Source, " ("+chosen.Source+")"
	}
	p, err := parseProxy(chosen.URL)
	if err != nil {
		return nil, badProxy(chosen.URL, of, err)
	}
	p.shown += shown
	return p, nil
}

// parseProxy reads a proxy's URL, or "host:port" for an http one. The error's text quotes
// nothing.
func parseProxy(raw string) (*proxyServer, error) {
	if err := checkBytes(raw); err != nil {
		return nil, err
	}
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		scheme, rest = "http", raw
	}
	scheme = strings.ToLower(scheme)
	fallbackPort, known := proxyPorts[scheme]
	if !known {
		return nil, errProxyScheme
	}
	rest = strings.TrimSuffix(rest, "/")
	if strings.ContainsAny(rest, "/?") {
		return nil, errProxyTail
	}
	a, err := parseAuthority(rest, fallbackPort)
	if err != nil {
		return nil, err
	}
	socks := strings.HasPrefix(scheme, "socks")
	if socks && a.hasUserinfo && (a.username == "" || max(len(a.username), len(a.password)) > 255) {
		return nil, errSOCKSUser
	}
	address := net.JoinHostPort(a.host, strconv.Itoa(a.port))
	return &proxyServer{scheme: scheme, host: a.host, port: a.port, address: address, hasUserinfo: a.hasUserinfo,
		username: a.username, password: a.password, shown: "proxy " + failure.Bounded(address)}, nil
}

// badProxy is the failure of a connection whose proxy's URL cannot be read; from says
// where it came from.
func badProxy(raw, from string, err error) *failure.Error {
	return failure.New(failure.PhaseProxy, failure.URI, failure.MsgProxyURI, "read proxy url %s%s: %w",
		quote(failure.ShortURL(RedactUnread(raw))), from, err)
}
