package std_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

func only(paths ...string) sandbox.Grant { return sandbox.Grant{Only: paths} }

func reading(paths ...string) options {
	return options{permissions: sandbox.Permissions{Read: only(paths...)}}
}

// Everything of Lua 5.1's libraries that touches the system, in a state that nobody has
// opened.
func TestClosedByDefault(t *testing.T) {
	const flag = "run again with --allow-"
	for source, want := range map[string]string{
		`print(io.open("/etc/hosts"))`: "nil\t/etc/hosts: reading is not allowed: " + flag +
			"read=/etc/hosts\t13\n",
		`print(io.open("/etc/nope"))`: "nil\t/etc/nope: reading is not allowed: " + flag +
			"read=/etc/nope\t13\n",
		`print(io.open("x y", "w"))`: "nil\tx y: writing is not allowed: " + flag + "write='x y'\t13\n",
		`print(io.open("x", "a"))`:   "nil\tx: writing is not allowed: " + flag + "write=x\t13\n",
		`print(io.open("x", "r+"))`:  "nil\tx: reading is not allowed: " + flag + "read=x\t13\n",
		`print(pcall(io.lines, "x"))`: "false\tbad argument #1 to '?' (x: reading is not allowed: " +
			flag + "read=x)\n",
		`print(pcall(io.input, "x"))`: "false\tbad argument #1 to '?' (x: reading is not allowed: " +
			flag + "read=x)\n",
		`print(pcall(io.output, "x"))`: "false\tbad argument #1 to '?' (x: writing is not allowed: " +
			flag + "write=x)\n",
		`print(os.remove("x"))`:      "nil\tx: writing is not allowed: " + flag + "write=x\t13\n",
		`print(os.rename("x", "y"))`: "nil\tx: reading is not allowed: " + flag + "read=x\t13\n",
		`print(loadfile("x"))`: "nil\tcannot open x: reading is not allowed: " + flag +
			"read=x\n",
		`print(pcall(dofile, "x"))`: "false\tcannot open x: reading is not allowed: " + flag +
			"read=x\n",
		`print(io.popen("id"))`: "nil\tid: running programs is not allowed: " + flag +
			"run\t13\n",
		`print(os.execute("id"))`: "nil\tid: running programs is not allowed: " + flag +
			"run\t13\n",
		`print(os.execute())`:                           "0\n",
		`print(os.getenv("PATH"))`:                      "nil\n",
		`print(os.setenv, channel)`:                     "nil\tnil\n",
		`print(_printregs)`:                             "nil\n",
		`print(package.cpath == "")`:                    "true\n",
		`print(package.path == "")`:                     "true\n",
		`print(package.loadlib("libc.so.6", "system"))`: "nil\tnative libraries are not supported\tabsent\n",
		`print((select(2, pcall(require, "channel"))))`: "module 'channel' not found:\n\tno field " +
			"package.preload['channel']\n",
	} {
		newVM(t, options{}).wantOutput(t, source, want)
	}
	m := newVM(t, options{})
	for _, source := range []string{`print(io.tmpfile())`, `print(os.tmpname())`} {
		if got, _ := m.run(t, source); !strings.Contains(got, "writing is not allowed: run again with "+
			"--allow-write=") || !strings.HasSuffix(got, "\t13\n") {
			t.Errorf("%s prints %q", source, got)
		}
	}
}

