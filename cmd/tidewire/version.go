package main

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// release is the version of a build from an archive, which has no version control to ask:
// go build -ldflags "-X main.release=v1.2.3". Empty otherwise.
var release string

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Long:              "Print the version, the commit that it was built from, the version of Go, and the system.",
		Args:              noArguments,
		Run:               func(*cobra.Command, []string) { printVersion() },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

func printVersion() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	fmt.Println(versionLine(release, info))
}

// pseudoVersion is the end of a version that the go command has made of a commit: the
// time in UTC and the commit.
var pseudoVersion = regexp.MustCompile(`[-.](\d{4})(\d\d)(\d\d)\d{6}-([0-9a-f]{12})(?:\+|$)`)

// versionLine is the answer to tidewire --version. go install notes the version alone,
// go build in a clone the commit, too, and go run neither.
func versionLine(release string, info *debug.BuildInfo) string {
	version := info.Main.Version
	if release != "" {
		version = release
	}
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit, day := settings["vcs.revision"], settings["vcs.time"]
	if commit == "" {
		if m := pseudoVersion.FindStringSubmatch(version); m != nil {
			day, commit = m[1]+"-"+m[2]+"-"+m[3], m[4]
		}
	}
	var b strings.Builder
	b.WriteString("tidewire ")
	if version == "" || version == "(devel)" {
		version = "without a version"
	}
	b.WriteString(version)
	switch {
	case commit != "":
		fmt.Fprintf(&b, " (commit %.12s", commit)
		if settings["vcs.modified"] == "true" {
			b.WriteString(" and changes")
		}
		if len(day) >= len("2006-01-02") {
			b.WriteString(", " + day[:len("2006-01-02")])
		}
		b.WriteString(")")
	case !strings.HasPrefix(version, "v"):
		b.WriteString(" (commit unknown: go build in a clone notes it, go run does not)")
	}
	for _, part := range []string{info.GoVersion, system(settings)} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	return b.String()
}

// system is the system and the processor, such as linux/amd64.
func system(settings map[string]string) string {
	if settings["GOOS"] == "" {
		return ""
	}
	return settings["GOOS"] + "/" + settings["GOARCH"]
}
