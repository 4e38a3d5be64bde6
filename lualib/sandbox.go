package lualib

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Permissions is what a script may do besides computing, using the streams it was given and calling what its host adds.
// The zero value allows nothing. It is constant once given away, and safe for concurrent use.
type Permissions struct {
	Read  Grant // files and directories that may be read; each covers what is under it
	Write Grant // files and directories that may be created, written, renamed and removed; each covers what is under it
	Run   bool  // programs: os.execute and io.popen. What they may do is then not up to us: it comes to allowing everything
	Env   Grant // environment variables that os.getenv shows
}

// Grant is a permission for some things or for all of them. The zero value is for none.
type Grant struct {
	All  bool
	Only []string // ignored if All is set
}

// has reports whether a name is granted.
func (g Grant) has(name string) bool { return g.All || slices.Contains(g.Only, name) }

// maxWarnedNames bounds the environment variables that a state remembers to have warned of.
const maxWarnedNames = 64

// refusal says what a script was not allowed, and the flag of the runner that would allow it.
type refusal struct {
	what  string // the path, name or command, as the script gave it
	doing string // such as "reading"
	flag  string // such as "--allow-read=/etc/hosts"
}

func (r *refusal) Error() string { return r.what + ": " + r.reason() }

// reason is the text without what was refused, for messages that have named it already.
func (r *refusal) reason() string {
	return fmt.Sprintf("%s is not allowed: run again with %s", r.doing, r.flag)
}

// refuse words a refusal. A flag that a shell would take apart is quoted.
func refuse(doing, flag, what string) *refusal {
	return &refusal{what: what, doing: doing, flag: flag + "=" + shellWord(what)}
}

// shellWord quotes a word if a shell needs it quoted.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%\\", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// sandbox is what stands between the libraries of one state and the system. It belongs to the goroutine that owns the
// state.
type sandbox struct {
	read, write rules
	run         bool
	env         Grant
	streams     Options // of which only the streams are used
	logger      *slog.Logger
	warned      map[string]bool // environment variables
}

func newSandbox(opts Options) *sandbox {
	p := opts.Permissions
	return &sandbox{
		streams: opts,
		read:    newRules(p.Read, "reading", "--allow-read"),
		write:   newRules(p.Write, "writing", "--allow-write"),
		run:     p.Run,
		env:     p.Env,
		logger:  opts.Logger,
		warned:  make(map[string]bool),
	}
}

// closedGlobals are what the VM offers beyond Lua 5.1 and no script may have: channels block the host's goroutine and
// allocate at will, and _printregs writes to the process's standard output.
var closedGlobals = []string{lua.ChannelLibName, "_printregs"}

// close takes out of L what no permission opens, and replaces what looks at permissions. It comes before anything of the
// host's is opened.
func (s *sandbox) close(L *lua.LState) {
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