func TestReadCoversWhatIsUnderAPath(t *testing.T) {
	dir := tree(t, map[string]string{"in/a": "A", "in/deep/b": "B", "out/secret": "S", "in.txt": "T", "file": "F",
		"in/inside": "-> deep/b", "in/outside": "-> ../out/secret", "in/outdir": "-> ../out", "alias": "-> in"})
	m := newVM(t, reading(filepath.Join(dir, "alias"), filepath.Join(dir, "file")))
	m.set(t, "dir", dir+"/")
	for path, want := range map[string]string{
		"in/a": "A", "in/deep/b": "B", "alias/a": "A", "in/inside": "B", "in/deep/../a": "A", "file": "F",
		"./in//a":    "A",
		"in/outside": "refused", "in/outdir/secret": "refused", "in/../out/secret": "refused", "in.txt": "refused",
		"out/secret": "refused", "out/nope": "refused", "file/x": "nil", "in/nope": "nil", "": "refused",
	} {
		got, err := m.run(t, fmt.Sprintf(`local f, text, code = io.open(dir .. %q)
			io.write(f and tostring(f:read("*a")) or code == 13 and text:find("run again", 1, true) and "refused" or "nil")`, path))
		if got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestWriteStaysInside(t *testing.T) {
	dir := tree(t, map[string]string{"w/old": "12345", "w/link": "-> ../target", "w/dangling": "-> ../new",
		"target": "T", "w/sub/": "", "w2/": ""})
	w := filepath.Join(dir, "w")
	m := newVM(t, options{permissions: sandbox.Permissions{Read: only(w), Write: only(w, filepath.Join(dir, "w2"))}})
	m.set(t, "dir", dir+"/")
	m.wantOutput(t, `
		local function put(name, mode, text)
			local f, _, code = io.open(dir .. name, mode)
			if not f then return code end
			f:write(text) f:close() return true
		end
		print(put("w/new", "w", "n"), put("w/old", "w", "x"), put("w/old", "a", "y"), put("w/old", "r+", "z"))
		print(put("w/link", "w", "x"), put("w/dangling", "w", "x"), put("new", "w", "x"), put("w/nodir/x", "w", "x"))
		print(os.rename(dir .. "w/new", dir .. "w/sub/newer"), (select(3, os.rename(dir .. "w/old", dir .. "old"))),
			(select(3, os.rename(dir .. "w/old", dir .. "w2/old"))), (select(3, os.rename(dir .. "target", dir .. "w/t"))))
		print(os.remove(dir .. "w/sub/newer"), (select(3, os.remove(dir .. "target"))), os.remove(dir .. "w/link"))
		print((select(3, os.remove(dir .. "w/nope"))))
	`, "true\ttrue\ttrue\ttrue\n13\t13\t13\t2\ntrue\t13\t18\t13\ntrue\t13\ttrue\n2\n")
	for name, want := range map[string]string{"w/old": "zy", "target": "T"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want || err != nil {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
		t.Error("a link to nowhere let a file be created outside")
	}
}

// Somebody else swaps an allowed file for a link, over and over, while the script opens
// it: the script reads the file or nothing, never the target of the link.
func TestNoRaceLeadsOutside(t *testing.T) {
	dir := tree(t, map[string]string{"box/a": "inside", "box/beside": "outside", "secret": "outside"})
	path := filepath.Join(dir, "box/a")
	m := newVM(t, reading(path))
	m.set(t, "path", path)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			spare := filepath.Join(dir, "spare")
			if i%2 == 0 {
				os.Symlink([]string{"beside", "../secret"}[i/2%2], spare)
			} else {
				os.WriteFile(spare, []byte("inside"), 0o644)
			}
			os.Rename(spare, path)
		}
	}()
	got, err := m.run(t, `for i = 1, 3000 do
		local f = io.open(path)
		if f then
			if f:read("*a") == "outside" then print "outside" end
			f:close()
		end
	end`)
	close(stop)
	<-stopped
	if got != "" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// As in LuaJIT the first letter of a format counts, and lines takes formats, too.
func TestReadFormats(t *testing.T) {
	m := newVM(t, options{permissions: sandbox.Permissions{Read: sandbox.Grant{All: true}}})
	m.set(t, "path", filepath.Join(tree(t, map[string]string{"a": "7 x\nline\nrest"}), "a"))
	m.wantOutput(t, `local f = io.open(path)
		print(f:read("*number", "*line", "*Line", "*all")) print(pcall(f.read, f, "*x")) print(pcall(f.read, f, "")) f:close()
		for number, byte, rest in io.lines(path, "*n", 1, "*all") do print(number, byte, rest) end
		f = io.open(path) for two in f:lines(2) do io.write("[", two, "]") end print(io.type(f))
		local next = io.lines(path, "*L", 1e3) print(next()) print(next()) print(pcall(next))`,
		"7\t x\tline\n\trest\nfalse\tbad argument #2 to '?' (invalid format)\nfalse\tbad argument #2 to '?' (invalid "+
			"format)\n"+
			"7\t \tx\nline\nrest\n[7 ][x\n][li][ne][\nr][es][t]file\n7 x\n\tline\nrest\n\nfalse\tattempt to use "+
			"a closed file\n")
}

func TestLoadfileTakesModeAndEnvironment(t *testing.T) {
	m := newVM(t, options{permissions: sandbox.Permissions{Read: sandbox.Grant{All: true}}})
	m.set(t, "path", filepath.Join(tree(t, map[string]string{"a": "seen = 1 return x"}), "a"))
	m.wantOutput(t, `x = 1 local env = {x = 2} print(loadfile(path, "t", env)(), env.seen, seen) `+
		`print(loadfile(path, "b")) print(loadfile(path, nil)(), seen)`,
		"2\t1\tnil\nnil\tattempt to load chunk with wrong mode\n1\t1\n")
}

func TestAllOpens(t *testing.T) {
	dir := tree(t, map[string]string{"a": "1 0x10 -2.5e1x\nline\nrest"})
	m := newVM(t, options{permissions: sandbox.Permissions{Read: sandbox.Grant{All: true},
		Write: sandbox.Grant{All: true},
		Run:   true, Env: only("PATH")}})
	m.set(t, "path", filepath.Join(dir, "a"))
	m.wantOutput(t, `local f = assert(io.open(path, "r+"))
		print(f:read("*n", "*n", "*n")) print(f:read("*l", "l", 2, 0, "*a", "*l"))
		print(f:seek("set", 2), f:read(4), f:seek(), f:seek("end"), io.type(f), f:write("!"), f:close(), io.type(f))
		print(pcall(f.read, f))
		for line in io.lines(path) do io.write("[", line, "]") end print()
		print(os.getenv("PATH") ~= nil, os.getenv("HOME"))
		local t = io.tmpfile() t:write("abc") t:seek("set") print(t:read("*a")) t:close()
		local name = os.tmpname() print(os.remove(name))`,
		"1\t16\t-25\nx\tline\tre\t\tst\tnil\n2\t0x10\t6\t24\tfile\ttrue\ttrue\tclosed file\nfalse\tattempt to use a "+
			"closed file\n"+
			"[1 0x10 -2.5e1x][line][rest!]\ntrue\tnil\nabc\ntrue\n")
	if runtime.GOOS != "windows" {
		m.wantOutput(t, `print(os.execute("exit 3"), os.execute("true"), os.execute()) local p = io.popen("echo hi") print(p:read("*a"), p:close())
			p = io.popen("exit $(cat)", "w") p:write("0") print(p:close())`, "768\t0\t1\nhi\n\ttrue\ntrue\n")
	}
}

func TestEnvironmentWarnsOnce(t *testing.T) {
	var log bytes.Buffer
	m := newVM(t, options{logger: slog.New(slog.NewTextHandler(&log, nil))})
	m.wantOutput(t, "for i = 1, 3 do\nos.getenv('HOME') end for i = 1, 200 do os.getenv('X' .. i) end", "")
	if got := strings.Count(log.String(), "HOME: reading the environment is not allowed: run again with "+
		"--allow-env=HOME"); got != 1 {
		t.Errorf("%d warnings of HOME in\n%s", got, log.String())
	}
	if lines := strings.Count(log.String(), "\n"); lines > 64 {
		t.Errorf("%d warnings", lines)
	}
	if !strings.Contains(log.String(), "at=test.lua:2") {
		t.Errorf("the warning does not name the line:\n%s", log.String())
	}
}

// The names that a script asks for reach its user's terminal.
func TestEnvironmentWarnsInOnePrintableLine(t *testing.T) {
	for name, want := range map[string]string{
		`A\27[31m\nB`:    `"A\x1b[31m\nB" is not in --allow-env`,
		`A\226\128\174B`: `"A\u202eB" is not in --allow-env`,
		`\255`:           `"\xff" is not in --allow-env`,
		``:               `"" is not in --allow-env`,
		`A=1`:            `"A=1" is not in --allow-env`,
		`A*`:             `"A*" is not in --allow-env`,
		`A,B`:            `"A,B" is not in --allow-env`,
		`ProgramFiles(x86)`: `ProgramFiles(x86): reading the environment is not allowed: run again with ` +
			`--allow-env='ProgramFiles(x86)'`,
		strings.Repeat("A", 1000): `"` + strings.Repeat("A", 200) + `" and 800 bytes more is not in --allow-env`,
	} {
		var log messages
		m := newVM(t, options{logger: slog.New(&log)})
		m.wantOutput(t, `print(os.getenv("`+name+`"))`, "nil\n")
		if len(log) != 1 || log[0] != want {
			t.Errorf("%s: warned %q, want %q", name, log, want)
		}
	}
}

// messages keeps the messages of a log, without attributes. It implements slog.Handler,
// for one goroutine.
type messages []string

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }
func (m *messages) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *messages) WithGroup(string) slog.Handler            { return m }
func (m *messages) Handle(_ context.Context, r slog.Record) error {
	*m = append(*m, r.Message)
	return nil
}

