// Package hostilelua has scripts that a program must survive, by name: each exhausts,
// hangs, recurses, floods or confuses in a way that is known of Lua and its hosts. Each
// says how it ends on our VM and through the door of gopher-lua, and which line a message
// has to name. The runner of scripts plays all of them, and so does the door.
//
// Like hostile, its sibling of servers, the package knows nothing of ours: messages are
// written a second time here.
package hostilelua

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// Script is one hostile script. It is constant.
type Script struct {
	// Class is the name of its file, without .lua.
	Class string

	// Name is unique in its class.
	Name string

	// Source is a chunk that is to be called File. Its lines have the numbers that they
	// have in the file of the class.
	Source string

	// VM is how the script ends on our VM, Gopher how it does through the door of
	// gopher-lua.
	VM, Gopher Ending
}

// File is the file's name in messages.
func (s *Script) File() string { return s.Class + ".lua" }

// Ending is how a script ends.
type Ending struct {
	Kind Kind

	// Text is part of the message. Empty if Kind has none, or always the same.
	Text string

	// Places are the positions, such as "loops.lua:12:", of which the message or its
	// traceback has one. None means that no position is wanted.
	Places []string
}

// Kind is a kind of Ending.
type Kind string

// The kinds of endings. After the first two the same state goes on, and each of its
// connections. The next two end the run of one script, and no other.
const (
	Passes    Kind = "passes"    // without an error: the script's own assertions hold
	Raises    Kind = "raises"    // an error in the log
	Stopped   Kind = "stopped"   // by the limit of a callback's time
	Exhausted Kind = "exhausted" // the memory limit has ended the run
	Host      Kind = "host"      // is for the host to bound, Text says by what: not run
	Absent    Kind = "absent"    // the door has not got what the script uses: not run
)

// hostOnly has what a host alone can bound that runs a VM without limits of its own.
var hostOnly = []string{
	"memory", // gopher-lua counts no memory, and Go ends a process that gets none
	"time",   // one function of Go works on, and asks nobody
	"stack",  // Go's stack grows until Go ends the process
	"bug",    // the VM does not do as Lua does, with no harm to the host
}

//go:embed scripts/*.lua
var files embed.FS

// Scripts are all there are, in an order that does not change.
func Scripts() ([]*Script, error) {
	entries, err := files.ReadDir("scripts")
	if err != nil {
		return nil, err
	}
	var all []*Script
	for _, entry := range entries {
		text, err := files.ReadFile("scripts/" + entry.Name())
		if err != nil {
			return nil, err
		}
		some, err := parse(strings.TrimSuffix(entry.Name(), ".lua"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// The servers that scripts connect to: one that sends everything back, one that refuses
// each connection, and the one that orders a script about.
const (
	Echo  = "ws://echo.test/"
	Gone  = "ws://gone.test/"
	Order = "ws://order.test/"
)

// Code runs the script, on any door. It sets the globals echo and gone to the URLs above,
// and connects to Order. At the message "attack" the script is called; after it "done" is
// sent, unless the script has raised, or has returned "later": it then calls the global
// done itself. Each other message is sent back.
func (s *Script) Code() string {
	return fmt.Sprintf(`echo, gone = %q, %q
attack = assert(loadstring([==[`+"\n%s]==], %q))\n"+`local attack, send, id = attack, websocket.Send
function done() send(id, "done") end
id = websocket.Connect(%q, {
	onMessage = function(data)
		if data ~= "attack" then send(id, data) return end
		if attack() ~= "later" then send(id, "done") end
	end,
})`, Echo, Gone, s.Source, "@"+s.File(), Order)
}

// parse reads a file: a script follows "--- its name" and the lines "-- vm:" and
// "-- gopher-lua:" with an ending each, the second only if it is another one. Lines that a
// message may name end in "--!".
func parse(class, text string) ([]*Script, error) {
	var scripts []*Script
	var s *Script
	lines := strings.Split(text, "\n")
	for at, line := range lines {
		wrong := func(problem string) error { return fmt.Errorf("%s.lua:%d: %s: %q", class, at+1, problem, line) }
		name, isName := strings.CutPrefix(line, "--- ")
		words, isEnding := strings.CutPrefix(line, "-- ")
		door, ending, _ := strings.Cut(words, ": ")
		switch {
		case isName:
			s = &Script{Class: class, Name: name}
			scripts = append(scripts, s)
			s.Source = strings.Repeat("\n", at+1)
			continue
		case s == nil && strings.TrimSpace(line) != "" && !isEnding:
			return nil, wrong("no script has begun")
		case s == nil:
			continue
		case isEnding && door == "vm" || isEnding && door == "gopher-lua":
			e, ok := parseEnding(ending)
			if !ok {
				return nil, wrong("no ending")
			}
			if door == "vm" {
				s.VM = e
			} else {
				s.Gopher = e
			}
		case strings.HasSuffix(line, "--!"):
			place := fmt.Sprintf("%s.lua:%d:", class, at+1)
			s.VM.Places = append(s.VM.Places, place)
			s.Gopher.Places = append(s.Gopher.Places, place)
		}
		s.Source += line + "\n"
	}
	for _, s := range scripts {
		if s.VM.Kind == "" {
			return nil, fmt.Errorf("%s: %s: no ending", class, s.Name)
		}
		if s.Gopher.Kind == "" {
			s.Gopher = s.VM
		}
	}
	return scripts, nil
}

func parseEnding(words string) (e Ending, ok bool) {
	kind, text, _ := strings.Cut(words, " ")
	e = Ending{Kind: Kind(kind), Text: text}
	switch e.Kind {
	case Passes, Exhausted, Absent:
		return e, text == ""
	case Raises, Stopped:
		return e, true
	case Host:
		return e, slices.Contains(hostOnly, text)
	}
	return e, false
}
