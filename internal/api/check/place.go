package check

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// place is a file, and a line and a column in it, both from 1.
type place struct {
	file         string
	line, column int
}

func (p place) finding(format string, args ...any) Finding {
	return Finding{p.file, p.line, p.column, fmt.Sprintf(format, args...)}
}

// lines are the offsets at which the lines of a source begin.
type lines []int

// linesOf knows the line breaks that Lua knows: \n, \r, and the two together in any
// order.
func linesOf(source []byte) lines {
	starts := lines{0}
	for at := 0; at < len(source); at++ {
		c := source[at]
		if c != '\n' && c != '\r' {
			continue
		}
		if at+1 < len(source) && source[at+1] != c && (source[at+1] == '\n' || source[at+1] == '\r') {
			at++
		}
		starts = append(starts, at+1)
	}
	return starts
}

// place is that of an offset.
func (l lines) place(file string, offset int) place {
	line, begins := slices.BinarySearch(l, offset)
	if begins {
		line++
	}
	return place{file, line, offset - l[line-1] + 1}
}

// textOn is the column at which the text of a line begins.
func (l lines) textOn(source []byte, line int) int {
	if line < 1 || line > len(l) {
		return 1
	}
	rest := source[l[line-1]:]
	return len(rest) - len(bytes.TrimLeft(rest, " \t")) + 1
}

// at is where an expression begins.
func (s *script) at(expr syntax.Expr) place {
	for {
		if at, known := s.places[expr]; known {
			return at
		}
		switch e := expr.(type) {
		case *syntax.Index:
			expr = e.Object
		case *syntax.Call:
			if expr = e.Func; e.Receiver != nil {
				expr = e.Receiver
			}
		case *syntax.And:
			expr = e.Left
		case *syntax.Or:
			expr = e.Left
		case *syntax.Compare:
			expr = e.Left
		case *syntax.Arith:
			expr = e.Left
		case *syntax.Concat:
			expr = e.Operands[0]
		default:
			return place{s.file, expr.Line(), 1}
		}
	}
}
