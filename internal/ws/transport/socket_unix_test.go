//go:build unix

package transport

import "testing"

// Blocks double while reads fill them, and halve when one fills less than half. The lender
// may lend a little more than was asked for, or less.
func TestAdapted(t *testing.T) {
	const kib = 1 << 10
	for _, c := range []struct{ block, size, read, want int }{
		{64 * kib, 72 * kib, 72*kib - 1, 64 * kib},
		{64 * kib, 72 * kib, 72 * kib, 128 * kib},
		{128 * kib, 64 * kib, 64 * kib, 256 * kib},
		{256 * kib, 264 * kib, 264 * kib, 256 * kib},
		{256 * kib, 264 * kib, 132 * kib, 256 * kib},
		{256 * kib, 264 * kib, 132*kib - 1, 128 * kib},
		{64 * kib, 72 * kib, 1, 64 * kib},
	} {
		if got := adapted(c.block, c.size, c.read); got != c.want {
			t.Errorf("after %d bytes in %d of %d: %d, want %d", c.read, c.size, c.block, got, c.want)
		}
	}
}
