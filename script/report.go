package script

import (
	"errors"
	"strconv"

	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/lua"
)

// reports shows the errors of the script's code. Those about memory say what the limit is, since the error's own text is
// Lua's.
type reports struct {
	*errorlog.Log
	maxMemory int64
}

// Report is errorlog.Log's.
func (r reports) Report(where string, err error, attrs ...any) {
	if errors.Is(err, lua.ErrMemory) || errors.Is(err, lua.ErrExhausted) {
		attrs = append(attrs, "limit", "--max-memory "+strconv.FormatInt(r.maxMemory>>20, 10)+"M")
	}
	r.Log.Report(where, err, attrs...)
}
