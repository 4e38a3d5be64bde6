package check

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// judge returns the findings for everything that was read.
func (s *script) judge() []Finding {
	findings := s.undefinedGlobals()
	findings = append(findings, s.unknownModules()...)
	findings = append(findings, s.unknownFields()...)
	for _, c := range s.calls {
		findings = append(findings, s.judgeCall(c)...)
	}
	return append(findings, s.waitsInCallback()...)
}

// undefinedGlobals finds globals that are read and set nowhere. One that the script asks
// for somewhere, as in "if bit32 then", may be missing.
func (s *script) undefinedGlobals() (findings []Finding) {
	if s.incomplete {
		return nil
	}
	known := luaapi.Globals()
	asked := make(map[string]bool)
	for _, r := range s.reads {
		if s.probed[r.name] {
			asked[r.name.Name] = true
		}
	}
	candidates := slices.Clone(known)
	for name, v := range s.globals {
		if len(v.values) > 0 {
			candidates = append(candidates, name)
		}
	}
	slices.Sort(candidates) // of several that are equally near always the same is suggested
	for _, r := range s.reads {
		name := r.name.Name
		if slices.Contains(known, name) || len(s.global(name).values) > 0 {
			continue
		}
		if r.unborn != nil {
			findings = append(findings, s.tooEarly(r)...)
			continue
		}
		if asked[name] {
			continue
		}
		hint := didYouMean("", spelling.Near(name, candidates))
		findings = append(findings, r.finding("undefined global '%s'%s", name, hint))
	}
	return findings
}

// tooEarly explains the first use of a local variable within its own value, where its
// name still means the global.
func (s *script) tooEarly(r read) []Finding {
	if *r.unborn.told {
		return nil
	}
	*r.unborn.told = true
	name := r.name.Name
	advice := fmt.Sprintf("write 'local %s' before, and here '%s = …'", name, name)
	if r.unborn.isFunction {
		advice = fmt.Sprintf("write 'local function %s'", name)
	}
	return []Finding{r.finding("undefined global '%s': the local '%s' of line %d begins after its own value: %s",
		name, name, r.unborn.line, advice)}
}

// unknownFields finds functions and fields that a module does not have. A function of
// other versions of Lua may be put into a variable, "local pack = table.pack", as its
// author is about to look whether it is there.
func (s *script) unknownFields() (findings []Finding) {
	type field struct {
		module *luaapi.Module
		name   string
	}
	known := make(map[field]bool) // set by the script, or asked for
	for _, use := range s.fields {
		if m := s.moduleOf(use.index.Object); m != nil && (use.written || s.probed[use.index]) {
			known[field{m, use.name}] = true
		}
	}
	for _, use := range s.fields {
		m := s.moduleOf(use.index.Object)
		if m == nil || known[field{m, use.name}] || slices.Contains(m.Names(), use.name) {
			continue
		}
		if luaapi.Required(m.Name+"."+use.name) != nil { // require may have added it
			continue
		}
		meant := spelling.Near(use.name, m.Names())
		if meant == "" && m.Stock != nil && s.stored[use.index] {
			continue
		}
		findings = append(findings, use.finding("unknown field '%s.%s'%s", m.Name, use.name,
			didYouMean(m.Name+".", meant)))
	}
	return findings
}

// unknownInfo finds fields that the info of a callback does not have, in a function that
// is written as the callback.
func (s *script) unknownInfo(callbacks []luaapi.Callback, callback key) (findings []Finding) {
	f, written := callback.value.(*syntax.Function)
	i := slices.Index(luaapi.CallbackNames(callbacks), callback.name)
	if !written || i < 0 {
		return nil
	}
	for j, param := range callbacks[i].Params {
		if param.Fields() == nil || j >= len(f.Params) {
			continue
		}
		info := s.local(f.Params[j])
		for _, use := range s.fields {
			path, fields := s.fieldsOf(use.index.Object, info, param.Fields())
			if fields == nil || use.written || s.probed[use.index] || slices.Contains(luaapi.Names(fields), use.name) {
				continue
			}
			findings = append(findings, use.finding("unknown field '%s.%s'%s",
				path, use.name, didYouMean(path+".", spelling.Near(use.name, luaapi.Names(fields)))))
		}
	}
	return findings
}

// fieldsOf returns the name of an expression and its fields, if it is a parameter that
// nothing else was assigned to, or a table in its fields; else nil.
func (s *script) fieldsOf(expr syntax.Expr, param *variable, fields []luaapi.Field) (string, []luaapi.Field) {
	switch expr := expr.(type) {
	case *syntax.Name:
		if s.variable(expr) == param && len(param.values) == 1 && param.keys == nil {
			return param.name, fields
		}
	case *syntax.Index:
		name, ok := stringOf(expr.Key)
		path, outer := s.fieldsOf(expr.Object, param, fields)
		if i := slices.IndexFunc(outer, func(f luaapi.Field) bool { return f.Name == name }); ok && i >= 0 {
			return path + "." + name, outer[i].Fields
		}
	}
	return "", nil
}

// judgeCall looks at the arguments of calls of our functions.
func (s *script) judgeCall(c call) []Finding {
	args := c.expr.Args
	if c.expr.Receiver != nil {
		return s.judgeMethod(c)
	}
	m, f := s.functionOf(c.expr.Func)
	if f == nil {
		return s.withoutObject(c)
	}
	argument := func(n int) syntax.Expr { return valueAt(args, n-1) }
	findings := s.judgeArguments(c, m.Name+"."+f.Name, f.Params)
	switch m.Name + "." + f.Name {
	case "websocket.Close":
		findings = append(findings, s.closeCode(argument(2))...)
	case "host.Register":
		findings = append(findings, s.wordOf("event", argument(1), luaapi.Names(luaapi.Events))...)
	}
	return findings
}

