// Package check finds mistakes in Lua scripts without running them: syntax errors,
// misspelt callbacks, options, events, functions and modules, wrong arguments, and
// globals that nobody sets. Its knowledge of the API comes from internal/api/luaapi. It
// would rather miss a mistake than complain of a script that is right.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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
	File   string
	Line   int // from 1
	Column int // in bytes, from 1
	Text   string
}

// String is the line that editors and people can follow: file:line:column: text.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Options has the surroundings of the files.
type Options struct {
	// Find reports whether require finds a module of the script's own under a name, from
	// the place of the files; files that are checked together need not be found. nil
	// means that nobody knows, and every name may be one.
	Find func(module string) bool
}

// Files returns the mistakes in the files of one script, in their order. A global that
// one of them sets is known in the others. Files knows no state, and is safe for
// concurrent use.
func Files(files []File, opts Options) []Finding {
	s := newScript(opts)
	var findings []Finding
	for _, file := range files {
		s.inFile[moduleName(file.Name)] = true
		s.files = append(s.files, strings.TrimSuffix(filepath.ToSlash(file.Name), filepath.Ext(file.Name)))
	}
	for _, file := range files {
		chunk, err := s.compile(file)
		if err != nil {
			findings = append(findings, broken(file, err))
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
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column))
	})
	return withoutRepeats(findings)
}

// withoutRepeats leaves one of the findings that a line has twice.
func withoutRepeats(findings []Finding) (kept []Finding) {
	type line struct {
		file string
		line int
		text string
	}
	seen := make(map[line]bool)
	for _, f := range findings {
		if at := (line{f.File, f.Line, f.Text}); !seen[at] {
			seen[at] = true
			kept = append(kept, f)
		}
	}
	return kept
}

// compile returns the syntax tree of a file that can be loaded. The compiler finds more
// than the parser: a goto without its label, a break outside of a loop.
func (s *script) compile(file File) (*syntax.Chunk, error) {
	source := syntax.SkipHead(file.Source)
	lines := linesOf(source)
	chunk, err := syntax.Parse(source, file.Name, syntax.Options{Place: func(expr syntax.Expr, start int) {
		s.places[expr] = lines.place(file.Name, start)
	}})
	if err == nil {
		_, err = code.Compile(chunk, code.Options{Source: "@" + file.Name})
	}
	return chunk, err
}

// broken is the finding for a file that cannot be loaded.
func broken(file File, err error) Finding {
	var wrong *syntax.Error
	if !errors.As(err, &wrong) {
		return Finding{file.Name, 1, 1, err.Error()}
	}
	column := wrong.Column
	if column == 0 {
		source := syntax.SkipHead(file.Source)
		column = linesOf(source).textOn(source, wrong.Line)
	}
	return Finding{file.Name, wrong.Line, column, wrong.Message}
}

// stringOf returns the text of a string literal.
func stringOf(expr syntax.Expr) (text string, ok bool) {
	if literal, isString := expr.(*syntax.String); isString {
		return literal.Value, true
	}
	return "", false
}
