package crypto

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash"

	"github.com/tidewire/tidewire/internal/modules/options"
	"github.com/tidewire/tidewire/lua"
)

// algorithms are those of hash and hmac.
var algorithms = [...]struct {
	name string
	new  func() hash.Hash
}{
	{"md5", md5.New},
	{"sha1", sha1.New},
	{"sha224", sha256.New224},
	{"sha256", sha256.New},
	{"sha384", sha512.New384},
	{"sha512", sha512.New},
}

var algorithmNames = func() (names []string) {
	for _, a := range algorithms {
		names = append(names, a.name)
	}
	return names
}()

// sha256At is the place of sha256 in algorithms.
const sha256At = 3

// hash is hash(algorithm, data): the digest, as bytes.
func (m *module) hash(c *lua.Call) error {
	algorithm := options.Argument(c, 1, algorithmNames)
	data := c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	var room [sha512.Size]byte
	digest, err := m.digest(room[:0], algorithm, data)
	if err != nil {
		return err
	}
	return c.ReturnBytes(digest)
}

// digest appends the digest of the data.
func (m *module) digest(dst []byte, algorithm int, data string) ([]byte, error) {
	h := m.hashes[algorithm]
	if h == nil {
		h = algorithms[algorithm].new()
		m.hashes[algorithm] = h
	}
	h.Reset()
	if err := m.pieces(data, func(part []byte) { h.Write(part) }); err != nil {
		return nil, err
	}
	return h.Sum(dst), nil
}

// hmac is hmac(algorithm, key, data): RFC 2104.
func (m *module) hmac(c *lua.Call) error {
	algorithm := options.Argument(c, 1, algorithmNames)
	key, data := c.String(2), c.String(3)
	if err := c.Err(); err != nil {
		return err
	}
	var room [sha512.BlockSize]byte
	var short []byte
	if len(key) > len(room) { // hmac.New would hash it in one piece
		var err error
		if short, err = m.digest(room[:0], algorithm, key); err != nil {
			return err
		}
	} else {
		short = room[:copy(room[:], key)]
	}
	mac := hmac.New(algorithms[algorithm].new, short)
	if err := m.pieces(data, func(part []byte) { mac.Write(part) }); err != nil {
		return err
	}
	return c.ReturnBytes(mac.Sum(room[:0]))
}

// equal is equal(a, b): the time that it takes depends on the lengths alone.
func (m *module) equal(c *lua.Call) error {
	a, b := c.String(1), c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	if len(a) != len(b) {
		return c.Return(lua.False)
	}
	same := 1
	if err := m.pieces(a, func(part []byte) {
		other := m.other[:copy(m.other[:len(part)], b)]
		same &= subtle.ConstantTimeCompare(part, other)
		b = b[len(part):]
	}); err != nil {
		return err
	}
	return c.Return(lua.Bool(same == 1))
}
