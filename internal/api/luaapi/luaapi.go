// Package luaapi describes all that a script finds in tidewire: globals, functions,
// callbacks, options, info. It is the one source of the type stubs (Stubs), of tidewire
// check, and of the manual's tables. Tests compare it with the live globals (script),
// with the options that Connect reads and the info that callbacks get
// (modules/websocket), and with the manual (docs).
//
// Docs are Markdown in the manual's words. Types are those of the Lua language server.
// Everything is to be read only.
package luaapi

import (
	"slices"
	"strings"
)

// Module is a table of functions, most of them a global.
type Module struct {
	Name    string   // of the global, and for require
	Aliases []string // globals that are the same table
	Doc     string

	Global   bool   // it is a global
	Loadable bool   // require knows it
	LongName string // a second name for require, or empty

	Functions []Function
	Fields    []Field

	// Parts are tables of functions within the module's table, under their names.
	Parts []*Module

	// Objects are values with methods that its functions return.
	Objects []Object

	// Stock are the names in a library of Lua's own, which needs no description: editors
	// know it.
	Stock []string
}

// Function is one function of a module.
type Function struct {
	Name    string
	Aliases []string // other names of the same function
	Params  []Param
	Returns string // type, empty for none
	Does    string // its effect, in README's words, where Doc is about its results
	Doc     string

	// Events are the words that the first argument can be.
	Events []Field
}

// Param is one parameter.
type Param struct {
	Name, Type string
	Optional   bool
	Doc        string

	// Options are the fields of the table that the argument is, whose unknown names
	// raise. Type is theirs if it is empty.
	Options []Field

	// Heading is the one of the manual under which Options are described, empty for short
	// lists.
	Heading string

	// Callbacks are the functions of the table that the argument is.
	Callbacks []Callback
}

// Object is a value with methods. Editors know it under the type Class.
type Object struct {
	Name    string // of a variable that holds one
	Class   string
	Doc     string
	Methods []Function
}

// Field is a field of a table: of a module, of info, of the options, a callback.
type Field struct {
	Name     string
	Type     string
	Optional bool   // it may be nil
	Default  string // of an option: as Lua writes it, or empty for none
	Doc      string

	// Fields are those of the table that the value is, or can be. Stubs give it the class
	// Class.
	Fields []Field
	Class  string
}

// Modules lists every table of functions, ours first.
func Modules() []*Module { return modules }

var modules = slices.Concat(ours, stock)

// ours are the modules with a page in the manual.
var ours = []*Module{&websocket, &host, &utility, &json, &encoding, &crypto, &zlib, &task, &http, &ws}

// ModuleOf returns the module that a global is, or nil.
func ModuleOf(global string) *Module {
	for _, m := range modules {
		if m.Global && (m.Name == global || slices.Contains(m.Aliases, global)) {
			return m
		}
	}
	return nil
}

// Required returns the module that require gives for a name, or nil.
func Required(name string) *Module {
	for _, m := range modules {
		if m.Loadable && (m.Name == name || m.LongName != "" && m.LongName == name) {
			return m
		}
	}
	return nil
}

// RequiredNames lists every name that require knows.
func RequiredNames() (names []string) {
	for _, m := range modules {
		if !m.Loadable {
			continue
		}
		names = append(names, m.Name)
		if m.LongName != "" {
			names = append(names, m.LongName)
		}
	}
	return names
}

// Globals lists every global: modules, their aliases, and Lua's functions outside of
// tables.
func Globals() []string {
	names := slices.Clone(functions)
	for _, m := range modules {
		if m.Global {
			names = append(append(names, m.Name), m.Aliases...)
		}
	}
	return names
}

// Local is the name of a variable for the module: the last part of its own.
func (m *Module) Local() string { return m.Name[strings.LastIndexByte(m.Name, '.')+1:] }

// Part returns the table within the module's table that has a name, or nil.
func (m *Module) Part(name string) *Module {
	for _, part := range m.Parts {
		if part.Name == name {
			return part
		}
	}
	return nil
}

// Names lists every name in the module's table, aliases included.
func (m *Module) Names() []string {
	names := slices.Clone(m.Stock)
	for _, part := range m.Parts {
		names = append(names, part.Name)
	}
	for _, f := range m.Functions {
		names = append(append(names, f.Name), f.Aliases...)
	}
	return append(names, Names(m.Fields)...)
}

// Function returns the function of a name or alias, or nil.
func (m *Module) Function(name string) *Function {
	for i, f := range m.Functions {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return &m.Functions[i]
		}
	}
	return nil
}

// ObjectOf returns the values of a class that have methods, or nil.
func ObjectOf(class string) *Object {
	for _, m := range modules {
		for i := range m.Objects {
			if m.Objects[i].Class == class {
				return &m.Objects[i]
			}
		}
	}
	return nil
}

// Method returns the method of a name, or nil.
func (o *Object) Method(name string) *Function {
	for i := range o.Methods {
		if o.Methods[i].Name == name {
			return &o.Methods[i]
		}
	}
	return nil
}

// MethodNames lists the methods.
func (o *Object) MethodNames() (names []string) {
	for _, f := range o.Methods {
		names = append(names, f.Name)
	}
	return names
}

// Result is the type of the first result, apart from nil.
func (f *Function) Result() string {
	first, _, _ := strings.Cut(f.Returns, ",")
	return strings.TrimSuffix(strings.TrimSuffix(first, "?"), "|nil")
}

// Waits reports whether the function can be called in a task alone.
func (f *Function) Waits() bool { return strings.HasPrefix(f.Doc, "⏸") }

// Names lists the names of fields.
func Names(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
