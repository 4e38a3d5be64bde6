package tidewire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// aFlag is a flag of the runner in a text.
var aFlag = regexp.MustCompile(`(^|[^\w-])--[a-z]|\b(allow|deny)-(net|read|write|env|run)\b`)

// Whoever embeds a package has no flags: only the runner's own packages name some. A
// refusal or a limit is a fact, for which the runner has words (internal/runner/words).
func TestEmbeddersSeeNoFlags(t *testing.T) {
	runners := []string{"cmd", "internal/runner", "internal/testing", "interop", "bench", "docs", "examples",
		"internal/api/luaapi"} // the last is the manual's text for scripts that the runner runs
	texts := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.IsDir():
			for _, runner := range runners {
				if name == runner {
					return filepath.SkipDir
				}
			}
			return nil
		case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			texts++
			if text, err := strconv.Unquote(literal.Value); err != nil || aFlag.MatchString(text) {
				t.Errorf("%s: an embedder's reader has no such flag: %s", files.Position(literal.Pos()), literal.Value)
			}
			return true
		})
		return nil
	})
	if err != nil || texts < 1000 {
		t.Errorf("%d texts, error %v", texts, err)
	}
	for _, text := range []string{"run again with --allow-net=x", "--fps", "the list of allow-net"} {
		if !aFlag.MatchString(text) {
			t.Errorf("%q is no flag", text)
		}
	}
}
