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
	},
}
