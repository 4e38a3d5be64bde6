package check

import (
	"maps"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// script holds everything that was read from all files: the variables, the fields and
// their uses. Judging waits until all is read, since a function may use a global that a
// later line sets.
type script struct {
	globals   map[string]*variable
	variables map[*syntax.Local]*variable

	opts   Options
	places map[syntax.Expr]place // of names, literals and the like: see at

	reads  []read
	fields []fieldUse
	writes map[string][]*syntax.Index // those of fields that are written, by name
	calls  []call

	requires []required

	probed     map[syntax.Expr]bool // reads that ask whether there is such a thing
	stored     map[syntax.Expr]bool // reads that only put it into a variable
	bases      map[syntax.Expr]bool // _G where only the field after it counts
	incomplete bool                 // globals may be set in ways that are not seen: none is called undefined
	inFile     map[string]bool      // file names, without folder and extension: require may find them
	files      []string             // file names, with slashes and without extension

	// While a file is read:
	file      string
	functions int               // how many functions the code is in
	function  *syntax.Function  // the innermost of them
	maybe     int               // how many conditions and functions decide whether it runs
	unborn    map[string]unborn // locals whose statement is being read, by name
}

// unborn is a local variable that its own value cannot see.
type unborn struct {
	place            // of the statement's first value
	functions  int   // around the statement
	isFunction bool  // the value is a function
	told       *bool // a use within the value was found
}

// variable is a local variable, a parameter or a global.
type variable struct {
	name   string
	global bool

	// values are the expressions assigned to it, nil for those that are not to be seen:
	// parameters, further results of a call, the variables of loops.
	values []syntax.Expr

	keys []key // fields assigned to it by name: t.onOpen = …
}

// key is a key of a table, in a literal or assigned later.
type key struct {
	place
	name  string
	value syntax.Expr
}

// read is a name that is read and is not a local variable.
type read struct {
	place
	name   *syntax.Name
	unborn *unborn // the local that is probably meant, or nil
}

// fieldUse is t.name, read or written.
type fieldUse struct {
	place
	index   *syntax.Index
	name    string
	written bool
}

type call struct {
	place
	expr     *syntax.Call
	function *syntax.Function // the innermost one around it, nil in the main chunk
}

func newScript(opts Options) *script {
	return &script{
		opts:      opts,
		places:    make(map[syntax.Expr]place),
		unborn:    make(map[string]unborn),
		globals:   make(map[string]*variable),
		variables: make(map[*syntax.Local]*variable),
		writes:    make(map[string][]*syntax.Index),
		probed:    make(map[syntax.Expr]bool),
		stored:    make(map[syntax.Expr]bool),
		bases:     make(map[syntax.Expr]bool),
		inFile:    make(map[string]bool),
	}
}

// read takes a file in.
func (s *script) read(file string, chunk *syntax.Chunk) {
	s.file = file
	s.block(chunk.Main.Body)
}

// declare notes the value that a local variable begins with, nil if unknown. No value at
// all is Lua's nil.
func (s *script) declare(local *syntax.Local, value ...syntax.Expr) { s.local(local).values = value }

func (s *script) local(local *syntax.Local) *variable {
	if s.variables[local] == nil {
		s.variables[local] = &variable{name: local.Name}
	}
	return s.variables[local]
}

// variable returns the variable that a name means.
func (s *script) variable(name *syntax.Name) *variable {
	if name.Local != nil {
		return s.local(name.Local)
	}
	return s.global(name.Name)
}

func (s *script) global(name string) *variable {
	if s.globals[name] == nil {
		s.globals[name] = &variable{name: name, global: true}
	}
	return s.globals[name]
}

func (s *script) block(stmts []syntax.Stmt) {
	for _, stmt := range stmts {
		s.statement(stmt)
	}
}

// maybeBlock is a block that need not run.
func (s *script) maybeBlock(stmts []syntax.Stmt) {
	s.maybe++
	s.block(stmts)
	s.maybe--
}

func (s *script) statement(stmt syntax.Stmt) {
	switch stmt := stmt.(type) {
	case *syntax.Assign:
		s.store(stmt.Values)
		for i, target := range stmt.Targets {
			s.assign(target, valueAt(stmt.Values, i))
		}
	case *syntax.LocalStmt:
		s.locals(stmt)
	case *syntax.LocalFunction:
		s.declare(stmt.Local, stmt.Func)
		s.expr(stmt.Func)
	case *syntax.FunctionStmt:
		s.assign(stmt.Target, stmt.Func)
		s.expr(stmt.Func)
	case *syntax.CallStmt:
		s.expr(stmt.Call)
	case *syntax.Do:
		s.block(stmt.Body)
	case *syntax.While:
		s.probe(stmt.Cond)
		s.maybeBlock(stmt.Body)
	case *syntax.Repeat:
		s.block(stmt.Body)
		s.probe(stmt.Cond)
	case *syntax.If:
		s.probe(stmt.Cond)
		s.maybeBlock(stmt.Then)
		s.maybeBlock(stmt.Else)
	case *syntax.NumericFor:
		s.exprs(stmt.Init, stmt.Limit, stmt.Step)
		s.declare(stmt.Local, nil)
		s.maybeBlock(stmt.Body)
	case *syntax.GenericFor:
		s.exprs(stmt.Values...)
		for _, local := range stmt.Locals {
			s.declare(local, nil)
		}
		s.maybeBlock(stmt.Body)
	case *syntax.Return:
		s.exprs(stmt.Values...)
	}
}

// locals is local names = values.
func (s *script) locals(stmt *syntax.LocalStmt) {
	outer := maps.Clone(s.unborn)
	if len(stmt.Values) > 0 {
		begins, told := s.at(stmt.Values[0]), new(bool)
		for i, local := range stmt.Locals {
			_, isFunction := valueAt(stmt.Values, i).(*syntax.Function)
			s.unborn[local.Name] = unborn{begins, s.functions, isFunction, told}
		}
	}
	s.store(stmt.Values)
	s.unborn = outer
	for i, local := range stmt.Locals {
		if len(stmt.Values) == 0 {
			s.declare(local)
		} else {
			s.declare(local, valueAt(stmt.Values, i))
		}
	}
}

// valueAt is the expression that gives the i-th of some variables its value, or nil if
// that cannot be said.
func valueAt(exprs []syntax.Expr, i int) syntax.Expr {
	if i < len(exprs) {
		return exprs[i]
	}
	return nil
}

// assign records that value, nil if unknown, goes into target.
func (s *script) assign(target, value syntax.Expr) {
	switch target := target.(type) {
	case *syntax.Name:
		v := s.variable(target)
		v.values = append(v.values, value)
	case *syntax.Index:
		name, named := stringOf(target.Key)
		switch {
		case s.isGlobalTable(target.Object) && named:
			s.bases[target.Object] = true
			g := s.global(name)
			g.values = append(g.values, value)
		case named:
			s.fields = append(s.fields, fieldUse{s.at(target.Key), target, name, true})
			s.writes[name] = append(s.writes[name], target)
			if object, ok := target.Object.(*syntax.Name); ok {
				v := s.variable(object)
				v.keys = append(v.keys, key{s.at(target.Key), name, value})
			}
		}
		s.expr(target.Object)
		s.expr(target.Key)
	}
}

func (s *script) exprs(exprs ...syntax.Expr) {
	for _, expr := range exprs {
		s.expr(expr)
	}
}

// store walks through expressions that are assigned.
func (s *script) store(exprs []syntax.Expr) {
	for _, expr := range exprs {
		s.stored[expr] = true
	}
	s.exprs(exprs...)
}

// probe walks through an expression that is asked whether it is there.
func (s *script) probe(expr syntax.Expr) {
	s.probed[expr] = true
	s.expr(expr)
}

func (s *script) expr(expr syntax.Expr) {
	switch expr := expr.(type) {
	case *syntax.Name:
		s.name(expr)
	case *syntax.Index:
		s.field(expr)
	case *syntax.Table:
		for _, field := range expr.Fields {
			s.exprs(field.Key, field.Value)
		}
	case *syntax.Call:
		s.call(expr)
	case *syntax.And:
		s.either(expr.Left, expr.Right)
	case *syntax.Or:
		s.either(expr.Left, expr.Right)
	case *syntax.Compare:
		if expr.Op == syntax.Equal || expr.Op == syntax.NotEqual {
			s.probe(expr.Left)
			s.probe(expr.Right)
			return
		}
		s.exprs(expr.Left, expr.Right)
	case *syntax.Concat:
		s.exprs(expr.Operands...)
	case *syntax.Arith:
		s.exprs(expr.Left, expr.Right)
	case *syntax.Minus:
		s.expr(expr.Operand)
	case *syntax.Not:
		s.probe(expr.Operand)
	case *syntax.Length:
		s.expr(expr.Operand)
	case *syntax.Function:
		for _, param := range expr.Params {
			s.declare(param, nil)
		}
		outer := s.function
		s.function = expr
		s.functions++
		s.maybeBlock(expr.Body)
		s.functions--
		s.function = outer
	}
}

// either is left and right, or left or right.
func (s *script) either(left, right syntax.Expr) {
	s.probe(left)
	s.maybe++
	s.probe(right)
	s.maybe--
}

func (s *script) name(expr *syntax.Name) {
	if expr.Local != nil {
		return
	}
	if expr.Name == "_G" && !s.bases[expr] {
		s.incomplete = true // it is handed on, and may be written to there
	}
	use := read{s.at(expr), expr, nil}
	if local, ok := s.unborn[expr.Name]; ok && s.functions > local.functions {
		use.unborn = &local
	}
	s.reads = append(s.reads, use)
}

func (s *script) field(expr *syntax.Index) {
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

// readers are the functions that take _G without setting anything in it; to them, and to
// type, a global may be nil.
var readers = map[string]bool{
	"pairs": true, "next": true, "rawget": true, "type": true, "tostring": true, "rawequal": true,
}

// setters are the functions that may set globals unseen.
var setters = map[string]bool{
	"setfenv": true, "module": true, "load": true, "loadstring": true, "loadfile": true, "dofile": true,
}

func (s *script) call(expr *syntax.Call) {
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
	s.calls = append(s.calls, call{s.at(expr), expr, s.function})
	if name, ok := s.required(expr); ok {
		s.requires = append(s.requires, required{s.at(expr.Args[0]), name, s.maybe == 0})
	}
	s.exprs(expr.Func, expr.Receiver)
	s.exprs(expr.Args...)
}

// globalName is the name of the global that an expression is, or "".
func (s *script) globalName(expr syntax.Expr) string {
	if name, ok := expr.(*syntax.Name); ok && name.Local == nil {
		return name.Name
	}
	return ""
}

func (s *script) isGlobalTable(expr syntax.Expr) bool { return s.globalName(expr) == "_G" }
