package luasyntax

import "github.com/yuin/gopher-lua/ast"

// A role is what an expression can be besides a value.
type role int

const (
	isValue    role = iota
	isVariable      // it can be assigned to
	isCall          // it can be a statement
)

// unaryPriority is that of the operators with one operand, which bind tighter than all others but ^.
const unaryPriority = 8

// priority returns how tightly a binary operator binds to its left and to its right: looser there if it associates to the
// right. Both are 0 for what is no operator.
func priority(operator tokenKind) (left, right int) {
	switch operator {
	case "or":
		return 1, 1
	case "and":
		return 2, 2
	case "<", ">", "<=", ">=", "~=", "==":
		return 3, 3
	case "..":
		return 5, 4
	case "+", "-":
		return 6, 6
	case "*", "/", "%":
		return 7, 7
	case "^":
		return 10, 9
	}
	return 0, 0
}

func (p *parser) expression() ast.Expr { return p.binary(0) }

// value parses an expression and loads it.
func (p *parser) value() ast.Expr {
	expr := p.expression()
	p.load(expr)
	return expr
}

// values parses one or more expressions and loads them.
func (p *parser) values() []ast.Expr {
	list := p.expressions()
	p.load(list...)
	return list
}

// expressions parses one or more expressions. The last one is left to be loaded by the caller.
func (p *parser) expressions() []ast.Expr {
	list := []ast.Expr{p.expression()}
	for p.accept(",") {
		p.load(list[len(list)-1])
		list = append(list, p.expression())
	}
	return list
}

// binary parses operators that bind tighter than limit, and their operands.
func (p *parser) binary(limit int) ast.Expr {
	p.enter()
	defer p.leave()
	links := p.openLinks()
	expr := p.unary()
	for {
		operator := p.tok.kind
		left, right := priority(operator)
		if left <= limit {
			p.closeLinks(links)
			return expr
		}
		p.next()
		p.load(expr)
		operand := p.binary(right)
		p.load(operand)
		expr = operation(operator, expr, operand)
		p.put(expr, p.lastLine)
		p.link()
	}
}

func operation(operator tokenKind, left, right ast.Expr) ast.Expr {
	switch operator {
	case "or", "and":
		return &ast.LogicalOpExpr{Operator: string(operator), Lhs: left, Rhs: right}
	case "<", ">", "<=", ">=", "~=", "==":
		return &ast.RelationalOpExpr{Operator: string(operator), Lhs: left, Rhs: right}
	case "..":
		return &ast.StringConcatOpExpr{Lhs: left, Rhs: right}
	}
	return &ast.ArithmeticOpExpr{Operator: string(operator), Lhs: left, Rhs: right}
}

// unary parses an operand with the operators in front of it.
func (p *parser) unary() ast.Expr {
	operator := p.tok.kind
	switch operator {
	case "not", "-", "#":
	default:
		return p.simple()
	}
	p.next()
	operand := p.binary(unaryPriority)
	p.load(operand)
	var expr ast.Expr
	switch operator {
	case "not":
		expr = &ast.UnaryNotOpExpr{Expr: operand}
	case "-":
		expr = &ast.UnaryMinusOpExpr{Expr: operand}
	default:
		expr = &ast.UnaryLenOpExpr{Expr: operand}
	}
	p.put(expr, p.lastLine)
	return expr
}

// simple parses an operand.
func (p *parser) simple() ast.Expr {
	var expr ast.Expr
	switch p.tok.kind {
	case tokenNumber:
		expr = &ast.NumberExpr{Value: p.tok.text}
	case tokenString:
		return p.stringLiteral()
	case "nil":
		expr = &ast.NilExpr{}
	case "true":
		expr = &ast.TrueExpr{}
	case "false":
		expr = &ast.FalseExpr{}
	case "...":
		if !p.function.vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		expr = &ast.Comma3Expr{}
	case "{":
		return p.table()
	case "function":
		p.next()
		return p.body(p.lexer.line)
	default:
		expr, _ = p.suffixed()
		return expr
	}
	p.next()
	p.put(expr, p.lastLine)
	return expr
}

func (p *parser) stringLiteral() *ast.StringExpr {
	literal := &ast.StringExpr{Value: p.tok.text}
	p.next()
	p.put(literal, p.lastLine)
	return literal
}

// identifier parses a name. It is put without a line until it is loaded or stored.
func (p *parser) identifier() *ast.IdentExpr {
	identifier := &ast.IdentExpr{Value: p.expectName()}
	p.put(identifier, 0)
	return identifier
}

