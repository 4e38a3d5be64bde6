// Package publicapi holds packages to the rule that everything in the signature of a
// public package is public.
package publicapi

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Check fails for each exported signature of the packages that names a type of an
// internal package. The go command finds the packages from the current directory.
func Check(t *testing.T, packages ...string) {
	t.Helper()
	load := exported(t, packages)
	for _, name := range packages {
		pkg, err := load.Import(name)
		if err != nil {
			t.Fatal(err)
		}
		w := signatures{pkg: pkg}
		for _, name := range pkg.Scope().Names() {
			if object := pkg.Scope().Lookup(name); object.Exported() {
				w.object(pkg.Path()+"."+name, object)
			}
		}
		for _, found := range w.found {
			t.Error(found)
		}
	}
}

// exported reads packages from the export data that the go command has built.
func exported(t *testing.T, packages []string) types.Importer {
	t.Helper()
	list := exec.Command(
		"go",
		append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)...)
	var problems bytes.Buffer
	list.Stderr = &problems
	lines, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	files := make(map[string]string)
	for line := range strings.Lines(string(lines)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[name] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		return os.Open(files[name])
	})
}

// signatures collects the internal types that the exported objects of a package name.
type signatures struct {
	pkg   *types.Package
	found []string
}

// object looks at one exported object. A type is looked into where it is declared, and
// elsewhere its name is enough.
func (w *signatures) object(at string, object types.Object) {
	name, isType := object.(*types.TypeName)
	if !isType {
		w.typ(at, object.Type())
		return
	}
	if alias, isAlias := name.Type().(*types.Alias); isAlias {
		w.typ(at, alias.Rhs())
		return
	}
	w.typ(at, name.Type().Underlying())
	if named, ok := name.Type().(*types.Named); ok {
		for method := range named.Methods() {
			if method.Exported() {
				w.typ(at+"."+method.Name(), method.Type())
			}
		}
	}
}

func (w *signatures) typ(at string, of types.Type) {
	switch of := of.(type) {
	case *types.Alias:
		w.name(at, of.Obj())
	case *types.Named:
		w.name(at, of.Obj())
		for argument := range of.TypeArgs().Types() {
			w.typ(at, argument)
		}
	case *types.Pointer:
		w.typ(at, of.Elem())
	case *types.Slice:
		w.typ(at, of.Elem())
	case *types.Array:
		w.typ(at, of.Elem())
	case *types.Chan:
		w.typ(at, of.Elem())
	case *types.Map:
		w.typ(at, of.Key())
		w.typ(at, of.Elem())
	case *types.Struct:
		for field := range of.Fields() {
			if field.Exported() {
				w.typ(at+"."+field.Name(), field.Type())
			}
		}
	case *types.Signature:
		for of := range of.Params().Variables() {
			w.typ(at, of.Type())
		}
		for of := range of.Results().Variables() {
			w.typ(at, of.Type())
		}
	case *types.Interface:
		for method := range of.Methods() {
			if method.Exported() {
				w.typ(at+"."+method.Name(), method.Type())
			}
		}
	}
}

// name notes a type of an internal package.
func (w *signatures) name(at string, of *types.TypeName) {
	if of.Pkg() == nil || of.Pkg() == w.pkg {
		return
	}
	if home := of.Pkg().Path(); slices.Contains(strings.Split(home, "/"), "internal") {
		w.found = append(w.found, fmt.Sprintf("%s names %s.%s, which nobody else can import", at, home, of.Name()))
	}
}
