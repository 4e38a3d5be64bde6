package check

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// maxSteps bounds how many variables a meaning is followed through: a = b, b = a has no
// end.
const maxSteps = 8

// moduleOf returns the module that an expression certainly is, or nil: the global, the
// result of require, or a variable that never held anything else.
func (s *script) moduleOf(expr syntax.Expr) *luaapi.Module { return s.module(expr, maxSteps) }

func (s *script) module(expr syntax.Expr, steps int) *luaapi.Module {
	if steps == 0 {
		return nil
	}
	switch expr := expr.(type) {
	case *syntax.Name:
		v := s.variable(expr)
		if v.global && len(v.values) == 0 {
			return luaapi.ModuleOf(v.name)
		}
		return s.moduleOfAll(v.values, steps-1)
	case *syntax.Index:
		if name, ok := stringOf(expr.Key); ok && s.isLibrary(expr.Object, "_G") && len(s.global(name).values) == 0 {
			return luaapi.ModuleOf(name)
		}
		if m := s.module(expr.Object, steps-1); m != nil {
			if name, ok := stringOf(expr.Key); ok && len(m.Parts) > 0 && !s.overwritten(m, name) {
				return m.Part(name)
			}
		}
	case *syntax.And:
		return s.moduleOfAll([]syntax.Expr{expr.Left, expr.Right}, steps-1)
	case *syntax.Or:
		return s.moduleOfAll([]syntax.Expr{expr.Left, expr.Right}, steps-1)
	case *syntax.Call:
		if name, ok := s.required(expr); ok && !s.inFile[name] {
			return luaapi.Required(name)
		}
	}
	return nil
}

func (s *script) moduleOfAll(exprs []syntax.Expr, steps int) *luaapi.Module {
	return common(exprs, func(expr syntax.Expr) *luaapi.Module { return s.module(expr, steps) })
}

// required returns the name in require "name".
func (s *script) required(call *syntax.Call) (name string, ok bool) {
	if len(call.Args) != 1 || call.Func == nil || !s.isLibrary(call.Func, "require") {
		return "", false
	}
	return stringOf(call.Args[0])
}

// isLibrary reports whether an expression is a global that the script leaves as it is.
func (s *script) isLibrary(expr syntax.Expr, name string) bool {
	return s.globalName(expr) == name && len(s.global(name).values) == 0
}

// common is the meaning that all values share, or nil.
func common[T any](values []syntax.Expr, meaning func(syntax.Expr) *T) *T {
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

// functionOf returns the function of one of our modules that an expression certainly is,
// and the module, or nil.
func (s *script) functionOf(expr syntax.Expr) (*luaapi.Module, *luaapi.Function) {
	for range maxSteps {
		switch at := expr.(type) {
		case *syntax.Index:
			name, ok := stringOf(at.Key)
			m := s.moduleOf(at.Object)
			if !ok || m == nil || s.overwritten(m, name) {
				return nil, nil
			}
			return m, m.Function(name)
		case *syntax.Name: // local connect = websocket.Connect
			v := s.variable(at)
			if len(v.values) != 1 {
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
	return slices.ContainsFunc(s.writes[name], func(attr *syntax.Index) bool { return s.moduleOf(attr.Object) == m })
}

// tablesIn returns the literals that an expression can be, and the keys assigned to the
// variable that it is.
func (s *script) tablesIn(expr syntax.Expr) (literals []*syntax.Table, later []key) {
	switch expr := expr.(type) {
	case *syntax.Table:
		return []*syntax.Table{expr}, nil
	case *syntax.Name:
		v := s.variable(expr)
		for _, value := range v.values {
			if literal, ok := value.(*syntax.Table); ok {
				literals = append(literals, literal)
			}
		}
		return literals, v.keys
	}
	return nil, nil
}

// moduleName is a file's name for require.
func moduleName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}
