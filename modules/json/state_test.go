package json_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/json"
)

// newState returns a state with all libraries and the module as the global json.
func newState(t testing.TB, opts lua.Options) *lua.State {
	t.Helper()
	s := lua.NewState(opts)
	t.Cleanup(s.Close)
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := json.Open(s); err != nil {
		t.Fatal(err)
	}
	run(t, s, `json = require "json"`)
	return s
}

// run runs a chunk that must not fail, and returns its results.
func run(t testing.TB, s *lua.State, source string) []lua.Value {
	t.Helper()
	results, err := s.Run([]byte(source), "=test")
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return results
}

// evaluate is run for one result, as text.
func evaluate(t testing.TB, s *lua.State, source string) string {
	t.Helper()
	if results := run(t, s, source); len(results) > 0 {
		if text, ok := lua.ToText(results[0]); ok {
			return text
		}
		return results[0].TypeName()
	}
	return "nothing"
}

// recode is json.encode(json.decode(text)); the error is the text that was raised.
func recode(t testing.TB, s *lua.State, text string) (string, error) {
	t.Helper()
	value, err := s.String(text)
	if err == nil {
		err = s.SetGlobal("text", value)
	}
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, s, `
		local ok, value = pcall(json.decode, text)
		if ok then ok, value = pcall(json.encode, value) end
		return ok, value`)
	result, _ := lua.ToText(results[1])
	if !results[0].Truth() {
		return "", errors.New(result)
	}
	return result, nil
}

// collect walks the state and returns the bytes that are live.
func collect(t testing.TB, s *lua.State) int64 {
	t.Helper()
	live, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	return live
}
