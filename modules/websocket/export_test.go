package websocket

// OpenOn is Open on anything that behaves like an engine.
var OpenOn = open

// Held returns how many connections the module holds callback tables of, and how many
// misspelt tables it remembers.
func (m *Module) Held() (connections, misspelt int) { return m.session.Held() }
