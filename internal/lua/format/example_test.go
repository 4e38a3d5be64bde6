package format_test

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/lua/format"
)

// string.format takes an argument for each directive, by its kind.
func ExampleNext() {
	arguments := []any{"pi", 3.14159}
	var out []byte
	for text := "%-5s= %.2f, 100%%"; text != ""; {
		piece, d, rest, err := format.Next(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		out, text = append(out, piece...), rest
		switch d.Kind() {
		case format.None:
			continue
		case format.Number:
			out = d.AppendNumber(out, arguments[0].(float64))
		case format.String:
			out = d.AppendString(out, arguments[0].(string))
		}
		arguments = arguments[1:]
	}
	fmt.Println(string(out))
	// Output: pi   = 3.14, 100%
}
