package luagen

import (
	"cmp"
	"slices"
)

// Reductions returns the programs that are one step smaller, those that lose most first:
// without a run of statements, with a statement's inner statements in its place, with an
// operand or a constant in place of an expression. Some of them do not compile, and in
// some a local variable has become a global.
func (p *Program) Reductions() []*Program {
	var found []*Program
	p.root.reduce(func(smaller *node) { found = append(found, &Program{root: smaller}) })
	size := p.root.size
	found = slices.DeleteFunc(found, func(q *Program) bool { return q.root.size >= size })
	slices.SortStableFunc(found, func(a, b *Program) int { return cmp.Compare(a.root.size, b.root.size) })
	return found
}

// reduce yields each reduction of n.
func (n *node) reduce(yield func(*node)) {
	if n.form == blockForm {
		n.dropRuns(yield)
	}
	for i, p := range n.parts {
		if p.node == nil {
			continue
		}
		if n.form == blockForm {
			for _, inner := range p.node.blocks() {
				yield(n.with(i, inner.parts...))
			}
		}
		if p.node.form == exprForm {
			for _, simpler := range p.node.simpler() {
				yield(n.with(i, part{node: simpler}))
			}
		}
		p.node.reduce(func(smaller *node) { yield(n.with(i, part{node: smaller})) })
	}
}

// dropRuns yields the block without a half of its statements, a quarter, and so on down
// to one.
func (n *node) dropRuns(yield func(*node)) {
	for length := len(n.parts); length >= 1; length /= 2 {
		for from := 0; from < len(n.parts); from += length {
			to := min(from+length, len(n.parts))
			yield(newNode(blockForm, slices.Concat(n.parts[:from], n.parts[to:])))
		}
	}
}

// blocks returns the outermost blocks inside n.
func (n *node) blocks() []*node {
	var found []*node
	for _, p := range n.parts {
		switch {
		case p.node == nil:
		case p.node.form == blockForm:
			found = append(found, p.node)
		default:
			found = append(found, p.node.blocks()...)
		}
	}
	return found
}

// simpler returns the simpler expressions that may replace an expression.
func (n *node) simpler() []*node {
	simpler := []*node{expr("nil"), expr("1")}
	for _, p := range n.parts {
		if p.node != nil && p.node.form == exprForm {
			simpler = append(simpler, p.node)
		}
	}
	return simpler
}
