package luacode

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// stmts compiles the statements of a block. In a repeat loop the condition follows, which still sees the block's locals.
func (f *function) stmts(list []ast.Stmt, conditionFollows bool) {
	end := len(list) // of what is not only labels
	for !conditionFollows && end > 0 && isLabel(list[end-1]) {
		end--
	}
	for i, s := range list {
		f.stmt(s, i >= end)
		f.free = len(f.locals)
	}
}

func isLabel(s ast.Stmt) bool { _, is := s.(*ast.LabelStmt); return is }

func (f *function) stmt(s ast.Stmt, atEnd bool) {
	switch s := s.(type) {
	case *ast.LocalAssignStmt:
		f.localStmt(s)
	case *ast.AssignStmt:
		f.assignStmt(s)
	case *ast.FuncCallStmt:
		f.results(s.Expr, 0)
	case *ast.FuncDefStmt:
		f.functionStmt(s)
	case *ast.ReturnStmt:
		f.returnStmt(s)
	case *ast.IfStmt:
		f.ifStmt(s)
	case *ast.DoBlockStmt:
		f.nested(s.Stmts, s.LastLine())
	case *ast.WhileStmt:
		f.whileStmt(s)
	case *ast.RepeatStmt:
		f.repeatStmt(s)
	case *ast.NumberForStmt:
		f.numericFor(s)
	case *ast.GenericForStmt:
		f.genericFor(s)
	case *ast.BreakStmt:
		f.leap(s.Line(), "")
	case *ast.GotoStmt:
		f.leap(s.Line(), s.Label)
	case *ast.LabelStmt:
		f.label(s.Line(), s.Name, atEnd)
	}
}

func (f *function) nested(list []ast.Stmt, end int) {
	f.enter(false)
	f.stmts(list, false)
	f.leave(end)
}

func (f *function) localStmt(s *ast.LocalAssignStmt) {
	f.pushExactly(s.Line(), s.Exprs, len(s.Names))
	for _, name := range s.Names {
		f.declare(s.Line(), name)
	}
}

func (f *function) functionStmt(s *ast.FuncDefStmt) {
	line := s.Line()
	if s.Name.Func != nil {
		f.assign(f.place(s.Name.Func, 0, nil), s.Func)
		return
	}
	object, key := f.operand(s.Name.Receiver), &ast.StringExpr{Value: s.Name.Method}
	key.SetLine(line)
	at := place{line: line, kind: field, index: object, name: key, key: f.operandK(key)}
	value := f.take(line, 1)
	f.closure(s.Func, true, value)
	f.store(at, value)
}

func (f *function) returnStmt(s *ast.ReturnStmt) {
	base := f.free
	if len(s.Exprs) == 1 {
		if index, isLocal := f.localOf(s.Exprs[0]); isLocal {
			f.emit(s.Line(), abc(lua.OP_RETURN, index, 2, 0))
			return
		}
		if call, isCall := s.Exprs[0].(*ast.FuncCallExpr); isCall && !call.AdjustRet {
			pc := f.call(call, all)
			f.proto.Code[pc] = withOperation(f.proto.Code[pc], lua.OP_TAILCALL)
			f.proto.DbgSourcePositions[pc] = s.Line()
			f.emit(s.Line(), abc(lua.OP_RETURN, base, 0, 0))
			return
		}
	}
	count := 0 // as many as there are
	if open := f.pushAll(s.Exprs); !open {
		count = f.free - base + 1
	}
	f.emit(s.Line(), abc(lua.OP_RETURN, base, count, 0))
}

func (f *function) ifStmt(s *ast.IfStmt) {
	var ends []int
	for {
		otherwise := f.branch(s.Condition, false)
		f.nested(s.Then, s.LastLine())
		if len(s.Else) == 0 {
			f.patchHere(otherwise...)
			break
		}
		ends = append(ends, f.jump(s.LastLine()))
		f.patchHere(otherwise...)
		chained, isElseif := s.Else[0].(*ast.IfStmt)
		if !isElseif || len(s.Else) > 1 {
			f.nested(s.Else, s.LastLine())
			break
		}
		s = chained
	}
	f.patchHere(ends...)
}

