package lualib

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openBase replaces the basic functions.
func openBase(L *lua.LState) {
	gc := &collector{pause: 200, stepMultiplicand: 200}
	for name, f := range map[string]lua.LGFunction{
		"assert":         baseAssert,
		"collectgarbage": gc.luaCollect,
		"error":          baseError,
		"gcinfo":         luaInfo,
		"getfenv":        baseGetfenv,
		"getmetatable":   baseGetmetatable,
		"load":           baseLoad,
		"loadstring":     baseLoad,
		"newproxy":       baseNewproxy,
		"rawequal":       baseRawequal,
		"rawget":         baseRawget,
		"rawset":         baseRawset,
		"select":         baseSelect,
		"setfenv":        baseSetfenv,
		"setmetatable":   baseSetmetatable,
		"tonumber":       baseTonumber,
		"tostring":       baseTostring,
		"type":           baseType,
	} {
		L.SetGlobal(name, L.NewFunction(f))
	}
	openIterators(L)
	openProtected(L)
	L.SetGlobal("_GOPHER_LUA_VERSION", lua.LNil)
}

// openIterators makes pairs return next itself, as scripts expect that compare the two.
func openIterators(L *lua.LState) {
	next, step := L.NewFunction(baseNext), L.NewFunction(ipairsStep)
	L.SetGlobal("next", next)
	L.SetGlobal("pairs", L.NewFunction(func(L *lua.LState) int { return iterate(L, next, lua.LNil) }))
	L.SetGlobal("ipairs", L.NewFunction(func(L *lua.LState) int { return iterate(L, step, lua.LNumber(0)) }))
}

func iterate(L *lua.LState, iterator *lua.LFunction, start lua.LValue) int {
	checkAny(L, 1)
	table := CheckTable(L, 1)
	L.Push(iterator)
	L.Push(table)
	L.Push(start)
	return 3
}

func baseNext(L *lua.LState) int {
	key, value := CheckTable(L, 1).Next(L.Get(2))
	L.Push(key)
	if key == lua.LNil {
		return 1
	}
	L.Push(value)
	return 2
}

func ipairsStep(L *lua.LState) int {
	table, i := CheckTable(L, 1), checkInt(L, 2)+1
	value := rawIndex(table, i)
	if value == lua.LNil {
		return 0
	}
	L.Push(lua.LNumber(i))
	L.Push(value)
	return 2
}

// baseAssert puts the position before a text, as LuaJIT does and PUC Lua does not.
func baseAssert(L *lua.LState) int {
	if lua.LVAsBool(checkAny(L, 1)) {
		return L.GetTop()
	}
	switch message := L.Get(2).(type) {
	case lua.LString, lua.LNumber:
		Errorf(L, "%s", textOf(message))
	default:
		if L.GetTop() < 2 {
			Errorf(L, "assertion failed!")
		}
		L.Error(message, 0)
	}
	return 0
}

// baseError puts the position before a text or a number, of the function that the level names.
func baseError(L *lua.LState) int {
	object, level := L.Get(1), optInt(L, 2, 1)
	switch object.(type) {
	case lua.LString, lua.LNumber:
		if level > 0 {
			text := textOf(object)
			if position := positionAt(L, level); position != "" {
				text = position + ": " + text
			}
			object = lua.LString(text)
		}
	}
	L.Error(object, 0)
	return 0
}

// functionAt returns the function of argument 1: itself, or the one at that level of the stack. nil stands for level 0.
func functionAt(L *lua.LState) *lua.LFunction {
	if function, ok := L.Get(1).(*lua.LFunction); ok {
		return function
	}
	level := optInt(L, 1, 1)
	if level == 0 {
		return nil
	}
	frame, ok := L.GetStack(level)
	if !ok || level < 0 {
		ArgError(L, 1, "invalid level")
	}
	function, _ := L.GetInfo("f", frame, lua.LNil)
	return function.(*lua.LFunction)
}

