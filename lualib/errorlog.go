package lualib

import (
	"log/slog"

	"github.com/tidewire/tidewire/internal/errorlog"
)

// ErrorLog shows a person what went wrong in Lua callbacks, and counts it.
type ErrorLog = errorlog.Log

// NewErrorLog returns a log that writes to logger at level error. nil discards the lines and still counts.
func NewErrorLog(logger *slog.Logger) *ErrorLog { return errorlog.New(logger) }
