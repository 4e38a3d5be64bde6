package wstest

import (
	"testing"
	"time"
)

// SetLeakPatience shortens the wait for goroutines until the end of t.
func SetLeakPatience(t *testing.T, d time.Duration) {
	old := leakPatience
	leakPatience = d
	t.Cleanup(func() { leakPatience = old })
}
