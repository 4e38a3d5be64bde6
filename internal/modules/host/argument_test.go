package host_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/modules/host"
)

func TestDelay(t *testing.T) {
	for milliseconds, want := range map[float64]time.Duration{
		0: 0, 1: time.Millisecond, 0.5: 500 * time.Microsecond, -5: 0, math.Inf(-1): 0, 1e12: 1e12 * time.Millisecond,
	} {
		if got, err := host.Delay(milliseconds); got != want || err != nil {
			t.Errorf("Delay(%v) = %v, %v, want %v", milliseconds, got, err, want)
		}
	}
	for milliseconds, text := range map[float64]string{1e12 + 1: "1000000000001", math.Inf(1): "inf",
		math.NaN(): "nan"} {
		_, err := host.Delay(milliseconds)
		if want := "at most 1e12 milliseconds expected, got " + text; fmt.Sprint(err) != want {
			t.Errorf("Delay(%v): %v, want %s", milliseconds, err, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	for _, code := range []float64{0, 1, 255} {
		if got, err := host.ExitCode(code); float64(got) != code || err != nil {
			t.Errorf("ExitCode(%v) = %d, %v", code, got, err)
		}
	}
	for code, text := range map[float64]string{-1: "-1", 256: "256", 1.5: "1.5", math.NaN(): "nan",
		math.Inf(1): "inf"} {
		_, err := host.ExitCode(code)
		if want := "0 to 255 expected, got " + text; fmt.Sprint(err) != want {
			t.Errorf("ExitCode(%v): %v, want %s", code, err, want)
		}
	}
}

func TestOSExitCode(t *testing.T) {
	for code, want := range map[float64]int{
		0: 0, 3: 3, 255: 255, 256: 0, 257: 1, -1: 255, -256: 0, 2.9: 2, -0.5: 0, 1 << 60: 0, 1<<52 + 7: 7,
		math.NaN(): 1, math.Inf(1): 1, math.Inf(-1): 1, 1e300: 0,
	} {
		if got := host.OSExitCode(code); got != want {
			t.Errorf("OSExitCode(%v) = %d, want %d", code, got, want)
		}
	}
	if yes, no := host.OSExitSuccess(true), host.OSExitSuccess(false); yes != 0 || no != 1 {
		t.Errorf("true gives %d, false %d", yes, no)
	}
}

// The count is whole, never goes back, and has at most 14 digits.
func TestTickCountIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := host.NewTickCount()
		first := count.Now()
		if first < 1e11 || first >= 1e14 || first != math.Trunc(first) {
			t.Errorf("the count begins at %v", first)
		}
		time.Sleep(1500*time.Millisecond + 700*time.Microsecond)
		if passed := count.Now() - first; passed != 1500 {
			t.Errorf("after 1500.7 ms it has grown by %v", passed)
		}
	})
}

func TestUnknownEvents(t *testing.T) {
	var events host.UnknownEvents
	const known, meant = "unknown event, its handlers never run: the events are onUpdate and shutdown",
		"unknown event, its handlers never run: did you mean "
	for event, want := range map[string]string{
		"onupdate": meant + `"onUpdate"?`, "onUpdat": meant + `"onUpdate"?`, "OnShutdown": meant + `"shutdown"?`,
		"shutdwon": meant + `"shutdown"?`, "onTick": known, "": known, "x": known,
		"onUpdate" + strings.Repeat("e", 1e6): known,
	} {
		if got := events.Warning(event); got != want {
			t.Errorf("%.20q the first time: %q, want %q", event, got, want)
		}
	}
	if got := events.Warning("onupdate"); got != "" {
		t.Errorf("the second time: %q", got)
	}
	warned := 8
	for i := range 1000 {
		if events.Warning(fmt.Sprint(i)) != "" {
			warned++
		}
	}
	if warned != 64 {
		t.Errorf("%d names were warned of, want 64", warned)
	}
}
