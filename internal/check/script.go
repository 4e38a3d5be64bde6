package check

import "github.com/yuin/gopher-lua/ast"

// script is what was read of all files: who sets and who reads what. Judging waits until all is read, since a function
// may use a global that a later line sets.
type script struct {
	globals map[string]*variable
	of      map[*ast.IdentExpr]*variable // what each name means

	tables map[*ast.TableExpr]string // the file of each literal

	params map[*ast.FunctionExpr][]*variable // of each function

	reads  []read
	fields []fieldUse
	writes map[string][]*ast.AttrGetExpr // those of fields that are written, by name
	calls  []call

	probed     map[ast.Expr]bool // reads that ask whether there is such a thing
	stored     map[ast.Expr]bool // reads that only put it into a variable
	bases      map[ast.Expr]bool // _G where only the field behind it counts
	incomplete bool              // globals may be set in ways that are not seen: none is called undefined
	inFile     map[string]bool   // file names, without folder and extension: what require may find there

	file  string
	scope *scope
}

// variable is a local variable, a parameter or a global.
type variable struct {
	name   string
	global bool

	// values are the expressions assigned to it, nil for those that are not to be seen: parameters, further results of
	// a call, the variables of loops.
	values []ast.Expr

	keys []key // fields assigned to it by name: t.onOpen = …
}

// key is a key of a table, in a literal or assigned later.
type key struct {
	place
	name  string
	value ast.Expr
}

// read is a name that is read and is no local variable.
type read struct {
	place
	ident *ast.IdentExpr
}

// fieldUse is t.name, read or written.
type fieldUse struct {
	place
	attr    *ast.AttrGetExpr
	name    string
	written bool
}

type call struct {
	place
	expr *ast.FuncCallExpr
}

// scope is a block's local variables.
type scope struct {
	outer *scope
	names map[string]*variable
}

func newScript() *script {
	return &script{
		globals: make(map[string]*variable),
		of:      make(map[*ast.IdentExpr]*variable),
		writes:  make(map[string][]*ast.AttrGetExpr),
		tables:  make(map[*ast.TableExpr]string),
		params:  make(map[*ast.FunctionExpr][]*variable),
		probed:  make(map[ast.Expr]bool),
		stored:  make(map[ast.Expr]bool),
		bases:   make(map[ast.Expr]bool),
		inFile:  make(map[string]bool),
	}
}

// read takes a file in.
func (s *script) read(file string, chunk []ast.Stmt) {
	s.file = file
	s.inFile[moduleName(file)] = true
	s.block(chunk)
}

func (s *script) at(node ast.PositionHolder) place { return place{s.file, node.Line()} }

// inside runs f in a scope of its own.
func (s *script) inside(f func()) {
	s.scope = &scope{s.scope, make(map[string]*variable)}
	f()
	s.scope = s.scope.outer
}

// declare makes a local variable. No value at all is nil.
func (s *script) declare(name string, values ...ast.Expr) *variable {
	v := &variable{name: name, values: values}
	s.scope.names[name] = v
	return v
}

// lookUp returns the variable that a name means here.
func (s *script) lookUp(name string) *variable {
	for at := s.scope; at != nil; at = at.outer {
		if v := at.names[name]; v != nil {
			return v
		}
	}
	return s.global(name)
}

func (s *script) global(name string) *variable {
	if s.globals[name] == nil {
		s.globals[name] = &variable{name: name, global: true}
	}
	return s.globals[name]
}

// block walks through statements in a scope of their own.
func (s *script) block(stmts []ast.Stmt) { s.inside(func() { s.statements(stmts) }) }

func (s *script) statements(stmts []ast.Stmt) {
	for _, stmt := range stmts {
		s.statement(stmt)
	}
}

