package luaapi

// HandleType is the type of the handles that functions return: no literal is one.
const HandleType = "tidewire.Handle"

const (
	handleType  = HandleType
	handlerType = "fun()"
)

var host = Module{
	Name: "host", Aliases: []string{"cheat"}, Global: true,
	Doc: "The program that runs the script. `cheat` is the same table, under the name that existing scripts use.",
	Functions: []Function{
		{Name: "Register", Returns: handleType,
			Params: []Param{
				{Name: "event", Type: "string", Doc: "`\"onUpdate\"` or `\"shutdown\"`"},
				{Name: "f", Type: handlerType}},
			Events: Events},
		{Name: "After", Returns: handleType,
			Doc: "calls `f` once, `ms` milliseconds from now; returns a handle",
			Params: []Param{{Name: "ms", Type: "number", Doc: "a negative one counts as 0"},
				{Name: "f", Type: handlerType}}},
		{Name: "Every", Returns: handleType,
			Doc:    "calls `f` each `ms` milliseconds, at least 1; missed periods are skipped; returns a handle",
			Params: []Param{{Name: "ms", Type: "number"}, {Name: "f", Type: handlerType}}},
		{Name: "OnLine", Returns: handleType,
			Doc:    "calls `f(line)` for each line of standard input as it comes, and `f(nil)` at its end; returns a handle",
			Params: []Param{{Name: "f", Type: "fun(line: string?)"}}},
		{Name: "Unregister",
			Doc: "cancels a handler, timer or request; an ended one is ignored. A handle is not a number, and a number " +
				"raises",
			Params: []Param{{Name: "handle", Type: handleType}}},
		{Name: "Unref",
			Doc: "lets the run end although the timer or the `OnLine` handler is still there; of other handles " +
				"nothing changes",
			Params: []Param{{Name: "handle", Type: handleType}}},
		{Name: "Time", Returns: "number", Doc: "seconds since 1970 with a fraction, by the wall clock"},
		{Name: "Clock", Returns: "number",
			Doc: "seconds with a fraction since the run began; it never goes back, and setting the clock changes nothing"},
		{Name: "Ending", Returns: "boolean", Doc: "whether the ending of the run has begun"},
		{Name: "Exit",
			Doc: "ends the run with an exit code from 0 to 255, by default the one that it would have had; it does not " +
				"return, and `pcall` does not catch it. `os.exit` does the same, with 0 as the default",
			Params: []Param{{Name: "code", Type: "integer", Optional: true,
				Doc: "default: 1 after a Lua error or an unheard failure, else 0"}}},
	},
	Fields: []Field{
		{Name: "echo", Type: "string", Optional: true, Doc: "URL of the echo server that `--echo` started, or nil"},
	},
}

// Events are the events that host.Register knows.
var Events = []Field{
	{Name: "onUpdate", Doc: "calls `f` once a frame, 60 times a second by default; returns a handle"},
	{Name: "shutdown", Doc: "calls `f` once, when the run ends; returns a handle"},
}

var utility = Module{
	Name: "utility", Global: true,
	Doc: "Small helpers that existing scripts expect.",
	Functions: []Function{
		{Name: "GetTickCount", Returns: "integer",
			Doc: "whole milliseconds, monotonic; large from the first call, never so large that `..` would " +
				"write an exponent"},
	},
}
