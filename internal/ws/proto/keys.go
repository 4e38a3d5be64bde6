package proto

import (
	cryptorand "crypto/rand"
	"math/rand/v2"
	"sync"
)

// maskingKeys gives masking keys that a peer cannot foresee (RFC 6455 §10.3), each of them
// once. A queue borrows one while it holds messages that are encoded as they are pushed: a
// generator has 300 bytes, which one for each connection or segment would keep out of the
// processor's cache.
type maskingKeys struct {
	generator *rand.ChaCha8 // seeded by the operating system
	second    uint32        // the other half of what it gave last
	left      bool          // second is still to be used
}

var freeKeys = sync.Pool{New: func() any {
	var seed [32]byte
	cryptorand.Read(seed[:])
	return &maskingKeys{generator: rand.NewChaCha8(seed)}
}}

func borrowKeys() *maskingKeys   { return freeKeys.Get().(*maskingKeys) }
func (k *maskingKeys) giveBack() { freeKeys.Put(k) }

func (k *maskingKeys) next() uint32 {
	if k.left {
		k.left = false
		return k.second
	}
	two := k.generator.Uint64()
	k.second, k.left = uint32(two>>32), true
	return uint32(two)
}
