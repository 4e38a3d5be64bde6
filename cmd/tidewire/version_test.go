package main

import (
	"runtime/debug"
	"testing"
)

// The line says all that the build has noted, whichever way it was made.
func TestVersionLine(t *testing.T) {
	const commit = "342d5ada07381ed26c82816aea31ccf306b89556"
	platform := []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}}
	vcs := func(modified string) []debug.BuildSetting {
		return append([]debug.BuildSetting{
			{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: commit},
			{Key: "vcs.time", Value: "2026-11-29T07:51:11Z"}, {Key: "vcs.modified", Value: modified},
		}, platform...)
	}
	for _, c := range []struct {
		name, release, version string
		settings               []debug.BuildSetting
		want                   string
	}{
		{"go install of a version", "", "v1.2.3", platform, "tidewire v1.2.3 go1.26.8 linux/arm64"},
		{"go install of a commit", "", "v1.2.4-0.20261129075111-342d5ada0738", platform,
			"tidewire v1.2.4-0.20261129075111-342d5ada0738 (commit 342d5ada0738, 2026-11-29) go1.26.8 linux/arm64"},
		{"go install before the first version", "", "v0.0.0-20261129075111-342d5ada0738", platform,
			"tidewire v0.0.0-20261129075111-342d5ada0738 (commit 342d5ada0738, 2026-11-29) go1.26.8 linux/arm64"},
		{"go build in a clone, at a tag", "", "v1.2.3", vcs("false"),
			"tidewire v1.2.3 (commit 342d5ada0738, 2026-11-29) go1.26.8 linux/arm64"},
		{"go build in a clone that was changed", "", "v0.0.0-20261129075111-342d5ada0738+dirty", vcs("true"),
			"tidewire v0.0.0-20261129075111-342d5ada0738+dirty (commit 342d5ada0738 and changes, 2026-11-29) " +
				"go1.26.8 linux/arm64"},
		{"go run", "", "(devel)", platform, "tidewire without a version (commit unknown: go build in a clone " +
			"notes it, go run does not) go1.26.8 linux/arm64"},
		{"a release from an archive", "v1.2.3", "(devel)", platform, "tidewire v1.2.3 go1.26.8 linux/arm64"},
	} {
		info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: c.version}, Settings: c.settings}
		if got := versionLine(c.release, info); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
	if got, want := versionLine("", &debug.BuildInfo{}), "tidewire without a version (commit unknown: go build in a "+
		"clone notes it, go run does not)"; got != want {
		t.Errorf("a build without notes:\n%s, want\n%s", got, want)
	}
}
