package lualib

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// concat is a .. b .. c, with all operands as arguments: the compiler makes a call of it. The VM's own instruction writes
// numbers as Go does, and makes a string for each before it joins them.
//
// Numbers and strings in a row are joined at once, from the right. Where one is neither, its __concat, or that of the
// value in front of it, gets the two.
func concat(L *lua.LState) int {
	last := L.GetTop()
	right := L.Get(last)
	for first := last - 1; first >= 1; {
		left := L.Get(first)
		if !isText(left) || !isText(right) {
			right = concatMeta(L, first, left, right)
			first--
			continue
		}
		from := first
		for from > 1 && isText(L.Get(from-1)) {
			from--
		}
		right = joinText(L, from, first, right)
		first = from - 1
	}
	L.Push(right)
	return 1
}

func isText(value lua.LValue) bool {
	switch value.(type) {
	case lua.LString, lua.LNumber:
		return true
	}
	return false
}

// joinText joins arguments from to last, and right behind them.
func joinText(L *lua.LState, from, last int, right lua.LValue) lua.LValue {
	total := textBytes(right)
	for i := from; i <= last; i++ {
		total += textBytes(L.Get(i))
	}
	if total <= shortText {
		var text [shortText]byte
		return lua.LString(appendTexts(L, text[:0], from, last, right))
	}
	checkTotal(L, float64(total))
	text := appendTexts(L, make([]byte, 0, total), from, last, right)
	return lua.LString(unsafe.String(unsafe.SliceData(text), len(text))) // nobody writes there any more
}

// shortText is up to how many bytes a text is put together on Go's stack.
const shortText = 128

func appendTexts(L *lua.LState, out []byte, from, last int, right lua.LValue) []byte {
	for i := from; i <= last; i++ {
		out = appendText(out, L.Get(i))
	}
	return appendText(out, right)
}

func appendText(out []byte, value lua.LValue) []byte {
	if text, isString := value.(lua.LString); isString {
		return append(out, text...)
	}
	return appendNumber(out, float64(value.(lua.LNumber)))
}

// concatMeta asks the metamethod of argument number place, left, or that of right. Without one it raises, and blames the
// first that is no text.
func concatMeta(L *lua.LState, place int, left, right lua.LValue) lua.LValue {
	method := metafield(L, left, "__concat")
	if method == lua.LNil {
		method = metafield(L, right, "__concat")
	}
	if method == lua.LNil {
		if isText(left) {
			raiseConcat(L, place+1, right)
		}
		raiseConcat(L, place, left)
	}
	return callOperator(L, method, left, right)
}

// raiseConcat raises that a value cannot be joined. Its name is that of argument number place, also if a metamethod has
// made it of that, as in LuaJIT.
func raiseConcat(L *lua.LState, place int, value lua.LValue) {
	raiseOperator(L, "concatenate", func(call uint32) int { return registerA(call) + place }, value)
}
