package gopherlua

// OpenOn is Open on anything that behaves like an engine.
var OpenOn = open

// Held returns how many connections the module holds callback tables of, and how many
// misspelt tables it remembers.
func (m *Module) Held() (connections, misspelt int) { return m.session.Held() }

// The checks of arguments.
var (
	CheckString = checkString
	OptString   = optString
	CheckNumber = checkNumber
	OptNumber   = optNumber
	OptTable    = optTable
	Caller      = caller
)
