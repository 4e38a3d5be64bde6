package lualib

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// assignTogether mends an assignment of several values of which one goes to a variable. The VM's compiler computes a value
// right into a local variable's register, although the values behind it may still need what is there: a, b = b, a gives
// both the same. Lua evaluates all expressions before it assigns (manual §2.4.3), so
//
//	a, t[i] = x, y    becomes    do local t1, i1 = t, i  local x1, y1 = x, y  t1[i1] = y1  a = x1 end
//
// with names that no script can write.
func assignTogether(s *ast.AssignStmt) ast.Stmt {
	if len(s.Lhs) < 2 || len(s.Rhs) < 2 || !hasVariable(s.Lhs) {
		return s
	}
	block, held, values := &ast.DoBlockStmt{}, &ast.LocalAssignStmt{}, &ast.LocalAssignStmt{Exprs: s.Rhs}
	// hold evaluates an expression before the values are, unless it is a constant.
	hold := func(expr ast.Expr) ast.Expr {
		switch expr.(type) {
		case *ast.StringExpr, *ast.NumberExpr:
			return expr
		}
		name := fmt.Sprintf("(place %d)", len(held.Names)+1)
		held.Names, held.Exprs = append(held.Names, name), append(held.Exprs, expr)
		return identAt(name, expr)
	}
	var assigns []ast.Stmt
	for i, place := range s.Lhs {
		if field, ok := place.(*ast.AttrGetExpr); ok {
			place = &ast.AttrGetExpr{Object: hold(field.Object), Key: hold(field.Key)}
			at(place, field)
		}
		value := fmt.Sprintf("(value %d)", i+1)
		values.Names = append(values.Names, value)
		assign := &ast.AssignStmt{Lhs: []ast.Expr{place}, Rhs: []ast.Expr{identAt(value, s.Lhs[i])}}
		at(assign, s.Lhs[i])
		assigns = append([]ast.Stmt{assign}, assigns...) // the last one first, as Lua does
	}
	if len(held.Names) > 0 {
		block.Stmts = append(block.Stmts, held)
	}
	block.Stmts = append(append(block.Stmts, values), assigns...)
	at(block, s)
	at(held, s)
	at(values, s)
	return block
}

// adjustFields keeps a call or "..." to one value unless it is a table constructor's last field and has no key (manual
// §2.5.7). The VM's compiler looks at less than that.
func adjustFields(fields []*ast.Field) {
	for i, field := range fields {
		if i == len(fields)-1 && field.Key == nil {
			return
		}
		switch value := field.Value.(type) {
		case *ast.FuncCallExpr:
			value.AdjustRet = true
		case *ast.Comma3Expr:
			value.AdjustRet = true
		}
	}
}

func hasVariable(places []ast.Expr) bool {
	for _, place := range places {
		if _, ok := place.(*ast.IdentExpr); ok {
			return true
		}
	}
	return false
}

func identAt(name string, place ast.PositionHolder) ast.Expr {
	ident := &ast.IdentExpr{Value: name}
	at(ident, place)
	return ident
}

// at gives a node the lines of another.
func at(node, place ast.PositionHolder) {
	node.SetLine(place.Line())
	node.SetLastLine(place.LastLine())
}
