package gopherlua_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
)

// rig is a Lua state with the module over a fake engine, and everything that was logged.
// It is for the tests of this VM's own features; wscontract tests the behaviour that
// scripts may rely on.
type rig struct {
	t      testing.TB
	L      *lua.LState
	engine *wscontract.Engine
	module *gopherlua.Module
	log    *bytes.Buffer
	errors *errorlog.Log
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, L: lua.NewState(), engine: &wscontract.Engine{}, log: &bytes.Buffer{}}
	t.Cleanup(r.L.Close)
	logger := slog.New(slog.NewTextHandler(r.log, nil))
	r.errors = errorlog.New(logger)
	r.module = gopherlua.OpenOn(r.L, r.engine, gopherlua.Options{Logger: logger, Errors: r.errors})
	return r
}

// do runs a chunk named bot.lua, which must not fail.
func (r *rig) do(code string) {
	r.t.Helper()
	chunk, err := r.L.Load(strings.NewReader(code), "bot.lua")
	if err != nil {
		r.t.Fatal(err)
	}
	r.L.Push(chunk)
	if err := r.L.PCall(0, 0, nil); err != nil {
		r.t.Fatal(err)
	}
}

// eval returns the text of a value.
func (r *rig) eval(code string) string {
	r.t.Helper()
	r.do("result = tostring(" + code + ")")
	return r.L.GetGlobal("result").String()
}

func (r *rig) pump() int { return r.module.Pump(engine.Budget{}) }

func (r *rig) wantLog(substrings ...string) {
	r.t.Helper()
	for _, substring := range substrings {
		if !strings.Contains(r.log.String(), substring) {
			r.t.Errorf("the log lacks %q:\n%s", substring, r.log)
		}
	}
}
