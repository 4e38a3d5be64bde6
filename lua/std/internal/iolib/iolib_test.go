package iolib_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

func TestClosedByDefault(t *testing.T) {
	const again = "run again with --allow-"
	for source, want := range map[string]string{
		`print(io.open("/etc/hosts"))`: "nil\t/etc/hosts: reading is not allowed: " + again + "read=/etc/hosts\t13\n",
		`print(io.open("/etc/nope"))`:  "nil\t/etc/nope: reading is not allowed: " + again + "read=/etc/nope\t13\n",
		`print(io.open("x y", "w"))`:   "nil\tx y: writing is not allowed: " + again + "write='x y'\t13\n",
		`print(io.open("x", "a"))`:     "nil\tx: writing is not allowed: " + again + "write=x\t13\n",
		`print(io.open("x", "r+"))`:    "nil\tx: reading is not allowed: " + again + "read=x\t13\n",
		`print(pcall(io.lines, "x"))`: "false\tbad argument #1 to '?' (x: reading is not allowed: " + again +
			"read=x)\n",
		`print(pcall(io.input, "x"))`: "false\tbad argument #1 to '?' (x: reading is not allowed: " + again +
			"read=x)\n",
		`print(pcall(io.output, "x"))`: "false\tbad argument #1 to '?' (x: writing is not allowed: " + again +
			"write=x)\n",
		`print(io.popen("id"))`:      "nil\tid: running programs is not allowed: " + again + "run\t13\n",
		`print(io.popen("id", "z"))`: "nil\tid: running programs is not allowed: " + again + "run\t13\n",
	} {
		newVM(t, options{}).wantOutput(t, source, want)
	}
	got, err := newVM(t, options{}).run(t, `print(io.tmpfile())`)
	if err != nil || !strings.Contains(got, "writing is not allowed: "+again+"write=") ||
		!strings.HasSuffix(got, "\t13\n") {
		t.Errorf("tmpfile: %q, %v", got, err)
	}
}

