package baselib

import (
	"math"

	"github.com/tidewire/tidewire/lua"
)

// memory has the settings of collectgarbage. The walk that clears weak tables and finds
// finalizers is the state's; its memory is Go's to collect, whose collector paces itself.
// So stop, setpause and setstepmul have no effect.
type memory struct {
	stopped               bool
	pause, stepMultiplier int
}

var memoryOptions = []string{
	"stop", "restart", "collect", "count", "step", "setpause", "setstepmul", "isrunning",
}

func (m *memory) collectgarbage(c *lua.Call) error {
	option, argument := c.Option(1, "collect", memoryOptions...), optInt32(c, 2, 0)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	result := lua.Int(0)
	switch memoryOptions[option] {
	case "collect":
		if err := collect(s); err != nil {
			return err
		}
	case "step":
		finished, err := step(s, argument)
		if err != nil {
			return err
		}
		result = lua.Bool(finished)
	case "count":
		result = lua.Number(float64(s.Memory()) / 1024)
	case "stop":
		m.stopped = true
	case "restart":
		m.stopped = false
	case "isrunning":
		result = lua.Bool(!m.stopped)
	case "setpause":
		result, m.pause = lua.Int(m.pause), argument
	case "setstepmul":
		result, m.stepMultiplier = lua.Int(m.stepMultiplier), argument
	}
	return c.Return(result)
}

// collect walks the state. The work is counted by the memory that there is to walk over.
func collect(s *lua.State) error {
	if err := s.Step(int(min(s.Memory()/64, math.MaxInt32))); err != nil {
		return err
	}
	_, err := s.Collect()
	return err
}

// step goes on with a walk, as far as size says, and reports whether that was its end.
func step(s *lua.State, size int) (finished bool, err error) {
	const least, perSize = 64, 256 // values; size is in KiB in Lua 5.1, which looks at about as many for each
	values := least + min(max(size, 0), math.MaxInt32/perSize-1)*perSize
	if err := s.Step(int(min(int64(values), s.Memory()/16) / valuesPerStep)); err != nil {
		return false, err
	}
	return s.CollectStep(values)
}

// valuesPerStep is how many values a walk looks at in the time of a step.
const valuesPerStep = 4

// gcinfo is the count's whole part.
func gcinfo(c *lua.Call) error { return c.Return(lua.Number(float64(c.State().Memory() >> 10))) }