func baseGetfenv(L *lua.LState) int {
	switch function := functionAt(L); {
	case function == nil, isHosts(function):
		L.Push(L.G.Global)
	default:
		L.Push(function.Env)
	}
	return 1
}

func baseSetfenv(L *lua.LState) int {
	env := CheckTable(L, 2)
	function := functionAt(L)
	if function == nil || isHosts(function) { // level 0 would change the globals under the host's functions
		Errorf(L, "'setfenv' cannot change environment of given object")
	}
	function.Env = env
	L.Push(function)
	return 1
}

func baseGetmetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(checkAny(L, 1)))
	return 1
}

func baseSetmetatable(L *lua.LState) int {
	table := CheckTable(L, 1)
	metatable, isTable := L.Get(2).(*lua.LTable)
	if !isTable && (L.GetTop() < 2 || L.Get(2) != lua.LNil) {
		ArgError(L, 2, "nil or table expected")
	}
	if metafield(L, table, "__metatable") != lua.LNil {
		Errorf(L, "cannot change a protected metatable")
	}
	if isTable {
		table.Metatable = metatable
	} else {
		table.Metatable = lua.LNil
	}
	L.Push(table)
	return 1
}

func baseNewproxy(L *lua.LState) int {
	proxy := L.NewUserData()
	switch model := L.Get(1).(type) {
	case lua.LBool:
		if model {
			proxy.Metatable = L.NewTable()
		}
	case *lua.LUserData:
		proxy.Metatable = model.Metatable
	default:
		if model != lua.LNil {
			ArgError(L, 1, "boolean or proxy expected")
		}
	}
	L.Push(proxy)
	return 1
}

func baseRawequal(L *lua.LState) int {
	a := checkAny(L, 1)
	L.Push(lua.LBool(L.RawEqual(a, checkAny(L, 2))))
	return 1
}

func baseRawget(L *lua.LState) int {
	table := CheckTable(L, 1)
	L.Push(table.RawGet(checkAny(L, 2)))
	return 1
}

func baseRawset(L *lua.LState) int {
	table, key, value := CheckTable(L, 1), checkAny(L, 2), checkAny(L, 3)
	if number, ok := key.(lua.LNumber); ok && math.IsNaN(float64(number)) {
		Errorf(L, "table index is NaN")
	}
	if key == lua.LNil {
		Errorf(L, "table index is nil")
	}
	table.RawSet(key, value)
	L.Push(table)
	return 1
}

// baseSelect leaves the values on the stack: as many from its top as it returns are the results.
func baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if text, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(text), "#") {
		L.Push(lua.LNumber(top - 1))
		return 1
	}
	first := checkInt(L, 1)
	if first < 0 {
		first += top
	}
	if first < 1 {
		ArgError(L, 1, "index out of range")
	}
	return max(top-first, 0)
}

func baseTostring(L *lua.LState) int {
	value := checkAny(L, 1)
	switch value := value.(type) {
	case lua.LString:
		L.Push(value)
	case lua.LNumber:
		L.Push(lua.LString(FormatNumber(float64(value))))
	default:
		L.Push(tostringMeta(L, value))
	}
	return 1
}

// typeNames are boxed once.
var typeNames = func() (names [lua.LTChannel + 1]lua.LValue) {
	for t := range names {
		names[t] = lua.LString(lua.LValueType(t).String())
	}
	return names
}()

func baseType(L *lua.LState) int {
	L.Push(typeNames[checkAny(L, 1).Type()])
	return 1
}

func baseTonumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	var result lua.LValue = lua.LNil
	if base == 10 {
		switch value := checkAny(L, 1).(type) {
		case lua.LNumber:
			result = value
		case lua.LString:
			if number, ok := ParseNumber(string(value)); ok {
				result = lua.LNumber(number)
			}
		}
	} else {
		text := CheckString(L, 1)
		if base < 2 || base > 36 {
			ArgError(L, 2, "base out of range")
		}
		if number, ok := parseInBase(text, base); ok {
			result = lua.LNumber(number)
		}
	}
	L.Push(result)
	return 1
}

