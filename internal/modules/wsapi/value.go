package wsapi

import (
	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// Type is the type of a Value, by the name that Lua's type function has for it.
type Type string

// The types that options are made of. A Value of any other type has that type's name.
const (
	Nil     Type = "nil"
	Boolean Type = "boolean"
	Number  Type = "number"
	String  Type = "string"
	TableOf Type = "table"
)

// Value is a Lua value as a door reads it for this package. Of the fields after Type one
// is set, that of the type; none for nil, functions, userdata and so on.
type Value struct {
	Type   Type
	Bool   bool
	Number float64
	Text   string
	Table  Table
}

// Table is a Lua table that this package reads. An error of its methods is the VM's own:
// a metamethod raised, or the script was interrupted. It comes back to the door as it is.
// A door whose VM raises by panicking returns none.
type Table interface {
	// Field returns the value under a name, through __index where the table has none.
	Field(name string) (Value, error)

	// Index returns the value under a whole number, without metamethods.
	Index(i int) (Value, error)

	// Pairs calls yield for each pair, without metamethods and in the order of Lua's
	// pairs, until yield returns false.
	Pairs(yield func(key, value Value) bool) error
}

// Fields is a table that a door makes for the script, in this order.
type Fields []Field

// Field is one field of a table that a door makes. Its value is a string, a float64, a
// bool or Fields.
type Field struct {
	Name  string
	Value any
}

// quote writes a value as an error shows it: text in quotes and cut to a length that fits
// a line, a number as Lua writes it, another type by its name.
func quote(value Value) string {
	switch value.Type {
	case String:
		return "'" + failure.Bounded(value.Text) + "'"
	case Number:
		return formatNumber(value.Number)
	case Boolean:
		if value.Bool {
			return "true"
		}
		return "false"
	}
	return string(value.Type)
}

// bare is quote for the name of an option: without the quotes.
func bare(value Value) string {
	if value.Type == String {
		return failure.Bounded(value.Text)
	}
	return quote(value)
}

// formatNumber writes a number as Lua does where a string is wanted.
func formatNumber(n float64) string { return string(number.Append(nil, n)) }
