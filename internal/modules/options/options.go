// Package options reads the options of a module's functions, which come in a table as the
// last argument.
package options

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

// slotsPerStep is how many places of the table count as a step.
const slotsPerStep = 64

// maxShown bounds the values in errors, in bytes.
const maxShown = 40

// Options are those of one call. The first misfit is remembered by the call, as those of
// its other arguments are: see lua.Call.Err.
type Options struct {
	c     *lua.Call
	n     int
	table *lua.Table // nil: all have their defaults
}

// Read returns the options that argument n holds, a table or nil. Values are read through
// __index, so that defaults may live in a metatable. A key of the table itself that is
// not one of names is a misfit: it is misspelt.
func Read(c *lua.Call, n int, names ...string) Options {
	o := Options{c: c, n: n}
	if c.Arg(n).IsNil() || c.Err() != nil {
		return o
	}
	table := c.Table(n)
	if c.Err() != nil {
		return o
	}
	if err := c.State().Step(table.Slots() / slotsPerStep); err != nil {
		c.Fail(err)
		return o
	}
	for key := range table.All {
		if name, isText := key.AsString(); !isText || !slices.Contains(names, name) {
			c.Fail(c.ArgError(n, unknown(key, names)))
			return o
		}
	}
	o.table = table
	return o
}

func unknown(key lua.Value, names []string) string {
	name := bare(key)
	if meant := spelling.Near(name, names); meant != "" {
		return fmt.Sprintf("unknown option '%s': did you mean '%s'?", name, meant)
	}
	return fmt.Sprintf("unknown option '%s': expected %s", name, spelling.OneOf(names))
}

// field returns an option, which is there if it is not nil.
func (o Options) field(name string) (value lua.Value, there bool) {
	if o.table == nil || o.c.Err() != nil {
		return lua.Nil, false
	}
	value, err := o.c.State().Field(o.table.Value(), name)
	if err != nil {
		o.c.Fail(err)
		return lua.Nil, false
	}
	return value, !value.IsNil()
}

// misfit remembers that an option has a wrong value.
func (o Options) misfit(name, expected, got string) {
	o.c.Fail(o.c.ArgError(o.n, fmt.Sprintf("field '%s': %s expected, got %s", name, expected, got)))
}

// Bool reads true or false.
func (o Options) Bool(name string, fallback bool) bool {
	value, there := o.field(name)
	switch {
	case !there:
		return fallback
	case value.Kind() != lua.KindBool:
		o.misfit(name, "boolean", value.TypeName())
	}
	return value.Truth()
}

// Int reads a whole number from low to high.
func (o Options) Int(name string, fallback, low, high int) int {
	value, there := o.field(name)
	if !there {
		return fallback
	}
	expected := fmt.Sprintf("whole number from %d to %d", low, high)
	f, isNumber := value.AsNumber()
	switch {
	case !isNumber:
		o.misfit(name, expected, value.TypeName())
	case !(f >= float64(low) && f <= float64(high)) || f != math.Trunc(f):
		o.misfit(name, expected, string(number.Append(nil, f)))
	default:
		return int(f)
	}
	return fallback
}

// Word reads one of a few words.
func (o Options) Word(name, fallback string, words ...string) string {
	value, there := o.field(name)
	if !there {
		return fallback
	}
	word, isText := value.AsString()
	switch {
	case !isText:
		o.misfit(name, spelling.OneOf(words), value.TypeName())
	case !slices.Contains(words, word):
		o.misfit(name, spelling.OneOf(words), "'"+bare(value)+"'")
	default:
		return word
	}
	return fallback
}

// Argument returns the place of argument n of a call among words, which its error lists.
func Argument(c *lua.Call, n int, words []string) int {
	word := c.String(n)
	at := slices.Index(words, word)
	if at < 0 {
		c.Fail(c.ArgError(n, fmt.Sprintf("%s expected, got '%s'", spelling.OneOf(words), bare(c.Arg(n)))))
		return 0
	}
	return at
}

// bare shows a key or a word within quotes.
func bare(value lua.Value) string {
	if text, ok := lua.ToText(value); ok {
		if len(text) > maxShown {
			text = text[:maxShown] + "..."
		}
		return strings.Trim(strconv.QuoteToASCII(text), `"`)
	}
	return value.TypeName()
}
