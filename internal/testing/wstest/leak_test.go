package wstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// cleanups is a testing.TB whose end the test decides.
type cleanups struct {
	failing
	funcs []func()
}

func (c *cleanups) Cleanup(f func()) { c.funcs = append(c.funcs, f) }

func (c *cleanups) end() {
	for _, f := range c.funcs {
		f()
	}
}

func TestCheckLeaks(t *testing.T) {
	older := make(chan struct{})
	go leak(older)
	defer close(older)

	tb := &cleanups{failing: failing{TB: t}}
	wstest.CheckLeaks(tb)
	tb.end()
	if tb.said != "" {
		t.Errorf("nothing began since: %s", tb.said)
	}

	// Ends while the check is waiting, in all likelihood.
	slow := make(chan struct{})
	go leak(slow)
	time.AfterFunc(10*time.Millisecond, func() { close(slow) })
	tb.end()
	if tb.said != "" {
		t.Errorf("all ended: %s", tb.said)
	}
}

func TestCheckLeaksFindsOne(t *testing.T) {
	wstest.SetLeakPatience(t, 50*time.Millisecond)
	tb := &cleanups{failing: failing{TB: t}}
	wstest.CheckLeaks(tb)
	end := make(chan struct{})
	defer close(end)
	go leak(end)
	tb.end()
	if !strings.Contains(tb.said, "goroutines left: 1") || !strings.Contains(tb.said, "wstest_test.leak") {
		t.Errorf("said %q", tb.said)
	}
}

func leak(end <-chan struct{}) { <-end }
