package gopherlua_test

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
)

// errorIn returns the error of an onMessage with this body, and checks that the VM is
// sound after it: the next callback runs, from the same depth of the stack.
func errorIn(t *testing.T, body string) *gopherlua.Error {
	t.Helper()
	var reported error
	fake := &wscontract.Engine{}
	L := lua.NewState()
	defer L.Close()
	module := gopherlua.OpenOn(L, fake, gopherlua.Options{
		Errors: reporter(func(where string, err error, attrs ...any) { reported = errors.Join(reported, err) }),
	})
	chunk, err := L.Load(strings.NewReader("websocket.Connect('ws://peer.test/', {onMessage = function(data)\n"+body+
		"\nend, onOpen = function() opened = 1 + (opened or 0) end})"), "bot.lua")
	if err != nil {
		t.Fatal(err)
	}
	L.Push(chunk)
	if err := L.PCall(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	fake.Opened(101, engine.Info{})
	fake.Received(101, "x", engine.Text)
	fake.Opened(101, engine.Info{})
	module.Pump(engine.Budget{})
	if got := L.GetGlobal("opened"); got != lua.LNumber(2) || L.GetTop() != 0 {
		t.Errorf("%s\nafterwards onOpen has run %v times, and %d values are on the stack", body, got, L.GetTop())
	}
	if _, deep := L.GetStack(0); deep {
		t.Errorf("%s\nleaves a call on the stack", body)
	}
	var failed *gopherlua.Error
	if !errors.As(reported, &failed) {
		t.Fatalf("%s\nwas reported as %v", body, reported)
	}
	return failed
}

type reporter func(where string, err error, attrs ...any)

func (r reporter) Report(where string, err error, attrs ...any) { r(where, err, attrs...) }

func TestTexts(t *testing.T) {
	for body, want := range map[string]string{
		`error("boom")`:    "bot.lua:2: boom",
		`error("boom", 0)`: "boom",
		`error(5)`:         "5",
		`error(nil)`:       "(error object is a nil value)",
		`error({})`:        "(error object is a table value)",
		`error(setmetatable({}, {__tostring = function() return "made" end}))`:  "made",
		`error(setmetatable({}, {__tostring = function() return {} end}))`:      "(error object is a table value)",
		`error(setmetatable({}, {__tostring = function() error("again") end}))`: "(error object is a table value)",
	} {
		if got := errorIn(t, body).Text; got != want {
			t.Errorf("%s\nhas the text %q, want %q", body, got, want)
		}
	}
}

func TestTracebacks(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`error("boom")`, `
	[C]: in function 'error'
	bot.lua:2: in function <bot.lua:1>`},
		{"local function inner()\n error('boom')\nend\ninner()", `
	[C]: in function 'error'
	bot.lua:3: in function 'inner'
	bot.lua:5: in function <bot.lua:1>`},
		{"local function inner() local x = nil + 1 end\nlocal function outer() return inner() end\nouter()", `
	bot.lua:2: in function <bot.lua:2>
	bot.lua:4: in function <bot.lua:1>`},
		{`("x"):gsub(".", function() error('boom') end)`, `
	[C]: in function 'error'
	bot.lua:2: in function <bot.lua:2>
	[C]: in function 'gsub'
	bot.lua:2: in function <bot.lua:1>`},
		{"local function down(n)\n if n == 0 then error('boom') end\n down(n - 1)\nend\ndown(50)", `
	[C]: in function 'error'
	bot.lua:3: in function 'down'` + strings.Repeat("\n\tbot.lua:4: in function 'down'", 10) + `
	...` + strings.Repeat("\n\tbot.lua:4: in function 'down'", 8) + `
	bot.lua:6: in function <bot.lua:1>`},
	} {
		if got := errorIn(t, test.body).Traceback; got != "stack traceback:"+test.want {
			t.Errorf("%s\nhas the %s\nwant%s", test.body, got, test.want)
		}
	}
}

// The VM panics at a function that is called by an empty name, in the middle of its
// protected call; nor does it foresee its own stack's end everywhere.
func TestTheVMSurvives(t *testing.T) {
	for body, want := range map[string]string{
		`local t = {[""] = error} t[""]("boom")`:                                                         "bot.lua:2: boom",
		`local t = {} t[""] = function() local x = t[""]() return x end t[""]()`:                         "bot.lua:2: stack overflow",
		`pcall(function() local t = {[""] = error} t[""]("boom") end)`:                                   "runtime error: ",
		`local function g() return 1 + g() end g()`:                                                      "bot.lua:2: stack overflow",
		`local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end}) print(t.x)`:       "bot.lua:2: stack overflow",
		`error(setmetatable({}, {__tostring = function() local t = {[""] = error} t[""]("again") end}))`: "(error object is a table value)",
		`coroutine.wrap(function() local function g() return 1 + g() end g() end)()`:                     "bot.lua:2: stack overflow",
	} {
		if got := errorIn(t, body).Text; !strings.HasPrefix(got, want) {
			t.Errorf("%s\nhas the text %q, want %q", body, got, want)
		}
	}
}

