package stringlib

import (
	"math"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/pattern"
)

// gsub is string.gsub(subject, pattern, replacement [, most]).
func (l *library) gsub(c *lua.Call) error {
	subject, text := c.String(1), c.String(2)
	if err := c.Err(); err != nil {
		return err
	}
	replacement := c.Arg(3)
	switch replacement.Kind() {
	case lua.KindString, lua.KindNumber, lua.KindTable, lua.KindFunction:
	default:
		return c.ArgError(3, "string/function/table expected")
	}
	most := c.OptInt32(4, math.MaxInt32)
	if c.Arg(4).IsNil() {
		most = len(subject) + 1
	}
	if err := c.Err(); err != nil {
		return err
	}
	program, err := l.program(text, l.programs.Get)
	if err != nil {
		return err
	}
	m := l.matcher()
	defer l.give(m)
	m.Reset(program, subject)
	r := replacer{library: l, call: c, matcher: m, subject: subject, value: replacement, out: l.builder()}
	defer l.done(r.out)
	r.template, r.isTemplate = lua.ToText(replacement)
	count, copied := 0, 0
	for count < most {
		from, to, err := m.Next()
		if err != nil {
			return l.raised(c, err)
		}
		if from < 0 {
			break
		}
		count++
		if !r.out.WriteString(subject[copied:from]) {
			return r.out.Err()
		}
		if err := r.replace(from, to); err != nil {
			return l.raised(c, err)
		}
		copied = to
		if r.out.Err() != nil {
			return r.out.Err()
		}
	}
	if count == 0 {
		return c.Return(c.StringValue(1), lua.Int(0))
	}
	if !r.out.WriteString(subject[copied:]) {
		return r.out.Err()
	}
	v, err := r.out.Value()
	if err != nil {
		return err
	}
	return c.Return(v, lua.Int(count))
}

// replacer writes what matches are replaced by.
type replacer struct {
	*library
	call       *lua.Call
	matcher    *pattern.Matcher
	subject    string
	value      lua.Value
	template   string
	isTemplate bool
	out        *lua.Builder
	arguments  [pattern.MaxCaptures]lua.Value
}

// WriteString implements io.StringWriter for Expand.
func (r *replacer) WriteString(text string) (int, error) {
	if !r.out.WriteString(text) {
		return 0, r.out.Err()
	}
	return len(text), nil
}

func (r *replacer) replace(from, to int) error {
	if r.isTemplate {
		return r.matcher.Expand(r, r.template)
	}
	value, err := r.ask()
	if err != nil {
		return err
	}
	switch {
	case !value.Truth():
		r.out.WriteString(r.subject[from:to])
	default:
		text, isText := lua.ToText(value)
		if !isText {
			return r.call.Errorf("invalid replacement value (a %s)", value.TypeName())
		}
		r.out.WriteString(text)
	}
	return nil
}

// ask looks the first capture up in a table, or calls a function with all of them.
func (r *replacer) ask() (lua.Value, error) {
	if r.value.Kind() == lua.KindTable {
		key, err := r.capture(r.matcher, r.subject, 0)
		if err != nil {
			return lua.Nil, err
		}
		return r.state.Index(r.value, key)
	}
	n := max(r.matcher.Captures(), 1)
	for i := range n {
		var err error
		if r.arguments[i], err = r.capture(r.matcher, r.subject, i); err != nil {
			return lua.Nil, err
		}
	}
	return r.call.State().Call1(r.value, r.arguments[:n]...)
}
