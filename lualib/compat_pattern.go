package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// patternSpecials are the bytes that make a text a pattern.
const patternSpecials = "^$*+?.([%-"

// stringFind is string.find.
func stringFind(L *lua.LState) int { return findOrMatch(L, true) }

// stringMatch is string.match.
func stringMatch(L *lua.LState) int { return findOrMatch(L, false) }

func findOrMatch(L *lua.LState, find bool) int {
	subject, pattern := CheckString(L, 1), CheckString(L, 2)
	start := startOf(optInt(L, 3, 1), len(subject))
	if find && (lua.LVAsBool(L.Get(4)) || !strings.ContainsAny(pattern, patternSpecials)) {
		at := strings.Index(subject[start:], pattern)
		if at < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(start + at + 1))
		L.Push(lua.LNumber(start + at + len(pattern)))
		return 2
	}
	m := newMatcher(L, subject, pattern)
	from, to := m.searchAnchored(start)
	switch {
	case from < 0:
		L.Push(lua.LNil)
		return 1
	case find:
		L.Push(lua.LNumber(from + 1))
		L.Push(lua.LNumber(to))
		return 2 + m.pushCaptures(from, to)
	}
	return m.pushAll(from, to)
}

// searchAnchored is search, but a '^' at the pattern's start ties it to start.
func (m *matcher) searchAnchored(start int) (from, to int) {
	if !m.takeAnchor() {
		return m.search(start)
	}
	if to = m.matchAt(start); to < 0 {
		return -1, -1
	}
	return start, to
}

// takeAnchor removes the pattern's anchor and reports whether there was one.
func (m *matcher) takeAnchor() bool {
	rest, anchored := strings.CutPrefix(m.pattern, "^")
	m.pattern = rest
	return anchored
}

// startOf makes an offset of where a search is to begin, which a script counts from 1, or from the end backwards.
func startOf(init, length int) int {
	if init < 0 {
		init = max(init+length+1, 1)
	}
	return min(max(init-1, 0), length)
}

// stringGmatch is string.gmatch. Its pattern has no anchor: a '^' is a byte like any other.
func stringGmatch(L *lua.LState) int {
	m := newMatcher(L, CheckString(L, 1), CheckString(L, 2))
	next := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		m.L, m.steps = L, 0
		from, to := m.search(next)
		if from < 0 {
			next = len(m.subject) + 1
			return 0
		}
		next = to
		if to == from {
			next++
		}
		return m.pushAll(from, to)
	}))
	return 1
}

// stringGsub is string.gsub.
func stringGsub(L *lua.LState) int {
	subject, pattern := CheckString(L, 1), CheckString(L, 2)
	replacement := checkReplacement(L)
	most := optInt(L, 4, len(subject)+1)

	m := newMatcher(L, subject, pattern)
	anchored := m.takeAnchor()
	literal, jump := m.firstLiteral()
	var out []byte // empty as long as all is as it was
	copied, at, count := 0, 0, 0
	for count < most {
		if jump && !anchored {
			next := strings.IndexByte(subject[at:], literal)
			if next < 0 {
				break
			}
			at += next
		}
		end := m.matchAt(at)
		if end >= 0 {
			count++
			out = append(out, subject[copied:at]...)
			out = m.appendReplacement(out, replacement, at, end)
			copied = end
			CheckSize(L, len(out))
		}
		switch {
		case end > at:
			at = end
		case at < len(subject):
			at++
		default:
			at = len(subject) + 1
		}
		if anchored || at > len(subject) {
			break
		}
	}
	result := subject
	if count > 0 {
		result = string(append(out, subject[copied:]...))
	}
	L.Push(lua.LString(result))
	L.Push(lua.LNumber(count))
	return 2
}

// checkReplacement returns argument 3, a number as text.
func checkReplacement(L *lua.LState) lua.LValue {
	switch value := L.Get(3).(type) {
	case lua.LString, *lua.LTable, *lua.LFunction:
		return value
	case lua.LNumber:
		return lua.LString(FormatNumber(float64(value)))
	}
	ArgError(L, 3, "string/function/table expected")
	return nil
}

// appendReplacement appends what the match is replaced by: the match itself if a table or a function has nothing.
func (m *matcher) appendReplacement(out []byte, replacement lua.LValue, from, to int) []byte {
	var value lua.LValue
	switch replacement := replacement.(type) {
	case lua.LString:
		return m.appendTemplate(out, string(replacement), from, to)
	case *lua.LTable:
		value = m.L.GetTable(replacement, m.caught(0, from, to))
	case *lua.LFunction:
		m.L.Push(replacement)
		m.L.Call(m.pushAll(from, to), 1)
		value = m.L.Get(-1)
		m.L.Pop(1)
	}
	switch value := value.(type) {
	case lua.LString:
		return append(out, value...)
	case lua.LNumber:
		return append(out, FormatNumber(float64(value))...)
	}
	if lua.LVAsBool(value) {
		Errorf(m.L, "invalid replacement value (a %s)", value.Type())
	}
	return append(out, m.subject[from:to]...)
}

// appendTemplate appends a text with its %0 to %9 replaced.
func (m *matcher) appendTemplate(out []byte, template string, from, to int) []byte {
	for {
		percent := strings.IndexByte(template, '%')
		if percent < 0 {
			return append(out, template...)
		}
		out = append(out, template[:percent]...)
		var escaped byte // NUL at the end, as C would read it
		if percent+1 < len(template) {
			escaped = template[percent+1]
		}
		switch {
		case !isDigit(escaped):
			out = append(out, escaped)
		case escaped == '0':
			out = append(out, m.subject[from:to]...)
		default:
			out = append(out, textOf(m.caught(int(escaped-'1'), from, to))...)
		}
		template = template[min(percent+2, len(template)):]
	}
}

// textOf is the text of a string or a number.
func textOf(value lua.LValue) string {
	if number, ok := value.(lua.LNumber); ok {
		return FormatNumber(float64(number))
	}
	return lua.LVAsString(value)
}