// Each line is LuaJIT's answer, except for pointers.
func TestAnswersAreLuaJITs(t *testing.T) {
	dir := tree(t, map[string]string{"two": "one\ntwo", "numbers": "1 0x10 inf nan -inf 5e 0x 0x1p4 7z",
		"append": "one\ntwo", "update": "one\ntwo"})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	for _, c := range []struct{ source, want string }{
		{`print(io.open(dir .. "two", "z")) print(io.open(dir .. "two", ""))`,
			"nil\tDIR/two: Invalid argument\t22\nnil\tDIR/two: Invalid argument\t22\n"},
		{`print(type(io.open(dir .. "two", "rt")), io.open(dir .. "nope"))`, "userdata\tnil\tDIR/nope: No such file " +
			"or directory\t2\n"},
		{`print(io.open(dir .. "two", "wx")) print(io.open(dir, "w"))`,
			"nil\tDIR/two: File exists\t17\nnil\tDIR/: Is " +
				"a directory\t21\n"},
		{`print(pcall(io.lines, dir .. "nope"))`, "false\tbad argument #1 to '?' (DIR/nope: No such file or " +
			"directory)\n"},
		{`print(pcall(io.output, dir .. "nope/x")) print(pcall(io.input, {}))`,
			"false\tbad argument #1 to '?' (DIR/nope/x: No such file or directory)\nfalse\tbad argument #1 to '?' " +
				"(string expected, got table)\n"},
		{`print(pcall(io.close, nil)) print(pcall(function() io.close(5) end))`,
			"false\tbad argument #1 to '?' (FILE* expected, got nil)\nfalse\ttest:1: bad argument #1 to 'close' " +
				"(FILE* " +
				"expected, got number)\n"},
		{`local f = io.output(dir .. "closed") f:write("x") print(f.close(), io.type(f)) print(pcall(f.close)) print(pcall(f.close, nil)) print(pcall(f.close, f))
			io.output(io.stdout)`,
			"true\tclosed file\nfalse\tattempt to use a closed file\nfalse\tbad argument #1 to '?' (FILE* " +
				"expected, got " +
				"nil)\nfalse\tattempt to use a closed file\n"},
		{`print(pcall(io.open)) print(pcall(io.open, {})) print(pcall(io.open, "x", {})) print(io.open(5))`,
			"false\tbad argument #1 to '?' (string expected, got no value)\nfalse\tbad argument #1 to '?' (string " +
				"expected, got table)\n" +
				"false\tbad argument #2 to '?' (string expected, got table)\nnil\t5: No such file or directory\t2\n"},

		{`local f = io.open(dir .. "two") print(pcall(f.read, f, {})) print(pcall(f.read, f, "*x")) print(pcall(f.read, f, ""))
			print(pcall(function() f:read("2") end)) print(f:read("*number"), f:read("*all"))`,
			"false\tbad argument #2 to '?' (invalid option)\nfalse\tbad argument #2 to '?' (invalid " +
				"format)\nfalse\tbad " +
				"argument #2 to '?' (invalid format)\n" +
				"false\ttest:2: bad argument #1 to 'read' (invalid format)\nnil\tone\ntwo\n"},
		{`print(pcall(function() for x in io.lines(dir .. "two", "*x") do end end))`,
			"false\ttest:1: bad argument #1 to '(for generator)' (invalid format)\n"},
		{`print(pcall(function() local n = io.lines(dir .. "two", {}) n() end))`, "false\ttest:1: bad argument #1 to " +
			"'n' (invalid option)\n"},
		{`local n = io.lines(dir .. "two") n() n() print(select("#", n())) print(pcall(n))`, "0\nfalse\tattempt to " +
			"use a closed file\n"},
		{`local f = io.open(dir .. "two") local n = f:lines() n() n() print(select("#", n()), n()) ` +
			`print(io.type(f))`, "1\tnil\nfile\n"},
		{`print(pcall(io.lines, dir .. "two", unpack({}, 60)))`, "false\ttoo many results to unpack\n"},
		{`print(pcall(io.stdout.lines)) print(io.type(io.lines(dir .. "two")), type(io.lines()))`,
			"false\tbad argument #1 to '?' (FILE* expected, got no value)\nnil\tfunction\n"},
		{`print(io.open(dir .. "two"):read(0, 1, 2, "*l", "*L", "*l", "*l"))`, "\to\tne\t\ttwo\tnil\n"},
		{`print(io.open(dir .. "two"):read("*a", "*a", "*l", "*a")) print(io.open(dir .. ` +
			`"two"):read(1e9))`, "one\ntwo\t\tnil\none\ntwo\n"},
		{`print(io.open(dir):read()) print(io.open(dir):read(1))`, "nil\tIs a directory\t21\nnil\tIs a " +
			"directory\t21\n"},
		{`local f = io.open(dir .. "numbers") for i = 1, 9 do io.write(tostring(f:read("*n")), "|") end ` +
			`print(f:read("*a"))`,
			"1|16|inf|nan|-inf|5|nil|16|7|z\n"},

		{`local f = io.open(dir .. "two") print(pcall(f.seek, f, "set", "5")) print(pcall(function() f:seek("bad") end)) print(f:seek("set", -1))
			print(f:seek("end"), f:seek("set", 1.9), f:read(1), f:seek(), f:seek("cur", -1), f:read("*a"), f:seek("cur", 0))`,
			"false\tbad argument #3 to '?' (number expected, got string)\nfalse\ttest:1: bad argument #1 to 'seek' " +
				"(invalid option 'bad')\n" +
				"nil\tInvalid argument\t22\n7\t1\tn\t2\t1\tne\ntwo\t7\n"},
		{`local f = io.open(dir .. "append", "a") print(f:seek()) f:write("x") print(f:seek(), f:seek("set", 0)) f:write("y") f:close()
			print(io.open(dir .. "append"):read("*a"))`, "7\n8\t0\none\ntwoxy\n"},
		{`local f = io.open(dir .. "append", "a+") print(f:seek()) print(f:read(3)) f:write("z") ` +
			`print(f:seek()) f:close()`, "0\none\n10\n"},
		{`local f = io.open(dir .. "update", "r+") print(f:read(1)) f:seek("cur", 0) f:write("N") f:seek("cur", 0) print(f:read("*l")) f:close()
			print(io.open(dir .. "update"):read("*a"))`, "o\ne\noNe\ntwo\n"},
		{`local f = io.open(dir .. "two") print(f:write("x")) local g = io.open(dir .. "new", "w") print(g:read()) ` +
			`print(g:flush(), g:setvbuf("full", 9))`,
			"nil\tBad file descriptor\t9\nnil\tBad file descriptor\t9\ntrue\ttrue\n"},

		{`local f = io.open(dir .. "two") print(f:close()) print(pcall(f.read, f)) print(pcall(f.close, f)) print(tostring(f), io.type(f)) print(pcall(io.input, f))
			print(pcall(f.lines, f)) print(pcall(function() f:seek() end))`,
			"true\nfalse\tattempt to use a closed file\nfalse\tattempt to use a closed file\nfile " +
				"(closed)\tclosed file\n" +
				"false\tattempt to use a closed file\nfalse\tattempt to use a closed file\nfalse\ttest:2: " +
				"attempt to use a " +
				"closed file\n"},
		{`io.output(dir .. "out") print(io.close()) print(pcall(io.write, "x")) print(pcall(io.flush)) ` +
			`print(pcall(io.close)) io.output(io.stdout)`,
			"true\nfalse\tstandard file is closed\nfalse\tstandard file is closed\nfalse\tattempt to use a " +
				"closed file\n"},
		{`print(io.stdin:close()) print(io.close(io.stderr)) print(io.close()) print(io.stdin:write("x")) ` +
			`print(io.stdout:read())`,
			"nil\tcannot close standard file\nnil\tcannot close standard file\nnil\tcannot close standard file\n" +
				"nil\tBad file descriptor\t9\nnil\tBad file descriptor\t9\n"},
		{`print(pcall(io.stdout.setvbuf, io.stdout, "all")) print(pcall(io.stdout.setvbuf, io.stdout)) ` +
			`print(io.stdout:setvbuf("full", 5))`,
			"false\tbad argument #2 to '?' (invalid option 'all')\nfalse\tbad argument #2 to '?' (string " +
				"expected, got " +
				"no value)\ntrue\n"},
		{`print(pcall(io.write, "", {})) print(pcall(io.stdout.write, io.stdout, {})) print(pcall(io.stdout.write, {})) print(pcall(io.stdout.write))
			print(pcall(function() io.stdout:write({}) end)) print(pcall(function() local f = io.stdout f.write(1) end))`,
			"false\tbad argument #2 to '?' (string expected, got table)\nfalse\tbad argument #2 to '?' (string " +
				"expected, " +
				"got table)\n" +
				"false\tbad argument #1 to '?' (FILE* expected, got table)\nfalse\tbad argument #1 to '?' " +
				"(FILE* expected, " +
				"got no value)\n" +
				"false\ttest:2: bad argument #1 to 'write' (string expected, got table)\nfalse\ttest:2: bad " +
				"argument #1 to " +
				"'write' (FILE* expected, got number)\n"},
		{`print(pcall(io.type)) print(io.type(1), io.type({}), io.type(io.stdin))`,
			"false\tbad argument #1 to '?' (value expected)\nnil\tnil\tfile\n"},
		{`print(io.input(dir .. "two") == io.input(), io.read(), io.read("*L"), io.read()) ` +
			`io.input(io.stdin)`, "true\tone\ttwo\tnil\n"},
		{`local x = io.tmpfile() x:write("a", 1, "b") x:seek("set") print(io.type(x), x:read("*a")) x:close() ` +
			`print(io.type(x))`, "file\ta1b\nclosed file\n"},
		{`print(getmetatable(io.stdout).__index == getmetatable(io.stdout), ` +
			`pcall(getmetatable(io.stdout).__tostring, {}))`,
			"true\tfalse\tbad argument #1 to '?' (FILE* expected, got table)\n"},
		{`print(io.write(), io.flush(), io.stdout:flush(), io.stdout:seek())`, "true\ttrue\ttrue\tnil\tIllegal " +
			"seek\t29\n"},
	} {
		got, err := m.run(t, c.source)
		if got = strings.ReplaceAll(got, dir, "DIR/"); got != c.want || err != nil {
			t.Errorf("%s\nprints %q, error %v\nwant   %q", c.source, got, err, c.want)
		}
	}
}

func TestPrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shell's words are not those")
	}
	m := newVM(t, everything)
	m.wantOutput(t, `local p = io.popen("echo hi; exit 3") print(p:read("*a"), p:seek(), p:write("x")) `+
		`print(p:close(), io.type(p))`,
		"hi\n\tnil\tnil\tBad file descriptor\t9\ntrue\tclosed file\n")
	m.wantOutput(t, `local p = io.popen("exit $(cat)", "w") print(p:read()) p:write("0") `+
		`print(p:close())`, "nil\tBad file descriptor\t9\ntrue\n")
	m.wantOutput(t, `print(io.popen("ls", "z")) print(io.popen("ls", "rw"))`,
		"nil\tls: Invalid argument\t22\nnil\tls: Invalid argument\t22\n")
	m.wantOutput(t, `for l in io.popen("echo a; echo b"):lines() do io.write("[", l, "]") end print()`, "[a][b]\n")
}

// A program that nobody waits for holds up neither a walk nor the state's end.
func TestDroppedPrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sleep")
	}
	m := newVM(t, everything)
	begin := time.Now()
	m.wantOutput(t, `local p = io.popen("exec sleep 20 2>/dev/null >/dev/null", "w") p:write(rep("x", 2^16)) p:write("y") p = nil
		io.popen("exec sleep 20 2>&1") for i = 1, 3 do io.popen("true"):read("*a") end collectgarbage() print "on"`,
		"on\n")
	m.Close()
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("waited %v", d)
	}
}