func (f *function) whileStmt(s *ast.WhileStmt) {
	top := f.here()
	exits := f.branch(s.Condition, false)
	f.enter(true)
	f.stmts(s.Stmts, false)
	breaks := f.leave(s.LastLine())
	f.jumpTo(s.LastLine(), top)
	f.patchHere(exits...)
	f.landHere(breaks)
}

func (f *function) repeatStmt(s *ast.RepeatStmt) {
	end := s.LastLine()
	f.enter(true)
	top := f.here()
	f.enter(false)
	f.stmts(s.Stmts, true)
	again := f.branch(s.Condition, false)
	f.free = len(f.locals)
	body := f.block
	f.leave(end)
	if body.captured { // leave has closed the locals for the way out; the way back has to do so, too
		out := f.jump(end)
		f.patchHere(again...)
		f.emit(end, abc(lua.OP_CLOSE, body.level, 0, 0))
		f.jumpTo(end, top)
		f.patchHere(out)
	} else {
		f.patch(again, top)
	}
	f.landHere(f.leave(end))
}

func (f *function) numericFor(s *ast.NumberForStmt) {
	line, step := s.Line(), s.Step
	if step == nil {
		step = number(line, 1)
	}
	f.enter(true)
	base := f.push(s.Init)
	f.push(s.Limit)
	f.push(step)
	for _, name := range []string{"(for index)", "(for limit)", "(for step)"} {
		f.declare(line, name)
	}
	prepare := f.emit(line, abx(lua.OP_FORPREP, base, jump0))
	f.enter(false)
	f.take(line, 1)
	f.declare(line, s.Name)
	f.stmts(s.Stmts, false)
	f.leave(s.LastLine())
	f.patchHere(prepare)
	f.patch([]int{f.emit(line, abx(lua.OP_FORLOOP, base, jump0))}, prepare+1)
	f.landHere(f.leave(s.LastLine()))
}

// iteratorName is LuaJIT's name for what a generic for calls.
const iteratorName = "(for generator)"

func (f *function) genericFor(s *ast.GenericForStmt) {
	line, names := s.Line(), len(s.Names)
	f.enter(true)
	base := f.free
	f.pushExactly(line, s.Exprs, 3)
	for _, name := range []string{iteratorName, "(for state)", "(for control)"} {
		f.declare(line, name)
	}
	f.need(line, base+6) // the iterator and its arguments
	begin := f.jump(line)
	f.enter(false)
	for _, name := range s.Names {
		f.take(line, 1)
		f.declare(line, name)
	}
	f.stmts(s.Stmts, false)
	f.leave(s.LastLine())
	f.patchHere(begin)
	if mayYield(s.Exprs) {
		f.iterate(line, base, names, begin+1)
	} else {
		f.nameCall(f.emit(line, abc(lua.OP_TFORLOOP, base, 0, names)), iteratorName)
		f.jumpTo(line, begin+1)
	}
	f.landHere(f.leave(s.LastLine()))
}

// mayYield reports whether a loop's iterator may be a function that yields. The library's own do not, and get the faster
// instruction. They are known by their names: what a script calls so is refused when it yields.
func mayYield(exprs []ast.Expr) bool {
	name := ""
	switch e := exprs[0].(type) {
	case *ast.FuncCallExpr:
		name = e.Method
		if e.Func != nil {
			name = calledName(e.Func)
		}
	case *ast.IdentExpr:
		name = e.Value
	}
	return name != "pairs" && name != "ipairs" && name != "next" && name != "gmatch"
}

// iterate calls a loop's iterator and jumps to the loop's body unless the first result is nil. The VM has one
// instruction for all of this, but an iterator that it calls cannot yield.
func (f *function) iterate(line, base, names, body int) {
	for i := range 3 {
		f.emit(line, abc(lua.OP_MOVE, base+3+i, base+i, 0))
	}
	result := f.take(line, names)
	f.emitCall(line, result, 3, names, iteratorName)
	f.emit(line, abc(lua.OP_MOVE, base+2, result, 0))
	f.emit(line, abc(lua.OP_TEST, result, 0, bit(true)))
	f.jumpTo(line, body)
	no := &ast.FalseExpr{} // a value like others: only nil ends the loop
	no.SetLine(line)
	f.emit(line, abc(lua.OP_EQ, bit(true), result, f.operandK(no)))
	f.jumpTo(line, body)
	f.free = base + 3
}
