package crypto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
)

// signatures are the algorithms of sign and verify.
var signatures = []string{"ed25519", "rsa-sha256", "ecdsa-sha256"}

const (
	ed = iota
	rsaSHA256
	ecdsaSHA256
)

const (
	// maxEd25519 is the length of data that Ed25519, which reads all of it twice and in
	// one piece, is used for, in bytes.
	maxEd25519 = 1 << 20

	// maxSignature is longer than any signature, in bytes.
	maxSignature = 2 << 10

	// half is the length of each of the numbers r and s of P-256.
	half = 32

	// The steps of signatures, beside those for the data: about as many as a script
	// makes in the time.
	signSteps    = 500
	signRSASteps = 50_000
	verifySteps  = 1_000
	parseSteps   = 2_000
)

// sign is sign(algorithm, key, data [, {raw=}]): the signature, or nil and a message.
func (m *module) sign(c *lua.Call) error {
	algorithm := options.Argument(c, 1, signatures)
	key, data := c.String(2), c.String(3)
	raw := options.Read(c, 4, "raw").Bool("raw", false)
	if err := c.Err(); err != nil {
		return err
	}
	if err := checkLength(c, algorithm, data); err != nil {
		return err
	}
	if err := m.s.Step(parseSteps); err != nil {
		return err
	}
	private, err := m.private.read(key, parsePrivate)
	if err != nil {
		return m.refuse(c, err)
	}
	var signature []byte
	switch private := private.(type) {
	case ed25519.PrivateKey:
		if algorithm != ed {
			return m.refuse(c, wrongKind(private, signatures[algorithm]))
		}
		return m.signEd25519(c, private, data)
	case *rsa.PrivateKey:
		if err = fits(algorithm, rsaSHA256, private); err == nil {
			err = checkRSA(&private.PublicKey, maxRSASign)
		}
		if err != nil {
			return m.refuse(c, err)
		}
		digest, stop := m.sha256(data, signRSASteps)
		if stop != nil {
			return stop
		}
		if signature, err = rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest); err != nil {
			err = unfit(err)
		}
	case *ecdsa.PrivateKey:
		if err = fits(algorithm, ecdsaSHA256, private); err == nil {
			err = checkCurve(private.Curve)
		}
		if err != nil {
			return m.refuse(c, err)
		}
		digest, stop := m.sha256(data, signSteps)
		if stop != nil {
			return stop
		}
		if signature, err = signECDSA(private, digest, raw); err != nil {
			err = unfit(err)
		}
	default:
		err = wrongKind(private, signatures[algorithm])
	}
	if err != nil {
		return m.refuse(c, err)
	}
	return c.ReturnBytes(signature)
}

// unfit is the error of a key that can be read, and fails.
func unfit(err error) error { return fmt.Errorf("the key cannot be used: %w", err) }

// fits returns an error unless a key that is for one algorithm is used for that.
func fits(algorithm, wanted int, key any) error {
	if algorithm != wanted {
		return wrongKind(key, signatures[algorithm])
	}
	return nil
}

// checkLength refuses data that is too long for its algorithm.
func checkLength(c *lua.Call, algorithm int, data string) error {
	if algorithm == ed && len(data) > maxEd25519 {
		return c.ArgError(3, fmt.Sprintf("at most %d bytes expected for ed25519, got %d: sign a hash of the data",
			maxEd25519, len(data)))
	}
	return nil
}

// sha256 returns the digest of the data, and counts steps.
func (m *module) sha256(data string, steps int) ([]byte, error) {
	if err := m.s.Step(steps); err != nil {
		return nil, err
	}
	return m.digest(make([]byte, 0, sha256.Size), sha256At, data)
}

func (m *module) signEd25519(c *lua.Call, key ed25519.PrivateKey, data string) error {
	var signature []byte
	if err := m.whole(data, signSteps, func(data []byte) { signature = ed25519.Sign(key, data) }); err != nil {
		return err
	}
	return c.ReturnBytes(signature)
}

// whole gives f a copy of the data, which is short, and counts steps for both.
func (m *module) whole(data string, steps int, f func(data []byte)) error {
	if err := m.s.Step(steps + 2*len(data)/bytesPerStep); err != nil {
		return err
	}
	if err := m.s.Reserve(len(data)); err != nil {
		return err
	}
	f([]byte(data))
	m.s.Unreserve(len(data))
	return nil
}

func signECDSA(key *ecdsa.PrivateKey, digest []byte, raw bool) ([]byte, error) {
	if !raw {
		return ecdsa.SignASN1(rand.Reader, key, digest)
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, digest)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 2*half)
	r.FillBytes(signature[:half])
	s.FillBytes(signature[half:])
	return signature, nil
}

// verify is verify(algorithm, key, data, signature [, {raw=}]): true or false, or nil and
// a message if the key is of no use.
func (m *module) verify(c *lua.Call) error {
	algorithm := options.Argument(c, 1, signatures)
	key, data, signature := c.String(2), c.String(3), c.String(4)
	raw := options.Read(c, 5, "raw").Bool("raw", false)
	if err := c.Err(); err != nil {
		return err
	}
	if err := checkLength(c, algorithm, data); err != nil {
		return err
	}
	if err := m.s.Step(parseSteps); err != nil {
		return err
	}
	public, err := m.public.read(key, parsePublic)
	if err == nil {
		err = usable(algorithm, public)
	}
	if err != nil {
		return m.refuse(c, err)
	}
	if len(signature) > maxSignature {
		return c.Return(lua.False)
	}
	good := false
	if public, isEd := public.(ed25519.PublicKey); isEd {
		err := m.whole(data, verifySteps, func(data []byte) { good = ed25519.Verify(public, data, []byte(signature)) })
		if err != nil {
			return err
		}
		return c.Return(lua.Bool(good))
	}
	digest, err := m.sha256(data, verifySteps)
	if err != nil {
		return err
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, []byte(signature))
		if err != nil && !errors.Is(err, rsa.ErrVerification) {
			return m.refuse(c, unfit(err))
		}
		good = err == nil
	case *ecdsa.PublicKey:
		good = verifyECDSA(public, digest, []byte(signature), raw)
	}
	return c.Return(lua.Bool(good))
}

// usable returns why a key is of no use for an algorithm.
func usable(algorithm int, key any) error {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return fits(algorithm, ed, key)
	case *rsa.PublicKey:
		if err := fits(algorithm, rsaSHA256, key); err != nil {
			return err
		}
		return checkRSA(key, maxRSAVerify)
	case *ecdsa.PublicKey:
		if err := fits(algorithm, ecdsaSHA256, key); err != nil {
			return err
		}
		return checkCurve(key.Curve)
	}
	return wrongKind(key, signatures[algorithm])
}

func verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte, raw bool) bool {
	if !raw {
		return ecdsa.VerifyASN1(key, digest, signature)
	}
	if len(signature) != 2*half {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	return ecdsa.Verify(key, digest, r, s)
}

// refuse returns nil and a message.
func (m *module) refuse(c *lua.Call, reason error) error {
	text, err := m.s.String(reason.Error())
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, text)
}
