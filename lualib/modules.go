package lualib

import (
	"errors"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// modules finds and loads what a script requires.
type modules struct {
	sandbox *sandboxed
	lib     *lua.LTable // package
	loading *lua.LUserData
}

// openModules replaces require and the package library. package.path shows where files are looked for; a script may
// change it, but nothing is read outside of dirs that it may not read anyway.
func (s *sandboxed) openModules(L *lua.LState, dirs []string) {
	m := &modules{
		sandbox: s,
		lib:     L.GetGlobal(lua.LoadLibName).(*lua.LTable),
		loading: L.NewUserData(),
	}
	m.lib.RawSetString("path", lua.LString(modulePath(dirs)))
	m.lib.RawSetString("cpath", lua.LString(""))
	m.lib.RawSetString("loadlib", L.NewFunction(loadlib))
	m.lib.RawSetString("searchpath", L.NewFunction(m.searchpath))
	loaders := L.NewTable()
	loaders.Append(L.NewFunction(m.loadPreloaded))
	loaders.Append(L.NewFunction(m.loadFile))
	m.lib.RawSetString("loaders", loaders)
	L.G.Registry.RawSetString("_LOADERS", loaders)
	L.SetGlobal("require", L.NewFunction(m.require))
}

// modulePath is package.path for module directories.
func modulePath(dirs []string) string {
	var templates []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		dir = strings.TrimSuffix(filepath.Clean(dir), string(filepath.Separator))
		templates = append(templates, dir+string(filepath.Separator)+"?.lua",
			dir+string(filepath.Separator)+"?"+string(filepath.Separator)+"init.lua")
	}
	return strings.Join(templates, ";")
}

// loadlib is package.loadlib, in the words of a Lua that was built without it.
func loadlib(L *lua.LState) int {
	CheckString(L, 1)
	CheckString(L, 2)
	L.Push(lua.LNil)
	L.Push(lua.LString("native libraries are not supported"))
	L.Push(lua.LString("absent"))
	return 3
}

// require is require(name).
func (m *modules) require(L *lua.LState) int {
	name := CheckString(L, 1)
	loaded := loadedModules(L)
	switch value := L.GetField(loaded, name); {
	case value == m.loading:
		Errorf(L, "loop or previous error loading module '%s'", name)
	case lua.LVAsBool(value):
		L.Push(value)
		return 1
	}
	loader := m.findLoader(L, name)
	L.SetField(loaded, name, m.loading)
	L.Push(loader)
	L.Push(lua.LString(name))
	L.Call(1, 1)
	if result := L.Get(-1); result != lua.LNil {
		L.SetField(loaded, name, result)
	}
	if L.GetField(loaded, name) == m.loading {
		L.SetField(loaded, name, lua.LTrue)
	}
	L.Push(L.GetField(loaded, name))
	return 1
}

// findLoader asks package.loaders one after the other.
func (m *modules) findLoader(L *lua.LState, name string) lua.LValue {
	loaders, ok := L.GetField(m.lib, "loaders").(*lua.LTable)
	if !ok {
		Errorf(L, "'package.loaders' must be a table")
	}
	var tried strings.Builder
	for i := 1; ; i++ {
		loader := loaders.RawGetInt(i)
		if loader == lua.LNil {
			Errorf(L, "module '%s' not found:%s", name, tried.String())
		}
		L.Push(loader)
		L.Push(lua.LString(name))
		L.Call(1, 1)
		found := L.Get(-1)
		L.Pop(1)
		switch found := found.(type) {
		case *lua.LFunction:
			return found
		case lua.LString:
			CheckSize(L, tried.Len()+len(found))
			tried.WriteString(string(found))
		}
	}
}

// loadPreloaded is the first loader: package.preload[name].
func (m *modules) loadPreloaded(L *lua.LState) int {
	name := CheckString(L, 1)
	preload, ok := L.GetField(m.lib, "preload").(*lua.LTable)
	if !ok {
		Errorf(L, "'package.preload' must be a table")
	}
	if loader := L.GetField(preload, name); loader != lua.LNil {
		L.Push(loader)
	} else {
		L.Push(lua.LString("\n\tno field package.preload['" + name + "']"))
	}
	return 1
}

// loadFile is the second loader: a Lua file along package.path.
func (m *modules) loadFile(L *lua.LState) int {
	name := CheckString(L, 1)
	path, ok := L.GetField(m.lib, "path").(lua.LString)
	if !ok {
		Errorf(L, "'package.path' must be a string")
	}
	f, found, tried := m.search(L, name, string(path), ".", string(filepath.Separator))
	if f == nil {
		L.Push(lua.LString(tried))
		return 1
	}
	defer f.shut() //nolint:errcheck // it was only read
	chunk, problem := loadFrom(L, f, found)
	if chunk == nil {
		Errorf(L, "error loading module '%s' from file '%s':\n\t%s", name, found, problem)
	}
	chunk.Env = L.G.Global
	L.Push(chunk)
	return 1
}

// searchpath is package.searchpath(name, path [, sep [, rep]]).
func (m *modules) searchpath(L *lua.LState) int {
	f, found, tried := m.search(L, CheckString(L, 1), CheckString(L, 2), OptString(L, 3, "."),
		OptString(L, 4, string(filepath.Separator)))
	if f == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(tried))
		return 2
	}
	f.shut() //nolint:errcheck // it was only read
	L.Push(lua.LString(found))
	return 1
}

// search opens the first file along a path that exists and may be read; else it tells what was tried.
func (m *modules) search(L *lua.LState, name, path, separator, replacement string) (f *file, found, tried string) {
	if separator != "" {
		name = strings.ReplaceAll(name, separator, replacement)
	}
	var list strings.Builder
	for template := range strings.SplitSeq(path, ";") {
		if template == "" {
			continue
		}
		CheckSize(L, list.Len()+len(template)+strings.Count(template, "?")*len(name))
		candidate := strings.ReplaceAll(template, "?", name)
		disk, err := m.sandbox.OpenModule(candidate)
		if err == nil {
			return diskFile(disk, true, false), candidate, ""
		}
		list.WriteString("\n\tno file '" + candidate + "'")
		var refused *sandbox.Refusal
		if errors.As(err, &refused) {
			list.WriteString(" (" + m.sandbox.Word(refused, true) + ")")
		}
	}
	return nil, "", list.String()
}
