package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/permission"
)

// Defaults: the meaning of an option's zero value.
const (
	defaultMaxConnections = 10_000
	defaultDialsPerSecond = 10
	defaultTimeout        = 5 * time.Second
	defaultMaxMessage     = 32_000_000
	defaultSendQueue      = 16 << 20
	defaultReceiveQueue   = 4 << 20
	defaultPing           = 30 * time.Second
	defaultPong           = 20 * time.Second

	// messageOverhead is how many bytes each queued message counts on top of its payload,
	// in both directions: it covers the entry itself, so that a flood of empty messages
	// is bounded too.
	messageOverhead = 64

	// maxWaitingDials bounds the dial guard's line of one host and port.
	maxWaitingDials = 1_000
)

// Options configures an Engine. The zero value works.
type Options struct {
	// Logger receives warnings and debug lines. nil discards them.
	Logger *slog.Logger

	// MaxConnections bounds the live connections of the engine. 0 means 10,000.
	MaxConnections int

	// Memory is charged for everything that bytes enter through: the connections, their
	// requests, messages that arrive, wait to be delivered, or wait to be sent. When its
	// limit is reached, the message or connection that does not fit ends its own connection
	// with category "memory". nil counts and bounds nothing.
	Memory *memory.Account

	// DialsPerSecond is the pace of the dial guard: how many dials a second may start to
	// a host and port where a connection failed, or ended within 1 s of opening. 0 means
	// 10; negative switches the guard off.
	DialsPerSecond int

	// Policy is asked before each dial; NewPolicy makes one of lists. nil allows every
	// address.
	Policy Policy

	// Words words the refusals of Policy, in the log and in End.Detail. nil means
	// permission.Plain, which names no way to allow them.
	Words permission.Words

	// RootsName is where the reader of a failure can give authorities for TLS, such as an
	// environment variable that TLSConfig obeys: the text of a certificate that is not
	// trusted names it. Empty means TLSConfig.RootCAs.
	RootsName string

	// DialContext replaces the TCP dialer, for tests and for programs with a network of
	// their own. It is called with network "tcp" and "host:port", host as the URL has it.
	// Policy is then not asked: the dialer decides. nil dials with package net, both
	// address families of a name tried (RFC 8305).
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// ReadFile reads the files that ConnectOptions.TLS names, off the caller's goroutine;
	// its error is shown in End.Detail. It is the place to forbid reading. nil reads any
	// regular file of at most 1 MiB.
	ReadFile func(path string) ([]byte, error)

	// TLSConfig is the base of every wss connection's configuration. nil means the
	// system's roots. TLS below 1.2 is never spoken, and the server's name comes from the
	// URL unless ServerName is set. Its KeyLogWriter also gets the keys of https proxies.
	TLSConfig *tls.Config

	// Proxy chooses the proxy for a connection whose ConnectOptions.Proxy is empty. A script
	// may say "direct" there, unless permission.Limits forbids it.
	// target is the server: of its URL the scheme, http for ws and https for wss, the
	// host and the port, which are the parts that proxy functions of package httpproxy
	// look at. The zero Proxy means none, and so does a nil function: the engine itself
	// reads no environment. An error ends the connection as "Proxy connection failed". It
	// is called from several goroutines at once, and not asked with a DialContext: the
	// dialer knows the way.
	Proxy func(target *url.URL) (Proxy, error)
}

// Proxy is a proxy that Options.Proxy has chosen.
type Proxy struct {
	URL    string // as ConnectOptions.Proxy has it; empty means none
	Source string // where the URL is set, for messages, such as "HTTP_PROXY"; may be empty
}

// proxyFor is Proxy in dial's words.
func (o *Options) proxyFor(target *url.URL) (dial.Proxy, error) {
	if o.Proxy == nil {
		return dial.Proxy{}, nil
	}
	chosen, err := o.Proxy(target)
	return dial.Proxy(chosen), err
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = defaultMaxConnections
	}
	if o.DialsPerSecond == 0 {
		o.DialsPerSecond = defaultDialsPerSecond
	}
	return o
}

// Timeouts bounds the phases of one connection, each on its own. 0 means 5 s.
type Timeouts struct {
	TCP       time.Duration // the name look-up and the TCP connection together
	TLS       time.Duration // the TLS handshake
	Handshake time.Duration // the opening handshake (RFC 6455 §4)
	Closing   time.Duration // the closing handshake (RFC 6455 §7), from the close frame on
}

