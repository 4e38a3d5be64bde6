//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var ipTool = tool{names: []string{"ip"}, debian: "iproute2"}

// A cable joins two network namespaces of the test's own, so that the machine's network
// is not touched.
type cable struct {
	ip        string // the program
	near, far string // the namespaces
}

const (
	nearAddress, farAddress = "192.0.2.1", "192.0.2.2" // RFC 5737
	farPort                 = "8080"
)

var cables atomic.Int64 // laid so far, for different names

func layCable(t *testing.T) *cable {
	t.Helper()
	unique := fmt.Sprintf("%d-%d", os.Getpid(), cables.Add(1))
	c := &cable{ip: ipTool.path(t), near: "tidewire-near-" + unique, far: "tidewire-far-" + unique}
	for _, namespace := range []string{c.near, c.far} {
		if out, err := exec.Command(c.ip, "netns", "add", namespace).CombinedOutput(); err != nil {
			t.Fatalf("network namespaces cannot be made: run this test as root, on a kernel that has them: %v\n%s",
				err, out)
		}
		t.Cleanup(func() { c.run(t, "netns", "delete", namespace) })
	}
	c.run(t, "link", "add", "near", "netns", c.near, "type", "veth", "peer", "name", "far", "netns", c.far)
	c.run(t, "-netns", c.near, "address", "add", nearAddress+"/30", "dev", "near")
	c.run(t, "-netns", c.far, "address", "add", farAddress+"/30", "dev", "far")
	c.run(t, "-netns", c.near, "link", "set", "near", "up")
	c.run(t, "-netns", c.far, "link", "set", "far", "up")
	return c
}

func (c *cable) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(c.ip, args...).CombinedOutput(); err != nil {
		t.Errorf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// A cable that is pulled: packets vanish, nobody sends FIN or RST.
func TestPulledCable(t *testing.T) {
	for name, pull := range map[string]func(t *testing.T, c *cable){
		"no carrier": func(t *testing.T, c *cable) { c.run(t, "-netns", c.far, "link", "set", "far", "down") },
		// The near side notices nothing of it.
		"nobody there": func(t *testing.T, c *cable) { c.run(t, "-netns", c.far, "address", "flush", "dev", "far") },
	} {
		for _, what := range []string{"wait", "send"} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel() // each waits most of its time
				c := layCable(t)
				server := serve(t, c.ip, "netns", "exec", c.far, runner, "echo", "--addr", farAddress+":"+farPort)
				server.says(t, farAddress+":"+farPort)
				cmd := script{name: "mute", args: []string{"ws://" + farAddress + ":" + farPort + "/",
					"{ping = 1, pong = 1}",
					what}}.command(t)
				cmd.Args = append([]string{c.ip, "netns", "exec", c.near, runner}, cmd.Args[1:]...)
				cmd.Path = c.ip
				seen := falls(t, cmd, func() { pull(t, c) }, nil)
				seen.want(t, report{"error": "Timer Expired", "phase": "open", "category": "keepalive"})
				seen.wantAfter(t, 1900*time.Millisecond, 30*time.Second)
			})
		}
	}
}

// While a connection is being made the cable may be out, too.
func TestNoCable(t *testing.T) {
	c := layCable(t)
	c.run(t, "-netns", c.far, "address", "flush", "dev", "far")
	cmd := script{name: "report", args: []string{"ws://" + farAddress + ":" + farPort + "/",
		"{timeout = {tcp = 0.5}}"}}.command(t)
	cmd.Args = append([]string{c.ip, "netns", "exec", c.near, runner}, cmd.Args[1:]...)
	cmd.Path = c.ip
	from := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range []string{"failed Timer Expired", "phase tcp", "category timeout", "retryable true"} {
		if !strings.Contains(string(out), line+"\n") {
			t.Errorf("did not say %q", line)
		}
	}
	if took := time.Since(from); took > 30*time.Second {
		t.Errorf("took %s, want 500 ms", took)
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
