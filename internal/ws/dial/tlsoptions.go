package dial

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// maxPEMFile is four times the largest bundle of public authorities.
const maxPEMFile = 1 << 20

// TLSOptions holds the settings of one connection. The zero value asks for nothing. CA,
// Cert and Key each hold PEM text, recognised by "-----BEGIN", or else the path of a file
// with such text.
type TLSOptions struct {
	CA          string // authorities to trust; "" adds none
	CAExclusive bool   // trust those of CA alone, not those of the system or of TLSConfig as well

	Cert, Key string // the client's certificate, its own first, and its key, which Cert may hold, too

	ServerName string // the name to ask for (SNI) and to find in the certificate; "" means TLSConfig's, or the URL's host
	Insecure   bool   // go on with a certificate that is not accepted, and warn
}

// tlsSettings is the configuration of one TLS handshake with a server, and the facts that
// it learns.
type tlsSettings struct {
	config   *tls.Config
	insecure bool  // a fault is warned of, not refused
	names    Names // for advice

	own   *tls.Certificate                                            // that of TLSOptions; nil if there is none
	given func(*tls.CertificateRequestInfo) (*tls.Certificate, error) // TLSConfig's

	// Written by the handshake, which runs on its caller's goroutine.
	asked   bool   // the server asked for a certificate
	offered string // the subject of the one that it got; "" if it got none
}

// newTLSSettings reads the files that o names and sends nothing. The error is a
// *failure.Error of PhaseTLS.
func newTLSSettings(t *Target, o *Options) (*tlsSettings, error) {
	config := tlsConfig(o.TLSConfig)
	if o.TLS.ServerName != "" {
		config.ServerName = o.TLS.ServerName
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = strings.Cut(t.Host, "%") // certificates have no zones
	}
	if err := o.setRoots(config); err != nil {
		return nil, err
	}
	own, err := o.keyPair()
	if err != nil {
		return nil, err
	}
	s := &tlsSettings{config: config, insecure: o.TLS.Insecure, names: o.Names, own: own,
		given: config.GetClientCertificate}
	config.GetClientCertificate = s.clientCertificate
	config.InsecureSkipVerify = config.InsecureSkipVerify || s.insecure
	return s, nil
}

// tlsConfig returns a copy of base with the settings of every connection.
func tlsConfig(base *tls.Config) *tls.Config {
	config := &tls.Config{}
	if base != nil {
		config = base.Clone()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	config.NextProtos = []string{"http/1.1"}
	return config
}

// clientCertificate is config's GetClientCertificate. The certificate of TLSOptions goes
// out whatever the server says it accepts: package tls would keep back one that does not
// suit, and the server would complain of none at all.
func (s *tlsSettings) clientCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	s.asked = true
	chosen, err := s.choose(info)
	if err != nil || len(chosen.Certificate) == 0 {
		return chosen, err
	}
	if leaf, err := x509.ParseCertificate(chosen.Certificate[0]); err == nil {
		s.offered = subjectOf(leaf)
	}
	return chosen, nil
}

func (s *tlsSettings) choose(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	switch {
	case s.own != nil:
		return s.own, nil
	case s.given != nil:
		return s.given(info)
	}
	for i := range s.config.Certificates {
		if info.SupportsCertificate(&s.config.Certificates[i]) == nil {
			return &s.config.Certificates[i], nil
		}
	}
	return new(tls.Certificate), nil // package tls's way to say none
}

// setRoots adds the authorities of TLS.CA to config's, or puts them in their place.
func (o *Options) setRoots(config *tls.Config) error {
	if o.TLS.CA == "" {
		return nil
	}
	source, err := o.readPEM("TLS.CA", o.TLS.CA)
	if err != nil {
		return err
	}
	certificates, err := source.certificates()
	if err != nil {
		return err
	}
	switch pool := config.RootCAs; {
	case o.TLS.CAExclusive:
		config.RootCAs = x509.NewCertPool()
	case pool != nil:
		config.RootCAs = pool.Clone()
	default:
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool() // a machine without authorities: those of TLS.CA are all there is
		}
	}
	for _, certificate := range certificates {
		config.RootCAs.AddCert(certificate)
	}
	return nil
}

