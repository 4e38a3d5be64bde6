package luaapi

// seconds is how long a function of tide.task waits.
var seconds = Param{Name: "seconds", Type: "number", Optional: true}

var task = Module{
	Name: "tide.task", Loadable: true,
	Doc: "Functions that run beside one another, and wait.",
	Functions: []Function{
		{Name: "go", Returns: "tidewire.Task",
			Doc: "starts a task: a call of `f` with the other arguments, made when the running code has ended or waits, " +
				"in the same turn and in the order of calls",
			Params: []Param{{Name: "f", Type: "function"}, {Name: "...", Type: "any", Optional: true}}},
		{Name: "sleep", Doc: "⏸ waits; 0 lets all others go on first that can",
			Params: []Param{{Name: "seconds", Type: "number"}}},
		{Name: "all", Returns: "boolean?, any, integer?",
			Doc: "⏸ waits for the ends of tasks: `true` and the list of their first results, or `false, error value, index` " +
				"at the first failure (the others go on), or `nil, \"timeout\"`",
			Params: []Param{{Name: "tasks", Type: "tidewire.Task[]"}, seconds}},
		{Name: "queue", Returns: "tidewire.Queue", Doc: "makes a queue of at most `n` values",
			Params: []Param{{Name: "n", Type: "integer"}}},
		{Name: "lines", Returns: "fun(): string?",
			Doc: "⏸ `for line in task.lines() do`: standard input, read no faster than the loop asks. It waits for each line"},
	},
	Objects: []Object{
		{Name: "t", Class: "tidewire.Task", Doc: "A task: a function that may wait.",
			Methods: []Function{
				{Name: "wait", Returns: "boolean?, any",
					Doc:    "⏸ waits for its end: `true, results…`, or `false, error value`, or `nil, \"timeout\"`; as often as wanted",
					Params: []Param{seconds}},
				{Name: "cancel",
					Doc: "the ⏸ call that it is in, or its next one, raises `cancelled`, and so does each later one"},
			}},
		{Name: "q", Class: "tidewire.Queue", Doc: "A queue of values between callbacks and tasks.",
			Methods: []Function{
				{Name: "push", Returns: "true?, string?",
					Doc:    "adds a value other than nil: `true`, or `nil, \"full\"`, or `nil, \"closed\"`; never waits",
					Params: []Param{{Name: "value", Type: "any"}}},
				{Name: "put", Returns: "true?, string?",
					Doc:    "⏸ waits for room, then adds the value: `true`, or `nil, \"timeout\"`, or `nil, \"closed\"`",
					Params: []Param{{Name: "value", Type: "any"}, seconds}},
				{Name: "pop", Returns: "any, string?",
					Doc: "⏸ waits for a value and takes it: the value, or `nil, \"timeout\"`, or, closed and empty, " +
						"`nil, \"closed\"`",
					Params: []Param{seconds}},
				{Name: "close", Doc: "takes no more values; those that are there can still be popped"},
				{Name: "count", Returns: "integer", Doc: "how many values are there"},
			}},
	},
}
