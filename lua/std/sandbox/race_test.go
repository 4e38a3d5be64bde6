//go:build unix

package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// attack runs swap over and over, as another process might, while attempt runs so many
// times, and on until one has succeeded.
func attack(t *testing.T, times int, swap func(turn int), attempt func() (succeeded bool)) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				swap(i)
			}
		}
	}()
	succeeded := false
	for i := 0; i < times || !succeeded && i < 100*times; i++ {
		succeeded = attempt() || succeeded
	}
	close(stop)
	<-stopped
	if !succeeded {
		t.Error("no attempt succeeded: the test shows nothing")
	}
}

var attempts = detector.Part(2000)

// replace puts a symbolic link, or a file for "", in a path's place, in one step.
func replace(path, target, content string) {
	spare := path + ".spare"
	if target != "" {
		_ = os.Symlink(target, spare)
	} else {
		_ = os.WriteFile(spare, []byte(content), 0o644)
	}
	_ = os.Rename(spare, path)
}

// An allowed file is swapped for a link while it is opened: the read gets the file or
// nothing, never the target of the link.
func TestRaceOfAFile(t *testing.T) {
	dir := tree(t, map[string]string{"box/a": "inside", "box/beside": "outside", "secret": "outside"})
	path := filepath.Join(dir, "box/a")
	b := reading(path)
	seen := make(map[string]int)
	attack(t, attempts, func(i int) { replace(path, []string{"", "beside", "../secret"}[i%3], "inside") }, func() bool {
		f, err := b.OpenFile(path, os.O_RDONLY)
		got := outcome(t, f, err)
		seen[got]++
		return got == "inside"
	})
	if seen["outside"] > 0 {
		t.Errorf("seen: %v", seen)
	}
}

// The same with a directory on the way, and with the directory of the rule itself.
func TestRaceOfADirectory(t *testing.T) {
	dir := tree(t, map[string]string{"box/in/a": "inside", "evil/a": "outside", "evil/in/a": "outside"})
	for _, c := range []struct{ rule, swapped, target string }{
		{"box", "box/in", "../evil"}, {"box/in", "box/in", "../evil"}, {"box/in", "box/in", filepath.Join(dir, "evil")},
	} {
		b := reading(filepath.Join(dir, c.rule))
		swapped, aside := filepath.Join(dir, c.swapped), filepath.Join(dir, "aside")
		seen := make(map[string]int)
		attack(t, attempts, func(int) {
			_ = os.Rename(swapped, aside)
			_ = os.Symlink(c.target, swapped)
			_ = os.Remove(swapped)
			_ = os.Rename(aside, swapped)
		}, func() bool {
			f, err := b.OpenFile(filepath.Join(dir, "box/in/a"), os.O_RDONLY)
			got := outcome(t, f, err)
			seen[got]++
			return got == "inside"
		})
		if seen["outside"] > 0 {
			t.Errorf("%+v: seen: %v", c, seen)
		}
	}
}

// A file that is opened to be overwritten is truncated only when it is known to be the
// allowed file.
func TestRaceOfATruncation(t *testing.T) {
	dir := tree(t, map[string]string{"box/a": "", "box/beside": "kept", "secret": "kept"})
	path := filepath.Join(dir, "box/a")
	b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Write: only(path)}})
	attack(t, attempts, func(i int) { replace(path, []string{"", "beside", "../secret", "nowhere"}[i%4], "") },
		func() bool {
			f, err := b.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
			if err == nil {
				f.Close()
			}
			return err == nil
		})
	for _, name := range []string{"box/beside", "secret"} {
		if content, err := os.ReadFile(filepath.Join(dir, name)); string(content) != "kept" {
			t.Errorf("%s holds %q, %v", name, content, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "box/nowhere")); err == nil {
		t.Error("a link to nowhere let a file be created")
	}
}

// A module's name is judged by the path that is opened: a link that gets another target
// in between does not make a module of another file.
func TestRaceOfAModule(t *testing.T) {
	dir := tree(t, map[string]string{"src/a.lua": "inside", "src/.env": "outside"})
	path := filepath.Join(dir, "src/link.lua")
	b := sandbox.New(sandbox.Options{ModuleDirs: []string{filepath.Join(dir, "src")}})
	seen := make(map[string]int)
	attack(t, attempts, func(i int) { replace(path, []string{"a.lua", ".env"}[i%2], "") }, func() bool {
		f, err := b.OpenModule(path)
		got := outcome(t, f, err)
		seen[got]++
		return got == "inside"
	})
	if seen["outside"] > 0 {
		t.Errorf("seen: %v", seen)
	}
}

