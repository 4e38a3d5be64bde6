package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openStrings replaces the functions of string by ones that know bytes.
func openStrings(L *lua.LState, lib *lua.LTable) {
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"byte":    stringByte,
		"char":    stringChar,
		"dump":    stringDump,
		"find":    stringFind,
		"format":  stringFormat,
		"gmatch":  stringGmatch,
		"gsub":    stringGsub,
		"len":     stringLen,
		"lower":   stringLower,
		"match":   stringMatch,
		"rep":     stringRep,
		"reverse": stringReverse,
		"sub":     stringSub,
		"upper":   stringUpper,
	})
	lib.RawSetString("gfind", lua.LNil)

	// In the VM the library is the strings' metatable as well, and has an __index that a script can see.
	lib.RawSetString("__index", lua.LNil)
	metatable := L.NewTable()
	metatable.RawSetString("__index", lib)
	openStringArithmetic(L, metatable)
	L.SetMetatable(lua.LString(""), metatable)
}

// pieceOf makes a script's first and last index the Go indices of a piece.
func pieceOf(first, last, length int) (from, to int) {
	if last < 0 {
		last = max(last+length+1, 0)
	}
	if first < 0 {
		first = max(first+length+1, 1)
	}
	from, to = max(first, 1)-1, min(last, length)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func stringSub(L *lua.LState) int {
	text := CheckString(L, 1)
	from, to := pieceOf(checkInt(L, 2), optInt(L, 3, -1), len(text))
	L.Push(lua.LString(text[from:to]))
	return 1
}

func stringByte(L *lua.LState) int {
	text := CheckString(L, 1)
	first := optInt(L, 2, 1)
	last := optInt(L, 3, first)
	from, to := pieceOf(first, last, len(text))
	if to-from > maxResults {
		Errorf(L, "string slice too long")
	}
	for _, c := range []byte(text[from:to]) {
		L.Push(lua.LNumber(c))
	}
	return to - from
}

func stringChar(L *lua.LState) int {
	out := make([]byte, L.GetTop())
	for i := range out {
		code := checkInt(L, i+1)
		if code < 0 || code > 255 {
			ArgError(L, i+1, "invalid value")
		}
		out[i] = byte(code)
	}
	L.Push(lua.LString(out))
	return 1
}

// stringDump says what LuaJIT says of its own functions: the VM's byte code is for itself.
func stringDump(L *lua.LState) int {
	CheckFunction(L, 1)
	Errorf(L, "unable to dump given function")
	return 0
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(CheckString(L, 1))))
	return 1
}

func stringLower(L *lua.LState) int { return mapBytes(L, 'A', 'Z') }

func stringUpper(L *lua.LState) int { return mapBytes(L, 'a', 'z') }

// mapBytes gives the bytes from first to last, ASCII letters, the other case. All others stay as they are.
func mapBytes(L *lua.LState, first, last byte) int {
	out := []byte(CheckString(L, 1))
	for i, c := range out {
		if first <= c && c <= last {
			out[i] = c ^ 0x20
		}
	}
	L.Push(lua.LString(out))
	return 1
}

// stringRep has LuaJIT's third argument, a separator.
func stringRep(L *lua.LState) int {
	text, count, separator := CheckString(L, 1), checkInt(L, 2), OptString(L, 3, "")
	if count <= 0 || text == "" && separator == "" {
		L.Push(lua.LString(""))
		return 1
	}
	CheckSize(L, (len(text)+len(separator))*count) // no overflow: the count has 32 bits
	L.Push(lua.LString(strings.Repeat(text+separator, count-1) + text))
	return 1
}

func stringReverse(L *lua.LState) int {
	text := CheckString(L, 1)
	out := make([]byte, len(text))
	for i := range out {
		out[i] = text[len(text)-1-i]
	}
	L.Push(lua.LString(out))
	return 1
}
