package script

import (
	"errors"

	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/lua"
)

// reports shows the errors of the script's code. Errors about memory name the limit,
// since the error's own text is Lua's.
type reports struct {
	*errorlog.Log
	limit string // of memory
}

// Report is errorlog.Log's.
func (r reports) Report(where string, err error, attrs ...any) {
	if errors.Is(err, lua.ErrMemory) || errors.Is(err, lua.ErrExhausted) {
		attrs = append(attrs, "limit", r.limit)
	}
	r.Log.Report(where, err, attrs...)
}
