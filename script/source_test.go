package script_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidewire/tidewire/script"
)

func TestReadSource(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.lua")
	for text, want := range map[string]string{
		"":                        "",
		"print 'é'":               "",
		"\xef\xbb\xbfprint(1)":    "",
		"\xe9 = 1":                "", // LuaJIT takes it for a name
		"\n\tprint(1)":            "",
		"#!/usr/bin/tidewire":     "",
		"\x7fELF\x02\x01\x01\x00": "no Lua source: it begins with the byte 0x7f, which is not text: name another file",
		"\x00":                    "no Lua source: it begins with the byte 0x00, which is not text: name another file",
		"\x1bLuaQ":                "compiled Lua, which cannot be run here: give its source",
		"\x1bLJ\x02":              "compiled Lua, which cannot be run here: give its source",
		"\xff\xfep\x00":           "text in UTF-16: save it as UTF-8",
		"\xfe\xff\x00p":           "text in UTF-16: save it as UTF-8",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, name := range map[string]string{file: file, script.FromStdin: "stdin"} {
			source, err := script.ReadSource(path, strings.NewReader(text))
			switch {
			case want == "" && (err != nil || source.Name != name || string(source.Text) != text):
				t.Errorf("%q from %s: %+v, %v", text, name, source, err)
			case want != "" && (err == nil || err.Error() != "read the script: "+name+": "+want):
				t.Errorf("%q from %s: %v, want %s", text, name, err, want)
			}
		}
	}
}

func TestReadSourceThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	want := "read the script: " + dir + " is a folder: name a Lua file"
	if _, err := script.ReadSource(dir, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	main := filepath.Join(dir, "main.lua")
	if _, err := script.ReadSource(main, nil); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "read the script: open "+main+": ") {
		t.Errorf("of no file: %v", err)
	}
	if err := os.WriteFile(main, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := script.ReadSource(strings.TrimSuffix(main, ".lua"), nil); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasSuffix(err.Error(), "; there is "+main) {
		t.Errorf("without .lua: %v", err)
	}
	want += ", such as " + main
	if _, err := script.ReadSource(dir, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	want = "read the script from standard input: " + iotest.ErrTimeout.Error()
	if _, err := script.ReadSource(script.FromStdin, iotest.ErrReader(iotest.ErrTimeout)); err == nil ||
		err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