func TestStreamsAreTheHosts(t *testing.T) {
	var stderr bytes.Buffer
	m := newVM(t, options{stdin: "one\ntwo\nreturn 7\n", stderr: &stderr})
	m.wantOutput(t, `io.stderr:write("oops\n") print(io.read(), io.stdin:read("*l"), loadfile()(), io.read(), `+
		`io.read("*a"), io.read(0))`,
		"one\ttwo\t7\tnil\t\tnil\n")
	if stderr.String() != "oops\n" {
		t.Errorf("stderr got %q", stderr.String())
	}
	m.wantOutput(t, `print(io.stdin:close()) print(io.stderr:close()) print(io.stdin:write("x"))`,
		"nil\tcannot close standard file\nnil\tcannot close standard file\nnil\tBad file descriptor\t9\n")
}

// A script may try to read files elsewhere, or files beside it that are not modules.
func TestRequireStaysInside(t *testing.T) {
	dir := tree(t, map[string]string{
		"secret.lua": "return 'secret'", "src/.env": "KEY='secret'", "src/link.lua": "-> ../secret.lua",
		"src/linkdir": "-> ..",
		"src/env.lua": "-> .env", "src/dir.lua/x": "", "lib/": "", "src/fine.lua": "return 'fine'",
		"src/alias.lua": "-> fine.lua",
	})
	m := newVM(t, options{modules: []string{filepath.Join(dir, "src"), filepath.Join(dir, "lib")}})
	m.set(t, "dir", dir)
	for _, source := range []string{
		`require "../secret"`, `require "..secret"`, `require "link"`, `require "linkdir.secret"`,
		`require "linkdir/secret"`,
		`package.path = dir .. "/?.lua" require "secret"`, `package.path = dir .. "/src/?" require "/.env"`,
		`package.path = dir .. "/src/?" package.path = package.path require ".env"`, `require "env"`, `require "dir"`,
		`package.path = dir .. "/src/.env" require "x"`, `require "x\0"`, `require ""`, `require "fine.lua/../.env"`,
		`package.loaders[2](dir .. "/secret")()`, `package.path = "?" require(dir .. "/secret.lua")`,
		`package.path = "/proc/self/?" require "environ"`, `package.path = "/dev/?" require "zero"`,
	} {
		if got, err := m.run(t, "KEY = nil "+source+" print 'in'"); err == nil || got != "" ||
			strings.Contains(err.Error(), "KEY") {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	m.wantOutput(t, `package.path = dir .. "/src/?.lua" print(require "fine", require "alias")`, "fine\tfine\n")
	m.wantOutput(t, `package.path = dir .. "/?.lua" print((select(2, pcall(require, "secret"))))`,
		"module 'secret' not found:\n\tno field package.preload['secret']\n\tno file '"+dir+"/secret.lua' (reading is "+
			"not allowed: "+
			"run again with --allow-read="+dir+"/secret.lua)\n")
	allowed := newVM(t, reading(dir))
	allowed.set(t, "dir", dir)
	allowed.wantOutput(t, `package.path = dir .. "/?.lua" print(require "secret")`, "secret\n")
}

// Source without an end stops at the limit of memory, and no message repeats it.
func TestEndlessSource(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip(err)
	}
	opts := options{limits: lua.Options{MaxMemory: 64 << 20},
		permissions: sandbox.Permissions{Read: sandbox.Grant{All: true}}}
	m := newVM(t, opts)
	for source, want := range map[string]string{
		`print(loadfile("/dev/zero"))`:      "nil\ttest.lua:1: string length overflow\n",
		`print(pcall(dofile, "/dev/zero"))`: "false\tstring length overflow\n",
		`print(loadfile("/"))`:              "nil\tcannot read /: Is a directory\n",
		`print(loadfile(("x"):rep(100000)))`: "nil\tcannot open " + strings.Repeat("x", 200) + "… and 99800 bytes " +
			"more: File name too long\n",
		`package.path = "/dev/?" print(select(2, pcall(require, "zero")))`: "module 'zero' not found:\n\tno field " +
			"package.preload['zero']\n" +
			"\tno file '/dev/zero'\n",
	} {
		m.wantOutput(t, source, want)
	}
}
