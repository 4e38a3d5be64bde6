package luaapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// StubHead is the first line of every stub: a file that begins with it may be
// overwritten.
const StubHead = "-- Type definitions for editors, written by tidewire init: do not edit, the next one writes " +
	"them anew."

// Stub is a file of type definitions for the Lua language server.
type Stub struct {
	Name string // of the file
	Text string
}

// Stubs returns the type definitions of our modules, a file for each.
func Stubs() []Stub {
	var stubs []Stub
	for _, m := range ours {
		stubs = append(stubs, Stub{m.Name + ".lua", m.stub()})
	}
	return stubs
}

// types are the types that a module's stub declares before its functions.
var types = map[*Module]func(*writer){
	&websocket: websocketTypes,
	&host: func(w *writer) {
		w.line("---@class %s: userdata", handleType)
		w.line("")
	},
	&http: httpTypes,
	&json: func(w *writer) {
		w.line("---@class tidewire.JSON.Null: userdata")
		w.line("")
	},
	&ws: func(w *writer) {
		w.callbacks("tidewire.KeepCallbacks", KeepCallbacks)
		w.options("tidewire.OpenOptions: tidewire.Options", OpenOwnOptions)
		w.options("tidewire.KeepOptions: tidewire.Options", KeepOwnOptions)
	},
}

func websocketTypes(w *writer) {
	w.alias(kindType, Kinds)
	w.alias("tidewire.Message", Messages())
	w.alias("tidewire.Phase", texts(Phases))
	w.alias("tidewire.Category", texts(failure.Categories()))

	w.callbacks("tidewire.Callbacks", Callbacks)
	w.class("tidewire.Info", Info)
	w.class("tidewire.EndInfo: tidewire.Info", EndInfo)
	w.options("tidewire.Options", Options)
}

func (w *writer) callbacks(class string, callbacks []Callback) {
	var fields []Field
	for _, c := range callbacks {
		fields = append(fields, Field{Name: c.Name, Type: signature(c.Params), Optional: true, Doc: c.Doc})
	}
	w.class(class, fields)
}

func (w *writer) options(class string, options []Field) {
	var fields []Field
	for _, o := range options {
		fields = append(fields, optional(o))
	}
	w.class(class, fields)
}

// optional makes an option and the fields of its table ones that may be absent, and adds
// the default to the words.
func optional(f Field) Field {
	f.Optional = !strings.HasPrefix(f.Name, "[")
	if f.Default != "" {
		f.Doc = plain(f.Doc) + ". Default: `" + f.Default + "`"
	}
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		f.Fields[i] = optional(f.Fields[i])
	}
	return f
}

func (m *Module) stub() string {
	w := &writer{}
	w.line("%s", StubHead)
	if m.Loadable {
		w.line("---@meta %s", m.Name)
	} else {
		w.line("---@meta")
	}
	w.line("")
	if declare := types[m]; declare != nil {
		declare(w)
	}
	for _, object := range m.Objects {
		w.object(object)
	}
	local := m.Local()
	w.doc(m.Doc)
	w.line("---@class (exact) tidewire.module.%s", local)
	w.fields(m.Fields)
	if m.Global {
		w.line("%s = {}", local)
	} else {
		w.line("local %s = {}", local)
	}
	w.functions(local, m.Functions)
	for _, part := range m.Parts {
		w.line("")
		w.doc(part.Doc)
		w.line("%s.%s = {}", local, part.Name)
		w.functions(local+"."+part.Name, part.Functions)
	}
	w.line("")
	for _, alias := range m.Aliases {
		w.line("%s = %s", alias, local)
	}
	if m.Loadable {
		w.line("return %s", local)
	}
	return strings.TrimRight(w.String(), "\n") + "\n"
}

// writer writes a stub.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) doc(text string) {
	if text != "" {
		w.line("---%s", plain(text))
	}
}

// alias declares a type of a few words.
func (w *writer) alias(name string, words []string) {
	w.line("---@alias %s", name)
	for _, word := range words {
		w.line("---| %q", word)
	}
	w.line("")
}

// class declares a type of a table, those of its fields' tables first.
func (w *writer) class(name string, fields []Field) {
	for _, f := range fields {
		if f.Class != "" && !strings.Contains(w.String(), "---@class (exact) "+f.Class+"\n") {
			w.class(f.Class, f.Fields)
		}
	}
	w.line("---@class (exact) %s", name)
	w.fields(fields)
	w.line("")
}

func (w *writer) fields(fields []Field) {
	for _, f := range fields {
		name := f.Name
		if f.Optional {
			name += "?"
		}
		w.line("%s", strings.TrimRight("---@field "+name+" "+f.Type+" "+plain(f.Doc), " "))
	}
}

// object declares the type of a value with methods.
func (w *writer) object(o Object) {
	w.doc(o.Doc)
	w.line("---@class (exact) %s: userdata", o.Class)
	for _, f := range o.Methods {
		self := Param{Name: "self", Type: o.Class}
		kind := signature(append([]Param{self}, f.Params...))
		if f.Returns != "" {
			kind += ": " + f.Returns
		}
		w.line("---@field %s %s %s", f.Name, kind, plain(f.Doc))
	}
	w.line("")
}

func (w *writer) functions(module string, functions []Function) {
	for _, f := range functions {
		w.line("")
		w.function(module, f)
	}
}

func (w *writer) function(module string, f Function) {
	returned := ""
	if f.Does == "" {
		w.doc(f.Doc)
	} else {
		w.doc(f.Does)
		returned = " # " + plain(f.Doc)
	}
	var names []string
	for i, p := range f.Params {
		names = append(names, p.Name)
		if i == 0 && f.Events != nil {
			w.line("---@param %s", p.Name)
			for _, event := range f.Events {
				w.line("---| %q # %s", event.Name, plain(event.Doc))
			}
			continue
		}
		name := p.Name
		if p.Optional && name != "..." {
			name += "?"
		}
		w.line("%s", strings.TrimRight("---@param "+name+" "+p.typeText()+" "+plain(p.Doc), " "))
	}
	if f.Returns != "" {
		w.line("---@return %s%s", f.Returns, returned)
	}
	w.line("function %s.%s(%s) end", module, f.Name, strings.Join(names, ", "))
	for _, alias := range f.Aliases {
		w.line("%s.%s = %s.%s", module, alias, module, f.Name)
	}
}

// signature is the type of a function.
func signature(params []Param) string {
	var parts []string
	for _, p := range params {
		name := p.Name
		if p.Optional {
			name += "?"
		}
		parts = append(parts, name+": "+p.typeText())
	}
	return "fun(" + strings.Join(parts, ", ") + ")"
}

// typeText is the parameter's type.
func (p Param) typeText() string {
	if p.Type != "" || p.Options == nil {
		return p.Type
	}
	var fields []string
	for _, f := range p.Options {
		fields = append(fields, f.Name+"?: "+f.Type)
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

var (
	references = regexp.MustCompile(`: see (below|\[[^\]]*\]\([^)]*\))$`)
	links      = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// plain takes out of the manual's words the parts that only its page can show: links, and
// "see below".
func plain(doc string) string {
	return links.ReplaceAllString(references.ReplaceAllString(doc, ""), "$1")
}

func texts[T ~string](values []T) []string {
	var texts []string
	for _, value := range values {
		texts = append(texts, string(value))
	}
	return texts
}
