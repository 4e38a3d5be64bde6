package page

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Load is the load average of the machine over 1, 5 and 15 minutes.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) >= 3 {
		return strings.Join(fields[:3], " ")
	}
	return "unknown"
}

// Machine is the processor's name, how many of it there are, and the release of the kernel,
// which loopback connections are made of.
func Machine() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	name, count := "unknown", 0
	for line := range strings.Lines(string(text)) {
		key, field, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "processor":
			count++
		case "model name":
			name = strings.TrimSpace(field)
		}
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		release = []byte("unknown")
	}
	return fmt.Sprintf("%d × %s, Linux %s", count, name, bytes.TrimSpace(release))
}

// Revision is this repository's, as git describes it.
func Revision() (string, error) {
	command := exec.Command("git", "describe", "--always", "--dirty")
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("which commit is measured? git describe: %w: %s", err, bytes.TrimSpace(problem.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}
