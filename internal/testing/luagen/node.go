package luagen

import "strings"

// A node is a piece of a program. Nodes never change once made, so programs may share
// them.
type node struct {
	form  form
	parts []part
	size  int // counts the nodes, and the bytes of text as a tie-breaker
}

// form is the kind of code that is possible in a node's place.
type form uint8

const (
	exprForm  form = iota // an expression
	stmtForm              // a statement
	blockForm             // statements; each part is a node
)

// A part is either text or a node.
type part struct {
	text string
	node *node
}

func newNode(f form, parts []part) *node {
	n := &node{form: f, parts: parts, size: 100}
	for _, p := range parts {
		n.size += len(p.text)
		if p.node != nil {
			n.size += p.node.size
		}
	}
	return n
}

// expr makes an expression of strings and nodes.
func expr(parts ...any) *node { return newNode(exprForm, partsOf(parts)) }

// stmt makes a statement of strings and nodes.
func stmt(parts ...any) *node { return newNode(stmtForm, partsOf(parts)) }

func blockOf(stmts []*node) *node {
	var parts []part
	for _, s := range stmts {
		parts = append(parts, part{node: s})
	}
	return newNode(blockForm, parts)
}

// partsOf takes lists of nodes, too, and puts commas between.
func partsOf(values []any) []part {
	var parts []part
	for _, v := range values {
		switch v := v.(type) {
		case string:
			parts = append(parts, part{text: v})
		case *node:
			parts = append(parts, part{node: v})
		case []*node:
			for i, n := range v {
				if i > 0 {
					parts = append(parts, part{text: ", "})
				}
				parts = append(parts, part{node: n})
			}
		default:
			panic("luagen: a part is neither text nor node")
		}
	}
	return parts
}

// source writes the node as Lua, a statement per line.
func (n *node) source() string {
	var b strings.Builder
	n.write(&b, 0)
	return b.String()
}

func (n *node) write(b *strings.Builder, indent int) {
	for _, p := range n.parts {
		switch {
		case p.node == nil:
			b.WriteString(p.text)
		case n.form == blockForm:
			b.WriteString(strings.Repeat("  ", indent))
			p.node.write(b, indent)
			b.WriteByte('\n')
		case p.node.form == blockForm:
			b.WriteByte('\n')
			p.node.write(b, indent+1)
			b.WriteString(strings.Repeat("  ", indent))
		default:
			p.node.write(b, indent)
		}
	}
}

// with returns a copy of n whose part i is replaced by others.
func (n *node) with(i int, others ...part) *node {
	parts := make([]part, 0, len(n.parts)+len(others))
	parts = append(append(append(parts, n.parts[:i]...), others...), n.parts[i+1:]...)
	return newNode(n.form, parts)
}
