package stringlib

import (
	"math"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/pattern"
	"github.com/tidewire/tidewire/lua"
)

// replacer is a call of gsub under way. A function that it calls may call gsub, which has
// another one then.
type replacer struct {
	*library
	matcher   pattern.Matcher
	out       *lua.Builder
	arguments [pattern.MaxCaptures]lua.Value
	body      func(k *lua.Caller) error // replaceBy

	// Of the present call:
	call        *lua.Call
	subject     string
	replacement lua.Value
	template    string
	count, most int
	copied      int // up to where the subject is in out
}

// lend returns a replacer that is not in use; done takes it back.
func (l *library) lend() *replacer {
	r := l.replacer
	if r == nil || r.call != nil {
		r = &replacer{library: l, out: l.state.NewBuilder()}
		r.matcher.Steps = l.steps
		r.body = r.replaceBy
	}
	if l.replacer == nil {
		l.replacer = r
	}
	return r
}

// done drops the values of the call.
func (r *replacer) done() {
	clear(r.arguments[:max(r.matcher.Captures(), 1)])
	r.matcher.Reset(nothing, "")
	r.out.Reset()
	r.call, r.subject, r.template, r.replacement = nil, "", "", lua.Nil
}

// gsub is string.gsub(subject, pattern, replacement [, most]).
func (l *library) gsub(c *lua.Call) error {
	subject, text, replacement := c.String(1), c.String(2), c.Arg(3)
	if err := c.Err(); err != nil {
		return err
	}
	most := len(subject) + 1
	if !c.Arg(4).IsNil() {
		most = low32(c.Number(4))
	}
	if err := c.Err(); err != nil {
		return err
	}
	switch replacement.Kind() {
	case lua.KindString, lua.KindNumber, lua.KindTable, lua.KindFunction:
	default:
		return c.ArgError(3, "string/function/table expected")
	}
	program, err := l.program(text)
	if err != nil {
		return err
	}
	r := l.lend()
	r.call, r.subject, r.replacement = c, subject, replacement
	r.count, r.most, r.copied = 0, most, 0
	r.matcher.Reset(program, subject)
	result, err := r.run()
	count := r.count
	r.done()
	if err != nil {
		return l.raised(c, err)
	}
	return c.Return(result, lua.Int(count))
}

func (r *replacer) run() (lua.Value, error) {
	var err error
	switch r.replacement.Kind() {
	case lua.KindFunction:
		err = r.call.CallMany(r.replacement, r.body)
	case lua.KindTable:
		err = r.each(r.lookUp)
	default:
		r.template, _ = lua.ToText(r.replacement)
		if strings.IndexByte(r.template, '%') < 0 {
			err = r.each(r.plain)
		} else {
			err = r.each(r.expand)
		}
	}
	if err != nil {
		return lua.Nil, err
	}
	if r.count == 0 {
		return r.call.StringValue(1), nil
	}
	r.out.WriteString(r.subject[r.copied:])
	return r.out.Value()
}

// each writes the text between the matches, and calls replace to write that in their
// place.
func (r *replacer) each(replace func(from, to int) error) error {
	for r.count < r.most {
		from, to, err := r.matcher.Next()
		if err != nil || from < 0 {
			return err
		}
		if err := r.state.Step(1); err != nil {
			return err
		}
		r.count++
		if !r.out.WriteString(r.subject[r.copied:from]) { // no callback runs in vain
			return r.out.Err()
		}
		if err := replace(from, to); err != nil {
			return err
		}
		if err := r.out.Err(); err != nil {
			return err
		}
		r.copied = to
	}
	return nil
}

func (r *replacer) plain(from, to int) error {
	r.out.WriteString(r.template)
	return nil
}

func (r *replacer) expand(from, to int) error { return r.matcher.Expand(r, r.template) }

// WriteString implements io.StringWriter for Expand.
func (r *replacer) WriteString(text string) (int, error) {
	if !r.out.WriteString(text) {
		return 0, r.out.Err()
	}
	return len(text), nil
}

// lookUp looks the first capture up in a table.
func (r *replacer) lookUp(from, to int) error {
	key, err := r.capture(&r.matcher, r.subject, 0)
	if err != nil {
		return err
	}
	value, err := r.state.Index(r.replacement, key)
	if err != nil {
		return err
	}
	return r.write(value, from, to)
}

// replaceBy calls a function with the captures of each match.
func (r *replacer) replaceBy(k *lua.Caller) error {
	return r.each(func(from, to int) error {
		arguments := r.arguments[:max(r.matcher.Captures(), 1)]
		for i := range arguments {
			var err error
			if arguments[i], err = r.capture(&r.matcher, r.subject, i); err != nil {
				return err
			}
		}
		value, err := k.Call1(arguments...)
		if err != nil {
			return err
		}
		return r.write(value, from, to)
	})
}

// write writes the value that a table or a function has for a match: the match itself for
// nil and false.
func (r *replacer) write(value lua.Value, from, to int) error {
	if text, isString := value.AsString(); isString {
		r.out.WriteString(text)
	} else if f, isNumber := value.AsNumber(); isNumber {
		r.out.WriteNumber(f)
	} else if value.Truth() {
		return r.call.Errorf("invalid replacement value (a %s)", value.TypeName())
	} else {
		r.out.WriteString(r.subject[from:to])
	}
	return nil
}

// low32 are the low 32 bits of a number, as LuaJIT takes a count. They are 0 for a number
// that does not fit in 64 bits, such as math.huge.
func low32(f float64) int {
	if !(math.Abs(f) < 1<<63) {
		return 0
	}
	return int(int32(int64(f)))
}
