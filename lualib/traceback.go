package lualib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// traceback describes the calls on a state's stack as LuaJIT does, from a level on: 0 is the innermost. It knows no calls
// of a VM that is not known.
func traceback(L *lua.LState, level int) string { return describeAll(visibleCalls(L), level) }

// tracebackOfAll is traceback with the coroutines that wait for L.
func tracebackOfAll(L *lua.LState) string {
	var calls []vmCall
	for ; L != nil; L = L.Parent {
		calls = append(calls, visibleCalls(L)...)
	}
	return describeAll(calls, 0)
}

// describeAll describes calls from a level on. Of many it leaves out the middle.
func describeAll(calls []vmCall, level int) string {
	const first, last = 12, 10
	var out strings.Builder
	out.WriteString("stack traceback:")
	for i := max(level, 0); i < len(calls); i++ {
		if i == first && i+1+last < len(calls) {
			out.WriteString("\n\t...")
			i = len(calls) - last
		}
		out.WriteString("\n\t")
		out.WriteString(describe(calls[i]))
	}
	return out.String()
}

// visibleCalls returns the calls that a script knows of, the innermost first: not the handler that protected calls set, not
// what joins the operands of "..", not what a trampoline leads to, for which the trampoline stands, and not Lua code whose
// place a function of Go has taken by a tail call: the VM keeps it until that returns.
func visibleCalls(L *lua.LState) []vmCall {
	var catch *lua.LFunction
	if p := protectionOf(L); p != nil {
		catch = p.catch
	}
	var calls []vmCall
	for call := runningCall(L); !call.none(); call = call.caller() {
		if isTrampoline(call) && len(calls) > 0 && isTrampolines(calls[len(calls)-1]) {
			calls = calls[:len(calls)-1]
		}
		switch function := call.function(); {
		case function == catch:
		case function.IsG && nameOf(call) == "..":
		case len(calls) > 0 && endsInTailCall(call):
		default:
			calls = append(calls, call)
		}
	}
	return calls
}

func isTrampoline(call vmCall) bool { return !call.function().IsG && isHosts(call.function()) }

// isTrampolines reports whether a trampoline made a call.
func isTrampolines(call vmCall) bool {
	caller := call.caller()
	return !caller.none() && isTrampoline(caller)
}

func endsInTailCall(call vmCall) bool {
	function := call.function()
	return !function.IsG && opcode(function.Proto.Code[call.pc()]) == lua.OP_TAILCALL
}

// describe is a call's line.
func describe(call vmCall) string {
	function := call.function()
	name := nameOf(call)
	if isHosts(function) {
		if name == "" {
			return "[C]: ?" // LuaJIT has an address there
		}
		return "[C]: in function '" + name + "'"
	}
	proto := function.Proto
	what := fmt.Sprintf("function <%s:%d>", proto.SourceName, proto.LineDefined)
	switch {
	case name != "":
		what = "function '" + name + "'"
	case proto.LineDefined == 0:
		what = "main chunk"
	}
	return fmt.Sprintf("%s:%d: in %s", proto.SourceName, proto.DbgSourcePositions[call.pc()], what)
}

// calledBy returns what Lua code calls the function of a call, such as "local" and "f", or nothing.
func calledBy(call vmCall) (what, name string) {
	if call.none() || nameOf(call) == "" {
		return "", ""
	}
	caller := call.caller()
	operand := operandName(caller.function(), caller.pc(), registerA(caller.function().Proto.Code[caller.pc()]))
	what, quoted, _ := strings.Cut(operand, " ")
	return what, strings.Trim(quoted, "'")
}

// nameOf returns the name by which Lua code made a call, or "". A tail call leaves the name of the call that it ends.
func nameOf(call vmCall) string {
	caller := call.caller()
	if caller.none() || isHosts(caller.function()) {
		return ""
	}
	if name, _ := nameAt(caller.function().Proto, caller.pc()); name != "?" {
		return name
	}
	return ""
}

// debugTraceback adds the stack to a message. What is no text is handed on, as in LuaJIT.
func debugTraceback(L *lua.LState) int {
	of, at := L, 1
	if thread, isThread := L.Get(1).(*lua.LState); isThread {
		of, at = thread, 2
	}
	var text []byte
	if L.GetTop() >= at {
		message := L.Get(at)
		if !isText(message) {
			L.Push(message)
			return 1
		}
		text = append(appendText(text, message), '\n')
	}
	level := 0
	if of == L {
		level = 1 // not debug.traceback itself
	}
	L.Push(lua.LString(append(text, traceback(of, optInt(L, at+1, level))...)))
	return 1
}
