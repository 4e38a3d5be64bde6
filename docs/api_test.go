package docs_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/testing/written"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// The manual's and README's tables of the API are those of internal/api/luaapi, as the
// type stubs are.
func TestTablesOfTheAPI(t *testing.T) {
	for _, part := range parts() {
		written.Table(t, part.page, part.name, slices.Concat([][]string{part.head}, part.rows))
	}
	written.Part(t, manual, "phases", "`info.phase` is, in order: "+phaseWords(luaapi.Phases)+".")
}

// Every part that says it is written by a test has one that writes it.
func TestPartsAreWritten(t *testing.T) {
	known := map[string]bool{"docs/lua-api.md phases": true,
		"README.md flags of run": true} // the latter by cmd/tidewire
	for _, part := range parts() {
		known[part.page+" "+part.name] = true
	}
	for _, page := range pages(t) {
		for _, name := range written.Parts(t, page) {
			if !known[page+" "+name] {
				t.Errorf("%s: no test writes part %q", page, name)
			}
		}
	}
}

// Complaints about unknown options send people to these headings.
func TestHeadingsOfOptions(t *testing.T) {
	for _, heading := range []string{luaapi.OptionsHeading, luaapi.RequestHeading, luaapi.KeepHeading} {
		if !strings.Contains(read(t, manual), "# "+heading+"\n") {
			t.Errorf("%s has no heading %q", manual, heading)
		}
	}
}

const (
	manual = "docs/lua-api.md"
	readme = "README.md"
)

// A part is a table of a page.
type part struct {
	page, name string
	head       []string
	rows       [][]string
}

func parts() []part {
	return []part{
		{manual, "calls of websocket", []string{"call", "result"}, callRows("websocket", false)},
		{manual, "callbacks", []string{"key", "when", "arguments"}, callbackRows(luaapi.Callbacks)},
		{manual, "info", []string{"field", "what it is"}, fieldRows(luaapi.Info)},
		{manual, "info of an end", []string{"field", "what it is"}, fieldRows(luaapi.EndInfo)},
		{manual, "options", []string{"option", "default", "what it is"}, optionRows(luaapi.Options)},
		{manual, "phases of timeout", []string{"phase", "what it bounds"},
			fieldRows(luaapi.OptionNamed("timeout").Fields)},
		{manual, "parameters of compression", []string{"parameter", "what it asks"},
			fieldRows(luaapi.OptionNamed("compression").Fields)},
		{manual, "fields of tls", []string{"field of `tls`", "what it is"},
			fieldRows(luaapi.OptionNamed("tls").Fields)},
		{manual, "failures", []string{"message", "category", "phase", "what happened"}, failureRows()},
		{manual, "categories", []string{"category", "retryable", "what it is"}, categoryRows()},
		{manual, "calls of http", []string{"call", "what it does"}, callRows("tide.http", true)},
		{manual, "fields of a request", []string{"field", "default", "what it is"}, optionRows(luaapi.RequestFields)},
		{manual, "fields of a response", []string{"field", "what it is"}, fieldRows(luaapi.ResponseFields)},
		{manual, "info of a request", []string{"field", "what it is"}, fieldRows(luaapi.RequestFailure)},
		{manual, "calls of json", []string{"name", "what it is"}, callRows("json", true)},
		{manual, "calls of encoding", []string{"call", "result"}, callRows("tide.encoding", true)},
		{manual, "calls of crypto", []string{"call", "result"}, callRows("tide.crypto", true)},
		{manual, "calls of zlib", []string{"call", "result"}, callRows("tide.zlib", true)},
		{manual, "calls of task", []string{"call", "what it does"}, callRows("tide.task", true)},
		{manual, "calls of ws", []string{"call", "result"}, callRows("tide.ws", true)},
		{manual, "callbacks of keep", []string{"key", "when", "arguments"}, callbackRows(luaapi.KeepCallbacks)},
		{manual, "options of keep", []string{"option", "default", "what it is"}, optionRows(luaapi.KeepOwnOptions)},
		{manual, "calls of host and utility", []string{"call", "what it does"},
			slices.Concat(callRows("host", true), callRows("utility", true))},
		{readme, "calls", []string{"call", "what it does"},
			slices.Concat(doesRows("websocket"), callRows("host", true), callRows("utility", true))},
		{readme, "callbacks", []string{"callback", "when", "arguments"}, callbackRows(luaapi.Callbacks)},
	}
}

