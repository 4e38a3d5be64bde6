package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
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

// startTLS puts TLS with the server on top of the transport.
func (c *Conn) startTLS(ctx context.Context, s *tlsSettings, t *Target, o *Options) error {
	where := "tls handshake with " + t.Address()
	conn, cause, err := shake(ctx, c.Transport, s.config, o.TLSTimeout)
	info := newTLSInfo(conn.ConnectionState(), err)
	c.TLS = info
	switch {
	case err == nil:
		if s.insecure {
			c.Warnings = append(c.Warnings, s.insecureWarning(conn.ConnectionState(), t))
		}
		conn.refused = func(alert error) error {
			info.Error = s.story(alert)
			return failure.Explain(failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed, alert, "%s: %s", where,
				info.Error)
		}
		c.Transport, c.closeNotify = conn, conn.CloseWrite
		return nil
	case cause == errTimer:
		info.Error = fmt.Sprintf("not finished within %s", o.TLSTimeout)
		return failure.Explain(failure.PhaseTLS, failure.Timeout, failure.MsgTLSTimeout, cause, "%s: %s", where,
			info.Error)
	case cause != nil:
		info.Error = "cancelled"
		return cancelled(failure.PhaseTLS, cause, where)
	}
	info.Error = s.story(err)
	return failure.Explain(failure.PhaseTLS, tlsCategory(err), failure.MsgTLSFailed, err, "%s: %s", where, info.Error)
}

// tlsCategory distinguishes a handshake that was cut, which may succeed another time,
// from one that failed.
func tlsCategory(err error) failure.Category {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure.EOF
	case failure.Network(err) == failure.Reset:
		return failure.Reset
	}
	return failure.TLS
}

// shake performs the TLS handshake over under, which it leaves to the caller to close.
// cause is why the handshake was ended from outside, nil if it was not. The TLSConn is
// never nil.
func shake(ctx context.Context, under net.Conn, config *tls.Config, timeout time.Duration,
) (conn *TLSConn, cause, err error) {
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errTimer)
	defer stop()
	watched := &endWatch{Conn: under}
	conn = &TLSConn{Conn: tls.Client(watched, config), under: watched}
	if err = conn.HandshakeContext(ctx); err != nil { // closes under when ctx ends
		cause = context.Cause(ctx)
	}
	return conn, cause, err
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

// endWatch remembers that the stream under TLS ended. That may be TLS again, with a
// proxy, and then ends in either way.
type endWatch struct {
	net.Conn
	ended atomic.Bool
}

func (w *endWatch) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		w.ended.Store(true)
	}
	return n, err
}

// TLSConn is the Transport of wss, and of ws through an https proxy. It distinguishes the
// two ends of a TLS stream: crypto/tls gives io.EOF also when the socket ends between two
// records without a close_notify, which anybody on the way can bring about (RFC 8446
// §6.1). After a close_notify it no longer reads the socket, so the socket's end is seen
// only in the other case.
//
// It also takes part in the handshake's end: a TLS 1.3 client has finished before the
// server has looked at its certificate, so an alert that comes before the first byte is
// still the answer to the handshake (RFC 8446 §4.4.2.4).
type TLSConn struct {
	*tls.Conn
	under *endWatch

	refused func(alert error) error // explains such an alert; nil if nothing is to be explained
	heard   atomic.Bool             // a byte has come
}

func (c *TLSConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	switch {
	case n > 0 && !c.heard.Load():
		c.heard.Store(true)
	case err == io.EOF && c.under.ended.Load():
		err = io.ErrUnexpectedEOF
	case err != nil && !c.heard.Load() && c.refused != nil && isAlert(err):
		err = c.refused(err)
	}
	return n, err
}

// Write is Read's counterpart: a server that has sent its alert and gone makes the first
// Write fail.
func (c *TLSConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil && !c.heard.Load() && failure.Network(err) == failure.Reset {
		var known *failure.Error
		if _, readErr := c.Read(make([]byte, 1)); errors.As(readErr, &known) { // at once: the socket is at its end
			err = known
		}
	}
	return n, err
}
