package code

import "github.com/tidewire/tidewire/internal/lua/syntax"

// stmts compiles the statements of a block.
func (f *function) stmts(list []syntax.Stmt) {
	for _, s := range list {
		f.stmt(s)
		f.free = len(f.active)
	}
}

func (f *function) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.LocalStmt:
		f.localStmt(s)
	case *syntax.LocalFunction:
		f.localFunction(s)
	case *syntax.Assign:
		f.assignStmt(s)
	case *syntax.CallStmt:
		f.results(s.Call, 0)
	case *syntax.FunctionStmt:
		f.functionStmt(s)
	case *syntax.Return:
		f.returnStmt(s)
	case *syntax.If:
		f.ifStmt(s)
	case *syntax.Do:
		f.nested(s.Body)
	case *syntax.While:
		f.whileStmt(s)
	case *syntax.Repeat:
		f.repeatStmt(s)
	case *syntax.NumericFor:
		f.numericFor(s)
	case *syntax.GenericFor:
		f.genericFor(s)
	case *syntax.Break:
		f.leap(s.Line(), "")
	case *syntax.Goto:
		f.leap(s.Line(), s.Label)
	case *syntax.Label:
		f.label(s.Line(), s.Name, s.AtEnd)
	}
}

func (f *function) nested(list []syntax.Stmt) {
	f.enter(false)
	f.stmts(list)
	f.leave()
}

func (f *function) localStmt(s *syntax.LocalStmt) {
	f.pushExactly(s.Line(), s.Values, len(s.Locals))
	for _, l := range s.Locals {
		f.declare(s.Line(), l)
	}
}

// localFunction declares the variable first, since the function sees it. One that is
// never assigned again is its own upvalue: Closure writes its register before it copies
// upvalues from there.
func (f *function) localFunction(s *syntax.LocalFunction) {
	line := s.Line()
	target := f.reserve(line, 1)
	if !inCell(s.Local) {
		f.declare(line, s.Local)
		f.closure(s.Func, target)
		f.proto.Locals[len(f.proto.Locals)-1].Start = f.here()
		return
	}
	f.emit(line, abc(LoadNil, target, target, 0))
	f.declare(line, s.Local)
	value := f.reserve(line, 1)
	f.closure(s.Func, value)
	f.emit(line, abc(SetCell, target, value, 0))
}

func (f *function) functionStmt(s *syntax.FunctionStmt) {
	at := f.place(s.Target, 0, nil)
	at.line = s.Line()
	f.assign(at, s.Func)
}

func (f *function) returnStmt(s *syntax.Return) {
	base, line := f.free, s.Line()
	if len(s.Values) == 1 {
		value := s.Values[0]
		if call, isCall := value.(*syntax.Call); isCall && !call.Single {
			pc := f.call(call, all)
			i := f.proto.Code[pc]
			f.proto.Code[pc] = abc(TailCall, i.A(), i.B(), 0)
			f.proto.Lines[pc] = int32(line)
			return
		}
		if !hasManyResults(value) {
			o := f.operand(value)
			f.settle(line, &o)
			f.emit(line, abc(Return1, o.register, 0, 0))
			return
		}
	}
	if len(s.Values) == 0 {
		f.emit(line, abc(Return0, 0, 0, 0))
		return
	}
	count := 0 // as many as there are
	if open := f.pushAll(s.Values); !open {
		count = f.free - base + 1
	}
	f.emit(line, abc(Return, base, count, 0))
}

func (f *function) ifStmt(s *syntax.If) {
	var ends []int
	for {
		otherwise := f.branch(s.Cond, false)
		f.nested(s.Then)
		if len(s.Else) == 0 {
			f.patchHere(otherwise...)
			break
		}
		ends = append(ends, f.jump(s.LastLine()))
		f.patchHere(otherwise...)
		chained, isElseif := s.Else[0].(*syntax.If)
		if !isElseif || len(s.Else) > 1 {
			f.nested(s.Else)
			break
		}
		s = chained
	}
	f.patchHere(ends...)
}

func (f *function) whileStmt(s *syntax.While) {
	top := f.here()
	f.enter(true)
	exits := f.branch(s.Cond, false)
	f.stmts(s.Body)
	f.jumpTo(s.LastLine(), top)
	f.patchHere(exits...)
	f.leave()
}

func (f *function) repeatStmt(s *syntax.Repeat) {
	f.enter(true)
	top := f.here()
	f.enter(false)
	f.stmts(s.Body)
	again := f.branch(s.Cond, false)
	f.patch(again, top)
	f.leave()
	f.leave()
}

func (f *function) numericFor(s *syntax.NumericFor) {
	line := s.Line()
	f.enter(true)
	base := f.push(s.Init)
	f.push(s.Limit)
	if s.Step != nil {
		f.push(s.Step)
	} else {
		f.load(line, numberConstant(1), f.reserve(line, 1))
	}
	f.hide(line, "(for index)", "(for limit)", "(for step)")
	prepare := f.emit(line, ad(ForPrep, base, 0))
	f.enter(false)
	f.reserve(line, 1)
	f.declare(line, s.Local)
	f.stmts(s.Body)
	f.leave()
	f.patchLoop(s.LastLine(), f.emit(line, ad(ForLoop, base, 0)), prepare+1)
	f.patchLoop(s.LastLine(), prepare, f.here())
	f.leave()
}

func (f *function) genericFor(s *syntax.GenericFor) {
	line := s.Line()
	f.enter(true)
	base := f.free
	f.pushExactly(line, s.Values, 3)
	f.hide(line, "(for generator)", "(for state)", "(for control)")
	f.need(line, base+6) // the iterator and its arguments
	begin := f.jump(line)
	f.enter(false)
	for _, l := range s.Locals {
		f.reserve(line, 1)
		f.declare(line, l)
	}
	f.stmts(s.Body)
	f.leave()
	f.patchHere(begin)
	f.emit(line, abc(TForCall, base, 0, len(s.Locals)))
	f.patchLoop(s.LastLine(), f.emit(line, ad(TForLoop, base, 0)), begin+1)
	f.leave()
}