// A panic, of the VM or of a function of the embedder, closes the upvalues of the code
// that it unwinds, as an error does.
func TestUpvaluesSurviveAPanic(t *testing.T) {
	r := newRig(t)
	r.L.SetGlobal("crash", r.L.NewFunction(func(*lua.LState) int { panic("crashed") }))
	r.do(`
		kept = {}
		local function connect(crash)
			websocket.Connect("ws://peer.test/", {onMessage = function(data)
				local data = data
				kept[#kept + 1] = function() return data end
				crash()
			end})
		end
		connect(crash)
		connect(function() pcall(function() local t = {[""] = error} t[""]("boom") end) end)
		connect(function() local function g() return 1 + g() end g() end)
	`)
	for i, data := range []string{"a", "b", "c"} {
		r.engine.Received(engine.ID(101+i), data, engine.Text)
	}
	r.pump()
	if got := r.eval(`(function(a, b, c, d, e) return kept[1]() .. kept[2]() .. kept[3]() end)(1, 2, 3, 4, 5)`); got != "abc" {
		t.Errorf("got %q", got)
	}
	if r.errors.Count() != 3 {
		t.Errorf("%d errors:\n%s", r.errors.Count(), r.log)
	}
	r.wantLog("onMessage: crashed")
}

// After an error that has left a wrapped coroutine the main coroutine runs again.
func TestAnErrorInAWrappedCoroutine(t *testing.T) {
	r := newRig(t)
	r.do(`
		websocket.Connect("ws://peer.test/", {
			onOpen = function() coroutine.wrap(function() dead = coroutine.running() error("boom") end)() end,
			onMessage = function() status = coroutine.status(dead) end,
		})
	`)
	r.engine.Opened(101, engine.Info{})
	r.engine.Received(101, "x", engine.Text)
	r.pump()
	if got := r.eval("status"); got == "running" || got == "nil" || r.errors.Count() != 1 {
		t.Errorf("the coroutine that failed is %s; %d errors:\n%s", got, r.errors.Count(), r.log)
	}
}

// Where a script calls the pump, its own calls are in the traceback. Calls that a tail
// call has replaced are not.
func TestTracebackBelowThePump(t *testing.T) {
	r := newRig(t)
	r.L.SetGlobal("pump", r.L.NewFunction(func(L *lua.LState) int { r.pump(); return 0 }))
	r.engine.Received(101, "x", engine.Text)
	r.do(`
		local function inner() local x = nil + 1 end
		local function outer() return inner() end
		websocket.Connect("ws://peer.test/", {onMessage = function() outer() end})
		pump()
	`)
	const want = `stack traceback:\n\tbot.lua:2: in function <bot.lua:2>\n\tbot.lua:4: in function <bot.lua:4>` +
		`\n\t[C]: in function 'pump'\n\tbot.lua:5: in main chunk"`
	r.wantLog(want)
}

// The VM leaves Go's nil in a table after some stack overflows.
func TestGoNilIsNil(t *testing.T) {
	r := newRig(t)
	r.do(`
		callbacks, options = {}, {}
		setmetatable(callbacks, {__index = function() return gonil.x end})
		gonil = {}
		websocket.Connect("ws://peer.test/", callbacks, options)
	`)
	for _, name := range []string{"callbacks", "gonil"} {
		r.L.GetGlobal(name).(*lua.LTable).RawSetString("onMessage", nil)
		r.L.GetGlobal(name).(*lua.LTable).RawSetString("x", nil)
	}
	r.L.GetGlobal("options").(*lua.LTable).RawSetString("origin", nil)
	r.engine.Opened(101, engine.Info{})
	r.engine.Received(101, "x", engine.Text)
	r.engine.Ended(101, engine.End{Failed: true})
	if got := r.pump(); got != 3 {
		t.Errorf("%d events were taken", got)
	}
	r.do(`websocket.Connect("ws://peer.test/", callbacks, options)`)
	if r.engine.Connects() != 2 {
		t.Errorf("%d connections", r.engine.Connects())
	}
}
