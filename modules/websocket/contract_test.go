package websocket_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
)

// kind is this door for the contract.
var kind = wscontract.Kind{
	Open:       openDoor,
	YieldError: "attempt to yield across C-call boundary",
}

func TestContract(t *testing.T) { wscontract.Test(t, kind) }

func FuzzArguments(f *testing.F) { wscontract.Fuzz(f, kind) }

// door is a state with the module.
type door struct {
	*lua.State
	*websocket.Module
}

// openDoor makes a state with the module, print, pump and token.
func openDoor(tb testing.TB, setup wscontract.Setup) wscontract.Door {
	s := lua.NewState(lua.Options{Tracebacks: true})
	if err := std.Open(s, std.Options{Stdout: printer(setup.Print)}); err != nil {
		tb.Fatal(err)
	}
	module, err := websocket.OpenOn(s, setup.Engine, websocket.Options{
		Logger: setup.Logger, Errors: setup.Errors, Limits: setup.Limits,
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.SetFuncs(s.Globals(),
		lua.Func{Name: "pump", Call: func(c *lua.Call) error {
			events, err := module.Pump(engine.Budget{})
			if err != nil {
				return err
			}
			return c.Return(lua.Int(events))
		}},
		lua.Func{Name: "token", Call: func(c *lua.Call) error {
			name := strings.Clone(c.String(1))
			if err := c.Err(); err != nil {
				return err
			}
			token := &struct{ name string }{name}
			runtime.AddCleanup(token, func(name string) { setup.Collected(name) }, name)
			return c.Return(s.NewUserdata(token, nil))
		}},
	); err != nil {
		tb.Fatal(err)
	}
	return &door{s, module}
}

// printer is a writer that gets whole lines.
type printer func(line string)

func (p printer) Write(text []byte) (int, error) {
	p(strings.TrimSuffix(string(text), "\n"))
	return len(text), nil
}

// Run implements wscontract.Door.
func (d *door) Run(name, source string, args ...string) error {
	values := make([]lua.Value, len(args))
	for i, arg := range args {
		var err error
		if values[i], err = d.String(arg); err != nil {
			return err
		}
	}
	_, err := d.State.Run([]byte(source), "@"+name, values...)
	return err
}

// Collect implements wscontract.Door.
func (d *door) Collect() {
	if _, err := d.State.Collect(); err != nil {
		panic(err)
	}
	runtime.GC()
}