// doesRows shows the functions of a module by their effect rather than their result.
func doesRows(module string) (rows [][]string) {
	for _, f := range luaapi.ModuleOf(module).Functions {
		rows = append(rows, []string{code(module + "." + f.Name + signature(f.Params)), f.Does})
	}
	return rows
}

func failureRows() (rows [][]string) {
	for _, f := range luaapi.Failures {
		phases := "any"
		if f.Phases != nil {
			phases = phaseWords(f.Phases)
		}
		rows = append(rows, []string{code(f.Message), code(string(f.Category)), phases, f.Doc})
	}
	return rows
}

// closeCodes lists the codes of a close by the peer that are retryable.
func closeCodes() string {
	var codes []string
	for code := range 5000 {
		if failure.RetryableClose(code) {
			codes = append(codes, strconv.Itoa(code))
		}
	}
	return strings.Join(codes, ", ")
}

// categoryRows asks package failure which categories are retryable.
func categoryRows() (rows [][]string) {
	for _, c := range luaapi.Categories {
		var statuses []string
		for status := range 500 {
			if failure.Retryable(c.Name, status) {
				statuses = append(statuses, strconv.Itoa(status))
			}
		}
		retryable := "no"
		switch {
		case len(statuses) == 500:
			retryable = "yes"
		case len(statuses) > 0:
			retryable = strings.Join(statuses, ", ") + ", 5xx"
		case c.Name == failure.Closed:
			retryable = "by the peer with " + closeCodes()
		}
		rows = append(rows, []string{code(string(c.Name)), retryable, c.Doc})
	}
	return rows
}

func phaseWords(phases []failure.Phase) string {
	var words []string
	for _, phase := range phases {
		words = append(words, code(string(phase)))
	}
	return strings.Join(words, ", ")
}

func callbackRows(callbacks []luaapi.Callback) (rows [][]string) {
	for _, c := range callbacks {
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

// optionRows shows numbers as they are, and other defaults between backquotes.
func optionRows(options []luaapi.Field) (rows [][]string) {
	for _, f := range options {
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

// callRows shows a module's functions, then its fields. qualified puts the module's name
// in front.
func callRows(module string, qualified bool) (rows [][]string) {
	m := cmp.Or(luaapi.ModuleOf(module), luaapi.Required(module))
	prefix := ""
	if qualified {
		prefix = m.Local() + "."
	}
	for _, part := range m.Parts {
		for _, f := range part.Functions {
			rows = append(rows, []string{code(prefix + part.Name + "." + f.Name + signature(f.Params)), f.Doc})
		}
	}
	for _, f := range m.Functions {
		if f.Events == nil {
			rows = append(rows, []string{code(prefix + f.Name + signature(f.Params)), f.Doc})
		}
		for _, event := range f.Events {
			rows = append(rows, []string{code(prefix + f.Name + `("` + event.Name + `", ` + f.Params[1].Name + ")"),
				event.Doc})
		}
	}
	for _, f := range m.Fields {
		rows = append(rows, []string{code(prefix + f.Name), f.Doc})
	}
	for _, o := range m.Objects {
		for _, f := range o.Methods {
			rows = append(rows, []string{code(o.Name + ":" + f.Name + signature(f.Params)), f.Doc})
		}
	}
	return rows
}

// signature shows parameters as Lua's manual does, optional ones in brackets: (id [, code
// [, reason]]).
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
