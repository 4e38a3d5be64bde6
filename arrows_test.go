package tidewire_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/tidewire/tidewire"

// A row lists the packages that one package may import outside its tests. Our packages
// are named by their folder, those of others by their module. The standard library is
// free except for the packages listed under never, where "net/..." means all below net,
// too.
type row struct {
	folder string
	is     string // a phrase for the package, which is also why it imports no more than this
	ours   []string
	theirs []string

	testTools []string // modules that its tests alone import
	never     []string // standard packages that contradict the phrase
}

// rows is the one table of arrows. Its order is that of the data's path
// (docs/architecture.md): an arrow points down, and TestRowsPointDown holds the table
// itself to that. A new arrow goes in here together with the code that needs it, and the
// commit says why.
var rows = []row{
	// Shipped to nobody.
	{folder: "interop", is: "tests against servers that others wrote", ours: anything},
	{folder: "docs", is: "the manual and the tests that hold it to the code", ours: anything},
	{folder: "examples", is: "Lua scripts and the tests that run them", ours: anything},
	{folder: "internal/testing/wscontract", is: "the contract of the websocket module, run over each door",
		ours: []string{"internal/testing/wstest", "internal/modules/wsapi", "internal/echo", "engine", "permission"}},
	{folder: "internal/testing/enginetest", is: "an engine, its loop and its scripted peer, put together",
		ours: []string{"internal/testing/wstest", "engine", "memory"}},
	{folder: "internal/testing/verify", is: "the rules that compiled code must hold for the interpreter",
		ours: []string{"internal/lua/code", "internal/lua/syntax"}},
	{folder: "internal/testing/notice", is: "how soon the VM notices an interrupt",
		ours: []string{"lua"}},
	{folder: "internal/testing/written", is: "writes the parts of the manual that repeat the code, standard " +
		"library alone"},
	{folder: "internal/testing/publicapi", is: "holds the signatures of public packages to public types, standard " +
		"library alone"},
	{folder: "internal/testing/luagen", is: "random Lua programs",
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/testing/hostile", is: "servers that a client must survive, by name",
		ours: []string{"internal/testing/wstest"}},
	{folder: "internal/testing/hostilelua", is: "scripts that a program must survive, by name, standard library alone"},
	{folder: "internal/testing/wstest", is: "scripted peer, in-memory network, leak check"},
	{folder: "internal/testing/detector", is: "makes tests do less under the race detector, standard library alone"},

	// The runner and the run of one script.
	{folder: "cmd/tidewire", is: "the runner: commands, flags, exit codes",
		ours: []string{"script", "lua/std/sandbox", "internal/loop", "engine", "internal/api/check",
			"internal/api/luaapi", "internal/api/spelling",
			"internal/echo", "internal/runner/logging", "internal/outlet", "internal/runner/collector",
			"internal/runner/environment", "internal/runner/words"},
		theirs:    []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
		testTools: []string{"github.com/rogpeppe/go-internal"}},
	{folder: "script", is: "one Lua state, its modules and its loop, wired together",
		ours: []string{"modules/websocket", "modules/http", "internal/modules/host", "modules/json",
			"modules/encoding", "modules/crypto", "modules/zlib", "modules/task", "modules/ws", "lua", "lua/std",
			"lua/std/sandbox", "internal/api/luaapi", "internal/api/spelling",
			"internal/modules/gate", "internal/modules/errorlog", "internal/inlet", "internal/outlet",
			"internal/loop", "engine", "memory", "permission"},
		never: []string{"net/..."}},
	{folder: "internal/runner/environment", is: "the variables that the runner heeds, as options of the engine; " +
		"asks for them, reads none",
		ours:   []string{"engine"},
		theirs: []string{"golang.org/x/net/http/httpproxy"}},
	{folder: "internal/runner/logging", is: "the log as a person reads it: escapes, limits; writes to whatever it " +
		"is given",
		theirs: []string{"github.com/lmittmann/tint"},
		never:  []string{"net/...", "os"}},
	{folder: "internal/runner/collector", is: "the pace of Go's collector in a process that runs scripts, standard " +
		"library alone",
		never: []string{"net/...", "os", "time", "context"}},

	// The modules of scripts.
	{folder: "modules/ws", is: "the module tide.ws on our own VM, over the websocket module; the engine alone touches " +
		"the network",
		ours: []string{"modules/websocket", "modules/task", "internal/modules/luavalue", "internal/modules/handle", "internal/modules/gate",
			"internal/modules/errorlog", "internal/modules/offer", "engine", "internal/modules/wsapi", "lua", "memory"},
		never: []string{"net"}}, // net/http for the type http.Header in the engine's API
	{folder: "modules/websocket", is: "the websocket module on our own VM; the engine alone touches the network",
		ours: []string{"internal/modules/gate", "engine", "internal/modules/luavalue", "internal/modules/wsapi",
			"lua", "permission"},
		never: []string{"net/..."}},
	{folder: "modules/http", is: "tide.http on the VM of our own; internal/httpclient alone touches the network",
		ours: []string{"modules/task", "internal/modules/gate", "internal/modules/errorlog", "internal/modules/handle",
			"internal/modules/luavalue", "internal/modules/offer", "internal/modules/wsapi", "engine",
			"internal/httpclient", "internal/ws/dial", "internal/ws/policy", "lua", "permission"},
		never: []string{"net"}}, // net/url for the type of the engine's option
	{folder: "internal/modules/host", is: "host and utility on the VM of our own; knows no connections",
		ours: []string{"lua", "internal/lua/number", "internal/modules/gate", "internal/modules/errorlog",
			"internal/modules/handle", "internal/api/spelling", "internal/inlet", "internal/loop", "memory"},
		never: []string{"net/...", "os", "reflect", "unsafe"}},
	{folder: "internal/modules/handle", is: "handles as scripts get them, for all that is called later",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "modules/task", is: "functions of a script that wait in between, on whatever pump its host has",
		ours:  []string{"internal/modules/gate", "internal/modules/errorlog", "internal/modules/offer", "lua"},
		never: []string{"net/...", "os", "context", "reflect", "unsafe"}},
	{folder: "modules/json", is: "the module json on the VM of our own: tables in, text out; calls no Lua code",
		ours:  []string{"lua", "internal/lua/number", "internal/modules/offer"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "modules/encoding", is: "the module tide.encoding on the VM of our own: bytes to text and back",
		ours:  []string{"lua", "internal/lua/number", "internal/modules/options", "internal/modules/offer"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "modules/crypto", is: "the module tide.crypto on the VM of our own: Go's cryptography for scripts",
		ours:  []string{"lua", "internal/lua/number", "internal/modules/options", "internal/modules/offer"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "modules/zlib", is: "the module tide.zlib on the VM of our own: compression for scripts",
		ours:   []string{"lua", "internal/modules/inflate", "internal/modules/options", "internal/modules/offer"},
		theirs: []string{"github.com/klauspost/compress"},
		never:  []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/inflate", is: "streams of deflate that come in pieces: no VM, standard library alone",
		testTools: []string{"github.com/klauspost/compress"},
		never:     []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/options", is: "the options of a module's functions, read from their table",
		ours:  []string{"lua", "internal/lua/number", "internal/api/spelling"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/offer", is: "modules of ours that require finds",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/luavalue", is: "values of the VM of our own as wsapi reads and writes them",
		ours:  []string{"engine", "internal/modules/wsapi", "lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/wsapi", is: "the websocket module without a VM; the engine alone touches the network",
		ours: []string{"engine", "internal/httpclient", "internal/lua/number", "internal/api/luaapi",
			"internal/modules/errorlog", "internal/api/spelling", "internal/ws/failure", "permission"},
		never: []string{"net", "os"}}, // net/http for the type http.Header in the engine's API
	{folder: "internal/modules/gate", is: "the one way into a state: calls that can be stopped, errors as text",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "context", "reflect", "unsafe"}},
	{folder: "internal/modules/errorlog", is: "the errors of callbacks, shown to a person: knows no VM, standard " +
		"library alone",
		never: []string{"net/...", "os"}},

	// The description of the API and its users.
	{folder: "internal/api/check", is: "what is wrong with a script, found without running it",
		ours:  []string{"internal/lua/code", "internal/lua/syntax", "internal/api/luaapi", "internal/api/spelling"},
		never: []string{"net/...", "os"}},
	{folder: "internal/api/luaapi", is: "what a script finds, in words: the source of stubs, checks and the " +
		"manual's tables",
		ours:  []string{"internal/ws/failure"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/api/spelling", is: "what a misspelt name was meant to be: standard library alone",
		never: []string{"net/...", "os", "time", "context"}},

	// Our Lua.
	{folder: "lua/std", is: "Lua's standard libraries, opened together",
		ours: []string{"lua/std/internal/baselib", "lua/std/internal/bitlib", "lua/std/internal/corolib",
			"lua/std/internal/debuglib", "lua/std/internal/iolib", "lua/std/internal/jitlib",
			"lua/std/internal/mathlib", "lua/std/internal/oslib", "lua/std/internal/packagelib",
			"lua/std/internal/stringlib",
			"lua/std/internal/tablelib", "lua", "lua/std/sandbox"},
		never: []string{"net/...", "os", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/baselib", is: "Lua's basic functions",
		ours:  []string{"lua/std/internal/source", "lua", "internal/lua/number"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/stringlib", is: "Lua's string library",
		ours:  []string{"internal/lua/pattern", "internal/lua/format", "lua"},
		never: []string{"net/...", "os", "time", "reflect", "unsafe"}},
	{folder: "lua/std/internal/tablelib", is: "Lua's table library",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/mathlib", is: "Lua's math library",
		ours:  []string{"lua", "internal/lua/number"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/bitlib", is: "LuaJIT's bit library",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/iolib", is: "Lua's io library, and the streams that it shares with others",
		ours:  []string{"lua", "internal/lua/number", "lua/std/sandbox", "internal/inlet", "internal/outlet"},
		never: []string{"net/...", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/oslib", is: "Lua's os library",
		ours:  []string{"lua", "internal/lua/date", "lua/std/sandbox", "permission"},
		never: []string{"net/...", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/corolib", is: "Lua's coroutine library",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/debuglib", is: "what scripts get of Lua's library debug",
		ours:  []string{"lua", "internal/inlet"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/jitlib", is: "LuaJIT's library jit, for require alone",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/packagelib", is: "require, module and package; others open the files",
		ours:  []string{"lua/std/internal/source", "internal/lua/pattern", "lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "lua/std/internal/source", is: "reads and compiles chunks within a state's limits",
		ours:  []string{"lua"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/runner/words", is: "facts in the words of those who run the tidewire command: no " +
		"look-ups, no I/O",
		ours:  []string{"internal/ws/policy", "permission"},
		never: []string{"os", "time", "context"}}, // net to read host and port
	{folder: "lua/std/sandbox", is: "what a script may do to the system: knows no Lua",
		ours:  []string{"permission"},
		never: []string{"net/...", "time", "context"}},
	{folder: "lua", is: "the Lua VM: values, states, calls, errors, limits; knows no sockets, standard library alone",
		ours:  []string{"internal/lua/code", "internal/lua/syntax", "internal/lua/number"},
		never: []string{"net/...", "os", "context", "reflect"}},
	{folder: "internal/lua/code", is: "a syntax tree to the VM's instructions, standard library alone",
		ours:  []string{"internal/lua/syntax"},
		never: []string{"net/...", "os", "time", "context", "reflect", "unsafe"}},
	{folder: "internal/lua/syntax", is: "a Lua script's text to a syntax tree as LuaJIT reads it, standard " +
		"library alone",
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/lua/format", is: "string.format, without a VM: standard library alone",
		ours:  []string{"internal/lua/number", "internal/lua/decimal"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/lua/pattern", is: "Lua's patterns, without a VM: standard library alone",
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/lua/date", is: "os.date and os.time, without a VM: standard library alone",
		never: []string{"net/...", "os", "context"}},
	{folder: "internal/lua/number", is: "Lua's numbers as text, without a VM: standard library alone",
		ours:  []string{"internal/lua/decimal"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/lua/decimal", is: "the decimal digits of a float: standard library alone",
		never: []string{"net/...", "os", "time", "context"}},

	// The event loop.
	{folder: "internal/loop", is: "the goroutine that a script lives on: knows no Lua and no sockets, standard " +
		"library alone",
		never: []string{"net/..."}},

	// HTTP and WebSocket.
	{folder: "internal/httpclient", is: "HTTP requests on net/http, over the way to a server that WebSocket takes, too",
		ours: []string{"internal/ws/dial", "internal/ws/httphead", "internal/ws/secrets", "internal/ws/failure",
			"memory", "permission"}},
	{folder: "engine", is: "connections by ID, the public Go API: knows no Lua",
		ours: []string{"internal/ws/policy", "internal/ws/dial", "internal/ws/transport", "internal/ws/handshake",
			"internal/ws/deflate", "internal/ws/pace", "internal/ws/proto", "internal/ws/wire",
			"internal/ws/secrets", "internal/ws/failure", "internal/ws/rule", "memory", "permission"}},
	{folder: "internal/echo", is: "the embedded server, built on proto's server role",
		ours: []string{"internal/ws/handshake", "internal/ws/deflate", "internal/ws/pace", "internal/ws/proto",
			"internal/ws/wire", "internal/ws/failure"}},
	{folder: "internal/ws/dial", is: "names, TCP, TLS, proxies",
		ours:      []string{"internal/ws/transport", "internal/ws/httphead", "internal/ws/failure", "permission"},
		theirs:    []string{"golang.org/x/net/idna", "golang.org/x/net/proxy"},
		testTools: []string{"golang.org/x/net/dns"}},
	{folder: "internal/ws/transport", is: "the bytes of one open connection, over TCP, TLS or another stream: " +
		"standard library alone",
		never: []string{"context", "crypto/tls"}},
	{folder: "internal/ws/policy", is: "which hosts and addresses may be reached: no look-ups, no I/O",
		ours:  []string{"permission"},
		never: []string{"os", "time"}}, // net to write host and port
	{folder: "internal/ws/handshake", is: "the opening handshake, both roles",
		ours: []string{"internal/ws/httphead", "internal/ws/secrets", "internal/ws/failure"}},
	{folder: "internal/ws/httphead", is: "the head of an HTTP message, within bounds: no words for errors",
		ours:  []string{"internal/ws/failure"},
		never: []string{"net", "os"}},
	{folder: "internal/ws/secrets", is: "hides a request's secrets in a peer's words: no I/O",
		ours:  []string{"internal/ws/failure"},
		never: []string{"net", "os", "time", "context"}}, // net/http for the type http.Header, net/url for escapes
	{folder: "internal/ws/deflate", is: "permessage-deflate: no connections, no I/O",
		ours:   []string{"internal/ws/rule", "memory"},
		theirs: []string{"github.com/klauspost/compress"},
		never:  []string{"net/...", "os", "time", "context"}},
	{folder: "internal/ws/pace", is: "how many control frames are read from a peer: the caller's clock, standard " +
		"library alone",
		never: []string{"net/...", "os", "context"}},
	{folder: "internal/ws/proto", is: "RFC 6455 as state machines: no I/O, no clock, standard library alone",
		ours:  []string{"internal/ws/wire", "internal/ws/rule"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/ws/wire", is: "bytes to values and back: no I/O, no clock, standard library alone",
		ours:  []string{"internal/ws/rule"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/ws/failure", is: "the words for what can go wrong, so that all may use it: standard " +
		"library alone",
		ours:  []string{"internal/ws/rule"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "internal/ws/rule", is: "the rules that a peer can break, as errors without words: standard library alone",
		never: []string{"net/...", "os", "time", "context"}},

	// For all.
	{folder: "internal/inlet", is: "the script's standard input, by calls that wait or line by line",
		ours:  []string{"memory"},
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "memory", is: "bytes outside of a script's values, counted and bounded: standard library alone",
		never: []string{"net/...", "os", "time", "context"}},
	{folder: "permission", is: "what a script is not allowed, as a fact, in words and as limits: standard library alone",
		never: []string{"net/...", "os", "context"}}, // time for the type of a limit
	{folder: "internal/outlet", is: "a queue before a stream that somebody should read: standard library alone",
		never: []string{"net/...", "os", "context"}},
}

// anything allows every package below. Only packages that no shipped code imports may
// have it.
var anything = []string{"*"}

func TestArrows(t *testing.T) {
	for _, a := range arrows(t) {
		if reason := refuse(a); reason != "" {
			t.Errorf("%s imports %s (%s): %s", a.folder, a.target, a.file, reason)
		}
	}
}

func TestRowsPointDown(t *testing.T) {
	for i, r := range rows {
		for _, target := range r.ours {
			if target != "*" && rank(target) <= i {
				t.Errorf("row %s lists %s, which is not below it", r.folder, target)
			}
		}
	}
}

// Every arrow that the house refuses on purpose; so that a slip in refuse does not let
// all of them through.
func TestArrowsRefused(t *testing.T) {
	for _, a := range []arrow{
		{folder: "engine", target: "github.com/yuin/gopher-lua"},
		{folder: "engine", target: "./lua"},
		{folder: "engine", target: "github.com/yuin/gopher-lua", test: true},
		{folder: "engine", target: "./script", test: true},
		{folder: "engine", target: "./internal/testing/wstest"},
		{folder: "modules/websocket", target: "net/http"},
		{folder: "internal/modules/wsapi", target: "net"},
		{folder: "internal/modules/wsapi", target: "github.com/yuin/gopher-lua"},
		{folder: "internal/modules/host", target: "net/http"},
		{folder: "modules/websocket", target: "./internal/ws/dial"},
		{folder: "script", target: "github.com/spf13/cobra"},
		{folder: "engine", target: "golang.org/x/net/proxy"},
		{folder: "internal/ws/wire", target: "./internal/testing/enginetest", test: true},
		{folder: "internal/testing/wstest", target: "./internal/testing/enginetest"},
		{folder: "internal/testing/wstest", target: "./engine"},
		{folder: "internal/ws/handshake", target: "golang.org/x/net/http/httpproxy"},
		{folder: "internal/ws/dial", target: "golang.org/x/net/dns/dnsmessage"},
		{folder: "internal/loop", target: "./engine"},
		{folder: "internal/loop", target: "github.com/yuin/gopher-lua"},
		{folder: "internal/ws/proto", target: "net"},
		{folder: "internal/ws/proto", target: "time"},
		{folder: "internal/ws/proto", target: "github.com/klauspost/compress"},
		{folder: "engine", target: "./internal/newcomer"},
		{folder: "internal/ws/wire", target: "os"},
		{folder: "internal/ws/failure", target: "./internal/ws/wire"},
		{folder: "internal/ws/wire", target: "./internal/ws/failure"},
		{folder: "cmd/tidewire", target: "example.org/unheard/of"},
		{folder: "internal/newcomer", target: "fmt"},
	} {
		if refuse(a) == "" {
			t.Errorf("%s → %s (test %v) was let through", a.folder, a.target, a.test)
		}
	}
	for _, a := range []arrow{
		{folder: "cmd/tidewire", target: "github.com/spf13/cobra"},
		{folder: "engine", target: "./internal/testing/wstest", test: true},
		{folder: "engine", target: "./internal/testing/enginetest", test: true},
		{folder: "internal/modules/wsapi", target: "net/http"},
		{folder: "interop", target: "./script", test: true},
		{folder: "internal/ws/proto", target: "./internal/ws/wire"},
		{folder: "internal/ws/wire", target: "encoding/binary"},
	} {
		if reason := refuse(a); reason != "" {
			t.Errorf("%s → %s (test %v) was refused: %s", a.folder, a.target, a.test, reason)
		}
	}
}

// An arrow is one import line.
type arrow struct {
	folder string // of the importing package
	target string // a folder such as "./engine" within the module, an import path otherwise
	file   string
	test   bool // from a _test.go file
}

// refuse returns why a must not be, or "".
func refuse(a arrow) string {
	from := rank(a.folder)
	if from < 0 {
		if a.folder == "." && a.test {
			return "" // the tests of the whole module
		}
		return "the package has no row in arrows_test.go: add it at its place on the data's path"
	}
	if folder, ok := strings.CutPrefix(a.target, "./"); ok {
		return refuseOurs(rows[from], folder, a.test)
	}
	if first, _, _ := strings.Cut(a.target, "/"); strings.Contains(first, ".") {
		return refuseTheirs(rows[from], a.target, a.test)
	}
	return refuseStandard(rows[from], a.target, a.test)
}

func refuseOurs(r row, folder string, test bool) string {
	switch {
	case test && folder == r.folder:
		return ""
	case forTests(folder) && test && !forTests(r.folder):
		return refuseTool(r, folder)
	case forTests(folder) && !forTests(r.folder) && !slices.Equal(r.ours, anything):
		return folder + " is for tests alone"
	case rank(folder) <= rank(r.folder):
		return fmt.Sprintf("arrows point down, and %s is below %s (%s)", r.folder, folder, r.is)
	case test || slices.Equal(r.ours, anything) || slices.Contains(r.ours, folder):
		return ""
	}
	return fmt.Sprintf("a new arrow: %s is %s; it may import %v", r.folder, r.is, r.ours)
}

// refuseTool lets the tests of a package use a tool that knows nothing above the package.
func refuseTool(r row, tool string) string {
	for _, target := range rows[rank(tool)].ours {
		if !forTests(target) && rank(target) < rank(r.folder) {
			return fmt.Sprintf("arrows point down, and %s imports %s, which is above %s", tool, target, r.folder)
		}
	}
	return ""
}

// refuseTheirs lets a test import the dependencies of its own package and those of the
// packages below.
func refuseTheirs(r row, target string, test bool) string {
	allowed := slices.Clone(r.theirs)
	if test {
		for _, below := range rows[rank(r.folder):] {
			allowed = append(allowed, below.theirs...)
		}
		allowed = append(allowed, r.testTools...)
	}
	if slices.ContainsFunc(allowed, func(module string) bool { return within(target, module) }) {
		return ""
	}
	return fmt.Sprintf("a new dependency: %s is %s; of other modules it may import %v", r.folder, r.is, allowed)
}

// refuseStandard lets net/netip pass as net: it holds plain values and does no I/O.
func refuseStandard(r row, target string, test bool) string {
	for _, banned := range r.never {
		tree, isTree := strings.CutSuffix(banned, "/...")
		hit := target == banned || isTree && within(target, tree) && target != "net/netip"
		if hit && !test {
			return fmt.Sprintf("%s is %s", r.folder, r.is)
		}
	}
	return ""
}

// arrows reads the import lines of every Go file of the module. It parses rather than
// asks the go command, because a build sees the files of one operating system and one set
// of tags only.
func arrows(t *testing.T) []arrow {
	t.Helper()
	var found []arrow
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(file)
		case filepath.Ext(file) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found = append(found, arrow{
				folder: path.Dir(filepath.ToSlash(file)),
				target: folderOf(target),
				file:   filepath.ToSlash(file),
				test:   strings.HasSuffix(file, "_test.go"),
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no import found: is the test run in the module's root?")
	}
	return found
}

// skipFolder passes over the same folders as the go command, modules of their own
// included.
func skipFolder(folder string) error {
	if folder == "." {
		return nil
	}
	name := filepath.Base(folder)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// folderOf turns an import path of the module into its folder and leaves others alone.
func folderOf(importPath string) string {
	if folder, ours := strings.CutPrefix(importPath, modulePath+"/"); ours {
		return "./" + folder
	}
	return importPath
}

// forTests reports whether a package exists for the tests of others.
func forTests(folder string) bool {
	return within(folder, "internal/testing")
}

// rank is the place of a package on the data's path, 0 at the top; -1 if it has no row.
func rank(folder string) int {
	return slices.IndexFunc(rows, func(r row) bool { return r.folder == folder })
}

// within reports whether target is the package or module parent, or inside it.
func within(target, parent string) bool {
	return target == parent || strings.HasPrefix(target, parent+"/")
}
