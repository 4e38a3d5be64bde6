package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The index of conformance has a test for each rule, and everything that it names is
// there: files, test functions, and the texts of their cases.
func TestConformance(t *testing.T) {
	number := 0
	tests := make(knownTests)
	for _, heading := range []string{"## RFC 6455, the WebSocket protocol", "## RFC 7692, compression"} {
		for _, row := range table(t, "docs/conformance.md", heading) {
			number++
			if len(row) != 5 || row[0] != strconv.Itoa(number) {
				t.Errorf("row %d is %q", number, row)
				continue
			}
			files, named := words(row[3]), words(row[4])
			if len(files) == 0 || len(named) == 0 {
				t.Errorf("rule %d has %d files and %d tests", number, len(files), len(named))
			}
			for _, file := range files {
				if inRooms(file) == "" {
					t.Errorf("rule %d: no file %s", number, file)
				}
			}
			for _, test := range named {
				folder, name, _ := strings.Cut(test, " ")
				if !tests.has(t, inRooms(folder), name) {
					t.Errorf("rule %d: no test %s", number, test)
				}
			}
		}
	}
	if number < 100 {
		t.Errorf("%d rules", number)
	}
}

// inRooms is the path that the index shortens, or empty.
func inRooms(short string) string {
	for _, room := range []string{"internal/ws", "internal", "."} {
		if full := path.Join(room, short); exists(full) {
			return full
		}
	}
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// knownTests are the tests of each folder that was read.
type knownTests map[string]*testsOf

// has reports whether a folder has a test, "TestFunction" or "TestFunction/case".
func (k knownTests) has(t *testing.T, folder, test string) bool {
	t.Helper()
	if k[folder] == nil {
		k[folder] = readTests(t, folder)
	}
	name, text, _ := strings.Cut(test, "/")
	return k[folder].has(name, text)
}

// testsOf are a package's tests, as their source shows them.
type testsOf struct {
	functions map[string]bool
	texts     []string // string literals, and names of files in testdata
}

func readTests(t *testing.T, folder string) *testsOf {
	t.Helper()
	found := &testsOf{functions: make(map[string]bool)}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(files) == 0 || folder == "" {
		t.Errorf("no tests in %q: %v", folder, err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				found.functions[node.Name.Name] = node.Recv == nil
			case *ast.BasicLit:
				if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
					found.texts = append(found.texts, text)
				}
			}
			return true
		})
	}
	filepath.WalkDir(filepath.Join(folder, "testdata"), func(file string, _ fs.DirEntry, _ error) error {
		found.texts = append(found.texts, filepath.Base(file))
		return nil
	})
	return found
}

// has reports whether there is a test or fuzz target of this name, and a text for its case.
func (f *testsOf) has(name, text string) bool {
	isTest := strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz")
	return isTest && f.functions[name] && slices.ContainsFunc(f.texts, func(s string) bool {
		return strings.Contains(s, text)
	})
}
