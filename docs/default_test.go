package docs_test

import (
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/api/luaapi"
)

// The defaults that the description gives for numbers are the constants of the engine. An
// option without a constant is 0 by default.
func TestDefaults(t *testing.T) {
	constants := constantsOf(t, "engine/options.go")
	for _, option := range luaapi.Options {
		described, err := strconv.ParseInt(option.Default, 10, 64)
		if err != nil {
			continue
		}
		var value int64
		if c := constants["default"+strings.ToUpper(option.Name[:1])+option.Name[1:]]; c != nil {
			value, _ = constant.Int64Val(c.Val())
			if types.TypeString(c.Type(), nil) == "time.Duration" {
				value /= int64(time.Second)
			}
			delete(constants, c.Name())
		}
		if value != described {
			t.Errorf("option %s: described default %d, the engine has %d", option.Name, described, value)
		}
	}
	if constants["defaultPing"] != nil || constants["defaultMaxMessage"] != nil {
		t.Error("no option was compared with the engine's constants")
	}
}

// constantsOf evaluates the first block of constants of a file that imports time alone
// for them.
func constantsOf(t *testing.T, file string) map[string]*types.Const {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kept := &ast.File{Name: parsed.Name}
	for _, decl := range parsed.Decls {
		switch decl, _ := decl.(*ast.GenDecl); {
		case decl == nil:
		case decl.Tok == token.IMPORT:
			for _, spec := range decl.Specs {
				if spec := spec.(*ast.ImportSpec); spec.Path.Value == `"time"` {
					kept.Decls = append(kept.Decls, &ast.GenDecl{Tok: token.IMPORT, Specs: []ast.Spec{spec}})
					kept.Imports = append(kept.Imports, spec)
				}
			}
		case decl.Tok == token.CONST && len(kept.Decls) == 1:
			kept.Decls = append(kept.Decls, decl)
		}
	}
	config := types.Config{Importer: importer.ForCompiler(set, "source", nil)}
	pkg, err := config.Check(file, set, []*ast.File{kept}, nil)
	if err != nil {
		t.Fatal(err)
	}
	constants := make(map[string]*types.Const)
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok {
			constants[name] = c
		}
	}
	return constants
}