// C buffers output: it leaves with a flush, a seek, a close, a full buffer or the end.
func TestBuffering(t *testing.T) {
	dir := tree(t, nil)
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	for _, c := range []struct{ source, want string }{
		{`f = io.open(dir .. "f", "w") f:write("a", 1)`, ""},
		{`f:flush()`, "a1"},
		{`f:write("b") f:seek()`, "a1b"},
		{`f:setvbuf("line") f:write("c")`, "a1b"},
		{`f:write("d\ne")`, "a1bcd\ne"},
		{`f:setvbuf("no") f:write("g", 2)`, "a1bcd\neg2"},
		{`f:setvbuf("full") f:write("h")`, "a1bcd\neg2"},
		{`f:write(rep("i", 20000))`, "a1bcd\neg2h" + strings.Repeat("i", 20000)},
		{`f:write("j") f:close()`, "a1bcd\neg2h" + strings.Repeat("i", 20000) + "j"},
		{`f = io.open(dir .. "f", "w") f:write("dropped") f = nil`, ""},
		{`collectgarbage(nil, nil, nil, nil)`, "dropped"}, // and nothing is left of it in a register
		{`f = io.open(dir .. "f", "w") f:write("left") getmetatable(f).__index = nil`, ""},
	} {
		if _, err := m.Run([]byte(c.source), "=test"); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(dir + "f"); string(got) != c.want || err != nil {
			t.Errorf("after %s: %.80q, %v, want %.80q", c.source, got, err, c.want)
		}
	}
	m.Close()
	if got, err := os.ReadFile(dir + "f"); string(got) != "left" || err != nil {
		t.Errorf("after Close: %.80q, %v", got, err)
	}
}

// No data is lost when a script writes to a file and then reads another part of it, or
// the other way round.
func TestReadAndWrite(t *testing.T) {
	dir := tree(t, map[string]string{"f": "0123456789"})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	m.wantOutput(t, `local f = io.open(dir .. "f", "r+") f:write("ab") print(f:read(2)) f:write("cd") `+
		`print(f:read("*a"), f:seek("set", 1), f:read("*a"))`,
		"23\n6789\t1\tb23cd6789\n")
}

func TestStreams(t *testing.T) {
	var stderr bytes.Buffer
	m := newVM(t, options{stdin: "one\ntwo\nthree\n4 5", stderr: &stderr})
	m.wantOutput(t, `io.stderr:write("oops", 1, "\n") print(io.read(), io.stdin:read("*l"), io.read("*L"), io.read("*n", "*n")) print(io.read(), io.read("*a"), io.read(0))
		for l in io.lines() do print "none" end`, "one\ttwo\tthree\n\t4\t5\nnil\t\tnil\n")
	if stderr.String() != "oops1\n" {
		t.Errorf("stderr got %q", stderr.String())
	}
}

func TestStdoutKeepsOneOrder(t *testing.T) {
	m := newVM(t, options{})
	m.wantOutput(t, `print("a", 1, nil, true) io.write("b", 2, "\n") io.stdout:write("c\n") `+
		`io.output():write("d\n")`, "a\t1\tnil\ttrue\nb2\nc\nd\n")
	m.wantOutput(t, `print(io.stdout:close()) print(io.close()) print "still here"`,
		"nil\tcannot close standard file\nnil\tcannot close standard file\nstill here\n")
}