// ConnectOptions configures one connection. The zero value works. Connect copies
// everything: the maps and slices may be reused as soon as it has returned.
type ConnectOptions struct {
	// Header holds further header fields of the opening handshake. The handshake's own
	// fields are refused.
	Header http.Header

	// Protocols lists the subprotocols to offer, the preferred one first (RFC 6455 §1.9).
	Protocols []string

	// Origin is sent as the Origin header. Empty sends none.
	Origin string

	// Kind is the kind of messages sent with DefaultKind. DefaultKind here means Auto.
	Kind Kind

	// Timeouts bounds each phase.
	Timeouts Timeouts

	// MaxMessage is the largest message accepted, in bytes of payload. 0 means
	// 32,000,000, or a quarter of the limit of Options.Memory if that is less.
	MaxMessage int64

	// SendQueue bounds the messages that wait to be written, in bytes, each message
	// counted with 64 bytes on top. An empty queue takes one message of any size. 0 means
	// 16 MiB, or a quarter of the limit of Options.Memory if that is less.
	SendQueue int64

	// ReceiveQueue bounds the messages received and not yet dispatched, counted like
	// SendQueue; one message being assembled comes on top. 0 means 4 MiB, or a quarter of
	// the limit of Options.Memory if that is less.
	ReceiveQueue int64

	// Ping is how long no byte may come before the peer is sent a ping (RFC 6455 §5.5.2).
	// 0 means 30 s, negative never.
	Ping time.Duration

	// Pong is how long after that ping the connection fails if still no byte has come. 0
	// means 20 s, negative never.
	Pong time.Duration

	// TLS holds the roots that a wss connection trusts, and our certificate.
	TLS TLSOptions

	// Proxy is the URL of the proxy to go through: http, https, socks5 or socks5h, with
	// user name and password if it wants them. Empty leaves it to Options.Proxy; "direct"
	// means none.
	Proxy string

	// Compression offers permessage-deflate (RFC 7692). nil offers none; a server may
	// decline.
	Compression *Compression

	// Redirects is how many redirects of the opening handshake are followed: never from
	// wss to ws, and Authorization, Cookie, Proxy-Authorization, the URL's user name and
	// password, and TLS.Cert, Key and ServerName stay with their origin. 0 means none.
	Redirects int

	// Caller is where Connect was called, such as "bot.lua:12". It appears in log lines
	// only.
	Caller string

	// FieldName names a field of ConnectOptions, such as "TLS.CA", as the reader of a
	// failure can set it: texts that give advice name it. It may be called from any
	// goroutine. nil means the field's own name.
	FieldName func(field string) string
}

// fieldName is FieldName, also if that is nil.
func (o *ConnectOptions) fieldName(field string) string {
	if o.FieldName == nil {
		return field
	}
	return o.FieldName(field)
}

// TLSOptions configures TLS for one connection. The zero value trusts the engine's
// TLSConfig. Files are read when the connection is made, off the caller's goroutine; one
// that cannot be used ends it as "TLS handshake failed".
type TLSOptions struct {
	CA          string // roots to trust, as PEM text or the path of a file; in addition to the others, or
	CAExclusive bool   // instead of them
	Cert, Key   string // our own certificate and its key, each as PEM text or the path of a file
	ServerName  string // the name that the certificate must have, and SNI; empty means the URL's host
	Insecure    bool   // accept any certificate; a warning is logged
}

// Compression is an offer of permessage-deflate by its four parameters. The zero value
// offers it without any.
type Compression struct {
	// ServerNoContextTakeover asks the server, ClientNoContextTakeover promises
	// ourselves, to forget each message before the next is compressed (RFC 7692 §7.1.1):
	// worse compression, less memory.
	ServerNoContextTakeover, ClientNoContextTakeover bool

	// ServerMaxWindowBits asks the server to refer back no further than 2 to this power
	// bytes: 8 to 15, 0 does not ask (RFC 7692 §7.1.2.1).
	ServerMaxWindowBits int

	// ClientMaxWindowBits lets the server ask us the same: 8 to 15, -1 without a bound of
	// our own, 0 does not let it (RFC 7692 §7.1.2.2).
	ClientMaxWindowBits int
}

