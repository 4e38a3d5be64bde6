package syntax

import "fmt"

// block parses statements up to a token that ends them, in a scope of their own.
func (p *parser) block() []Stmt {
	scope := p.openScope()
	list := p.statements()
	p.closeScope(scope)
	return list
}

// statements parses statements up to a token that ends them. return and break are the
// last.
func (p *parser) statements() []Stmt {
	p.enter()
	var list []Stmt
	for last := false; !last && !p.tok.kind.endsBlock(); {
		last = p.tok.kind == "return" || p.tok.kind == "break"
		list = p.statement(list)
		p.accept(";")
	}
	p.leave()
	return list
}

// statement appends the next statement, or a run of labels.
func (p *parser) statement(list []Stmt) []Stmt {
	line := p.lexer.line
	switch p.tok.kind {
	case "if":
		return append(list, p.ifStatement(line))
	case "while":
		return append(list, p.whileStatement(line))
	case "do":
		return append(list, p.doStatement(line))
	case "for":
		return append(list, p.forStatement(line))
	case "repeat":
		return append(list, p.repeatStatement(line))
	case "function":
		return append(list, p.functionStatement(line))
	case "local":
		return append(list, p.localStatement(line))
	case "return":
		return append(list, p.returnStatement())
	case "break":
		return append(list, p.breakStatement())
	case "::":
		return p.labels(list)
	case "goto":
		if p.lookAhead() == tokenName {
			return append(list, p.gotoStatement())
		}
	}
	return append(list, p.callOrAssignment())
}

// ifStatement makes a chain of the clauses: each elseif is the else of the one before.
func (p *parser) ifStatement(line int) Stmt {
	links := p.openLinks()
	first := p.clause(line)
	clauses := []*If{first}
	for p.tok.kind == "elseif" {
		clause := p.clause(p.lexer.line)
		clauses[len(clauses)-1].Else = []Stmt{clause}
		clauses = append(clauses, clause)
		p.link()
	}
	if p.accept("else") {
		clauses[len(clauses)-1].Else = p.block()
	}
	p.closeLinks(links)
	p.expectClosing("end", "if", line)
	for _, clause := range clauses {
		clause.lastLine = int32(p.lastLine)
	}
	return first
}

// clause parses an if or elseif up to the end of its block.
func (p *parser) clause(line int) *If {
	p.next()
	clause := &If{Cond: p.value()}
	p.expect("then")
	clause.Then = p.block()
	p.put(clause, line)
	return clause
}

func (p *parser) whileStatement(line int) Stmt {
	p.next()
	loop := &While{Cond: p.value()}
	p.expect("do")
	loop.Body = p.block()
	p.expectClosing("end", "while", line)
	p.put(loop, line)
	return loop
}

func (p *parser) doStatement(line int) Stmt {
	p.next()
	block := &Do{Body: p.block()}
	p.expectClosing("end", "do", line)
	p.put(block, line)
	return block
}

func (p *parser) forStatement(line int) Stmt {
	p.next()
	scope := p.openScope()
	first := p.declare(p.expectName())
	var loop Stmt
	switch p.tok.kind {
	case "=":
		loop = p.numericFor(scope, first)
	case ",", "in":
		loop = p.genericFor(scope, first)
	default:
		p.fail("'=' or 'in' expected")
		return &Do{}
	}
	p.expectClosing("end", "for", line)
	p.closeScope(scope)
	loop.node().lastLine = int32(p.lastLine)
	return loop
}

// numericFor parses from the '=' to the end of the block.
func (p *parser) numericFor(scope scope, local *Local) Stmt {
	p.next()
	loop := &NumericFor{Local: local, Init: p.value()}
	p.expect(",")
	loop.Limit = p.value()
	if p.accept(",") {
		loop.Step = p.value()
	}
	p.expect("do")
	p.put(loop, p.lastLine)
	p.show(scope)
	loop.Body = p.block()
	return loop
}

// genericFor parses from after the first name to the end of the block.
func (p *parser) genericFor(scope scope, first *Local) Stmt {
	loop := &GenericFor{Locals: []*Local{first}}
	for p.accept(",") {
		loop.Locals = append(loop.Locals, p.declare(p.expectName()))
	}
	p.expect("in")
	p.put(loop, p.lexer.line)
	loop.Values = p.values()
	p.expect("do")
	p.show(scope)
	loop.Body = p.block()
	return loop
}

