package task

import (
	"strconv"

	"github.com/tidewire/tidewire/lua"
)

// origin is the place of a task's start. Tasks that are started at one place share it.
type origin struct {
	source string
	line   int
	where  string // the task's name in messages: "task started at bot.lua:12"
}

// fromGo is the origin of tasks that Go code has started.
var fromGo = &origin{where: "task"}

// origins are those of the last places, by their lines.
type origins [8]*origin

// origin returns the place of the nearest Lua code that has called the running function.
func (s *Scheduler) origin() *origin {
	source, line := s.caller(s.state.Thread(), 1)
	if line == 0 {
		return fromGo
	}
	known := &s.origins[line%len(s.origins)]
	if o := *known; o == nil || o.line != line || o.source != source {
		*known = &origin{source, line, "task started at " + source + ":" + strconv.Itoa(line)}
	}
	return *known
}

// caller returns where the innermost Lua code of a coroutine is, from a level on, or line 0
// if none is near.
func (s *Scheduler) caller(th *lua.Thread, level int) (source string, line int) {
	for ; level < maxLevels; level++ {
		a, found := s.state.Activation(th, level)
		if !found {
			break
		}
		if line := a.Line(); line > 0 {
			return a.Function().Info().ShortSource, line
		}
	}
	return "", 0
}

// maxLevels bounds how far caller looks.
const maxLevels = 100
