package dial

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// maxURL is the longest URL that is read, in bytes. Servers refuse request lines long
	// before that.
	maxURL = 64 << 10

	// maxUnicodeName is the longest host that is given to IDNA, whose work grows with the
	// square of the length. Each character of a valid name becomes at least one of
	// maxName bytes, and UTF-8 takes at most four bytes for it.
	maxUnicodeName = 4 * (maxName + 1)
)

// Target is where a URL points, of WebSocket (RFC 6455 §3) or of HTTP (RFC 9110 §4.2).
type Target struct {
	Secure      bool
	Host        string // ASCII, lower case; an IP address in its shortest form, without brackets, with its zone
	Port        int
	RequestURI  string // path and query, percent-encoded; begins with "/"
	HasUserinfo bool   // a user name or a password was given
	Username    string
	Password    string
	Redacted    string // the URL as it was written, without user name and password

	http bool // it was read by ParseHTTP
}

// Address returns the "host:port" to dial.
func (t *Target) Address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }

// HostHeader returns the value of the Host field (RFC 9110 §7.2): the port only if it is
// not the scheme's own, and no zone, which means something on this machine alone (RFC
// 6874 §1).
func (t *Target) HostHeader() string {
	host, _, _ := strings.Cut(t.Host, "%")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.Port == defaultPort(t.Secure) {
		return host
	}
	return host + ":" + strconv.Itoa(t.Port)
}

func defaultPort(secure bool) int {
	if secure {
		return 443
	}
	return 80
}

// ParseURL reads a WebSocket URL (RFC 6455 §3) as a browser would, with a few rules of
// our own:
//
//   - ws, wss, http and https in any case; http means ws, https wss. "//" and a host are
//     required.
//   - Any "#", any control byte, white space at either end or before the path, and a
//     backslash before the path are refused; a browser would strip or reinterpret them.
//   - In path and query, every byte that RFC 3986 does not allow is percent-encoded. An
//     encoding that is already there stays as it is, and so does a "%" that begins no
//     valid escape. Dot segments stay too.
//   - A host that is not ASCII goes through IDNA (UTS #46, non-transitional). One whose
//     last label is a number must be an IPv4 address of four decimal numbers. No label is
//     empty but the root's, after a last dot.
//   - A URL has at most 64 KiB.
//
// The error is a *failure.Error of PhaseURI. Its text quotes only the redacted URL,
// without the values of its query: in a URL that cannot be read, any part may turn out to
// be a piece of the password.
func ParseURL(raw string) (*Target, error) {
	target, err := parse(raw)
	if err != nil {
		return nil, unreadURL(raw, err)
	}
	return target, nil
}

// ParseHTTP is ParseURL for a URL of HTTP: its scheme is http or https, and a fragment,
// which is for the client alone, is dropped.
func ParseHTTP(raw string) (*Target, error) {
	target, err := parseHTTP(raw)
	if err != nil {
		return nil, unreadURL(raw, err)
	}
	return target, nil
}

// parseHTTP is ParseHTTP with a bare error.
func parseHTTP(raw string) (*Target, error) {
	raw, _, _ = strings.Cut(raw, "#")
	scheme, _, found := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case !found:
		return nil, errNoHTTPScheme
	case scheme != "http" && scheme != "https":
		return nil, errHTTPScheme
	}
	target, err := parse(raw)
	if err != nil {
		return nil, err
	}
	target.http = true
	return target, nil
}

func unreadURL(raw string, err error) *failure.Error {
	return failure.New(failure.PhaseURI, failure.URI, failure.MsgInvalidURI,
		"read url %s: %w", quote(failure.ShortURL(RedactUnread(raw))), err)
}

// Redact returns raw without user name and password, and otherwise as it was written.
func Redact(raw string) string {
	if target, err := parse(raw); err == nil {
		return target.Redacted
	}
	return RedactUnread(raw)
}

// RedactUnread is Redact for a URL that ParseURL has refused, or that is of no WebSocket.
// It keeps the scheme and everything after the last "@", which may be less than necessary
// and is never more.
func RedactUnread(raw string) string {
	at := strings.LastIndexByte(raw, '@')
	if at < 0 {
		return raw
	}
	scheme, _, found := strings.Cut(raw, "://")
	if !found || !isScheme(scheme) {
		return raw[at+1:]
	}
	return scheme + "://" + raw[at+1:]
}

