package luaws

import (
	"strings"
	"weak"

	lua "github.com/yuin/gopher-lua"
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

// callbackMeantBy returns the callback for which key is a misspelling, or "". It is one if case, "_" and "-" alone tell
// them apart, or beyond that one letter is too many, missing or swapped with the next. The letter after "on" must be
// right, and no letter may stand for another: onLose, onOven and onClone are words of their own. So is onReopen.
func callbackMeantBy(key string) string {
	bare := plain(key)
	for _, callback := range callbackKeys {
		if key == callback {
			return ""
		}
		want := plain(callback)
		if bare == want || strings.HasPrefix(bare, want[:3]) && oneSlip(bare, want) {
			return callback
		}
	}
	return ""
}

// plain takes away what spellings of one name differ in.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// oneSlip reports whether a becomes b when one letter is added, dropped or swapped with its neighbour.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	restA, restB := a[same:], b[same:]
	switch {
	case len(b) == len(a)+1:
		return restA == restB[1:]
	case len(b) == len(a) && len(restA) >= 2:
		return restA[0] == restB[1] && restA[1] == restB[0] && restA[2:] == restB[2:]
	}
	return false
}

// closest returns the one of known that takes the fewest changes of a letter to become, case apart.
func closest(name string, known []string) string {
	best, fewest := "", 0
	for _, candidate := range known {
		if changes := distance(strings.ToLower(name), strings.ToLower(candidate)); best == "" || changes < fewest {
			best, fewest = candidate, changes
		}
	}
	return best
}

// distance is Levenshtein's: how many letters have to be added, dropped or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // row[j]: from the part of a seen so far to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changes := diagonal
			if a[i] != b[j] {
				changes = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], changes
		}
	}
	return row[len(b)]
}
