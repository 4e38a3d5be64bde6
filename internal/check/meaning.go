package check

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/tidewire/tidewire/internal/luaapi"
)

// maxSteps bounds how many variables a meaning is followed through: a = b, b = a has no end.
const maxSteps = 8

// moduleOf returns the module that an expression certainly is, or nil: the global, what require gives, or a variable
// that never held anything else.
func (s *script) moduleOf(expr ast.Expr) *luaapi.Module { return s.module(expr, maxSteps) }

func (s *script) module(expr ast.Expr, steps int) *luaapi.Module {
	if steps == 0 {
		return nil
	}
	switch expr := expr.(type) {
	case *ast.IdentExpr:
		v := s.of[expr]
		switch {
		case v == nil:
			return nil
		case v.global && len(v.values) == 0:
			return luaapi.ModuleOf(v.name)
		}
		return common(v.values, func(value ast.Expr) *luaapi.Module { return s.module(value, steps-1) })
	case *ast.AttrGetExpr:
		if name, ok := stringOf(expr.Key); ok && s.isLibrary(expr.Object, "_G") && len(s.global(name).values) == 0 {
			return luaapi.ModuleOf(name)
		}
	case *ast.LogicalOpExpr:
		return common([]ast.Expr{expr.Lhs, expr.Rhs}, func(value ast.Expr) *luaapi.Module { return s.module(value, steps-1) })
	case *ast.FuncCallExpr:
		if name, ok := s.required(expr); ok && !s.inFile[name] {
			return luaapi.Required(name)
		}
	}
	return nil
}

// required returns the name in require "name".
func (s *script) required(call *ast.FuncCallExpr) (name string, ok bool) {
	if len(call.Args) != 1 || call.Func == nil || !s.isLibrary(call.Func, "require") {
		return "", false
	}
	return stringOf(call.Args[0])
}

// isLibrary reports whether an expression is a global that the script leaves as it is.
func (s *script) isLibrary(expr ast.Expr, name string) bool {
	ident, ok := expr.(*ast.IdentExpr)
	v := s.of[ident]
	return ok && v != nil && v.global && v.name == name && len(v.values) == 0
}

// common is what all values have in common, or nil.
func common[T any](values []ast.Expr, meaning func(ast.Expr) *T) *T {
	var all *T
	for i, value := range values {
		if value == nil {
			return nil
		}
		one := meaning(value)
		if one == nil || i > 0 && one != all {
			return nil
		}
		all = one
	}
	return all
}

// functionOf returns the function of one of our modules that an expression certainly is, and the module, or nil.
func (s *script) functionOf(expr ast.Expr) (*luaapi.Module, *luaapi.Function) {
	for range maxSteps {
		switch at := expr.(type) {
		case *ast.AttrGetExpr:
			name, ok := stringOf(at.Key)
			m := s.moduleOf(at.Object)
			if !ok || m == nil || s.overwritten(m, name) {
				return nil, nil
			}
			return m, m.Function(name)
		case *ast.IdentExpr: // local connect = websocket.Connect
			v := s.of[at]
			if v == nil || len(v.values) != 1 {
				return nil, nil
			}
			expr = v.values[0]
		default:
			return nil, nil
		}
	}
	return nil, nil
}

// overwritten reports whether the script sets a field of a module.
func (s *script) overwritten(m *luaapi.Module, name string) bool {
	return slices.ContainsFunc(s.writes[name], func(attr *ast.AttrGetExpr) bool { return s.moduleOf(attr.Object) == m })
}

// tablesIn returns the literals that an expression can be, and the keys assigned to the variable that it is.
func (s *script) tablesIn(expr ast.Expr) (literals []*ast.TableExpr, later []key) {
	switch expr := expr.(type) {
	case *ast.TableExpr:
		return []*ast.TableExpr{expr}, nil
	case *ast.IdentExpr:
		v := s.of[expr]
		if v == nil {
			return nil, nil
		}
		for _, value := range v.values {
			if literal, ok := value.(*ast.TableExpr); ok {
				literals = append(literals, literal)
			}
		}
		return literals, v.keys
	}
	return nil, nil
}

// moduleName is what require would call a file.
func moduleName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}
