package wstest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// modulePath begins the name of every function of ours in a stack.
const modulePath = "github.com/tidewire/tidewire/"

// leakPatience is how long goroutines may take to end. A variable for this package's own
// test alone.
var leakPatience = 5 * time.Second

// Main runs a package's tests for TestMain and fails if goroutines of this module are
// left at their end.
func Main(m *testing.M) {
	code := m.Run()
	if left := wait(func() []string { return goroutines(nil) }); len(left) > 0 && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines left: %d\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// CheckLeaks fails the test if goroutines of this module that began after the call are
// left at its end. It knows goroutines by number, so a test that calls it must not run in
// parallel with others. A synctest bubble checks by itself.
func CheckLeaks(tb testing.TB) {
	tb.Helper()
	before := make(map[string]bool)
	goroutines(func(number string) bool {
		before[number] = true
		return false
	})
	tb.Cleanup(func() {
		left := wait(func() []string {
			return goroutines(func(number string) bool { return !before[number] })
		})
		if len(left) > 0 {
			tb.Errorf("goroutines left: %d\n\n%s", len(left), strings.Join(left, "\n\n"))
		}
	})
}

// wait asks until nothing is left or the time is up. Goroutines have no signal for their
// end that a stranger could wait for, so it polls, ever more slowly.
func wait(left func() []string) []string {
	end := time.Now().Add(leakPatience)
	for pause := 100 * time.Microsecond; ; pause *= 2 {
		stacks := left()
		if len(stacks) == 0 || time.Now().After(end) {
			return stacks
		}
		time.Sleep(pause)
	}
}

// goroutines returns the stacks of goroutines that run or were started by this module's
// code and whose number suits (nil: all do), except the caller's and those that package
// testing started.
func goroutines(suits func(number string) bool) (stacks []string) {
	all := make([]byte, 1<<20)
	for {
		n := runtime.Stack(all, true)
		if n < len(all) {
			all = all[:n]
			break
		}
		all = make([]byte, 2*len(all))
	}
	for i, stack := range bytes.Split(all, []byte("\n\n")) {
		text := string(stack)
		if i == 0 || !strings.Contains(text, modulePath) || strings.Contains(text, "created by testing.") {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(text, "goroutine "), " ")
		if suits == nil || suits(number) {
			stacks = append(stacks, text)
		}
	}
	return stacks
}
