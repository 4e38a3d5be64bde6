package syntax

import "slices"

// A role says whether an expression can be more than a value.
type role int

const (
	isValue    role = iota
	isVariable      // it can be assigned to
	isCall          // it can be a statement
)

// unaryPriority is that of the operators with one operand, which bind tighter than all
// others but ^.
const unaryPriority = 8

// priority returns how tightly a binary operator binds to its left and to its right:
// looser there if it associates to the right. Both are 0 for any other token.
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

func (p *parser) expression() Expr { return p.binary(0) }

// value parses an expression and loads it.
func (p *parser) value() Expr {
	expr := p.expression()
	p.load(expr)
	return expr
}

// values parses one or more expressions and loads them.
func (p *parser) values() []Expr {
	list := p.expressions()
	p.load(list...)
	return list
}

// expressions parses one or more expressions. The last one is left to be loaded by the
// caller.
func (p *parser) expressions() []Expr {
	list := []Expr{p.expression()}
	for p.accept(",") {
		p.load(list[len(list)-1])
		list = append(list, p.expression())
	}
	return list
}

// binary parses operators that bind tighter than limit, and their operands.
func (p *parser) binary(limit int) Expr {
	p.enter()
	links := p.openLinks()
	expr := p.unary()
	for {
		operator := p.tok.kind
		left, right := priority(operator)
		if left <= limit {
			p.closeLinks(links)
			p.leave()
			return expr
		}
		p.next()
		p.load(expr)
		operand := p.binary(right)
		p.load(operand)
		expr = p.operation(operator, expr, operand)
		p.link()
	}
}

func (p *parser) operation(operator tokenKind, left, right Expr) Expr {
	if operator == ".." {
		return p.concat(left, right)
	}
	var expr Expr
	switch operator {
	case "or":
		expr = &Or{Left: left, Right: right}
	case "and":
		expr = &And{Left: left, Right: right}
	case "<", ">", "<=", ">=", "~=", "==":
		expr = &Compare{Op: comparisons[operator], Left: left, Right: right}
	default:
		expr = &Arith{Op: arithmetic[operator], Left: left, Right: right}
	}
	p.put(expr, p.lastLine)
	return expr
}

var comparisons = map[tokenKind]CompareOp{
	"==": Equal, "~=": NotEqual, "<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual,
}

var arithmetic = map[tokenKind]ArithOp{"+": Add, "-": Sub, "*": Mul, "/": Div, "%": Mod, "^": Pow}

// concat puts left before the operands of right, if that is a concatenation, too. There
// are no more than maxLevels of them.
func (p *parser) concat(left, right Expr) Expr {
	if rest, ok := right.(*Concat); ok {
		rest.Operands = slices.Insert(rest.Operands, 0, left)
		return rest
	}
	concat := &Concat{Operands: []Expr{left, right}}
	p.put(concat, p.lastLine)
	return concat
}

// unary parses an operand with the operators before it.
func (p *parser) unary() Expr {
	operator, start := p.tok.kind, p.tok.start
	switch operator {
	case "not", "-", "#":
	default:
		return p.simple()
	}
	p.next()
	operand := p.binary(unaryPriority)
	p.load(operand)
	var expr Expr
	switch operator {
	case "not":
		expr = &Not{Operand: operand}
	case "-":
		expr = &Minus{Operand: operand}
	default:
		expr = &Length{Operand: operand}
	}
	p.place(expr, start)
	p.put(expr, p.lastLine)
	return expr
}

// simple parses an operand.
func (p *parser) simple() Expr {
	var expr Expr
	switch p.tok.kind {
	case tokenNumber:
		expr = &Number{Value: p.tok.number}
	case tokenString:
		return p.stringLiteral()
	case "nil":
		expr = &Nil{}
	case "true":
		expr = &True{}
	case "false":
		expr = &False{}
	case "...":
		if !p.function.IsVararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		expr = &Vararg{}
	case "{":
		return p.table()
	case "function":
		start := p.tok.start
		p.next()
		function := p.body(p.lexer.line, false)
		p.place(function, start)
		return function
	default:
		expr, _ = p.suffixed()
		return expr
	}
	p.next()
	p.place(expr, p.last)
	p.put(expr, p.lastLine)
	return expr
}

func (p *parser) stringLiteral() *String {
	literal := &String{Value: p.tok.text}
	p.next()
	p.place(literal, p.last)
	p.put(literal, p.lastLine)
	return literal
}

