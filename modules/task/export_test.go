package task

import (
	"reflect"

	"github.com/tidewire/tidewire/lua"
)

// Sizes returns how many bytes a task takes for as long as it is held, and until it has
// ended, and the charges for them, with what lua charges for.
func Sizes() (held, live, heldCharge, liveCharge int) {
	of := func(v any) int { return int(reflect.TypeOf(v).Size()) }
	const userdata, places = 48, 16
	return of(task{}), of(running{}), handleBytes + userdata, runningBytes - places + of(lua.Task{})
}