// keyPair reads the client's certificate and its key; nil if there is none.
func (o *Options) keyPair() (*tls.Certificate, error) {
	nameOfCert, nameOfKey := o.Names.field("TLS.Cert"), o.Names.field("TLS.Key")
	switch {
	case o.TLS.Cert == "" && o.TLS.Key == "":
		return nil, nil
	case o.TLS.Cert == "":
		return nil, badTLSOption(nil, "%s without %s: give the certificate, too", nameOfKey, nameOfCert)
	}
	certificate, err := o.readPEM("TLS.Cert", o.TLS.Cert)
	if err != nil {
		return nil, err
	}
	leaf, err := certificate.certificates()
	if err != nil {
		return nil, err
	}
	key := certificate
	if o.TLS.Key != "" {
		if key, err = o.readPEM("TLS.Key", o.TLS.Key); err != nil {
			return nil, err
		}
	} else if certificate.key() == nil {
		return nil, badTLSOption(nil, "%s without %s: give the key, too, or put it into the "+
			"certificate's PEM", nameOfCert, nameOfKey)
	}
	if err := key.checkKey(); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate.data, key.data)
	if err != nil && strings.Contains(err.Error(), "does not match") {
		return nil, badTLSOption(err, "%s does not belong to the certificate %q of %s: give the two of one pair",
			key.name, subjectOf(leaf[0]), certificate.name)
	} else if err != nil {
		return nil, badTLSOption(err, "%s with %s: %s", certificate.name, key.name,
			strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &pair, nil
}

// pemSource is PEM text with the name that a person knows it by.
type pemSource struct {
	name   string // that of a field, with the path if there is one
	data   []byte
	blocks []*pem.Block
}

// readPEM returns the PEM text that the value of a field is, or that the file of that
// name holds.
func (o *Options) readPEM(field, value string) (*pemSource, error) {
	name := o.Names.field(field)
	source := &pemSource{name: name, data: []byte(value)}
	if !strings.Contains(value, "-----BEGIN") {
		if strings.ContainsAny(value, "\r\n") { // not shown: it may be a key
			return nil, badTLSOption(nil, "%s is neither PEM text (-----BEGIN …) nor the path of a file", name)
		}
		source.name = fmt.Sprintf("%s file %s", name, quote(value))
		read := o.ReadFile
		if read == nil {
			read = readRegular
		}
		var err error
		if source.data, err = read(value); err != nil {
			advice := ": correct the path, or give the PEM text itself"
			if file := new(fs.PathError); o.ReadFile != nil && !errors.As(err, &file) {
				advice = "" // the refusal says how to mend it
			}
			return nil, badTLSOption(err, "read %s: %s%s", source.name, fileStory(err), advice)
		}
		if o.Charge != nil {
			if err := o.Charge(len(source.data)); err != nil {
				return nil, err
			}
		}
	}
	source.data = unindent(source.data)
	for rest := source.data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		source.blocks = append(source.blocks, block)
	}
	if len(source.blocks) == 0 {
		return nil, badTLSOption(nil,
			"%s holds no complete PEM block (-----BEGIN …-----END): is it cut off, or in another format?",
			source.name)
	}
	return source, nil
}

// certificates returns all certificates that can be read, one at least. Public bundles
// have some that cannot.
func (s *pemSource) certificates() (found []*x509.Certificate, err error) {
	var unreadable error
	for _, block := range s.blocks {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			unreadable = err
			continue
		}
		found = append(found, certificate)
	}
	switch {
	case len(found) > 0:
		return found, nil
	case unreadable != nil:
		return nil, badTLSOption(unreadable, "%s holds no certificate that can be read: %s", s.name,
			strings.TrimPrefix(unreadable.Error(), "x509: "))
	}
	return nil, badTLSOption(nil, "%s holds no certificate, but %q: a block \"CERTIFICATE\" is needed",
		s.name, s.blocks[0].Type)
}

// key returns the first private key; nil if there is none.
func (s *pemSource) key() *pem.Block {
	for _, block := range s.blocks {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block
		}
	}
	return nil
}

// checkKey refuses PEM text without a usable key.
func (s *pemSource) checkKey() error {
	block := s.key()
	switch {
	case block == nil:
		return badTLSOption(nil, "%s holds no private key, but %q: a block \"PRIVATE KEY\" is needed",
			s.name, s.blocks[0].Type)
	case strings.HasPrefix(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return badTLSOption(nil, "%s is encrypted with a pass phrase, which cannot be given: "+
			"decrypt it (openssl pkey -in FILE -out NEWFILE)", s.name)
	}
	return nil
}

// badTLSOption is the failure of a connection whose options cannot be followed. cause may
// be nil.
func badTLSOption(cause error, format string, args ...any) *failure.Error {
	return failure.Explain(failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed, cause, "set up tls: "+format, args...)
}

// unindent takes the white space from the start and end of each line: in a script, PEM
// text is often indented.
func unindent(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		whole := line[len(line)-1] == '\n'
		if out = append(out, bytes.TrimSpace(line)...); whole {
			out = append(out, '\n')
		}
	}
	return out
}

// readRegular reads a file as os.ReadFile does, but none that never ends or makes its
// reader wait.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPEMFile+1))
	if len(data) > maxPEMFile {
		return nil, fmt.Errorf("larger than %d bytes", maxPEMFile)
	}
	return data, err
}

// fileStory leaves out the path, which the text has already.
func fileStory(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