func (s *script) statement(stmt ast.Stmt) {
	switch stmt := stmt.(type) {
	case *ast.AssignStmt:
		s.store(stmt.Rhs)
		for i, target := range stmt.Lhs {
			s.assign(target, valueAt(stmt.Rhs, i))
		}
	case *ast.LocalAssignStmt:
		s.local(stmt)
	case *ast.FuncCallStmt:
		s.expr(stmt.Expr)
	case *ast.DoBlockStmt:
		s.block(stmt.Stmts)
	case *ast.WhileStmt:
		s.probe(stmt.Condition)
		s.block(stmt.Stmts)
	case *ast.RepeatStmt:
		s.inside(func() { // the condition sees the block's variables
			s.statements(stmt.Stmts)
			s.probe(stmt.Condition)
		})
	case *ast.IfStmt:
		s.probe(stmt.Condition)
		s.block(stmt.Then)
		s.block(stmt.Else)
	case *ast.NumberForStmt:
		s.exprs([]ast.Expr{stmt.Init, stmt.Limit, stmt.Step})
		s.inside(func() {
			s.declare(stmt.Name, nil)
			s.statements(stmt.Stmts)
		})
	case *ast.GenericForStmt:
		s.exprs(stmt.Exprs)
		s.inside(func() {
			for _, name := range stmt.Names {
				s.declare(name, nil)
			}
			s.statements(stmt.Stmts)
		})
	case *ast.FuncDefStmt:
		s.define(stmt)
	case *ast.ReturnStmt:
		s.exprs(stmt.Exprs)
	}
}

// local is local names = exprs, which do not see the names.
func (s *script) local(stmt *ast.LocalAssignStmt) {
	s.store(stmt.Exprs)
	for i, name := range stmt.Names {
		if len(stmt.Exprs) == 0 {
			s.declare(name)
		} else {
			s.declare(name, valueAt(stmt.Exprs, i))
		}
	}
}

// define is function a.b:c() … end.
func (s *script) define(stmt *ast.FuncDefStmt) {
	if stmt.Name.Method == "" {
		s.assign(stmt.Name.Func, stmt.Func)
		s.expr(stmt.Func)
		return
	}
	method := &ast.StringExpr{Value: stmt.Name.Method}
	method.SetLine(stmt.Line())
	s.assign(&ast.AttrGetExpr{Object: stmt.Name.Receiver, Key: method}, stmt.Func)
	s.inside(func() {
		s.declare("self", nil)
		s.expr(stmt.Func)
	})
}

// valueAt is the expression that gives the i-th of some variables its value, or nil if that cannot be said.
func valueAt(exprs []ast.Expr, i int) ast.Expr {
	if i < len(exprs) {
		return exprs[i]
	}
	return nil
}

// assign takes note that value, nil if unknown, goes into target.
func (s *script) assign(target, value ast.Expr) {
	switch target := target.(type) {
	case *ast.IdentExpr:
		v := s.lookUp(target.Value)
		s.of[target] = v
		v.values = append(v.values, value)
	case *ast.AttrGetExpr:
		name, named := stringOf(target.Key)
		switch {
		case s.isGlobalTable(target.Object) && named:
			s.bases[target.Object] = true
			g := s.global(name)
			g.values = append(g.values, value)
		case named:
			s.fields = append(s.fields, fieldUse{s.at(target.Key), target, name, true})
			s.writes[name] = append(s.writes[name], target)
			if ident, ok := target.Object.(*ast.IdentExpr); ok {
				v := s.lookUp(ident.Value)
				v.keys = append(v.keys, key{s.at(target.Key), name, value})
			}
		}
		s.expr(target.Object)
		s.expr(target.Key)
	}
}

func (s *script) exprs(exprs []ast.Expr) {
	for _, expr := range exprs {
		s.expr(expr)
	}
}

// store walks through expressions that are assigned.
func (s *script) store(exprs []ast.Expr) {
	for _, expr := range exprs {
		s.stored[expr] = true
	}
	s.exprs(exprs)
}

// probe walks through an expression that is asked whether it is there.
func (s *script) probe(expr ast.Expr) {
	s.probed[expr] = true
	s.expr(expr)
}

