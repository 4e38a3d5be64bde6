package luaws

import (
	"weak"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/spelling"
)

// callbackKeys are the keys under which callbacks are looked up.
var callbackKeys = []string{"onOpen", "onMessage", "onClose", "onError"}

// warnedTables remembers which callback tables a warning was given for, without keeping them alive: a script that
// connects again and again with one table is warned once. Only misspelt tables get in.
type warnedTables struct {
	tables  map[weak.Pointer[lua.LTable]]struct{}
	sweepAt int // the size at which dead entries are looked for
}

// add takes a table in and reports whether it is new.
func (w *warnedTables) add(table *lua.LTable) bool {
	pointer := weak.Make(table)
	if _, known := w.tables[pointer]; known {
		return false
	}
	if w.tables == nil {
		w.tables = make(map[weak.Pointer[lua.LTable]]struct{})
	}
	if len(w.tables) >= w.sweepAt {
		w.sweep()
	}
	w.tables[pointer] = struct{}{}
	return true
}

// sweep drops the tables that were collected. The next sweep comes when the live ones have doubled, so that it costs
// each add a constant share.
func (w *warnedTables) sweep() {
	for pointer := range w.tables {
		if pointer.Value() == nil {
			delete(w.tables, pointer)
		}
	}
	w.sweepAt = 2*len(w.tables) + 16
}

// warnOfLookAlikes warns of the first key of a callback table that nearly is a callback's. caller is where the script
// passed it to Connect.
func (m *Module) warnOfLookAlikes(callbacks *lua.LTable, caller string) {
	for key := range pairs(callbacks) {
		name, ok := key.(lua.LString)
		if !ok {
			continue
		}
		if meant := callbackMeantBy(string(name)); meant != "" {
			if m.lookAlikes.add(callbacks) {
				m.logger.Warn(`unknown callback "`+string(name)+`": did you mean "`+meant+`"?`, "caller", caller)
			}
			return
		}
	}
}

// callbackMeantBy returns the callback for which key is a misspelling, or "".
func callbackMeantBy(key string) string { return spelling.Meant(key, callbackKeys) }
