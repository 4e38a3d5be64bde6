package lualib

import lua "github.com/yuin/gopher-lua"

const (
	// maxResults bounds what unpack and string.byte return at once, about as LuaJIT's stack does. The VM's would grow to
	// a million values, copied each time it does.
	maxResults = 1 << 16

	// numeralBytes is more than a number takes as text.
	numeralBytes = 32

	// maxArrayIndex is from where on integer keys of a table lie in its hash: the VM fills an array up to the index
	// that is set, so one assignment takes 16 bytes for each index below. It is also the largest length that # counts.
	maxArrayIndex = 1 << 24
)

// The VM knows one such limit for all states of a process, and reads it as it runs.
func init() { lua.MaxArrayIndex = maxArrayIndex }

// boundLibraries puts checks before the functions whose one call could take all memory. It comes last.
func boundLibraries(L *lua.LState) {
	for _, function := range []struct {
		library, name string
		check         func(L *lua.LState)
	}{
		{lua.StringLibName, "rep", checkRep},
		{lua.StringLibName, "format", checkFormat},
		{lua.TabLibName, "concat", checkConcat},
	} {
		lib := L.GetGlobal(function.library).(*lua.LTable)
		call := lib.RawGetString(function.name).(*lua.LFunction).GFunction
		lib.RawSetString(function.name, L.NewFunction(func(L *lua.LState) int {
			function.check(L)
			return call(L)
		}))
	}
}

// The checks leave it to the function itself to raise what is wrong with its arguments.

func checkRep(L *lua.LState) {
	count, ok := toNumber(L.Get(2))
	if !ok || !(count > 0) {
		return
	}
	separator := 0
	if L.GetTop() >= 3 {
		separator = textBytes(L.Get(3))
	}
	if each := textBytes(L.Get(1)) + separator; each > 0 {
		checkTotal(L, count*float64(each))
	}
}

// checkFormat adds up what the arguments may become. The widths are the function's own to bound.
func checkFormat(L *lua.LState) {
	total := 0.0
	for i := 1; i <= L.GetTop(); i++ {
		total += float64(textBytes(L.Get(i)))
	}
	checkTotal(L, total)
}

func checkConcat(L *lua.LState) {
	table, ok := L.Get(1).(*lua.LTable)
	if !ok {
		return
	}
	first, last := 1.0, float64(table.Len())
	if from, ok := toNumber(L.Get(3)); ok {
		first = max(from, 1)
	}
	if to, ok := toNumber(L.Get(4)); ok {
		last = min(to, last)
	}
	separator := 0
	if L.Get(2) != lua.LNil {
		separator = textBytes(L.Get(2))
	}
	total := 0.0
	for i := first; i <= last; i++ {
		total += float64(textBytes(table.RawGetInt(int(i))) + separator)
	}
	checkTotal(L, total)
}

// checkTotal is CheckSize for sums that no int may hold.
func checkTotal(L *lua.LState, bytes float64) {
	if in := InterruptOf(L); in != nil && bytes > float64(in.maxString) {
		raiseTooLong(L, bytes, in.maxString)
	}
}

// toNumber reads a number, or a string that spells one.
func toNumber(value lua.LValue) (number float64, ok bool) {
	switch value := value.(type) {
	case lua.LNumber:
		return float64(value), true
	case lua.LString:
		return ParseNumber(string(value))
	}
	return 0, false
}

// textBytes is how long a value is as text, or more.
func textBytes(value lua.LValue) int {
	if text, ok := value.(lua.LString); ok {
		return len(text)
	}
	return numeralBytes
}