// suffixed parses a name or an expression in parentheses, with the fields and calls behind it.
func (p *parser) suffixed() (ast.Expr, role) {
	links := p.openLinks()
	expr, role := p.prefix()
	for {
		switch p.tok.kind {
		case ".":
			p.load(expr)
			expr, role = p.field(expr), isVariable
		case "[":
			p.load(expr)
			expr, role = p.element(expr), isVariable
		case ":":
			p.next()
			method := p.expectName()
			p.load(expr)
			expr, role = p.call(&ast.FuncCallExpr{Receiver: expr, Method: method}), isCall
		case "(", "{", tokenString:
			p.load(expr)
			expr, role = p.call(&ast.FuncCallExpr{Func: expr}), isCall
		default:
			p.closeLinks(links)
			return expr, role
		}
		p.link()
	}
}

func (p *parser) prefix() (ast.Expr, role) {
	switch {
	case p.tok.kind == "(":
		return p.parentheses(), isValue
	case p.tok.kind.isName():
		return p.identifier(), isVariable
	}
	p.fail("unexpected symbol")
	return &ast.NilExpr{}, isValue
}

// parentheses cut what is in them to one value.
func (p *parser) parentheses() ast.Expr {
	line := p.lexer.line
	p.next()
	expr := p.expression()
	p.expectClosing(")", "(", line)
	p.load(expr)
	switch expr := expr.(type) {
	case *ast.FunctionExpr:
		return expr // whose last line is that of its end
	case *ast.FuncCallExpr:
		expr.AdjustRet = true
	case *ast.Comma3Expr:
		expr.AdjustRet = true
	}
	expr.SetLastLine(p.lastLine)
	return expr
}

// field parses .name behind an object.
func (p *parser) field(object ast.Expr) ast.Expr {
	p.next()
	key := &ast.StringExpr{Value: p.expectName()}
	p.put(key, p.lastLine)
	expr := &ast.AttrGetExpr{Object: object, Key: key}
	p.put(expr, 0)
	return expr
}

// element parses [key] behind an object.
func (p *parser) element(object ast.Expr) ast.Expr {
	expr := &ast.AttrGetExpr{Object: object, Key: p.bracketedKey()}
	p.put(expr, 0)
	return expr
}

func (p *parser) bracketedKey() ast.Expr {
	p.next()
	key := p.value()
	p.expect("]")
	return key
}

// call parses the arguments of a call.
func (p *parser) call(expr *ast.FuncCallExpr) ast.Expr {
	line := p.lexer.line
	switch p.tok.kind {
	case "(":
		expr.Args = p.arguments(line)
	case "{":
		expr.Args = []ast.Expr{p.table()}
	case tokenString:
		expr.Args = []ast.Expr{p.stringLiteral()}
	default:
		p.fail("function arguments expected")
	}
	p.put(expr, line)
	return expr
}

// arguments parses those in parentheses, which must open on the line that the function's name ends on: on the next they
// could begin a statement.
func (p *parser) arguments(line int) []ast.Expr {
	if line != p.lastLine {
		p.fail("ambiguous syntax (function call x new statement)")
	}
	p.next()
	var list []ast.Expr
	if p.tok.kind != ")" {
		list = p.expressions()
	}
	p.expectClosing(")", "(", line)
	p.load(list...)
	return list
}

// table parses a constructor.
func (p *parser) table() ast.Expr {
	line := p.lexer.line
	table := &ast.TableExpr{}
	p.next()
	for p.tok.kind != "}" {
		table.Fields = append(table.Fields, p.tableField())
		if !p.accept(",") && !p.accept(";") {
			break
		}
	}
	p.expectClosing("}", "{", line)
	p.put(table, line)
	return table
}

func (p *parser) tableField() *ast.Field {
	field := &ast.Field{}
	switch {
	case p.tok.kind == "[":
		field.Key = p.bracketedKey()
		p.expect("=")
	case p.tok.kind.isName() && p.lookAhead() == "=":
		key := &ast.StringExpr{Value: p.expectName()}
		p.put(key, p.lastLine)
		field.Key = key
		p.expect("=")
	}
	field.Value = p.value()
	return field
}

// body parses a function from its parameters to its end.
func (p *parser) body(line int) *ast.FunctionExpr {
	outer := p.function
	p.function = function{line: line}
	expr := &ast.FunctionExpr{ParList: p.parameters()}
	p.function.vararg = expr.ParList.HasVargs
	expr.Stmts = p.block()
	p.expectClosing("end", "function", line)
	p.function = outer
	p.put(expr, line)
	return expr
}

func (p *parser) parameters() *ast.ParList {
	list := &ast.ParList{}
	p.expect("(")
	if p.accept(")") {
		return list
	}
	for again := true; again; again = p.accept(",") {
		if p.accept("...") {
			list.HasVargs = true
			break
		}
		if !p.tok.kind.isName() {
			p.fail("<name> or '...' expected")
		}
		list.Names = append(list.Names, p.expectName())
	}
	p.expect(")")
	return list
}