// suffixed parses a name or an expression in parentheses, with the fields and calls after
// it.
func (p *parser) suffixed() (Expr, role) {
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
			expr, role = p.call(&Call{Receiver: expr, Method: method.text}), isCall
		case "(", "{", tokenString:
			p.load(expr)
			expr, role = p.call(&Call{Func: expr}), isCall
		default:
			p.closeLinks(links)
			return expr, role
		}
		p.link()
	}
}

func (p *parser) prefix() (Expr, role) {
	switch {
	case p.tok.kind == "(":
		return p.parentheses(), isValue
	case p.tok.kind.isName():
		return p.name(p.expectName()), isVariable
	}
	p.fail("unexpected symbol")
	return &Nil{}, isValue
}

// parentheses cut the expression in them to one value.
func (p *parser) parentheses() Expr {
	line := p.lexer.line
	p.next()
	expr := p.expression()
	p.expectClosing(")", "(", line)
	p.load(expr)
	switch expr := expr.(type) {
	case *Function:
		return expr // whose last line is that of its end
	case *Call:
		expr.Single = true
	case *Vararg:
		expr.Single = true
	}
	expr.node().lastLine = int32(p.lastLine)
	return expr
}

// field parses .name after an object.
func (p *parser) field(object Expr) *Index {
	p.next()
	expr := &Index{Object: object, Key: p.nameAsString()}
	p.put(expr, 0)
	return expr
}

// nameAsString parses a name that is a key.
func (p *parser) nameAsString() *String {
	key := &String{Value: p.expectName().text}
	p.place(key, p.last)
	p.put(key, p.lastLine)
	return key
}

// element parses [key] after an object.
func (p *parser) element(object Expr) *Index {
	expr := &Index{Object: object, Key: p.bracketedKey()}
	p.put(expr, 0)
	return expr
}

func (p *parser) bracketedKey() Expr {
	p.next()
	key := p.value()
	p.expect("]")
	return key
}

// call parses the arguments of a call.
func (p *parser) call(expr *Call) *Call {
	line := p.lexer.line
	switch p.tok.kind {
	case "(":
		expr.Args = p.arguments(line)
	case "{":
		expr.Args = []Expr{p.table()}
	case tokenString:
		expr.Args = []Expr{p.stringLiteral()}
	default:
		p.fail("function arguments expected")
	}
	p.put(expr, line)
	return expr
}

// arguments parses those in parentheses, which must open on the line that the function's
// name ends on: on the next they could begin a statement.
func (p *parser) arguments(line int) []Expr {
	if line != p.lastLine {
		p.fail("ambiguous syntax (function call x new statement)")
	}
	p.next()
	var list []Expr
	if p.tok.kind != ")" {
		list = p.expressions()
	}
	p.expectClosing(")", "(", line)
	p.load(list...)
	return list
}

// table parses a constructor.
func (p *parser) table() *Table {
	line := p.lexer.line
	table := &Table{}
	p.place(table, p.tok.start)
	p.next()
	for p.tok.kind != "}" {
		p.take(fieldBytes)
		table.Fields = append(table.Fields, p.tableField())
		if !p.accept(",") && !p.accept(";") {
			break
		}
	}
	p.expectClosing("}", "{", line)
	p.put(table, line)
	return table
}

func (p *parser) tableField() Field {
	var field Field
	switch {
	case p.tok.kind == "[":
		field.Key = p.bracketedKey()
		p.expect("=")
	case p.tok.kind.isName() && p.lookAhead() == "=":
		field.Key = p.nameAsString()
		p.expect("=")
	}
	field.Value = p.value()
	return field
}

// body parses a function from its parameters to its end. A method gets the parameter
// self.
func (p *parser) body(line int, isMethod bool) *Function {
	f := &Function{Parent: p.function, IsMethod: isMethod, Start: int32(p.tok.start), StartLine: int32(p.lexer.line)}
	f.line = int32(line)
	p.function = f
	scope := p.openScope()
	if isMethod {
		f.Params = append(f.Params, p.declare(p.lexer.intern([]byte("self"))))
	}
	p.parameters(f)
	p.show(scope)
	f.Body = p.block()
	f.End = int32(p.tok.start + len("end"))
	p.expectClosing("end", "function", line)
	p.closeScope(scope)
	p.function = f.Parent
	p.put(f, line)
	return f
}

func (p *parser) parameters(f *Function) {
	p.expect("(")
	if p.accept(")") {
		return
	}
	for again := true; again; again = p.accept(",") {
		if p.accept("...") {
			f.IsVararg = true
			break
		}
		if !p.tok.kind.isName() {
			p.fail("<name> or '...' expected")
		}
		f.Params = append(f.Params, p.declare(p.expectName()))
	}
	p.expect(")")
}