func (p *parser) repeatStatement(line int) Stmt {
	p.next()
	scope := p.openScope()
	loop := &Repeat{Body: p.statements()}
	p.expectClosing("until", "repeat", line)
	p.put(loop, line)
	loop.Cond = p.value()
	p.closeScope(scope)
	return loop
}

// functionStatement parses a function with a name. It is stored on the line that it
// begins on.
func (p *parser) functionStatement(line int) Stmt {
	p.next()
	var target Expr = p.name(p.expectName())
	links := p.openLinks()
	for p.tok.kind == "." {
		p.load(target)
		target = p.field(target)
		p.link()
	}
	p.closeLinks(links)
	isMethod := p.tok.kind == ":"
	if isMethod {
		p.load(target)
		target = p.field(target)
	}
	target.node().line = int32(line)
	assigned(target)
	statement := &FunctionStmt{Target: target, Func: p.body(line, isMethod)}
	p.put(statement, line)
	return statement
}

func (p *parser) localStatement(line int) Stmt {
	p.next()
	if p.accept("function") {
		return p.localFunction(line)
	}
	scope := p.openScope()
	statement := &LocalStmt{Locals: []*Local{p.declare(p.expectName())}}
	for p.accept(",") {
		statement.Locals = append(statement.Locals, p.declare(p.expectName()))
	}
	if p.accept("=") {
		statement.Values = p.values()
	}
	p.show(scope)
	p.put(statement, line)
	return statement
}

// localFunction parses from the name. The function sees its own name.
func (p *parser) localFunction(line int) Stmt {
	scope := p.openScope()
	statement := &LocalFunction{Local: p.declare(p.expectName())}
	p.show(scope)
	statement.Func = p.body(p.lexer.line, false)
	p.put(statement, line)
	return statement
}

func (p *parser) returnStatement() Stmt {
	p.next()
	statement := &Return{}
	if !p.tok.kind.endsBlock() && p.tok.kind != ";" {
		statement.Values = p.values()
	}
	p.put(statement, p.lastLine)
	return statement
}

func (p *parser) breakStatement() Stmt {
	p.next()
	statement := &Break{}
	p.put(statement, p.lastLine)
	return statement
}

func (p *parser) gotoStatement() Stmt {
	p.next()
	statement := &Goto{Label: p.expectName().text}
	p.put(statement, p.lastLine)
	return statement
}

// labels appends a label and those that follow at once. To LuaJIT each is a level deeper
// than the one before.
func (p *parser) labels(list []Stmt) []Stmt {
	outer := p.level
	var run []*Label
	for {
		p.next()
		label := &Label{Name: p.expectName().text}
		line := p.lexer.line
		p.expect("::")
		p.put(label, line)
		list, run = append(list, label), append(run, label)
		if p.tok.kind != "::" {
			break
		}
		p.enter()
	}
	p.level = outer
	for _, label := range run {
		label.AtEnd = p.tok.kind.endsBlock() && p.tok.kind != "until"
	}
	return list
}

// callOrAssignment parses a statement that begins with an expression.
func (p *parser) callOrAssignment() Stmt {
	expr, role := p.suffixed()
	if role != isCall {
		return p.assignment(expr, role)
	}
	statement := &CallStmt{Call: expr.(*Call)}
	p.put(statement, expr.Line())
	return statement
}

// assignment parses the rest of an assignment after its first target.
func (p *parser) assignment(target Expr, role role) Stmt {
	statement := &Assign{}
	for {
		if role != isVariable {
			p.fail("syntax error")
		}
		assigned(target)
		statement.Targets = append(statement.Targets, target)
		if !p.accept(",") {
			break
		}
		target, role = p.suffixed()
		if p.level+len(statement.Targets) >= maxLevels {
			p.exceed(describe(p.function) + fmt.Sprintf(" has more than %d variable names", maxLevels))
		}
	}
	p.expect("=")
	statement.Values = p.values()
	p.load(statement.Targets...)
	p.put(statement, p.lastLine)
	return statement
}

// describe is how LuaJIT calls a function that passes a limit.
func describe(f *Function) string {
	if f.Parent == nil {
		return "main function"
	}
	return fmt.Sprintf("function at line %d", f.Line())
}
