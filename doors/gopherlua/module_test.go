package gopherlua_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
)

// Any gopher-lua host will do: one without libraries, without a log, inside a coroutine.
func TestOpenOnAPlainState(t *testing.T) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	fake := &wscontract.Engine{}
	module := gopherlua.OpenOn(L, fake, gopherlua.Options{})
	for _, test := range []struct{ code, want string }{
		{`id = websocket.Connect("ws://peer.test/", {on_open = 1, onOpen = function() seen = "open" nothing() end})`,
			"nil"},
		{`seen = seen .. id`, "open1"},
	} {
		if err := L.DoString(test.code); err != nil {
			t.Fatal(err)
		}
		if got := L.GetGlobal("seen").String(); got != test.want {
			t.Errorf("after %s: seen is %s, want %s", test.code, got, test.want)
		}
		fake.Opened(101, engine.Info{})
		fake.Ended(101, engine.End{Failed: true})
		module.Pump(engine.Budget{})
	}
}

func TestCallbacksRunOnTheMainCoroutineWhereverOpenIsCalled(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	fake := &wscontract.Engine{}
	var module *gopherlua.Module
	L.SetGlobal("open", L.NewFunction(func(L *lua.LState) int {
		module = gopherlua.OpenOn(L, fake, gopherlua.Options{})
		return 0
	}))
	if err := L.DoString(`coroutine.wrap(function() open() coroutine.yield() end)()
		websocket.Connect("ws://peer.test/", {onOpen = function() running = tostring(coroutine.running()) end})`); err != nil {
		t.Fatal(err)
	}
	fake.Opened(101, engine.Info{})
	module.Pump(engine.Budget{})
	if got := L.GetGlobal("running").String(); got != "nil" {
		t.Errorf("onOpen ran on %s", got)
	}
}
