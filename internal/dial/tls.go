package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/failure"
)

// TLSInfo describes a TLS connection, or the attempt at one.
type TLSInfo struct {
	Version string    // such as "TLS 1.3"; "" if none was agreed on
	Cipher  string    // such as "TLS_AES_128_GCM_SHA256"; "" if none was agreed on
	Subject string    // of the server's certificate, also of one that was not accepted; "" if none came
	Issuer  string    // likewise
	Expires time.Time // likewise
	Error   string    // why the handshake failed; "" if it did not
}

// startTLS shakes hands over raw, which it leaves to the caller to close. The TLSInfo is never nil.
func startTLS(ctx context.Context, raw net.Conn, t *Target, o Options) (net.Conn, *TLSInfo, error) {
	ctx, stop := context.WithTimeoutCause(ctx, o.TLSTimeout, errTimer)
	defer stop()
	watched := &endWatch{Conn: raw}
	conn := tls.Client(watched, tlsConfig(o.TLSConfig, t.Host))
	err := conn.HandshakeContext(ctx) // closes raw when ctx ends
	info := newTLSInfo(conn.ConnectionState(), err)
	if err == nil {
		return &TLSConn{Conn: conn, under: watched}, info, nil
	}
	where := "tls handshake with " + t.Address()
	var f *failure.Error
	switch cause := context.Cause(ctx); {
	case cause == errTimer:
		info.Error = fmt.Sprintf("not finished within %s", o.TLSTimeout)
		f = failure.Explain(failure.PhaseTLS, failure.Timeout, failure.MsgTLSTimeout, cause, "%s: %s", where, info.Error)
	case cause != nil:
		info.Error = "cancelled"
		f = cancelled(failure.PhaseTLS, cause, where)
	default:
		info.Error = tlsStory(err)
		f = failure.Explain(failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed, err, "%s: %s", where, info.Error)
	}
	return nil, info, f
}

// tlsConfig completes a copy of base for a connection to host.
func tlsConfig(base *tls.Config, host string) *tls.Config {
	config := &tls.Config{}
	if base != nil {
		config = base.Clone()
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = strings.Cut(host, "%") // a zone is no part of a certificate
	}
	if config.RootCAs == nil {
		config.RootCAs = environmentRoots()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	config.NextProtos = []string{"http/1.1"}
	return config
}

func newTLSInfo(state tls.ConnectionState, err error) *TLSInfo {
	info := &TLSInfo{}
	if state.Version != 0 {
		info.Version = tls.VersionName(state.Version)
	}
	if state.CipherSuite != 0 {
		info.Cipher = tls.CipherSuiteName(state.CipherSuite)
	}
	certificates := state.PeerCertificates
	var unverified *tls.CertificateVerificationError
	if errors.As(err, &unverified) {
		certificates = unverified.UnverifiedCertificates
	}
	if len(certificates) > 0 {
		leaf := certificates[0]
		info.Subject, info.Issuer, info.Expires = leaf.Subject.String(), leaf.Issuer.String(), leaf.NotAfter
	}
	return info
}

// tlsStory tells a person why a TLS handshake failed.
func tlsStory(err error) string {
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		header  tls.RecordHeaderError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("certificate is for %s, not %s", namesOf(host.Certificate), host.Host)
	case errors.As(err, &unknown) && unknown.Cert != nil:
		return fmt.Sprintf("certificate is signed by an authority that is not trusted here (%s): "+
			"add its certificate to the system's roots, or name its file in SSL_CERT_FILE", unknown.Cert.Issuer)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return validityStory(invalid.Cert)
	case errors.As(err, &header):
		return "the server does not speak TLS on this port: use ws:// or another port"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	case failure.Network(err) == failure.Reset:
		return "connection reset by the server"
	case errors.As(err, &op) && op.Op == "remote error": // an alert (RFC 8446 §6)
		return "the server refuses: " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	for _, prefix := range []string{"tls: failed to verify certificate: ", "tls: ", "x509: "} {
		if text, found := strings.CutPrefix(err.Error(), prefix); found {
			return strings.TrimPrefix(text, "x509: ")
		}
	}
	return innermost(err)
}

// namesOf lists what a certificate is for; the first three names are enough to see whose it is.
func namesOf(certificate *x509.Certificate) string {
	names := slices.Clone(certificate.DNSNames)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no host at all (it lacks subject alternative names)"
	case len(names) > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func validityStory(certificate *x509.Certificate) string {
	if time.Now().Before(certificate.NotBefore) {
		return fmt.Sprintf("certificate is not valid before %s: check this machine's clock",
			certificate.NotBefore.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("certificate expired at %s", certificate.NotAfter.UTC().Format(time.RFC3339))
}

// endWatch remembers that the socket under TLS ended.
type endWatch struct {
	net.Conn
	ended atomic.Bool
}

func (w *endWatch) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err == io.EOF {
		w.ended.Store(true)
	}
	return n, err
}

// TLSConn is the Transport of wss. It tells the two ends of a TLS stream apart: crypto/tls gives io.EOF also when the socket ends between two
// records without a close_notify, which anybody on the way can bring about (RFC 8446 §6.1). After a close_notify it
// does not read the socket any more, so the socket's end is seen only in the other case.
type TLSConn struct {
	*tls.Conn
	under *endWatch
}

func (c *TLSConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF && c.under.ended.Load() {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