func (s *script) expr(expr ast.Expr) {
	switch expr := expr.(type) {
	case *ast.IdentExpr:
		s.ident(expr)
	case *ast.AttrGetExpr:
		s.field(expr)
	case *ast.TableExpr:
		s.tables[expr] = s.file
		for _, field := range expr.Fields {
			s.expr(field.Key)
			s.expr(field.Value)
		}
	case *ast.FuncCallExpr:
		s.call(expr)
	case *ast.LogicalOpExpr:
		s.probe(expr.Lhs)
		s.probe(expr.Rhs)
	case *ast.RelationalOpExpr:
		if expr.Operator == "==" || expr.Operator == "~=" {
			s.probe(expr.Lhs)
			s.probe(expr.Rhs)
			return
		}
		s.exprs([]ast.Expr{expr.Lhs, expr.Rhs})
	case *ast.StringConcatOpExpr:
		s.exprs([]ast.Expr{expr.Lhs, expr.Rhs})
	case *ast.ArithmeticOpExpr:
		s.exprs([]ast.Expr{expr.Lhs, expr.Rhs})
	case *ast.UnaryMinusOpExpr:
		s.expr(expr.Expr)
	case *ast.UnaryNotOpExpr:
		s.probe(expr.Expr)
	case *ast.UnaryLenOpExpr:
		s.expr(expr.Expr)
	case *ast.FunctionExpr:
		s.inside(func() {
			for _, name := range expr.ParList.Names {
				s.params[expr] = append(s.params[expr], s.declare(name, nil))
			}
			s.statements(expr.Stmts)
		})
	}
}

func (s *script) ident(expr *ast.IdentExpr) {
	v := s.lookUp(expr.Value)
	s.of[expr] = v
	if !v.global {
		return
	}
	if expr.Value == "_G" && !s.bases[expr] {
		s.incomplete = true // it is handed on, and who knows what is written there
	}
	s.reads = append(s.reads, read{s.at(expr), expr})
}

func (s *script) field(expr *ast.AttrGetExpr) {
	if name, named := stringOf(expr.Key); named {
		if s.isGlobalTable(expr.Object) {
			s.bases[expr.Object] = true // _G.name may be nil without anybody having slipped
		}
		s.fields = append(s.fields, fieldUse{s.at(expr.Key), expr, name, false})
	} else if s.isGlobalTable(expr.Object) {
		s.bases[expr.Object] = true // reading _G[name] sets nothing
	}
	s.expr(expr.Object)
	s.expr(expr.Key)
}

// readers are the functions that take _G without setting anything in it; to them, and to type, a global may be nil.
var readers = map[string]bool{"pairs": true, "next": true, "rawget": true, "type": true, "tostring": true, "rawequal": true}

// setters are the functions that may set globals unseen.
var setters = map[string]bool{
	"setfenv": true, "module": true, "load": true, "loadstring": true, "loadfile": true, "dofile": true,
}

func (s *script) call(expr *ast.FuncCallExpr) {
	if name := s.globalName(expr.Func); name != "" {
		switch {
		case setters[name]:
			s.incomplete = true
		case readers[name]:
			for _, arg := range expr.Args {
				s.probed[arg] = true
				s.bases[arg] = true
			}
		case name == "rawset" && len(expr.Args) == 3 && s.isGlobalTable(expr.Args[0]):
			if global, ok := stringOf(expr.Args[1]); ok {
				s.bases[expr.Args[0]] = true
				g := s.global(global)
				g.values = append(g.values, expr.Args[2])
			}
		}
	}
	s.calls = append(s.calls, call{s.at(expr), expr})
	if expr.Func != nil {
		s.expr(expr.Func)
	}
	if expr.Receiver != nil {
		s.expr(expr.Receiver)
	}
	s.exprs(expr.Args)
}

// globalName is the name of the global that an expression is, or "".
func (s *script) globalName(expr ast.Expr) string {
	if ident, ok := expr.(*ast.IdentExpr); ok && s.lookUp(ident.Value).global {
		return ident.Value
	}
	return ""
}

func (s *script) isGlobalTable(expr ast.Expr) bool { return s.globalName(expr) == "_G" }