// judgeMethod looks at calls with a colon, of methods, and of functions that want none:
// they would get the module as first argument.
func (s *script) judgeMethod(c call) []Finding {
	if object := s.objectOf(c.expr.Receiver); object != nil {
		return s.judgeObject(c, object)
	}
	m := s.moduleOf(c.expr.Receiver)
	if m == nil || s.overwritten(m, c.expr.Method) {
		return nil
	}
	if m.Function(c.expr.Method) != nil {
		return []Finding{c.finding("'%s:%s' passes the table itself: write '%s.%s'",
			m.Name, c.expr.Method, m.Name, c.expr.Method)}
	}
	if !slices.Contains(m.Names(), c.expr.Method) {
		return []Finding{c.finding("unknown field '%s.%s'%s",
			m.Name, c.expr.Method, didYouMean(m.Name+".", spelling.Near(c.expr.Method, m.Names())))}
	}
	return nil
}

// callbacks looks at an argument that is a table of callbacks. In a table that is written
// right there no
// other code can read a key that is not a callback; in one with a name it may be the
// script's own, and only likely slips are shown.
func (s *script) callbacks(callbacks []luaapi.Callback, arg syntax.Expr) (findings []Finding) {
	known := luaapi.CallbackNames(callbacks)
	_, direct := arg.(*syntax.Table)
	for _, k := range s.keysOf(arg) {
		findings = append(findings, s.unknownInfo(callbacks, k)...)
		meant := spelling.Meant(k.name, known)
		switch {
		case slices.Contains(known, k.name), meant == "" && !direct:
		case meant != "":
			findings = append(findings, k.finding("unknown callback '%s'%s", k.name, didYouMean("", meant)))
		default:
			findings = append(findings, k.finding("unknown callback '%s': the callbacks are %s",
				k.name, strings.Join(known, ", ")))
		}
	}
	return findings
}

// options looks at an argument that is a table of options, whose unknown names raise.
// heading is that of their description in the manual; a short list without one is told.
func (s *script) options(options []luaapi.Field, heading string, arg syntax.Expr) (findings []Finding) {
	known := luaapi.Names(options)
	for _, k := range s.keysOf(arg) {
		i := slices.Index(known, k.name)
		if i < 0 {
			findings = append(findings, k.finding("unknown option '%s'%s", k.name, optionHint("", k.name, known, heading)))
			continue
		}
		findings = append(findings, s.words(k.name, options[i].Type, k.value)...)
		if options[i].Fields == nil {
			continue
		}
		names := luaapi.Names(options[i].Fields)
		for _, nested := range s.keysOf(k.value) {
			if !slices.Contains(names, nested.name) {
				findings = append(findings, nested.finding("unknown option '%s.%s'%s", k.name, nested.name,
					optionHint(k.name+".", nested.name, names, luaapi.OptionsHeading)))
			}
		}
	}
	return findings
}

// optionHint is the end of a finding about an unknown option.
func optionHint(within, name string, known []string, heading string) string {
	if heading != "" {
		return ": " + spelling.OptionHint(within, name, known, heading)
	}
	if hint := didYouMean(within, spelling.Near(name, known)); hint != "" {
		return hint
	}
	return ": the options are " + strings.Join(known, ", ")
}

// keysOf returns the keys by name of the table that an expression is, as far as they can
// be seen.
func (s *script) keysOf(expr syntax.Expr) (keys []key) {
	literals, later := s.tablesIn(expr)
	for _, literal := range literals {
		for _, field := range literal.Fields {
			if name, ok := stringOf(field.Key); ok {
				keys = append(keys, key{s.at(field.Key), name, field.Value})
			}
		}
	}
	return append(keys, later...)
}

// words looks at a value whose type is that of a few words.
func (s *script) words(what, text string, value syntax.Expr) []Finding {
	known := luaapi.Words(text)
	if value == nil || known == nil {
		return nil
	}
	return s.wordOf(what, value, known)
}

// wordOf looks at an argument that is one of a few words.
func (s *script) wordOf(what string, arg syntax.Expr, known []string) []Finding {
	word, ok := stringOf(arg)
	if !ok || slices.Contains(known, word) {
		return nil
	}
	if meant := spelling.Near(word, known); meant != "" {
		return []Finding{s.at(arg).finding("unknown %s '%s'%s", what, word, didYouMean("", meant))}
	}
	return []Finding{s.at(arg).finding("unknown %s '%s': the %ss are %s", what, word, what, strings.Join(known, ", "))}
}

// closeCode looks at the code of a Close.
func (s *script) closeCode(arg syntax.Expr) []Finding {
	sign, whole := 1.0, arg
	if minus, ok := arg.(*syntax.Minus); ok {
		sign, arg = -1, minus.Operand
	}
	literal, ok := arg.(*syntax.Number)
	if !ok {
		return nil
	}
	code := sign * literal.Value
	if code == math.Trunc(code) && (code == 1000 || code >= 3000 && code <= 4999) {
		return nil
	}
	return []Finding{s.at(whole).finding("close code %s: 1000 or 3000 to 4999 expected",
		strconv.FormatFloat(code, 'g', -1, 64))}
}

func didYouMean(prefix, name string) string {
	if name == "" {
		return ""
	}
	return ": did you mean '" + prefix + name + "'?"
}
