package lualib

import (
	"fmt"
	"math"
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// openTables replaces the functions of table that differ, and adds those that the VM lacks.
func openTables(L *lua.LState, lib *lua.LTable) {
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"concat":   tableConcat,
		"foreach":  tableForeach,
		"foreachi": tableForeachi,
		"getn":     tableGetn,
		"insert":   tableInsert,
		"maxn":     tableMaxn,
		"move":     tableMove,
		"remove":   tableRemove,
		"sort":     tableSort,
	})
	L.SetGlobal("unpack", L.NewFunction(tableUnpack))
	openTableModules(L, lib)
}

// rawIndex is table[i] without metamethods. The VM's RawGetInt looks at the array part alone.
func rawIndex(table *lua.LTable, i int) lua.LValue {
	if i < lua.MaxArrayIndex && i > 0 {
		return table.RawGetInt(i)
	}
	return table.RawGet(lua.LNumber(i))
}

func tableConcat(L *lua.LState) int {
	table, separator := CheckTable(L, 1), OptString(L, 2, "")
	first, last := optInt(L, 3, 1), 0
	if L.Get(4) == lua.LNil {
		last = table.Len()
	} else {
		last = checkInt(L, 4)
	}
	var out []byte
	for i := first; i <= last; i++ {
		switch value := rawIndex(table, i).(type) {
		case lua.LString:
			out = append(out, value...)
		case lua.LNumber:
			out = appendNumber(out, float64(value))
		default:
			Errorf(L, "invalid value (%s) at index %d in table for 'concat'", value.Type(), i)
		}
		if i < last {
			out = append(out, separator...)
		}
		if i%stepsBetweenChecks == 0 {
			CheckSize(L, len(out))
			raiseIfInterrupted(L)
		}
	}
	CheckSize(L, len(out))
	L.Push(lua.LString(out))
	return 1
}