// A file may only be read and written at once where both are allowed, whichever directory
// somebody puts on the way.
func TestRaceBetweenTwoRules(t *testing.T) {
	dir := tree(t, map[string]string{"w/pub/a": "inside", "w/hidden/a": "outside"})
	pub, aside := filepath.Join(dir, "w/pub"), filepath.Join(dir, "w/aside")
	b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Read: only(pub),
		Write: only(filepath.Join(dir, "w"))}})
	swap := func(int) {
		_ = os.Rename(pub, aside)
		_ = os.Symlink("hidden", pub)
		_ = os.Remove(pub)
		_ = os.Rename(aside, pub)
	}
	seen := make(map[string]int)
	attack(t, attempts, swap, func() bool {
		f, err := b.OpenFile(filepath.Join(pub, "a"), os.O_RDWR)
		got := outcome(t, f, err)
		seen[got]++
		return got == "inside"
	})
	if seen["outside"] > 0 {
		t.Errorf("seen: %v", seen)
	}
	// Whatever comes of a renaming: no file from outside lies where it may be read.
	readable, err := os.OpenRoot(pub) // wherever it is moved to
	if err != nil {
		t.Fatal(err)
	}
	defer readable.Close()
	moved := make(map[string]int)
	target := filepath.Join(dir, "w/moved")
	attack(t, attempts, swap, func() bool {
		err := b.Rename(filepath.Join(pub, "a"), target)
		if content, _ := readable.ReadFile("a"); string(content) == "outside" {
			moved["a file from outside, back to the wrong directory"]++
		}
		if err == nil {
			content, _ := os.ReadFile(target)
			moved[string(content)]++
		}
		_ = os.Remove(target)
		_ = os.WriteFile(filepath.Join(dir, "w/hidden/a"), []byte("outside"), 0o644)
		_ = readable.WriteFile("a", []byte("inside"), 0o644)
		return err == nil
	})
	if moved["inside"] < 1 || len(moved) > 1 {
		t.Errorf("moved: %v", moved)
	}
}

// A path may also name pipes that nobody writes to, devices and the system's own links.
func TestOddFiles(t *testing.T) {
	dir := tree(t, map[string]string{
		"in/root": "-> /proc/self/root", "in/self": "-> /proc/self/environ", "in/cwd": "-> /proc/self/cwd",
		"in/fd":  "-> /proc/self/fd",
		"secret": "S", "in/zero.lua": "-> /dev/zero",
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "in/pipe.lua"), 0o644); err != nil {
		t.Skip(err)
	}
	if err := os.Link(filepath.Join(dir, "secret"), filepath.Join(dir, "in/hard")); err != nil {
		t.Skip(err)
	}
	b := sandbox.New(sandbox.Options{
		Permissions: sandbox.Permissions{Read: only(filepath.Join(dir, "in"), "/dev/zero")},
		ModuleDirs:  []string{filepath.Join(dir, "in")},
	})
	for _, path := range []string{"in/root/etc/hosts", "in/root" + dir + "/secret", "in/self", "in/cwd/race_test.go",
		"in/fd/0"} {
		f, err := b.OpenFile(filepath.Join(dir, path), os.O_RDONLY)
		if got := outcome(t, f, err); got != "refused" && got != "none" {
			t.Errorf("%s: %.80q", path, got)
		}
	}
	f, err := b.OpenFile(filepath.Join(dir, "in/hard"), os.O_RDONLY)
	if got := outcome(t, f, err); got != "S" { // the file system gave it a name in here
		t.Errorf("a hard link: %q", got)
	}
	for _, path := range []string{"in/pipe.lua", "in/zero.lua", "in"} {
		f, err := b.OpenModule(filepath.Join(dir, path))
		if got := outcome(t, f, err); got != "none" {
			t.Errorf("the module %s: %.80q", path, got)
		}
		if _, err := b.ReadFile(filepath.Join(dir, path)); err == nil ||
			!strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("ReadFile %s: %v", path, err)
		}
	}
	all := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Read: sandbox.Grant{All: true}}})
	if f, err := all.OpenModule(filepath.Join(dir, "in/pipe.lua")); outcome(t, f, err) != "none" {
		t.Errorf("a pipe as a module where everything may be read: %v", err)
	}
}
