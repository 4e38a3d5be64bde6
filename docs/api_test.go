package docs_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/api/luaapi"
)

// The manual's tables say what internal/api/luaapi says, in the same words: so do the type stubs, which come from there.
func TestTablesOfTheAPI(t *testing.T) {
	wantTable(t, "callback, a coroutine.", callRows("websocket", false))
	wantTable(t, "`on_error`, which are never called.", callbackRows())
	wantTable(t, "A fresh table for each event. A field that is unknown is absent.", fieldRows(luaapi.Info))
	wantTable(t, "With `onClose` and `onError` also, as it is when the callback is called:", fieldRows(luaapi.EndInfo))
	wantTable(t, "## Options", optionRows())
	wantTable(t, "others:", fieldRows(luaapi.OptionNamed("timeout").Fields))
	wantTable(t, "are. The script sees no difference, and `maxMessage` counts what a message inflates to:",
		fieldRows(luaapi.OptionNamed("compression").Fields))
	wantTable(t, "for a tunnel (CONNECT), also for `ws`. What a proxy refuses is told as `Proxy connection failed`, never as the server's.",
		fieldRows(luaapi.OptionNamed("tls").Fields))
	wantTable(t, "## json", callRows("json", true))
	wantTable(t, "## host and utility", slices.Concat(callRows("host", true), callRows("utility", true)))
}

// README tells of each of websocket's functions what it does.
func TestCallsInREADME(t *testing.T) {
	rows := table(t, "README.md", "[docs/lua-api.md](docs/lua-api.md) has all of it. In short:")
	for i, f := range luaapi.ModuleOf("websocket").Functions {
		want := []string{code("websocket." + f.Name + signature(f.Params)), f.Does}
		if i >= len(rows) || !slices.Equal(rows[i], want) {
			t.Errorf("row %d of README's calls is not %q", i+1, want)
		}
	}
}

// wantTable compares the first table behind a line of the manual.
func wantTable(t *testing.T, behind string, want [][]string) {
	t.Helper()
	got := table(t, "docs/lua-api.md", behind)
	for i := range max(len(got), len(want)) {
		var there, here string
		if i < len(got) {
			there = strings.Join(got[i], " | ")
		}
		if i < len(want) {
			here = strings.Join(want[i], " | ")
		}
		if there != here {
			t.Errorf("the table behind %q, row %d:\nmanual: %s\nluaapi: %s", behind, i+1, there, here)
		}
	}
}

func callbackRows() (rows [][]string) {
	for _, c := range luaapi.Callbacks {
		var params []string
		for _, p := range c.Params {
			params = append(params, p.Name)
		}
		rows = append(rows, []string{code(c.Name), c.Doc, code(strings.Join(params, ", "))})
	}
	return rows
}

// fieldRows joins neighbours that share their words, such as cert and key.
func fieldRows(fields []luaapi.Field) (rows [][]string) {
	for _, f := range fields {
		if last := len(rows) - 1; last >= 0 && rows[last][1] == f.Doc {
			rows[last][0] += ", " + code(f.Name)
			continue
		}
		rows = append(rows, []string{code(f.Name), f.Doc})
	}
	return rows
}

// optionRows shows numbers as they are, and what would read as prose between backquotes.
func optionRows() (rows [][]string) {
	for _, f := range luaapi.Options {
		value := f.Default
		switch {
		case value == "":
			value = "none"
		case strings.Trim(value, "0123456789") != "":
			value = code(value)
		}
		rows = append(rows, []string{code(f.Name), value, f.Doc})
	}
	return rows
}

// callRows shows a module's functions, then its fields. qualified puts the module's name in front.
func callRows(module string, qualified bool) (rows [][]string) {
	m := cmp.Or(luaapi.ModuleOf(module), luaapi.Required(module))
	prefix := ""
	if qualified {
		prefix = module + "."
	}
	for _, f := range m.Functions {
		if f.Events == nil {
			rows = append(rows, []string{code(prefix + f.Name + signature(f.Params)), f.Doc})
		}
		for _, event := range f.Events {
			rows = append(rows, []string{code(prefix + f.Name + `("` + event.Name + `", ` + f.Params[1].Name + ")"), event.Doc})
		}
	}
	for _, f := range m.Fields {
		rows = append(rows, []string{code(prefix + f.Name), f.Doc})
	}
	return rows
}

// signature shows parameters as Lua's manual does, optional ones in brackets: (id [, code [, reason]]).
func signature(params []luaapi.Param) string {
	var text strings.Builder
	brackets := 0
	for i, p := range params {
		if p.Optional {
			brackets++
			if i > 0 {
				text.WriteByte(' ')
			}
			text.WriteByte('[')
		}
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(p.Name)
	}
	return "(" + text.String() + strings.Repeat("]", brackets) + ")"
}

func code(text string) string { return "`" + text + "`" }

// The type of onError's message has every string of the catalogue.
func TestMessagesOfTheAPI(t *testing.T) {
	var got []string
	for _, row := range table(t, "docs/lua-api.md", "<!-- test: catalogue -->") {
		for _, message := range words(row[0]) {
			if !slices.Contains(got, message) {
				got = append(got, message)
			}
		}
	}
	if !slices.Equal(got, luaapi.Messages) {
		t.Errorf("the manual has\n%q, luaapi\n%q", got, luaapi.Messages)
	}
}
