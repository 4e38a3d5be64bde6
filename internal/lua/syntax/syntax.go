// Package syntax reads Lua 5.1 with LuaJIT's extensions (goto, \x \z \u{} escapes,
// hexadecimal floats, 0b numerals) into a syntax tree whose names are resolved. It
// accepts the same sources as LuaJIT and has its words for errors: its parser is followed
// token by token, because scripts and their authors know its words. Labels, break and the
// limits of the virtual machine (locals, upvalues, registers) are the compiler's to
// check.
//
// # Lines
//
// Line is where LuaJIT reports an error of the node's own instruction, which is not
// always where the node begins.
//
//   - Call: where the arguments begin. Other operations: where the last operand ends.
//   - Name and Index that are read: the token at which the value is first needed, say the
//     operator or ')' after it.
//   - Assign and its Targets: where the last value ends; the Target of a FunctionStmt:
//     where the statement begins; a field of a constructor: LastLine of its Value.
//   - Return: where the last value ends, which is also the line of a tail call.
//   - NumericFor: its do, where the limits are checked; GenericFor: the token after in,
//     which is called.
//   - Function: as debug.getinfo's linedefined has it, the word function in a statement,
//     else its '('. The main function's is 0, its LastLine the last line of the source.
//   - Label, Goto and Break: the line that LuaJIT names when it refuses them.
//   - Everything else: where the node begins.
//
// LastLine of an expression is the line of its last token, parentheses included unless it
// is a function; that of a function, a block and a loop is the line of its end or until.
package syntax

import (
	"fmt"
	"math"
)

// An Error is the first mistake in a chunk.
type Error struct {
	Name    string // of the chunk, as Parse got it
	Line    int    // from 1
	Column  int    // of the token that the message names, in bytes from 1; 0 if it names none there, or Options.Place is nil
	Message string // as LuaJIT words it, such as "'=' expected near 'y'"
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Message) }

// Options bounds how much memory, and how much work, Parse may take.
type Options struct {
	// Charge is asked before Parse takes memory, for a number of bytes that covers the
	// tree and the parser's own tables. It is not asked for each node, but for some KiB
	// of them at once, and for each long literal. An error ends the parse, and Parse
	// returns it as it is. nil means no limit.
	Charge func(bytes int) error

	// Step is called again and again with the work done since the last call: a step for
	// 64 bytes of source. An error ends the parse as one of Charge does. nil means no
	// bound.
	Step func(steps int) error

	// FirstLine is the number of the source's first line. 0 means 1.
	FirstLine int

	// Place is called for each name, literal, function, constructor and operation with
	// one operand, with the offset in source of its first byte. nil means that nobody
	// wants to know.
	Place func(expr Expr, start int)
}

// SkipHead takes a byte order mark and a first line that begins with '#' off source, but
// leaves its line break.
func SkipHead(source []byte) []byte { return source[headOf(source):] }

// SkipHeadOf is SkipHead for a text.
func SkipHeadOf(source string) string { return source[headOf(source):] }

// headOf returns how long the head of source is.
func headOf[S string | []byte](source S) int {
	const mark = "\xef\xbb\xbf"
	at := 0
	if len(source) >= len(mark) && string(source[:len(mark)]) == mark {
		at = len(mark)
	}
	if at == len(source) || source[at] != '#' {
		return at
	}
	for at < len(source) && source[at] != '\n' {
		at++
	}
	return at
}

// Parse returns the syntax tree of source, whose head is the caller's to skip. name is
// the chunk's name as errors show it, such as "bot.lua" or `[string "x"]`. The error is
// an *Error or comes from opts.Charge. The tree keeps nothing of source. Its depth is
// bounded (see maxLevels, maxLinks), so that a consumer may recurse over it. Parse is
// safe for concurrent use.
func Parse(source []byte, name string, opts Options) (*Chunk, error) {
	if err := checkSize(int64(len(source))+int64(max(opts.FirstLine, 0)), name); err != nil {
		return nil, err
	}
	main := &Function{IsVararg: true}
	p := parser{function: main, lexer: newLexer(source, name, opts), placed: opts.Place}
	p.next()
	main.Body = p.block()
	p.want(tokenEOF)
	if p.lexer.err != nil {
		return nil, p.lexer.err
	}
	main.lastLine = int32(p.lexer.line)
	return &Chunk{Name: name, Main: main}, nil
}

// checkSize refuses a source that may have more lines than a Node can hold.
func checkSize(bytes int64, name string) error {
	if bytes > math.MaxInt32 {
		return &Error{Name: name, Line: 1, Message: "chunk has too many lines"}
	}
	return nil
}
