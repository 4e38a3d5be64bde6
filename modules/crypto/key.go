package crypto

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

const (
	maxPEM = 64 << 10

	// maxPrivate is the length of a private key's DER: more than one of 4096 bits needs.
	maxPrivate = 4 << 10

	// The sizes of RSA keys, in bits. A signature with 4096 bits takes some 7 ms, in which
	// nothing can interrupt it; to verify takes little.
	minRSA       = 1024
	maxRSASign   = 4096
	maxRSAVerify = 8192
)

// A keyMemory has the last key that was read, since scripts mostly use one.
type keyMemory struct {
	text string // of the PEM
	key  any
	err  error
}

// read returns the key of a PEM text.
func (k *keyMemory) read(text string, parse func(text string) (any, error)) (any, error) {
	if k.key == nil && k.err == nil || k.text != text {
		if len(text) > maxPEM { // not worth remembering
			return nil, fmt.Errorf("the key is longer than %d bytes", maxPEM)
		}
		key, err := parse(text)
		*k = keyMemory{text, key, err}
	}
	return k.key, k.err
}

// A parser reads the DER of one kind of PEM block.
type parser func(der []byte) (any, error)

var privateParsers = map[string]parser{
	"PRIVATE KEY":     x509.ParsePKCS8PrivateKey,
	"RSA PRIVATE KEY": func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
	"EC PRIVATE KEY":  func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
}

var publicParsers = map[string]parser{
	"PUBLIC KEY":     x509.ParsePKIXPublicKey,
	"RSA PUBLIC KEY": func(der []byte) (any, error) { return x509.ParsePKCS1PublicKey(der) },
	"CERTIFICATE": func(der []byte) (any, error) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	},
}

// parsePrivate reads the first private key of a PEM text.
func parsePrivate(text string) (any, error) {
	return firstKey(text, privateParsers, publicParsers, "a private key, as sign needs it", maxPrivate)
}

// parsePublic reads the first public key, or certificate, of a PEM text.
func parsePublic(text string) (any, error) {
	return firstKey(text, publicParsers, privateParsers, "a public key or a certificate, as verify needs it", maxPEM)
}

// firstKey reads the first block that one of the parsers is for. wanted is that in words,
// and others are blocks of the other half of a pair.
func firstKey(text string, parsers, others map[string]parser, wanted string, longest int) (any, error) {
	rest := []byte(text)
	found := "no PEM block"
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			return nil, fmt.Errorf("the key is not %s: it has %s", wanted, found)
		}
		rest = after
		parse := parsers[block.Type]
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			found = "a key that is encrypted"
			continue
		case parse == nil && others[block.Type] != nil:
			found = "the other half of the pair"
			continue
		case parse == nil: // EC PARAMETERS, for example
			continue
		case len(block.Bytes) > longest:
			return nil, fmt.Errorf("the key is too large: %d bytes, at most %d are allowed", len(block.Bytes), longest)
		}
		key, err := parse(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the key cannot be read: %w", err)
		}
		return key, nil
	}
}

var errNotP256 = errors.New("the key is for another curve than P-256")

// checkRSA holds a key to the sizes.
func checkRSA(key *rsa.PublicKey, longest int) error {
	if bits := key.N.BitLen(); bits < minRSA || bits > longest {
		return fmt.Errorf("the key has %d bits, %d to %d are allowed", bits, minRSA, longest)
	}
	return nil
}

func checkCurve(curve elliptic.Curve) error {
	if curve != elliptic.P256() {
		return errNotP256
	}
	return nil
}

// wrongKind is the error for a key of another algorithm.
func wrongKind(key any, algorithm string) error {
	kind := "of an algorithm that is not known here"
	switch key.(type) {
	case ed25519.PrivateKey, ed25519.PublicKey:
		kind = "for Ed25519"
	case *rsa.PrivateKey, *rsa.PublicKey:
		kind = "for RSA"
	case *ecdsa.PrivateKey, *ecdsa.PublicKey:
		kind = "for ECDSA"
	}
	return fmt.Errorf("the key is %s, not for %s", kind, algorithm)
}
