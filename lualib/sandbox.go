package lualib

import (
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/flags"
	"github.com/tidewire/tidewire/lua/std/sandbox"
)

// Permissions is what a script may do besides computing, using the streams it was given and calling what its host adds.
type Permissions = sandbox.Permissions

// Grant is a permission for some things or for all of them. The zero value is for none.
type Grant = sandbox.Grant

// maxWarnedNames bounds the environment variables that a state remembers to have warned of.
const maxWarnedNames = 64

// words words refusals as the runner does, and other errors as C does.
var words = sandbox.New(sandbox.Options{Word: flags.Refusal})

// sandboxed is what stands between the libraries of one state and the system. It belongs to the goroutine that owns the
// state.
type sandboxed struct {
	*sandbox.Box
	streams Options // of which only the streams are used
	logger  *slog.Logger
	warned  map[string]bool // environment variables
}

func newSandbox(opts Options) *sandboxed {
	return &sandboxed{
		Box: sandbox.New(sandbox.Options{
			Permissions: opts.Permissions, ModuleDirs: opts.ModuleDirs, Word: flags.Refusal,
		}),
		streams: opts,
		logger:  opts.Logger,
		warned:  make(map[string]bool),
	}
}

// closedGlobals are what the VM offers beyond Lua 5.1 and no script may have: channels block the host's goroutine and
// allocate at will, and _printregs writes to the process's standard output.
var closedGlobals = []string{lua.ChannelLibName, "_printregs"}

// close takes out of L what no permission opens, and replaces what looks at permissions. It comes before anything of the
// host's is opened.
func (s *sandboxed) close(L *lua.LState) {
	loaded := loadedModules(L)
	for _, name := range closedGlobals {
		L.SetGlobal(name, lua.LNil)
		loaded.RawSetString(name, lua.LNil)
	}
	s.openOS(L)
	s.openFiles(L)
	openDebug(L)
}

// loadedModules returns package.loaded, wherever the script has put it.
func loadedModules(L *lua.LState) *lua.LTable {
	return L.G.Registry.RawGetString("_LOADED").(*lua.LTable)
}

// shareModule makes a table a global, and known to require.
func shareModule(L *lua.LState, name string, table *lua.LTable) {
	L.SetGlobal(name, table)
	loadedModules(L).RawSetString(name, table)
}
