// Package syntax reads Lua 5.1 with LuaJIT's extensions (goto, \x \z \u{} escapes, hexadecimal floats, 0b numerals)
// into a syntax tree whose names are resolved. It accepts what LuaJIT accepts and words errors as LuaJIT does: its
// parser is followed token by token, because scripts and their authors know its words. Labels, break and the limits of
// the virtual machine (locals, upvalues, registers) are the compiler's to check.
//
// # Lines
//
// Line is where LuaJIT reports an error of the node's own instruction, which is not always where the node begins.
//
//   - Call: where the arguments begin. Other operations: where the last operand ends.
//   - Name and Index that are read: the token at which the value is first needed, say the operator or ')' behind it.
//   - Assign and its Targets: where the last value ends; the Target of a FunctionStmt: where the statement begins; a
//     field of a constructor: LastLine of its Value.
//   - Return: where the last value ends, which is also the line of a tail call.
//   - NumericFor: its do, where the limits are checked; GenericFor: the token behind in, which is called.
//   - Function: as debug.getinfo's linedefined has it, the word function in a statement, else its '('. The main
//     function's is 0, its LastLine the last line of the source.
//   - Label, Goto and Break: the line that LuaJIT names when it refuses them.
//   - Everything else: where the node begins.
//
// LastLine of an expression is the line of its last token, parentheses included unless it is a function; that of a
// function, a block and a loop is the line of its end or until.
package syntax
