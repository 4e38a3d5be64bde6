package check

import (
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// objectOf returns the kind of value with methods that an expression certainly is, or
// nil: the result of one of our functions, or a variable that holds nothing else but nil.
func (s *script) objectOf(expr syntax.Expr) *luaapi.Object { return s.object(expr, maxSteps) }

func (s *script) object(expr syntax.Expr, steps int) *luaapi.Object {
	if steps == 0 {
		return nil
	}
	switch expr := expr.(type) {
	case *syntax.Name:
		values := slices.DeleteFunc(slices.Clone(s.variable(expr).values), func(value syntax.Expr) bool {
			_, isNil := value.(*syntax.Nil)
			return isNil
		})
		return common(values, func(value syntax.Expr) *luaapi.Object { return s.object(value, steps-1) })
	case *syntax.Call:
		if len(expr.Args) > 0 && expr.Receiver == nil && s.isLibrary(expr.Func, "assert") {
			return s.object(expr.Args[0], steps-1) // it gives back its arguments
		}
		if f := s.called(expr, steps-1); f != nil {
			return luaapi.ObjectOf(f.Result())
		}
	}
	return nil
}

// called returns the function or method of ours that is certainly called, or nil.
func (s *script) called(expr *syntax.Call, steps int) *luaapi.Function {
	if expr.Receiver == nil {
		_, f := s.functionOf(expr.Func)
		return f
	}
	if object := s.object(expr.Receiver, steps); object != nil {
		return object.Method(expr.Method)
	}
	return nil
}

// judgeObject looks at the call of a method: s:send(data).
func (s *script) judgeObject(c call, object *luaapi.Object) []Finding {
	name := object.Name
	if receiver, ok := c.expr.Receiver.(*syntax.Name); ok {
		name = receiver.Name
	}
	method := object.Method(c.expr.Method)
	if method == nil {
		hint := didYouMean(name+":", spelling.Near(c.expr.Method, object.MethodNames()))
		if hint == "" {
			hint = ": its methods are " + strings.Join(object.MethodNames(), ", ")
		}
		return []Finding{c.finding("unknown method '%s:%s'%s", name, c.expr.Method, hint)}
	}
	findings := s.judgeArguments(c, name+":"+method.Name, method.Params)
	if method.Name == "close" && len(method.Params) > 0 {
		findings = append(findings, s.closeCode(valueAt(c.expr.Args, 0))...)
	}
	return findings
}

// withoutObject finds s.send(data), which has no socket to send to.
func (s *script) withoutObject(c call) []Finding {
	index, ok := c.expr.Func.(*syntax.Index)
	if !ok {
		return nil
	}
	method, named := stringOf(index.Key)
	object := s.objectOf(index.Object)
	if !named || object == nil || object.Method(method) == nil {
		return nil
	}
	if args := c.expr.Args; len(args) > 0 && s.kindOf(args[0]) == "" {
		return nil // it may be the object
	}
	name := object.Name
	if variable, ok := index.Object.(*syntax.Name); ok {
		name = variable.Name
	}
	return []Finding{c.finding("'%s.%s' is not called on '%s': write '%s:%s'", name, method, name, name, method)}
}

// lacksOnDone reports whether a function that waits unless it gets onDone certainly gets
// none.
func (s *script) lacksOnDone(c call, f *luaapi.Function) bool {
	if len(f.Params) == 0 || f.Params[len(f.Params)-1].Name != luaapi.OnDone {
		return false
	}
	least, _ := bounds(f.Params)
	for i, arg := range c.expr.Args {
		is := s.kindOf(arg)
		if i >= least && is != "table" && is != "nil" || i == len(c.expr.Args)-1 && severalValues(arg) {
			return false
		}
	}
	return true
}

// waitsInCallback finds calls that wait, directly in a function that is written as a
// callback, a handler or a timer: they raise there.
func (s *script) waitsInCallback() (findings []Finding) {
	callbacks := make(map[*syntax.Function]bool)
	note := func(expr syntax.Expr) {
		if f, ok := expr.(*syntax.Function); ok {
			callbacks[f] = true
		}
	}
	for _, c := range s.calls {
		m, f := s.functionOf(c.expr.Func)
		if f == nil {
			continue
		}
		for i, param := range f.Params {
			if strings.HasPrefix(param.Type, "fun(") {
				note(valueAt(c.expr.Args, i))
			}
		}
		if name := m.Name + "." + f.Name; name == "websocket.Connect" || name == "tide.ws.keep" {
			for _, k := range s.keysOf(valueAt(c.expr.Args, 1)) {
				if strings.HasPrefix(k.name, "on") { // other keys are the script's own
					note(k.value)
				}
			}
		}
	}
	for _, c := range s.calls {
		if f := s.called(c.expr, maxSteps); callbacks[c.function] && f != nil && (f.Waits() || s.lacksOnDone(c, f)) {
			findings = append(findings, c.finding("'%s' waits, and a callback cannot: call it inside tide.task.go", f.Name))
		}
	}
	return findings
}
