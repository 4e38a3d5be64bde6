package luasyntax

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// block parses statements up to a token that ends them. return and break are the last.
func (p *parser) block() []ast.Stmt {
	p.enter()
	defer p.leave()
	var list []ast.Stmt
	for last := false; !last && !p.tok.kind.endsBlock(); {
		last = p.tok.kind == "return" || p.tok.kind == "break"
		list = p.statement(list)
		p.accept(";")
	}
	return list
}

// statement appends the next statement, which may be two.
func (p *parser) statement(list []ast.Stmt) []ast.Stmt {
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
		return p.localStatement(list, line)
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
func (p *parser) ifStatement(line int) ast.Stmt {
	links := p.openLinks()
	first := p.clause(line)
	clauses := []*ast.IfStmt{first}
	for p.tok.kind == "elseif" {
		clause := p.clause(p.lexer.line)
		clauses[len(clauses)-1].Else = []ast.Stmt{clause}
		clauses = append(clauses, clause)
		p.link()
	}
	if p.accept("else") {
		clauses[len(clauses)-1].Else = p.block()
	}
	p.closeLinks(links)
	p.expectClosing("end", "if", line)
	for _, clause := range clauses {
		clause.SetLastLine(p.lastLine)
	}
	return first
}

// clause parses an if or elseif up to the end of its block.
func (p *parser) clause(line int) *ast.IfStmt {
	p.next()
	clause := &ast.IfStmt{Condition: p.value()}
	clause.SetLine(line)
	p.expect("then")
	clause.Then = p.block()
	return clause
}

func (p *parser) whileStatement(line int) ast.Stmt {
	p.next()
	loop := &ast.WhileStmt{Condition: p.value()}
	p.expect("do")
	loop.Stmts = p.block()
	p.expectClosing("end", "while", line)
	p.put(loop, line)
	return loop
}

func (p *parser) doStatement(line int) ast.Stmt {
	p.next()
	block := &ast.DoBlockStmt{Stmts: p.block()}
	p.expectClosing("end", "do", line)
	p.put(block, line)
	return block
}

func (p *parser) forStatement(line int) ast.Stmt {
	p.next()
	name := p.expectName()
	var loop ast.Stmt
	switch p.tok.kind {
	case "=":
		loop = p.numberFor(name)
	case ",", "in":
		loop = p.genericFor(name)
	default:
		p.fail("'=' or 'in' expected")
		return &ast.DoBlockStmt{}
	}
	p.expectClosing("end", "for", line)
	loop.SetLastLine(p.lastLine)
	return loop
}

// numberFor parses from the '=' to the end of the block.
func (p *parser) numberFor(name string) ast.Stmt {
	p.next()
	loop := &ast.NumberForStmt{Name: name, Init: p.value()}
	p.expect(",")
	loop.Limit = p.value()
	if p.accept(",") {
		loop.Step = p.value()
	}
	p.expect("do")
	loop.SetLine(p.lastLine)
	loop.Stmts = p.block()
	return loop
}

// genericFor parses from behind the first name to the end of the block.
func (p *parser) genericFor(first string) ast.Stmt {
	loop := &ast.GenericForStmt{Names: []string{first}}
	for p.accept(",") {
		loop.Names = append(loop.Names, p.expectName())
	}
	p.expect("in")
	loop.SetLine(p.lexer.line)
	loop.Exprs = p.values()
	p.expect("do")
	loop.Stmts = p.block()
	return loop
}

func (p *parser) repeatStatement(line int) ast.Stmt {
	p.next()
	loop := &ast.RepeatStmt{Stmts: p.block()}
	p.expectClosing("until", "repeat", line)
	p.put(loop, line)
	loop.Condition = p.value()
	return loop
}

// functionStatement parses a function with a name. It is stored on the line that it begins on.
func (p *parser) functionStatement(line int) ast.Stmt {
	p.next()
	var target ast.Expr = p.identifier()
	name := &ast.FuncName{}
	links := p.openLinks()
	for p.tok.kind == "." {
		p.load(target)
		target = p.field(target)
		p.link()
	}
	p.closeLinks(links)
	if p.tok.kind == ":" {
		p.load(target)
		p.next()
		name.Receiver, name.Method = target, p.expectName()
	} else {
		target.SetLine(line)
		name.Func = target
	}
	return p.definition(name, line, line)
}

// definition parses the body of a named function. bodyLine is where the function says that it is defined.
func (p *parser) definition(name *ast.FuncName, line, bodyLine int) ast.Stmt {
	statement := &ast.FuncDefStmt{Name: name, Func: p.body(bodyLine)}
	p.put(statement, line)
	return statement
}

// localStatement makes two statements of a local function, since it sees its own name.
func (p *parser) localStatement(list []ast.Stmt, line int) []ast.Stmt {
	p.next()
	if p.accept("function") {
		name := p.identifier()
		name.SetLine(line)
		declaration := &ast.LocalAssignStmt{Names: []string{name.Value}}
		p.put(declaration, line)
		return append(list, declaration, p.definition(&ast.FuncName{Func: name}, line, p.lexer.line))
	}
	statement := &ast.LocalAssignStmt{Names: p.expectNames()}
	if p.accept("=") {
		statement.Exprs = p.values()
	}
	p.put(statement, line)
	return append(list, statement)
}

func (p *parser) returnStatement() ast.Stmt {
	p.next()
	statement := &ast.ReturnStmt{}
	if !p.tok.kind.endsBlock() && p.tok.kind != ";" {
		statement.Exprs = p.values()
	}
	p.put(statement, p.lastLine)
	return statement
}

func (p *parser) breakStatement() ast.Stmt {
	p.next()
	statement := &ast.BreakStmt{}
	p.put(statement, p.lastLine)
	return statement
}

func (p *parser) gotoStatement() ast.Stmt {
	p.next()
	statement := &ast.GotoStmt{Label: p.expectName()}
	p.put(statement, p.lastLine)
	return statement
}

// labels appends a label and those that follow at once. To LuaJIT each is a level deeper than the one before.
func (p *parser) labels(list []ast.Stmt) []ast.Stmt {
	outer := p.level
	defer func() { p.level = outer }()
	for {
		p.next()
		label := &ast.LabelStmt{Name: p.expectName()}
		line := p.lexer.line
		p.expect("::")
		p.put(label, line)
		list = append(list, label)
		if p.tok.kind != "::" {
			return list
		}
		p.enter()
	}
}

// callOrAssignment parses a statement that begins with an expression.
func (p *parser) callOrAssignment() ast.Stmt {
	expr, role := p.suffixed()
	if role != isCall {
		return p.assignment(expr, role)
	}
	statement := &ast.FuncCallStmt{Expr: expr}
	p.put(statement, expr.Line())
	return statement
}

// assignment parses what follows the first target.
func (p *parser) assignment(target ast.Expr, role role) ast.Stmt {
	statement := &ast.AssignStmt{}
	for {
		if role != isVariable {
			p.fail("syntax error")
		}
		statement.Lhs = append(statement.Lhs, target)
		if !p.accept(",") {
			break
		}
		target, role = p.suffixed()
		if p.level+len(statement.Lhs) >= maxLevels {
			p.exceed(p.function.describe() + fmt.Sprintf(" has more than %d variable names", maxLevels))
		}
	}
	p.expect("=")
	statement.Rhs = p.values()
	p.load(statement.Lhs...)
	p.put(statement, p.lastLine)
	return statement
}

// describe is how LuaJIT calls a function that passes a limit.
func (f function) describe() string {
	if f.line == 0 {
		return "main function"
	}
	return fmt.Sprintf("function at line %d", f.line)
}
