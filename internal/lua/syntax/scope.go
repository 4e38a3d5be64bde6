package syntax

// A binding is a declared local variable on the parser's stack. It is pending until show
// makes its name mean it.
type binding struct {
	word  *word
	local *Local
	outer *Local // the name's meaning before
}

// A scope is the length of the stack at the start of a block.
type scope int

func (p *parser) openScope() scope { return scope(len(p.bindings)) }

// closeScope gives the names that were declared in a block their meaning before it.
func (p *parser) closeScope(s scope) {
	for at := len(p.bindings) - 1; at >= int(s); at-- {
		p.bindings[at].word.local = p.bindings[at].outer
	}
	clear(p.bindings[s:])
	p.bindings = p.bindings[:s]
}

// declare makes a local variable of the name that was consumed last. Its name does not
// mean it yet.
func (p *parser) declare(name *word) *Local {
	p.take(localBytes)
	local := &Local{Name: name.text, Line: p.lastLine, Func: p.function}
	p.bindings = append(p.bindings, binding{word: name, local: local})
	return local
}

// show makes the names of all locals that were declared since from mean them.
func (p *parser) show(from scope) {
	for at := int(from); at < len(p.bindings); at++ {
		b := &p.bindings[at]
		b.outer, b.word.local = b.word.local, b.local
	}
}

// name makes a node of a name that is used. It has no line until it is loaded or stored.
func (p *parser) name(used *word) *Name {
	name := &Name{Name: used.text, Local: used.local}
	if name.Local != nil && name.Local.Func != p.function {
		name.Local.Captured = true
	}
	p.place(name, p.last)
	p.put(name, 0)
	return name
}

// assigned notes that a target is assigned to.
func assigned(target Expr) {
	if name, ok := target.(*Name); ok && name.Local != nil {
		name.Local.Assigned = true
	}
}
