package tidewire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A keeper says which functions of other packages one place alone may use. Tests and the
// tools that serve them are free.
type keeper struct {
	place     string // a file or a folder
	is        string
	functions []string // "import/path.Name"
	but       []string // further folders, each for the reason beside it
}

var keepers = []keeper{
	{place: "cmd/tidewire/quit.go", is: "the one place that ends the process",
		functions: []string{"os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"}},
	{place: "cmd/tidewire", is: "the one place that reads the environment, and passes it on as options",
		functions: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "syscall.Getenv",
			"syscall.Environ",
			"net/http.ProxyFromEnvironment", "golang.org/x/net/http/httpproxy.FromEnvironment",
			"golang.org/x/net/proxy.FromEnvironment"},
		but: []string{"lua/std/sandbox"}}, // os.getenv of a script that is allowed to see a variable
}

func TestKeepers(t *testing.T) {
	for _, u := range uses(t) {
		if reason := u.refuse(); reason != "" {
			t.Errorf("%s uses %s: %s", u.file, u.function, reason)
		}
	}
}

// Every use that a keeper refuses on purpose; so that a slip in refuse does not let all
// of them through.
func TestKeepersRefuse(t *testing.T) {
	for _, u := range []use{
		{"engine/engine.go", "os.Exit"},
		{"cmd/tidewire/main.go", "os.Exit"},
		{"script/run.go", "log.Fatal"},
		{"internal/ws/dial/proxy.go", "golang.org/x/net/http/httpproxy.FromEnvironment"},
	} {
		if u.refuse() == "" {
			t.Errorf("%s in %s was let through", u.function, u.file)
		}
	}
	for _, u := range []use{
		{"cmd/tidewire/quit.go", "os.Exit"},
		{"cmd/tidewire/log.go", "os.Getenv"},
		{"lua/std/sandbox/sandbox.go", "os.LookupEnv"},
		{"engine/engine.go", "os.Open"},
	} {
		if reason := u.refuse(); reason != "" {
			t.Errorf("%s in %s was refused: %s", u.function, u.file, reason)
		}
	}
}

// flag is a flag of the runner in a text.
var flag = regexp.MustCompile(`(^|[^-\w])--[a-z][a-z-]+`)

// speakers are the packages that may name flags of the runner: the runner, and the texts
// that its commands show and write.
var speakers = []string{"cmd", "internal/runner", "internal/api/luaapi"}

// A program that embeds scripts has none of the runner's flags, and shows the messages of
// the engine, the libraries and the modules to people who have never heard of them.
func TestFlagsAreTheRunners(t *testing.T) {
	seen := 0
	for _, file := range shipped(t) {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			named := flag.FindString(text)
			switch may := slices.ContainsFunc(speakers,
				func(folder string) bool { return within(file.name, folder) }); {
			case named != "" && may:
				seen++
			case named != "":
				t.Errorf("%s names the flag%s: return a fact, which the runner words", file.name, named)
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("not even the runner names a flag: is the expression right?")
	}
}

// A use is one mention of another package's name.
type use struct {
	file     string
	function string // "import/path.Name"
}

// refuse returns why u must not be, or "".
func (u use) refuse() string {
	for _, k := range keepers {
		for _, function := range k.functions {
			if u.function == function && !k.has(u.file) {
				return k.place + " is " + k.is
			}
		}
	}
	return ""
}

func (k keeper) has(file string) bool {
	for _, place := range append([]string{k.place}, k.but...) {
		if within(file, place) {
			return true
		}
	}
	return false
}

// uses lists the names of other packages that the module's shipped files mention.
func uses(t *testing.T) []use {
	t.Helper()
	var found []use
	for _, file := range shipped(t) {
		imported := make(map[string]string) // import paths by name
		for _, spec := range file.tree.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			name := path.Base(importPath)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imported[name] = importPath
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if name, ok := selector.X.(*ast.Ident); ok && imported[name.Name] != "" {
					found = append(found, use{file.name, imported[name.Name] + "." + selector.Sel.Name})
				}
			}
			return true
		})
	}
	if len(found) == 0 {
		t.Fatal("no use found: is the test run in the module's root?")
	}
	return found
}

// A source is a Go file.
type source struct {
	name string // with slashes
	tree *ast.File
}

// shipped parses the module's Go files that are neither tests nor tools for them.
func shipped(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(file)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(file)
		case filepath.Ext(file) != ".go", strings.HasSuffix(file, "_test.go"), forTests(path.Dir(name)):
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		found = append(found, source{name, tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