func TestStdoutFinish(t *testing.T) {
	m := newVM(t, options{})
	finish := m.NewFunction("finish", func(c *lua.Call) error {
		if err := m.stdout.Finish(); err != nil {
			t.Error(err)
		}
		return c.Return()
	})
	if err := m.SetGlobal("finish", finish); err != nil {
		t.Fatal(err)
	}
	m.wantOutput(t, `io.write("a\nb") finish() print "c" io.write(rep("d", 100000)) io.flush() io.stdout:setvbuf `+
		`"no" print "e"`, "a\nb")
}

func TestFailingStreams(t *testing.T) {
	full := newVM(t, everything)
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	full.wantOutput(t, `local f = io.open("/dev/full", "w") print(f:write("x")) print(f:flush()) print(f:write("y")) print(f:flush()) print(f:close())
		f = io.open("/dev/full", "w") print(f:write(rep("x", 100000))) f:setvbuf("no") print(f:write("x")) print(f:seek())`,
		"true\nnil\tNo space left on device\t28\ntrue\nnil\tNo space left on device\t28\nnil\tNo space left on "+
			"device\t28\n"+
			"nil\tNo space left on device\t28\nnil\tNo space left on device\t28\nnil\tNo space left on device\t28\n")
}

// A name of any length comes back in a short message.
func TestHugeNames(t *testing.T) {
	size := detector.Part(15 << 20)
	for _, opts := range []options{{}, everything} {
		opts.MaxMemory = int64(detector.Part(64 << 20))
		m := newVM(t, opts)
		m.set(t, "name", strings.Repeat("x", size))
		for _, source := range []string{
			`return io.open(name)`, `return io.open(name, "w")`, `return pcall(io.lines, name)`,
			`return pcall(io.input, ` +
				`name)`, `return io.popen(name)`,
		} {
			before := m.Memory()
			results, err := m.Run([]byte(source), "=test")
			if err != nil || len(results) < 2 {
				t.Errorf("%s: %d results, %v", source, len(results), err)
				continue
			}
			if text, _ := results[1].AsString(); len(text) > 1000 || !strings.HasPrefix(text, "x") &&
				!strings.HasPrefix(text, "bad argument") {
				t.Errorf("%s: a message of %d bytes: %.100q", source, len(text), text)
			}
			if more := m.Memory() - before; more > 1<<20 {
				t.Errorf("%s takes %d bytes", source, more)
			}
		}
	}
}

// Reads without an end stop at the limit of memory, and can be interrupted.
func TestEndlessFiles(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip(err)
	}
	opts := everything
	opts.MaxMemory = 32 << 20
	for _, source := range []string{
		`io.open("/dev/zero"):read("*a")`, `io.open("/dev/zero"):read("*l")`, `io.open("/dev/zero"):read(2^31)`,
		`io.lines("/dev/zero")()`,
	} {
		m := newVM(t, opts)
		m.wantOutput(t, `print(pcall(function() `+source+` end))`, "false\ttest:1: string length overflow\n")
	}
	dir := tree(t, map[string]string{"spaces": strings.Repeat(" ", 4<<20)})
	for _, c := range []struct{ source, path string }{
		{`while true do io.open(path):read("*a") collectgarbage() end`, dir + "spaces"},
		{`while true do io.open(path):read("*n") end`, dir + "spaces"},
		{`while true do io.open(path) end`, filepath.Join(dir, strings.Repeat("x/", 1000))},
		{`local f, t, s = io.open(path, "w"), {}, rep("x", 2^20) for i = 1, 60000 do t[i] = s end while true do ` +
			`f:write(unpack(t, 60000)) end`, "/dev/null"},
		{`local t, s = {}, rep("x", 2^20) for i = 1, 60000 do t[i] = s end while true do io.write(unpack(t, ` +
			`60000)) end`, ""},
	} {
		opts := everything
		opts.Permissions.Read = sandbox.Grant{Only: []string{dir}}
		opts.discard = true
		m := newVM(t, opts)
		m.set(t, "path", c.path)
		stop := time.AfterFunc(50*time.Millisecond, func() { m.Interrupt(errStop) })
		begin := time.Now()
		_, err := m.Run([]byte(c.source), "=test")
		stop.Stop()
		if d := time.Since(begin); !errors.Is(err, errStop) || d > 5*time.Second {
			t.Errorf("%s: %v after %v", c.source, err, d)
		}
	}
}

