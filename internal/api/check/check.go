// Package check finds mistakes in Lua scripts without running them: syntax errors,
// misspelt callbacks, options, events and functions, and globals that nobody sets. Its
// knowledge of the API comes from internal/api/luaapi. It would rather miss a mistake
// than complain of a script that is right.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
)

// File is one file of a script.
type File struct {
	Name   string
	Source []byte
}

// Finding is one mistake.
type Finding struct {
	File string
	Line int
	Text string
}

// String is the line that editors and people can follow: file:line: text.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Files returns the mistakes in the files of one script, in their order. A global that
// one of them sets is known in the others. Files knows no state, and is safe for
// concurrent use.
func Files(files []File) []Finding {
	s := newScript()
	var findings []Finding
	for _, file := range files {
		chunk, err := compile(file)
		if err != nil {
			findings = append(findings, broken(file.Name, err))
			s.incomplete = true // the globals that it sets are not known
			continue
		}
		s.read(file.Name, chunk)
	}
	findings = append(findings, s.judge()...)
	order := make(map[string]int)
	for i, file := range files {
		order[file.Name] = i
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	})
	return slices.Compact(findings)
}

// compile returns the syntax tree of a file that can be loaded. The compiler finds more
// than the parser: a goto without its label, a break outside of a loop.
func compile(file File) (*syntax.Chunk, error) {
	chunk, err := syntax.Parse(syntax.SkipHead(file.Source), file.Name, syntax.Options{})
	if err == nil {
		_, err = code.Compile(chunk, code.Options{Source: "@" + file.Name})
	}
	return chunk, err
}

// broken is the finding for a file that cannot be loaded.
func broken(name string, err error) Finding {
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		return Finding{name, wrong.Line, wrong.Message}
	}
	return Finding{name, 1, err.Error()}
}

// place is a file and a line in it.
type place struct {
	file string
	line int
}

func (p place) finding(format string, args ...any) Finding {
	return Finding{p.file, p.line, fmt.Sprintf(format, args...)}
}

// stringOf returns the text of a string literal.
func stringOf(expr syntax.Expr) (text string, ok bool) {
	if literal, isString := expr.(*syntax.String); isString {
		return literal.Value, true
	}
	return "", false
}
