package lua

import "github.com/tidewire/tidewire/internal/lua/code"

// Power returns a ^ b as Lua's operator computes it.
func Power(a, b float64) float64 { return code.Power(a, b) }