var errStop = errors.New("stop")

// Files that a script drops are closed before more are refused; those that it keeps are
// not.
func TestManyFiles(t *testing.T) {
	dir := tree(t, map[string]string{"f": "x"})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	m.wantOutput(t, `for i = 1, 3000 do local f = io.open(dir .. "f") if not f then print(i) break end for l in io.lines(dir .. "f") do break end end
		local kept = {} for i = 1, 3000 do local f, text, code = io.open(dir .. "f") kept[i] = f if not f then print(text, code) break end end
		kept = nil print(io.type(io.open(dir .. "f")))`, dir+"f: Too many open files\t24\nfile\n")
}

// An iterator holds its file.
func TestLinesHoldTheFile(t *testing.T) {
	dir := tree(t, map[string]string{"f": "1\n2\n3\n"})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	m.wantOutput(t, `for l in io.lines(dir .. "f") do collectgarbage() print(l) end for l in io.open(dir .. "f"):lines() do collectgarbage() print(l) end
		io.input(dir .. "f") collectgarbage() print(io.read())`, "1\n2\n3\n1\n2\n3\n1\n")
}

// The buffers of open files are the state's memory; closed files take none.
func TestMemoryOfFiles(t *testing.T) {
	dir := tree(t, map[string]string{"f": "x\ny\n"})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	collect := func() int64 {
		n, err := m.Collect()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m.wantOutput(t, `files = {} for i = 1, 100 do files[i] = io.open(dir .. "f", "r+") files[i]:read() `+
		`files[i]:write("z") files[i]:close() end files = nil`, "")
	before := collect()
	m.wantOutput(t, `files = {} for i = 1, 100 do files[i] = io.open(dir .. "f", "r+") files[i]:read() `+
		`files[i]:write("z") end`, "")
	if open := collect() - before; open < 100*(2*8<<10) {
		t.Errorf("100 files with both buffers are charged %d bytes", open)
	}
	m.wantOutput(t, `for i = 1, 100 do files[i]:close() end`, "")
	if closed := collect() - before; closed > 100*100+4096 {
		t.Errorf("100 closed files are charged %d bytes", closed)
	}
	m.wantOutput(t, `files = nil`, "")
	if after := collect(); after > before+2048 {
		t.Errorf("%d bytes are left of %d", after, before)
	}
}

// Work counts by the bytes that it reads or writes, so that a limit of steps or an
// interrupt is noticed.
func TestStepsOfFiles(t *testing.T) {
	const size = 4 << 20
	dir := tree(t, map[string]string{"long": strings.Repeat("x", size), "spaces": strings.Repeat(" ", size)})
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	m.set(t, "text", strings.Repeat("x", size))
	for _, source := range detector.Some([]string{
		`io.open(dir .. "long"):read("*a")`, `io.open(dir .. "long"):read("*l")`, `io.lines(dir .. "long")()`,
		`io.open(dir .. "long"):read(1e9)`, `io.open(dir .. "spaces"):read("*n")`, `io.open(dir .. "new", ` +
			`"w"):write(text)`, `io.write(text)`,
	}) {
		before := m.Steps()
		if _, err := m.run(t, source); err != nil {
			t.Error(err)
		}
		if steps := m.Steps() - before; steps < size/64 || steps > size/8 {
			t.Errorf("%s: %d steps", source, steps)
		}
	}
}

// A finalizer of the script's that does not end keeps no file from being closed.
func TestCloseDespiteFinalizers(t *testing.T) {
	dir := tree(t, nil)
	m := newVM(t, everything)
	m.set(t, "dir", dir)
	m.wantOutput(t, `for i = 1, 3 do local f = io.open(dir .. i, "w") f:write("left") end
		getmetatable(io.stdout).__gc = function() while true do end end`, "")
	m.Interrupt(errStop)
	m.Close()
	for _, name := range []string{"1", "2", "3"} {
		if got, err := os.ReadFile(dir + name); string(got) != "left" || err != nil {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
}