// OptionError is a bad value in ConnectOptions. Connect returns it and no connection
// exists.
type OptionError struct {
	Field    string // of ConnectOptions, such as "Header" or "Timeouts.TCP"
	Expected string // such as "positive number"
	Got      string // such as "-1"
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("%s: %s expected, got %s", e.Field, e.Expected, e.Got)
}

// Defaults returns the meaning of each zero field of ConnectOptions: sizes are bounded by
// Options.Memory. It is safe for concurrent use.
func (e *Engine) Defaults() ConnectOptions { return ConnectOptions{}.withDefaults(e.opts.Memory) }

// Check returns the *OptionError that Connect would return for the options, or nil.
func (o ConnectOptions) Check() error { return o.validate() }

func (o ConnectOptions) validate() error {
	for name, values := range o.Header {
		for _, value := range values {
			if err := handshake.CheckHeader(name, value); err != nil {
				return &OptionError{Field: "Header", Expected: "a header that may be set", Got: o.headerStory(err)}
			}
		}
	}
	if err := handshake.CheckProtocols(o.Protocols); err != nil {
		return &OptionError{Field: "Protocols", Expected: "a list of different tokens", Got: err.Error()}
	}
	if err := handshake.CheckHeader("Origin", o.Origin); o.Origin != "" && err != nil {
		return &OptionError{Field: "Origin", Expected: "a header value", Got: err.Error()}
	}
	if o.Kind > Binary {
		return &OptionError{Field: "Kind", Expected: "Auto, Text or Binary", Got: fmt.Sprint(uint8(o.Kind))}
	}
	if o.Compression != nil {
		var refused *deflate.BoundsError
		if errors.As(o.Compression.config().Validate(), &refused) {
			return &OptionError{Field: "Compression." + refused.Field,
				Expected: fmt.Sprintf("whole number from %d to %d", refused.Min, refused.Max),
				Got:      fmt.Sprint(refused.Got)}
		}
	}
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"Timeouts.TCP", int64(o.Timeouts.TCP)},
		{"Timeouts.TLS", int64(o.Timeouts.TLS)},
		{"Timeouts.Handshake", int64(o.Timeouts.Handshake)},
		{"Timeouts.Closing", int64(o.Timeouts.Closing)},
		{"MaxMessage", o.MaxMessage},
		{"SendQueue", o.SendQueue},
		{"ReceiveQueue", o.ReceiveQueue},
		{"Redirects", int64(o.Redirects)},
	} {
		if field.value < 0 {
			return &OptionError{Field: field.name, Expected: "positive number", Got: fmt.Sprint(field.value)}
		}
	}
	return nil
}

// headerStory says why a header is refused, and how to set it. err is CheckHeader's.
func (o *ConnectOptions) headerStory(err error) string {
	var own *handshake.OwnFieldError
	if !errors.As(err, &own) {
		return err.Error()
	}
	switch own.SetsIt {
	case "Host":
		return own.Error() + ", use the URL"
	case "Protocols":
		return own.Error() + ", use the option '" + o.fieldName("Protocols") + "'"
	case "Extensions":
		return own.Error() + ", use the option '" + o.fieldName("Compression") + "'"
	}
	return own.Error()
}

// withDefaults fills in defaults; those of sizes are bounded by the account.
func (o ConnectOptions) withDefaults(account *memory.Account) ConnectOptions {
	o.Header = o.Header.Clone()
	o.Protocols = append([]string(nil), o.Protocols...)
	if o.Compression != nil {
		offer := *o.Compression
		o.Compression = &offer
	}
	if o.Kind == DefaultKind {
		o.Kind = Auto
	}
	t := &o.Timeouts
	for _, timeout := range []*time.Duration{&t.TCP, &t.TLS, &t.Handshake, &t.Closing} {
		if *timeout == 0 {
			*timeout = defaultTimeout
		}
	}
	if o.Ping == 0 {
		o.Ping = defaultPing
	}
	if o.Pong == 0 {
		o.Pong = defaultPong
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = account.Default(defaultMaxMessage)
	}
	if o.SendQueue == 0 {
		o.SendQueue = account.Default(defaultSendQueue)
	}
	if o.ReceiveQueue == 0 {
		o.ReceiveQueue = account.Default(defaultReceiveQueue)
	}
	return o
}
