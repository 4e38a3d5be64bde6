package gate

import (
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// maxLevels bounds how far Caller looks.
const maxLevels = 100

// Caller returns where the nearest Lua code is that called the running Go function, such
// as "bot.lua:12", or "" if there is none near.
func Caller(s *lua.State) string {
	for level := 1; level < maxLevels; level++ {
		if at := s.Where(level); at != "" {
			return strings.TrimSuffix(at, ": ")
		}
		if _, found := s.Activation(s.Thread(), level); !found {
			break
		}
	}
	return ""
}
