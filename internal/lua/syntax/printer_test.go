package syntax_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// A printer writes a tree.
type printer struct {
	lines  bool      // with lines
	locals bool      // with the line of the declaration after each name that means a local: a:3
	line   func(int) // is called with each line, if not nil
}

func (p printer) chunk(chunk *syntax.Chunk) string { return body(p.stmts(chunk.Main.Body)) }

func (p printer) stmts(list []syntax.Stmt) []string {
	var out []string
	for _, stmt := range list {
		text := p.stmt(stmt)
		if _, isCall := stmt.(*syntax.CallStmt); !isCall { // whose lines are those of its call
			text += p.at(stmt)
		}
		out = append(out, text)
	}
	return out
}

func (p printer) exprs(list []syntax.Expr) []string {
	var out []string
	for _, expr := range list {
		out = append(out, p.expr(expr))
	}
	return out
}

// at is @line, or @line-lastLine.
func (p printer) at(node interface {
	Line() int
	LastLine() int
}) string {
	if p.line != nil {
		p.line(node.Line())
		p.line(node.LastLine())
	}
	switch {
	case !p.lines:
		return ""
	case node.Line() == node.LastLine():
		return fmt.Sprintf("@%d", node.Line())
	}
	return fmt.Sprintf("@%d-%d", node.Line(), node.LastLine())
}

// node joins the parts that are not empty.
func node(parts ...string) string {
	var full []string
	for _, part := range parts {
		if part != "" {
			full = append(full, part)
		}
	}
	return "(" + strings.Join(full, " ") + ")"
}

func list(parts []string) string { return "[" + strings.Join(parts, " ") + "]" }
func body(parts []string) string { return strings.Join(parts, " ") }

func (p printer) stmt(stmt syntax.Stmt) string {
	switch s := stmt.(type) {
	case *syntax.Assign:
		return node("=", list(p.exprs(s.Targets)), list(p.exprs(s.Values)))
	case *syntax.LocalStmt:
		return node("local", list(p.declarations(s.Locals)), list(p.exprs(s.Values)))
	case *syntax.LocalFunction:
		return node("local-function", p.declaration(s.Local), p.expr(s.Func))
	case *syntax.FunctionStmt:
		return node("define", p.expr(s.Target), p.expr(s.Func))
	case *syntax.CallStmt:
		return p.expr(s.Call)
	case *syntax.Do:
		return node("do", body(p.stmts(s.Body)))
	case *syntax.While:
		return node("while", p.expr(s.Cond), body(p.stmts(s.Body)))
	case *syntax.Repeat:
		return node("repeat", body(p.stmts(s.Body)), p.expr(s.Cond))
	case *syntax.If:
		return node("if", p.expr(s.Cond), list(p.stmts(s.Then)), list(p.stmts(s.Else)))
	case *syntax.NumericFor:
		return node("for", p.declaration(s.Local), p.expr(s.Init), p.expr(s.Limit), p.expr(s.Step),
			body(p.stmts(s.Body)))
	case *syntax.GenericFor:
		return node("for", list(p.declarations(s.Locals)), list(p.exprs(s.Values)), body(p.stmts(s.Body)))
	case *syntax.Return:
		return node("return", body(p.exprs(s.Values)))
	case *syntax.Break:
		return "break"
	case *syntax.Label:
		if s.AtEnd {
			return node("label-at-end", s.Name)
		}
		return node("label", s.Name)
	case *syntax.Goto:
		return node("goto", s.Label)
	}
	return fmt.Sprintf("?%T", stmt)
}

func (p printer) expr(expr syntax.Expr) string {
	if expr == nil {
		return ""
	}
	return p.bare(expr) + p.at(expr)
}

var (
	arithmetic = map[syntax.ArithOp]string{
		syntax.Add: "+", syntax.Sub: "-", syntax.Mul: "*", syntax.Div: "/", syntax.Mod: "%", syntax.Pow: "^",
	}
	comparisons = map[syntax.CompareOp]string{
		syntax.Equal: "==", syntax.NotEqual: "~=",
		syntax.Less: "<", syntax.LessEqual: "<=", syntax.Greater: ">", syntax.GreaterEqual: ">=",
	}
)

func (p printer) bare(expr syntax.Expr) string {
	switch e := expr.(type) {
	case *syntax.Nil:
		return "nil"
	case *syntax.True:
		return "true"
	case *syntax.False:
		return "false"
	case *syntax.Number:
		return strconv.FormatFloat(e.Value, 'g', -1, 64)
	case *syntax.String:
		return fmt.Sprintf("%q", e.Value)
	case *syntax.Name:
		if p.locals && e.Local != nil {
			return e.Name + ":" + strconv.Itoa(e.Local.Line)
		}
		return e.Name
	case *syntax.Vararg:
		return single("...", e.Single)
	case *syntax.Index:
		return node(".", p.expr(e.Object), p.expr(e.Key))
	case *syntax.Table:
		return "{" + strings.Join(p.fields(e.Fields), " ") + "}"
	case *syntax.Call:
		function := p.expr(e.Func)
		if e.Func == nil {
			function = node(":", p.expr(e.Receiver), e.Method)
		}
		return single(node("call", function, body(p.exprs(e.Args))), e.Single)
	case *syntax.And:
		return node("and", p.expr(e.Left), p.expr(e.Right))
	case *syntax.Or:
		return node("or", p.expr(e.Left), p.expr(e.Right))
	case *syntax.Compare:
		return node(comparisons[e.Op], p.expr(e.Left), p.expr(e.Right))
	case *syntax.Concat:
		return node("..", body(p.exprs(e.Operands)))
	case *syntax.Arith:
		return node(arithmetic[e.Op], p.expr(e.Left), p.expr(e.Right))
	case *syntax.Minus:
		return node("-", p.expr(e.Operand))
	case *syntax.Not:
		return node("not", p.expr(e.Operand))
	case *syntax.Length:
		return node("#", p.expr(e.Operand))
	case *syntax.Function:
		names := p.declarations(e.Params)
		if e.IsVararg {
			names = append(names, "...")
		}
		return node("function", list(names), list(p.stmts(e.Body)))
	}
	return fmt.Sprintf("?%T", expr)
}

func (p printer) declarations(locals []*syntax.Local) []string {
	var out []string
	for _, local := range locals {
		out = append(out, p.declaration(local))
	}
	return out
}

// declaration is a local's name, with its marks if the printer shows locals: ^ if it is
// captured, = if it is assigned to.
func (p printer) declaration(local *syntax.Local) string {
	if p.line != nil {
		p.line(local.Line)
	}
	text := local.Name
	if !p.locals {
		return text
	}
	if local.Captured {
		text += "^"
	}
	if local.Assigned {
		text += "="
	}
	return text
}

// single marks an expression that gives one value.
func single(text string, cut bool) string {
	if cut {
		return node("1", text)
	}
	return text
}

func (p printer) fields(fields []syntax.Field) []string {
	var out []string
	for _, field := range fields {
		value := p.expr(field.Value)
		if field.Key != nil {
			value = p.expr(field.Key) + "=" + value
		}
		out = append(out, value)
	}
	return out
}