// The rules that a URL can break, each with the way to mend it.
var (
	errEdgeSpace = errors.New("white space at its start or end: remove it")
	errNoScheme  = errors.New("no scheme: begin it with ws:// or wss://")
	errScheme    = errors.New("another scheme than ws and wss: begin it with ws:// or wss://")

	errNoHTTPScheme = errors.New("no scheme: begin it with http:// or https://")
	errHTTPScheme   = errors.New("another scheme than http and https: begin it with http:// or https://")

	errSpace     = errors.New("white space before the path: remove it")
	errBackslash = errors.New(`a backslash before the path: write "/"`)
	errNoHost    = errors.New("no host: write it behind the \"//\"")
	errLongURL   = fmt.Errorf("more than %d bytes: shorten it", maxURL)
	errLongHost  = fmt.Errorf("a host of more than %d bytes that are not all ASCII, which no name has: shorten it",
		maxUnicodeName)
	errEmptyLabel = errors.New("two dots in a row in the host, or one at its start: remove one")
	errHost       = errors.New("a character that no host name has: correct the host")
	errIDNA       = errors.New("a host that is no valid internationalised name (IDNA): correct the host")
	errBrackets   = errors.New("an IPv6 address without brackets, or two ports: write [address]:port")
	errIPv6       = errors.New("no IPv6 address between the brackets: correct it, such as [2001:db8::1]")
	errMappedZone = errors.New("a zone behind an IPv4-mapped address, which has none: remove the % and what is " +
		"behind it")
	errIPv4       = errors.New("a host that ends in a number and is no IPv4 address: write four numbers from 0 to 255")
	errPort       = errors.New("a port that is no number from 1 to 65535: correct it, or leave it out with its colon")
	errBehindHost = errors.New("something other than a port behind the \"]\": write [address]:port")
	hostProfile   = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false),
		idna.StrictDomainName(false))
	schemeIsSecure = map[string]bool{"ws": false, "http": false, "wss": true, "https": true}
)

// Resolve reads a reference that a server at t has answered with, such as the Location of
// a redirect (RFC 3986 §5). A fragment is for the client alone, and is dropped. The text
// of an error repeats no part of a URL: who shows the reference hides secrets in it first.
func (t *Target) Resolve(reference string) (*Target, error) {
	to, err := url.Parse(reference)
	if err != nil {
		return nil, errNoURL
	}
	base := url.URL{Scheme: t.Scheme(), Host: t.HostHeader()}
	from, err := base.Parse(t.RequestURI)
	if err != nil {
		return nil, errNoBase
	}
	to = from.ResolveReference(to)
	to.Fragment, to.RawFragment = "", ""
	if t.http {
		return parseHTTP(to.String())
	}
	return parse(to.String())
}

// Scheme returns the scheme of the URL: http or https if ParseHTTP has read it, otherwise
// ws or wss.
func (t *Target) Scheme() string { return scheme(t.http, t.Secure) }

func scheme(http, secure bool) string {
	name := "ws"
	if http {
		name = "http"
	}
	if secure {
		name += "s"
	}
	return name
}

// SameOrigin reports whether two targets have the scheme, the host and the port in common
// (RFC 6454 §5): credentials of one may go to the other.
func (t *Target) SameOrigin(u *Target) bool {
	return t.Secure == u.Secure && t.Address() == u.Address()
}

var (
	errNoURL  = errors.New("it is no URL")
	errNoBase = errors.New("it cannot be read beside the URL that redirects")
)

// parse is ParseURL with a bare error.
func parse(raw string) (*Target, error) {
	if err := checkBytes(raw); err != nil {
		return nil, err
	}
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return nil, noScheme(raw)
	}
	secure, known := schemeIsSecure[strings.ToLower(scheme)]
	if !known {
		return nil, errScheme
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	a, err := parseAuthority(rest[:end], defaultPort(secure))
	if err != nil {
		return nil, err
	}
	tail := rest[end:]
	return &Target{Secure: secure, Host: a.host, Port: a.port, RequestURI: requestURI(tail),
		HasUserinfo: a.hasUserinfo, Username: a.username, Password: a.password,
		Redacted: scheme + "://" + a.hostPort + tail}, nil
}

