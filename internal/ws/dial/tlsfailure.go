package dial

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// certificateAlerts are a server's possible complaints about a client's certificate (RFC
// 8446 §6.2).
var certificateAlerts = []string{
	"bad certificate", "unsupported certificate", "revoked certificate", "expired certificate",
	"unknown certificate", "unknown certificate authority", "access denied", "error decrypting message",
	"handshake failure",
}

// story says to a person why the TLS handshake with a server failed, and how to mend it.
func (s *tlsSettings) story(err error) string {
	alert := alertText(err)
	switch {
	case alert == "certificate required", s.asked && s.offered == "" && slices.Contains(certificateAlerts, alert):
		return fmt.Sprintf("the server wants a client certificate (%s): give %s and %s", alert,
			s.names.field("TLS.Cert"), s.names.field("TLS.Key"))
	case s.offered != "" && slices.Contains(certificateAlerts, alert):
		return fmt.Sprintf("the server does not accept the client certificate %q: %s", s.offered, alert)
	case alert == "unrecognized name":
		return fmt.Sprintf("the server knows no host %s: correct the URL, or %s", s.config.ServerName,
			s.names.field("TLS.ServerName"))
	}
	return tlsStory(err, s.expected())
}

func (s *tlsSettings) expected() expected {
	return expected{peer: "the server", name: s.config.ServerName,
		trust:  s.names.field("TLS.CA") + " or " + s.names.roots(),
		rename: ", or give the right name in " + s.names.field("TLS.ServerName"),
		plain:  "use " + scheme(s.names.HTTP, false) + ":// or another port"}
}

// expected is the yardstick for a peer, and how a person can change it.
type expected struct {
	peer   string // "the server" or "the proxy"
	name   string // in its certificate
	trust  string // where an authority can be given
	rename string // how another name can be given, as the end of a sentence; "" if it cannot
	plain  string // advice if it speaks no TLS
}

// tlsStory is story for whatever the peer is.
func tlsStory(err error, want expected) string {
	var (
		unverified *tls.CertificateVerificationError
		header     tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0:
		return certificateStory(unverified.Err, unverified.UnverifiedCertificates[0], want)
	case errors.As(err, &header) && string(header.RecordHeader[:]) == "HTTP/":
		return want.peer + " speaks plain HTTP on this port, not TLS: " + want.plain
	case errors.As(err, &header):
		return want.peer + " does not speak TLS on this port: " + want.plain
	case alertText(err) == "protocol version not supported",
		strings.Contains(err.Error(), "unsupported protocol version"):
		return want.peer + " speaks no TLS version from 1.2 on, and older ones are not safe: it needs an update"
	case alertText(err) != "":
		return want.peer + " refuses: " + alertText(err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return want.peer + " closed the connection"
	case failure.Network(err) == failure.Reset:
		return "connection reset by " + want.peer
	}
	if text, found := strings.CutPrefix(err.Error(), "tls: "); found {
		return text
	}
	return innermost(err)
}

// alertText returns crypto/tls's words for the alert that err is; "" if it is none.
func alertText(err error) string {
	if !isAlert(err) {
		return ""
	}
	var op *net.OpError
	errors.As(err, &op)
	return strings.TrimPrefix(op.Err.Error(), "tls: ")
}

// isAlert reports whether err is the peer's alert (RFC 8446 §6).
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// certificateStory says why a peer's certificate is not accepted.
func certificateStory(err error, leaf *x509.Certificate, want expected) string {
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		noRoots x509.SystemRootsError
	)
	whose := fmt.Sprintf("certificate %q of %s", subjectOf(leaf), want.name)
	switch {
	case errors.As(err, &host) && len(leaf.DNSNames)+len(leaf.IPAddresses) == 0:
		return whose + " names no host: it lacks subject alternative names, and a common name does not count; " +
			want.peer + " needs a new one"
	case errors.As(err, &host):
		return fmt.Sprintf("certificate %q is for %s, not for %s: correct the host%s",
			subjectOf(leaf), namesOf(leaf), want.name, want.rename)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return whose + validityStory(cmp.Or(invalid.Cert, leaf), want)
	case errors.As(err, &unknown) && bytes.Equal(leaf.RawSubject, leaf.RawIssuer):
		return whose + " is self-signed and not trusted here: if it is the right one, give it in " + want.trust
	case errors.As(err, &unknown):
		return fmt.Sprintf("%s is signed by an authority that is not trusted here (%s): "+
			"give the authority's certificate in %s",
			whose, authorityOf(unknown, leaf), want.trust)
	case errors.As(err, &noRoots):
		return whose + " cannot be checked, as this machine knows no authorities: " +
			"install its CA certificates, or give one in " +
			want.trust
	}
	return whose + " is not acceptable: " + strings.TrimPrefix(err.Error(), "x509: ")
}

// authorityOf names the authority that is missing, and why one of that name was not it.
func authorityOf(err x509.UnknownAuthorityError, leaf *x509.Certificate) string {
	missing := fmt.Sprintf("%q", failure.Printable(cmp.Or(err.Cert, leaf).Issuer.String(), 100))
	if _, hint, found := strings.Cut(err.Error(), " (possibly because of "); found {
		missing += ", possibly because of " + strings.TrimSuffix(hint, ")")
	}
	return missing
}

// subjectOf names a certificate.
func subjectOf(certificate *x509.Certificate) string {
	if subject := certificate.Subject.String(); subject != "" {
		return failure.Printable(subject, 100)
	}
	return failure.Printable("serial number "+certificate.SerialNumber.String(), 100)
}

// namesOf lists the names in a certificate; the first three are enough to see whose it
// is.
func namesOf(certificate *x509.Certificate) string {
	names := slices.Clone(certificate.DNSNames)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", failure.Printable(strings.Join(names[:3], ", "), 200), len(names)-3)
	}
	return failure.Printable(strings.Join(names, ", "), 200)
}

func validityStory(certificate *x509.Certificate, want expected) string {
	if time.Now().Before(certificate.NotBefore) {
		return fmt.Sprintf(" is not valid before %s: check this machine's clock",
			certificate.NotBefore.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf(" expired at %s: %s needs a new one, unless this machine's clock is wrong",
		certificate.NotAfter.UTC().Format(time.RFC3339), want.peer)
}

// insecureWarning names the fault that TLSOptions.Insecure ignores.
func (s *tlsSettings) insecureWarning(state tls.ConnectionState, t *Target) string {
	begin := fmt.Sprintf("%s://%s: the server's certificate is not verified (%s)",
		scheme(s.names.HTTP, true), t.HostHeader(), s.names.field("TLS.Insecure"))
	if len(state.PeerCertificates) == 0 {
		return begin
	}
	leaf := state.PeerCertificates[0]
	check := x509.VerifyOptions{DNSName: s.config.ServerName, Roots: s.config.RootCAs,
		Intermediates: x509.NewCertPool()}
	for _, certificate := range state.PeerCertificates[1:] {
		check.Intermediates.AddCert(certificate)
	}
	if _, err := leaf.Verify(check); err != nil {
		return begin + ": " + certificateStory(err, leaf, s.expected())
	}
	return begin + ", but it is good: leave the option out"
}
