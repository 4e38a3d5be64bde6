package sandbox_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/lua/std/sandbox"
	"github.com/tidewire/tidewire/permission"
)

// tree makes files and directories (names that end in a slash) in a folder of its own,
// and returns it, resolved. A content of "-> x" makes a symbolic link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		target, isLink := strings.CutPrefix(content, "-> ")
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func only(paths ...string) sandbox.Grant { return sandbox.Grant{Only: paths} }

func reading(paths ...string) *sandbox.Box {
	return sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Read: only(paths...)}})
}

// outcome is a file's content, or one word for why there is none.
func outcome(t *testing.T, f *os.File, err error) string {
	t.Helper()
	var refused *permission.Refusal
	switch {
	case errors.As(err, &refused):
		return "refused"
	case errors.Is(err, fs.ErrNotExist):
		return "none"
	case err != nil:
		return err.Error()
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func TestZeroOptionsAllowNothing(t *testing.T) {
	b := sandbox.New(sandbox.Options{})
	_, set, envErr := b.Getenv("PATH")
	_, runErr := b.Command("id")
	_, openErr := b.OpenFile("/etc/hosts", os.O_RDONLY)
	_, updateErr := b.OpenFile("x", os.O_RDWR)
	_, writeErr := b.OpenFile("x y", os.O_WRONLY|os.O_CREATE)
	_, moduleErr := b.OpenModule("/etc/hosts.lua")
	_, readErr := b.ReadFile("/etc/hosts")
	_, tempErr := b.CreateTemp()
	for name, c := range map[string]struct {
		err  error
		want permission.Refusal
	}{
		"Getenv":            {envErr, permission.Refusal{Permission: permission.Env, Item: "PATH"}},
		"Command":           {runErr, permission.Refusal{Permission: permission.Run, Item: "id"}},
		"OpenFile":          {openErr, permission.Refusal{Permission: permission.Read, Item: "/etc/hosts"}},
		"OpenFile O_RDWR":   {updateErr, permission.Refusal{Permission: permission.Read, Item: "x"}},
		"OpenFile O_WRONLY": {writeErr, permission.Refusal{Permission: permission.Write, Item: "x y"}},
		"OpenModule":        {moduleErr, permission.Refusal{Permission: permission.Read, Item: "/etc/hosts.lua"}},
		"ReadFile":          {readErr, permission.Refusal{Permission: permission.Read, Item: "/etc/hosts"}},
		"CreateTemp":        {tempErr, permission.Refusal{Permission: permission.Write, Item: os.TempDir()}},
		"Remove":            {b.Remove("x"), permission.Refusal{Permission: permission.Write, Item: "x"}},
		"Rename":            {b.Rename("x", "y"), permission.Refusal{Permission: permission.Read, Item: "x"}},
	} {
		var refused *permission.Refusal
		if !errors.As(c.err, &refused) || *refused != c.want {
			t.Errorf("%s: %v, want %+v", name, c.err, c.want)
		}
	}
	if set || b.MayRun() {
		t.Error("the environment or programs are open")
	}
}

func TestReadCoversWhatIsUnderAPath(t *testing.T) {
	dir := tree(t, map[string]string{
		"in/a": "A", "in/deep/b": "B", "out/secret": "S", "in.txt": "T", "file": "F", "in/inside": "-> deep/b",
		"in/outside": "-> ../out/secret", "in/outdir": "-> ../out", "alias": "-> in", "in/nowhere": "-> nope",
		"in/loop": "-> loop", "in/other": "-> ../file",
	})
	b := reading(filepath.Join(dir, "alias"), filepath.Join(dir, "file"), "")
	for path, want := range map[string]string{
		"in/a": "A", "in/deep/b": "B", "alias/a": "A", "in/inside": "B", "in/deep/../a": "A", "file": "F",
		"./in//a":  "A",
		"in/other": "F", "in/outside": "refused", "in/outdir/secret": "refused", "in/../out/secret": "refused",
		"in.txt": "refused", "out/secret": "refused", "out/nope": "refused", "in/nope": "none", "": "refused",
		"in/nowhere": "none", "in/outdir/../a": "A", "sandbox_test.go": "refused", "in/deep/../../in/a": "A",
	} {
		f, err := b.OpenFile(dir+"/"+path, os.O_RDONLY)
		if got := outcome(t, f, err); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"", "sandbox_test.go", ".", "..", "/", "\x00", filepath.Join(dir, "in\x00/a")} {
		if f, err := b.OpenFile(path, os.O_RDONLY); err == nil {
			t.Errorf("%q was opened", path)
			f.Close()
		}
	}
	for path, want := range map[string]error{"in/loop": syscall.ELOOP, "file/x": syscall.ENOTDIR,
		"in/a\x00": syscall.EINVAL} {
		if _, err := b.OpenFile(filepath.Join(dir, path), os.O_RDONLY); !errors.Is(err, want) &&
			runtime.GOOS != "windows" {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

func TestReadAndWriteNeedBoth(t *testing.T) {
	dir := tree(t, map[string]string{"w/secret": "S", "w/pub/a": "A", "w/pub/back": "-> ../secret", "r/a": "R"})
	b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{
		Read: only(filepath.Join(dir, "w/pub"), filepath.Join(dir, "r")), Write: only(filepath.Join(dir, "w")),
	}})
	for path, want := range map[string]string{"w/pub/a": "A", "w/secret": "refused", "w/pub/back": "refused",
		"r/a": "refused"} {
		f, err := b.OpenFile(filepath.Join(dir, path), os.O_RDWR)
		if got := outcome(t, f, err); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	for _, mixed := range []sandbox.Permissions{
		{Read: only(filepath.Join(dir, "r")), Write: sandbox.Grant{All: true}},
		{Read: sandbox.Grant{All: true}, Write: only(filepath.Join(dir, "r"))},
	} {
		b := sandbox.New(sandbox.Options{Permissions: mixed})
		for path, want := range map[string]string{"r/a": "R", "w/secret": "refused"} {
			f, err := b.OpenFile(filepath.Join(dir, path), os.O_RDWR)
			if got := outcome(t, f, err); got != want {
				t.Errorf("%+v, %q: %q, want %q", mixed, path, got, want)
			}
		}
	}
}

func TestWriteStaysInside(t *testing.T) {
	dir := tree(t, map[string]string{"w/old": "12345", "w/link": "-> ../target", "w/dangling": "-> ../new",
		"target": "T"})
	b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Write: only(filepath.Join(dir, "w"))}})
	for path, want := range map[string]string{
		"w/old": "", "w/new": "", "w/link": "refused", "w/dangling": "refused", "new": "refused", "w/nodir/x": "none",
		"w/../target": "refused",
	} {
		f, err := b.OpenFile(filepath.Join(dir, path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
		if err == nil {
			f.Close()
			if content, _ := os.ReadFile(filepath.Join(dir, path)); string(content) != want {
				t.Errorf("%s holds %q, want %q", path, content, want)
			}
			continue
		}
		if got := outcome(t, f, err); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if _, err := b.OpenFile(filepath.Join(dir, "w/old"), os.O_WRONLY|os.O_CREATE|os.O_EXCL); !errors.Is(err,
		fs.ErrExist) {
		t.Errorf("O_EXCL: %v", err)
	}
	if content, _ := os.ReadFile(filepath.Join(dir, "target")); string(content) != "T" {
		t.Errorf("the target of the link holds %q", content)
	}
	if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
		t.Error("a link to nowhere let a file be created outside")
	}
}

func TestRemoveAndRename(t *testing.T) {
	dir := tree(t, map[string]string{
		"w/a": "A", "w/b": "B", "w/sub/c": "C", "w/link": "-> ../target", "target": "T", "w2/": "", "w/only/d": "D",
		"w/dir/": "",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{
		Read:  only(at("w/a"), at("w/b"), at("w/sub"), at("target")),
		Write: only(at("w/sub"), at("w"), at("w2")),
	}})
	for _, c := range []struct{ from, to, want string }{
		{"w/a", "w/sub/a", ""},     // a wide rule covers both
		{"w/sub/a", "w/a", ""},     //
		{"w/link", "w/moved", ""},  // the link itself; where it leads may be read
		{"w/only/d", "w/a", "r"},   // would be readable under the new name
		{"w/b", "w2/b", "x"},       // two rules
		{"w/b", "b", "w"},          //
		{"target", "w/t", "w"},     //
		{"w/nope", "w/sub/x", "r"}, //
		{"w/sub/nope", "w/x", "n"}, //
		{"w/sub/../a", "w/../w/e", ""},
	} {
		err := b.Rename(at(c.from), at(c.to))
		var refused *permission.Refusal
		got := ""
		switch {
		case errors.As(err, &refused):
			got = string("rw"[refused.Permission])
		case errors.Is(err, fs.ErrNotExist):
			got = "n"
		case errors.Is(err, syscall.EXDEV):
			got = "x"
		case err != nil:
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s to %s: %q (%v), want %q", c.from, c.to, got, err, c.want)
		}
	}
	for name, want := range map[string]string{"w/moved": "", "target": "refused", "w/nope": "none", "w/sub/c": "",
		"w/dir": ""} {
		if err := b.Remove(at(name)); outcomeOf(err) != want {
			t.Errorf("remove %s: %v, want %q", name, err, want)
		}
	}
	if content, _ := os.ReadFile(at("target")); string(content) != "T" {
		t.Error("removing a link removed what it leads to")
	}
}

func outcomeOf(err error) string {
	var refused *permission.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return "refused"
	case errors.Is(err, fs.ErrNotExist):
		return "none"
	}
	return err.Error()
}

func TestOpenModule(t *testing.T) {
	dir := tree(t, map[string]string{
		"src/a.lua": "A", "src/.env": "KEY", "src/env.lua": "-> .env", "src/b": "-> a.lua",
		"src/link.lua": "-> ../secret.lua",
		"secret.lua":   "S", "src/dir.lua/x": "X", "src/linkdir": "-> ..", "open/c": "C",
		"src/into.lua": "-> ../open/c",
	})
	b := sandbox.New(sandbox.Options{
		Permissions: sandbox.Permissions{Read: only(filepath.Join(dir, "open"))},
		ModuleDirs:  []string{filepath.Join(dir, "src"), ""},
	})
	for path, want := range map[string]string{
		"src/a.lua": "A", "src/b": "A", "open/c": "C", "src/into.lua": "C", "src/nope.lua": "none",
		"src/dir.lua": "none",
		"src/.env":    "refused", "src/env.lua": "refused", "src/link.lua": "refused", "secret.lua": "refused",
		"src/linkdir/secret.lua": "refused", "src/../secret.lua": "refused", "src/a.lua/../.env": "refused",
		"open": "none",
	} {
		f, err := b.OpenModule(dir + "/" + path)
		if got := outcome(t, f, err); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if f, err := reading(dir).OpenModule(filepath.Join(dir, "src/.env")); outcome(t, f, err) != "KEY" {
		t.Error("without module directories what may be read is no module")
	}
	if f, err := b.OpenModule(""); err == nil {
		f.Close()
		t.Error("the empty path was opened")
	}
}

func TestReadFile(t *testing.T) {
	dir := tree(t, map[string]string{
		"in/ca.pem": "PEM", "in/link": "-> ../secret", "secret": "S", "in/big": strings.Repeat("x", 1<<20+1),
		"in/most": strings.Repeat("x", 1<<20),
	})
	b := sandbox.New(sandbox.Options{
		Permissions: sandbox.Permissions{Read: only(filepath.Join(dir, "in"))},
		Words:       func(r permission.Refusal, _ permission.Form) string { return "not that one" },
	})
	if got, err := b.ReadFile(filepath.Join(dir, "in/ca.pem")); string(got) != "PEM" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := b.ReadFile(filepath.Join(dir, "in/most")); len(got) != 1<<20 || err != nil {
		t.Errorf("1 MiB: %d bytes, %v", len(got), err)
	}
	for path, want := range map[string]string{
		"secret": "not that one", "in/link": "not that one", "in": "not a regular file",
		"in/big": "larger than 1048576 bytes",
	} {
		_, err := b.ReadFile(filepath.Join(dir, path))
		var refused *permission.Refusal
		if err == nil || err.Error() != want || errors.As(err, &refused) != (want == "not that one") {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestCreateTemp(t *testing.T) {
	for _, grant := range []sandbox.Grant{{All: true}, only(os.TempDir())} {
		b := sandbox.New(sandbox.Options{Permissions: sandbox.Permissions{Write: grant}})
		f, err := b.CreateTemp()
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := b.Remove(f.Name()); err != nil {
			t.Error(err)
		}
	}
}

func TestDescribe(t *testing.T) {
	b := sandbox.New(sandbox.Options{Words: func(r permission.Refusal,
		_ permission.Form) string {
		return r.Item + " is none of yours"
	}})
	_, missing := os.Open("/nope")
	_, directory := os.ReadFile("/")
	for _, c := range []struct {
		path   string
		err    error
		text   string
		number int
	}{
		{"/nope", missing, "/nope: No such file or directory", 2},
		{"", missing, "No such file or directory", 2},
		{"x", &permission.Refusal{Permission: permission.Read, Item: "y"}, "y is none of yours", 13},
		{"x", fs.ErrNotExist, "x: No such file or directory", 2},
		{"", directory, "Is a directory", 21},
		{"x", syscall.ENAMETOOLONG, "x: File name too long", 36},
		{strings.Repeat("x", 1<<20), syscall.ENAMETOOLONG, strings.Repeat("x", 200) + "… and 1048376 bytes more: " +
			"File name too long", 36},
		{"x", errors.New("odd"), "x: Odd", 5},
		{"", errors.New(""), "", 5},
	} {
		if runtime.GOOS != "linux" && c.number != 13 {
			continue // the texts and numbers are the system's
		}
		if text, number := b.Describe(c.path, c.err); text != c.text || number != c.number {
			t.Errorf("%v: %q, %d, want %q, %d", c.err, text, number, c.text, c.number)
		}
	}
	if got := (&permission.Refusal{Permission: permission.Write,
		Item: "x"}).Error(); got != "x: writing is not allowed" {
		t.Errorf("%q", got)
	}
}

// A path of any length is answered in little time: it is neither resolved nor repeated.
func TestLongPaths(t *testing.T) {
	dir := tree(t, map[string]string{"in/a": "A"})
	b := reading(filepath.Join(dir, "in"))
	begin := time.Now()
	for _, path := range []string{
		strings.Repeat("x", 1<<24), dir + "/in" + strings.Repeat("/y", 1<<20),
		dir + "/in" + strings.Repeat("/../in", 1000),
	} {
		f, err := b.OpenFile(path, os.O_RDONLY)
		if !errors.Is(err, syscall.ENAMETOOLONG) {
			t.Errorf("%d bytes: %q", len(path), outcome(t, f, err))
		}
		text, _ := b.Describe(path, err)
		if len(text) > 1000 {
			t.Errorf("a message of %d bytes", len(text))
		}
		_, err = sandbox.New(sandbox.Options{}).OpenFile(path, os.O_RDONLY)
		if text, number := b.Describe(path, err); len(text) > 1000 || number != 13 {
			t.Errorf("refused with %d and %d bytes", number, len(text))
		}
	}
	if f, err := b.OpenFile(dir+"/in"+strings.Repeat("/y", 1800), os.O_RDONLY); outcome(t, f, err) != "none" {
		t.Errorf("%v", err)
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestSources(t *testing.T) {
	dir := tree(t, map[string]string{"src/a.lua": "A", "open/b": "B", "secret": "S"})
	box := sandbox.New(sandbox.Options{
		Permissions: sandbox.Permissions{Read: only(filepath.Join(dir, "open"))},
		ModuleDirs:  []string{filepath.Join(dir, "src")},
	})
	sources := sandbox.Sources{Box: box, Stdin: strings.NewReader("I")}
	read := func(f io.ReadCloser, err error) string {
		if err != nil {
			return strings.ReplaceAll(err.Error(), dir, "DIR")
		}
		defer f.Close()
		content, err := io.ReadAll(f)
		if err != nil {
			return strings.ReplaceAll(err.Error(), dir, "DIR")
		}
		return string(content)
	}
	for name, want := range map[string]string{
		"": "I", dir + "/open/b": "B", dir + "/secret": "DIR/secret: reading is not allowed",
		dir + "/open/c": "DIR/open/c: No such file or directory", dir + "/open": "DIR/open: Is a directory",
	} {
		if got := read(sources.Open(name)); got != want &&
			(runtime.GOOS == "linux" || !strings.HasSuffix(name, "/open")) {
			t.Errorf("Open %q: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"src/a.lua": "A", "open/b": "B", "secret": "reading is not allowed", "src/b.lua": "file does not exist",
		"open": "file does not exist",
	} {
		if got := read(sources.OpenModule(filepath.Join(dir, name))); got != want {
			t.Errorf("OpenModule %q: %q, want %q", name, got, want)
		}
	}
	if _, err := sources.OpenModule(filepath.Join(dir, "src/b.lua")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if got := read(sandbox.Sources{Box: box}.Open("")); got != "" {
		t.Errorf("without Stdin: %q", got)
	}
}