// noScheme knows the usual slips in "ws://".
func noScheme(raw string) error {
	for _, scheme := range []string{"wss", "ws", "https", "http"} { // "wss" before its beginning, "ws"
		if len(raw) < len(scheme) || !strings.EqualFold(raw[:len(scheme)], scheme) {
			continue
		}
		behind := strings.TrimLeft(raw[len(scheme):], `:;/\`)
		if begin := raw[:len(raw)-len(behind)]; len(begin) > len(scheme) {
			return fmt.Errorf("%q at its start: write %s", failure.Printable(begin, 20), scheme+"://")
		}
	}
	return errNoScheme
}

// authority is the part between the "//" and the path (RFC 3986 §3.2).
type authority struct {
	host               string // as Target.Host
	port               int
	hasUserinfo        bool
	username, password string
	hostPort           string // host and port as they were written
}

func parseAuthority(s string, fallbackPort int) (a authority, err error) {
	switch {
	case strings.Contains(s, " "):
		return a, errSpace
	case strings.Contains(s, `\`):
		return a, errBackslash
	}
	at := strings.LastIndexByte(s, '@') + 1 // the last one, as browsers do: the password may have others
	a.hostPort = s[at:]
	if a.host, a.port, err = parseHostPort(a.hostPort, fallbackPort); err != nil {
		return a, err
	}
	username, password, _ := strings.Cut(strings.TrimSuffix(s[:at], "@"), ":")
	a.username, a.password = unescape(username), unescape(password)
	a.hasUserinfo = username != "" || password != ""
	return a, nil
}

// checkBytes refuses a URL that is too long, and bytes that are wrong in every part.
func checkBytes(raw string) error {
	if len(raw) > maxURL {
		return errLongURL
	}
	if strings.Trim(raw, " \t\r\n\v\f") != raw {
		return errEdgeSpace
	}
	for i := range len(raw) {
		switch c := raw[i]; {
		case c < ' ' || c == 0x7f:
			return fmt.Errorf("control byte %#02x at offset %d: remove it or write %%%02X", c, i, c)
		case c == '#':
			// RFC 6455 §3
			return fmt.Errorf("\"#\" at offset %d: a fragment means nothing here, write %%23 if it belongs there", i)
		}
	}
	return nil
}

func parseHostPort(s string, fallback int) (host string, port int, err error) {
	var portText string
	if strings.HasPrefix(s, "[") {
		address, behind, closed := strings.Cut(s[1:], "]")
		if !closed {
			return "", 0, errIPv6
		}
		if host, err = parseIPv6(address); err != nil {
			return "", 0, err
		}
		if behind != "" && behind[0] != ':' {
			return "", 0, errBehindHost
		}
		portText = strings.TrimPrefix(behind, ":")
	} else {
		name, text, _ := strings.Cut(s, ":")
		if strings.Contains(text, ":") {
			return "", 0, errBrackets
		}
		if host, err = parseHost(name); err != nil {
			return "", 0, err
		}
		portText = text
	}
	if portText == "" { // "host:" is "host" (RFC 3986 §6.2.3)
		return host, fallback, nil
	}
	if strings.Trim(portText, "0123456789") != "" {
		return "", 0, errPort // strconv.Atoi would take a sign
	}
	if port, err = strconv.Atoi(portText); err != nil || port < 1 || port > 65535 {
		return "", 0, errPort
	}
	return host, port, nil
}

// parseIPv6 reads the text between brackets. The "%" before a zone may be written as such
// or as "%25" (RFC 6874).
func parseIPv6(s string) (string, error) {
	addr, err := netip.ParseAddr(strings.Replace(s, "%25", "%", 1))
	if err != nil || !addr.Is6() || !isRegName(addr.Zone()) {
		return "", errIPv6
	}
	if addr.Is4In6() && addr.Zone() != "" { // package net would make it 127.0.0.1%lo, which nothing reads
		return "", errMappedZone
	}
	return addr.String(), nil
}

func parseHost(s string) (string, error) {
	if s == "" {
		return "", errNoHost
	}
	host := strings.ToLower(unescape(s))
	host, err := ASCIIName(host)
	if err != nil {
		return "", err
	}
	if !isRegName(host) {
		return "", errHost
	}
	bare := strings.TrimSuffix(host, ".")
	if bare == "" || bare[0] == '.' || bare[len(bare)-1] == '.' || strings.Contains(bare, "..") {
		return "", errEmptyLabel // resolvers and proxies differ in how they read "127.1.."
	}
	if endsInNumber(bare) {
		addr, err := netip.ParseAddr(bare)
		if err != nil {
			return "", errIPv4
		}
		return addr.String(), nil
	}
	return host, nil
}

// ASCIIName returns a host name as it is looked up (IDNA, UTS #46). One that is ASCII
// already is left alone.
func ASCIIName(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	if len(name) > maxUnicodeName {
		return "", errLongHost
	}
	ascii, err := hostProfile.ToASCII(name)
	if err != nil || !utf8.ValidString(name) || ascii == "" {
		return "", errIDNA
	}
	return ascii, nil
}

// endsInNumber reports whether some resolver may take host for an IPv4 address: "127.1",
// "0x7f000001" and the like. No name of the public tree ends in such a label.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	hex, isHex := strings.CutPrefix(last, "0x")
	if isHex {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// isRegName reports whether s has only the unreserved characters and sub-delims of RFC
// 3986 §3.2.2.
func isRegName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("-._~!$&'()*+,;=", c) < 0 {
			return false
		}
	}
	return true
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("+-.", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// requestURI returns the resource name of RFC 6455 §3 for the path and query as they were
// written.
func requestURI(tail string) string {
	var b strings.Builder
	if !strings.HasPrefix(tail, "/") {
		b.WriteByte('/')
	}
	for i := range len(tail) {
		c := tail[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape decodes the valid percent escapes of s and leaves the others, as browsers do.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// quote makes one printable line of a URL, cut where it would flood a log.
func quote(raw string) string {
	const longest = 200
	if len(raw) <= longest {
		return strconv.Quote(raw)
	}
	return strconv.Quote(strings.ToValidUTF8(raw[:longest], "")) + fmt.Sprintf(" and %d bytes more", len(raw)-longest)
}