// parseInBase reads an integer as C's strtoul does, which ends at a NUL and stays at its largest value.
func parseInBase(text string, base int) (number float64, ok bool) {
	text, _, _ = strings.Cut(text, "\x00")
	text = strings.Trim(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	if base == 16 && len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	}
	for i := range len(text) {
		digit := digitValue(text[i])
		if digit >= base {
			return 0, false
		}
		number = number*float64(base) + float64(digit)
	}
	number = min(number, math.MaxUint64)
	if negative {
		number = -number
	}
	return number, text != ""
}

func digitValue(c byte) int {
	switch lower := c | 0x20; {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= lower && lower <= 'z':
		return int(lower-'a') + 10
	}
	return math.MaxInt
}

// baseLoad is load and loadstring, which are one in LuaJIT: source from a string or a function, a name, a mode, an
// environment.
func baseLoad(L *lua.LState) int {
	var source, name string
	switch value := L.Get(1).(type) {
	case lua.LString, lua.LNumber:
		source = textOf(value)
		name = OptString(L, 2, source)
	default:
		function := CheckFunction(L, 1)
		name = OptString(L, 2, "=(load)")
		var failure lua.LValue
		if source, failure = readPieces(L, function); failure != nil {
			return loadFailure(L, failure)
		}
	}
	mode := OptString(L, 3, "bt")
	if binary := strings.HasPrefix(source, "\x1b"); binary {
		if strings.Contains(mode, "b") {
			return loadFailure(L, lua.LString("(binary): cannot load incompatible bytecode"))
		}
		mode = ""
	}
	if !strings.Contains(mode, "t") {
		return loadFailure(L, lua.LString("attempt to load chunk with wrong mode"))
	}
	env, hasEnv := L.Get(4).(*lua.LTable)
	if err := Load(L, []byte(source), chunkName(name)); err != nil {
		return loadFailure(L, lua.LString(err.Error()))
	}
	if hasEnv {
		L.Get(-1).(*lua.LFunction).Env = env
	}
	return 1
}

func loadFailure(L *lua.LState, object lua.LValue) int {
	L.Push(lua.LNil)
	L.Push(object)
	return 2
}

// readPieces calls function until it returns nothing more. failure is what it raised, or what is wrong with a piece.
func readPieces(L *lua.LState, function *lua.LFunction) (source string, failure lua.LValue) {
	var pieces strings.Builder
	for {
		L.Push(function)
		if failure := protectedCall(L, 0, 1, nil); failure != nil {
			return "", failure
		}
		piece := L.Get(-1)
		L.Pop(1)
		switch piece.(type) {
		case lua.LString, lua.LNumber:
		default:
			if piece == lua.LNil {
				return pieces.String(), nil
			}
			return "", lua.LString("reader function must return a string")
		}
		text := textOf(piece)
		if text == "" {
			return pieces.String(), nil
		}
		CheckSize(L, pieces.Len()+len(text))
		pieces.WriteString(text)
	}
}

// The length of a chunk's name in messages, its end included (LUA_IDSIZE), and what of it a piece of source may take.
const (
	maxChunkName   = 60
	maxChunkSource = maxChunkName - 12
)

// chunkName makes what a script calls a chunk the name that messages have: "=name" and "@file" are taken as they are, a
// piece of source is shown by its first line.
func chunkName(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), maxChunkName)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) >= maxChunkName {
			return "..." + name[len(name)-(maxChunkName-4):]
		}
		return name
	}
	end := strings.IndexFunc(name, func(r rune) bool { return r < ' ' })
	if end < 0 {
		end = len(name)
	}
	if end = min(end, maxChunkSource); end < len(name) {
		return fmt.Sprintf(`[string "%s..."]`, name[:min(end, maxChunkSource-3)])
	}
	return fmt.Sprintf(`[string "%s"]`, name)
}