func tableInsert(L *lua.LState) int {
	table := CheckTable(L, 1)
	switch L.GetTop() {
	case 2:
		if value := L.Get(2); value != lua.LNil {
			table.Append(value)
		}
	case 3:
		at, value := checkInt(L, 2), L.Get(3)
		length := table.Len()
		if at > length || at < 1 {
			insertOutside(L, table, at, length, value)
			return 0
		}
		table.Insert(at, value)
	default:
		Errorf(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

// insertOutside inserts where the VM's own function would not move what comes after, or would hold nils. From an index far
// below 1 it moves up to 2^31 of them, as LuaJIT does.
func insertOutside(L *lua.LState, table *lua.LTable, at, length int, value lua.LValue) {
	for i := length + 1; i > at; i-- {
		if i%stepsBetweenChecks == 0 {
			raiseIfInterrupted(L)
		}
		table.RawSet(lua.LNumber(i), rawIndex(table, i-1))
	}
	table.RawSet(lua.LNumber(at), value)
}

func tableRemove(L *lua.LState) int {
	table := CheckTable(L, 1)
	length := table.Len()
	if L.Get(2) == lua.LNil {
		if length == 0 {
			return 0
		}
		L.Push(table.Remove(length))
		return 1
	}
	at := checkInt(L, 2)
	if at < 1 || at > length {
		return 0
	}
	L.Push(table.Remove(at))
	return 1
}

func tableGetn(L *lua.LState) int {
	L.Push(lua.LNumber(CheckTable(L, 1).Len()))
	return 1
}

func tableMaxn(L *lua.LState) int {
	table, highest := CheckTable(L, 1), 0.0
	table.ForEach(func(key, _ lua.LValue) {
		if number, ok := key.(lua.LNumber); ok {
			highest = math.Max(highest, float64(number))
		}
	})
	L.Push(lua.LNumber(highest))
	return 1
}

// tableMove is Lua 5.3's, which LuaJIT has too.
func tableMove(L *lua.LState) int {
	from := CheckTable(L, 1)
	first, last, at := checkInt(L, 2), checkInt(L, 3), checkInt(L, 4)
	to := from
	if L.Get(5) != lua.LNil {
		to = CheckTable(L, 5)
	}
	move := func(i int) {
		value := L.GetTable(from, lua.LNumber(first+i))
		L.SetTable(to, lua.LNumber(at+i), value)
		if i%stepsBetweenChecks == 0 {
			raiseIfInterrupted(L)
		}
	}
	if overlaps := to == from && at > first && at <= last; overlaps {
		for i := last - first; i >= 0; i-- {
			move(i)
		}
	} else {
		for i := 0; i <= last-first; i++ {
			move(i)
		}
	}
	L.Push(to)
	return 1
}

func tableForeach(L *lua.LState) int {
	table, f := CheckTable(L, 1), CheckFunction(L, 2)
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		if visit(L, f, key, value) {
			return 1
		}
	}
	return 0
}

func tableForeachi(L *lua.LState) int {
	table, f := CheckTable(L, 1), CheckFunction(L, 2)
	for i, length := 1, table.Len(); i <= length; i++ {
		if visit(L, f, lua.LNumber(i), rawIndex(table, i)) {
			return 1
		}
	}
	return 0
}

// visit calls f and reports whether it returned something, which is then on the stack.
func visit(L *lua.LState, f *lua.LFunction, key, value lua.LValue) bool {
	L.Push(f)
	L.Push(key)
	L.Push(value)
	L.Call(2, 1)
	if L.Get(-1) != lua.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func tableUnpack(L *lua.LState) int {
	table := CheckTable(L, 1)
	first := optInt(L, 2, 1)
	last := 0
	if L.Get(3) == lua.LNil {
		last = table.Len()
	} else {
		last = checkInt(L, 3)
	}
	if last < first {
		return 0
	}
	if last-first >= maxResults {
		Errorf(L, "too many results to unpack")
	}
	for i := first; i <= last; i++ {
		L.Push(rawIndex(table, i))
	}
	return last - first + 1
}

// luaOrder sorts the values of a table by a function of the script, or by Lua's '<'. Its values are a copy: the function
// may do to the table what it likes.
type luaOrder struct {
	L      *lua.LState
	less   *lua.LFunction // nil for '<'
	values []lua.LValue
	calls  int
}

func (o *luaOrder) Len() int      { return len(o.values) }
func (o *luaOrder) Swap(i, j int) { o.values[i], o.values[j] = o.values[j], o.values[i] }

// Less refuses to go on for ever with a function that is no order.
func (o *luaOrder) Less(i, j int) bool {
	o.calls++
	if o.calls%stepsBetweenChecks == 0 {
		raiseIfInterrupted(o.L)
	}
	a, b := o.values[i], o.values[j]
	if o.less == nil {
		return lessThan(o.L, a, b)
	}
	o.L.Push(o.less)
	o.L.Push(a)
	o.L.Push(b)
	o.L.Call(2, 1)
	defer o.L.Pop(1)
	return lua.LVAsBool(o.L.Get(-1))
}

// lessThan is Lua's '<', with Lua's texts.
func lessThan(L *lua.LState, a, b lua.LValue) bool {
	switch a := a.(type) {
	case lua.LNumber:
		if b, ok := b.(lua.LNumber); ok {
			return a < b
		}
	case lua.LString:
		if b, ok := b.(lua.LString); ok {
			return a < b
		}
	default:
		if a.Type() == b.Type() && metafield(L, a, "__lt") != lua.LNil {
			return L.LessThan(a, b)
		}
	}
	text := fmt.Sprintf("attempt to compare %s with %s", a.Type(), b.Type())
	if a.Type() == b.Type() {
		text = fmt.Sprintf("attempt to compare two %s values", a.Type())
	}
	L.Error(lua.LString(text), 0)
	return false
}

func tableSort(L *lua.LState) int {
	table := CheckTable(L, 1)
	order := &luaOrder{L: L}
	if L.Get(2) != lua.LNil {
		order.less = CheckFunction(L, 2)
	}
	length := table.Len()
	order.values = make([]lua.LValue, length)
	for i := range order.values {
		order.values[i] = rawIndex(table, i+1)
	}
	sort.Sort(order)
	for i, value := range order.values {
		table.RawSetInt(i+1, value)
	}
	return 0
}
