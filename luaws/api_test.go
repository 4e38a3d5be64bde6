package luaws_test

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/luaapi"
	"github.com/tidewire/tidewire/luaws"
)

// What Connect reads is what internal/luaapi describes, and in that order.
func TestDescriptionOfOptions(t *testing.T) {
	if want := luaapi.Names(luaapi.Options); !slices.Equal(luaws.OptionNames, want) {
		t.Errorf("Connect reads %q, described are %q", luaws.OptionNames, want)
	}
	if want := luaapi.CallbackNames(); !slices.Equal(luaws.CallbackKeys, want) {
		t.Errorf("the callbacks are %q, described are %q", luaws.CallbackKeys, want)
	}
	if want := slices.Sorted(slices.Values(luaapi.Kinds)); !slices.Equal(luaws.KindNames(), want) {
		t.Errorf("the kinds are %q, described are %q", luaws.KindNames(), want)
	}

	// The fields of nested tables are known to the functions that read them, and to nobody else.
	source, err := os.ReadFile("options.go")
	if err != nil {
		t.Fatal(err)
	}
	var read, described []string
	for _, match := range regexp.MustCompile(`field\{"(\w+)",`).FindAllStringSubmatch(string(source), -1) {
		read = append(read, match[1])
	}
	for _, option := range luaapi.Options {
		described = append(described, luaapi.Names(option.Fields)...)
	}
	if !slices.Equal(read, described) {
		t.Errorf("nested tables have %q, described are %q", read, described)
	}
}

// The info of an end of which everything is known has the fields that internal/luaapi describes.
func TestDescriptionOfInfo(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	table := luaws.EndTable(L, &engine.End{
		Info: engine.Info{
			URL: "u", Protocol: "p", Extensions: "e", Remote: "r",
			HTTP: &engine.HTTPInfo{Status: 101, Header: http.Header{"A": {"b"}}, Body: "b", Location: "l", RetryAfter: new(time.Second)},
			TLS:  &engine.TLSInfo{Version: "v", Cipher: "c", Subject: "s", Issuer: "i", Expires: time.Now(), Error: "e"},
		},
		Phase: engine.PhaseOpen, Category: engine.CategoryEOF, Detail: "d", CloseCode: 1006,
	})
	wantFields(t, "info", table, slices.Concat(luaapi.Info, luaapi.EndInfo))
}

func wantFields(t *testing.T, name string, table *lua.LTable, described []luaapi.Field) {
	t.Helper()
	got := make(map[string]bool)
	table.ForEach(func(key, _ lua.LValue) { got[key.String()] = true })
	if got, want := slices.Sorted(maps.Keys(got)), slices.Sorted(slices.Values(luaapi.Names(described))); !slices.Equal(got, want) {
		t.Errorf("%s has %q, described are %q", name, got, want)
	}
	for _, f := range described {
		if nested, ok := table.RawGetString(f.Name).(*lua.LTable); ok && f.Fields != nil {
			wantFields(t, name+"."+f.Name, nested, f.Fields)
		}
	}
}
