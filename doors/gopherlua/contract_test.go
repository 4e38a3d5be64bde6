package gopherlua_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
)

// kind is this door for the contract.
var kind = wscontract.Kind{Open: openDoor, YieldError: "can not yield from outside of a coroutine"}

func TestContract(t *testing.T) { wscontract.Test(t, kind) }

func FuzzArguments(f *testing.F) { wscontract.Fuzz(f, kind) }

func BenchmarkReceive(b *testing.B) { wscontract.BenchmarkReceive(b, kind) }

// A Lua string of this VM has a box of its own.
func TestAMessageCostsTwoAllocations(t *testing.T) {
	if got := wscontract.AllocsPerMessage(t, kind); got != 2 {
		t.Errorf("%v allocations a message, want the string and its box", got)
	}
}

// door is a Lua state with the module.
type door struct {
	*gopherlua.Module
	L *lua.LState
}

// openDoor makes a state with the module, print, pump and token.
func openDoor(_ testing.TB, setup wscontract.Setup) wscontract.Door {
	L := lua.NewState()
	d := &door{gopherlua.OpenOn(L, setup.Engine, gopherlua.Options{
		Logger: setup.Logger, Errors: setup.Errors, Limits: setup.Limits,
	}), L}
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int {
		words := make([]string, L.GetTop())
		for i := range words {
			words[i] = L.ToStringMeta(L.Get(i + 1)).String()
		}
		setup.Print(strings.Join(words, "\t"))
		return 0
	}))
	L.SetGlobal("pump", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LNumber(d.Module.Pump(engine.Budget{})))
		return 1
	}))
	L.SetGlobal("token", L.NewFunction(func(L *lua.LState) int {
		name, token := L.CheckString(1), L.NewUserData()
		runtime.SetFinalizer(token, func(*lua.LUserData) { setup.Collected(name) })
		L.Push(token)
		return 1
	}))
	return d
}

// Run implements wscontract.Door.
func (d *door) Run(name, source string, args ...string) error {
	chunk, err := d.L.Load(strings.NewReader(source), name)
	if err != nil {
		return err
	}
	d.L.Push(chunk)
	for _, arg := range args {
		d.L.Push(lua.LString(arg))
	}
	err = d.L.PCall(len(args), 0, nil)
	var raised *lua.ApiError
	if errors.As(err, &raised) {
		return errors.New(raised.Object.String())
	}
	return err
}

// Pump implements wscontract.Door.
func (d *door) Pump(budget engine.Budget) (events int, err error) {
	defer func() {
		if raised := recover(); raised != nil {
			err = fmt.Errorf("%v", raised)
		}
	}()
	return d.Module.Pump(budget), nil
}

// Collect implements wscontract.Door. This VM leaves it to Go.
func (d *door) Collect() { runtime.GC() }

// Close implements wscontract.Door.
func (d *door) Close() {
	if !d.L.IsClosed() {
		d.L.Close()
	}
}
