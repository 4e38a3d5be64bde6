package wscontract

import (
	"fmt"
	"strings"
	"testing"
)

// Fuzz gives the three functions values of every type, in any number. They never panic,
// return the right types, and raise only the errors of the contract.
func Fuzz(f *testing.F, kind Kind) {
	f.Add([]byte{0, 1, 2, 3, 4, 5})
	f.Add([]byte("C\x03ws\x05\x06\x02timeout\x02"))
	f.Add([]byte{0, 3, 9, 19, 7, 2, 9, 13, 5, 9, 0, 1, 1, 7, 1, 9, 4, 8, 1, 9, 5, 2, 1})
	f.Add([]byte{0, 3, 9, 19, 7, 0, 7, 1, 2, 4, 7, 1, 1, 0, 2, 0}) // {timeout = {[true] = 0}}
	f.Fuzz(func(t *testing.T, script []byte) {
		r := newRig(t, kind)
		r.do(`
			websocket.Connect("ws://peer.test/", {})
			function show(name, ok, ...)
				if ok then print(name, select("#", ...), type((...))) else print("raised", (...)) end
			end
		`)
		arguments := &argumentSource{rest: script}
		functions := []string{"Connect", "Send", "Close"}
		for len(arguments.rest) > 0 {
			name := functions[int(arguments.byte())%len(functions)]
			call := "websocket." + name
			for range arguments.byte() % 5 {
				call += ", " + arguments.value(2)
			}
			before := len(r.engine.urls)
			r.do("show('" + name + "', pcall(" + call + "))")
			wantOutcome(t, name, r.printed, len(r.engine.urls)-before)
			r.printed = nil
		}
	})
}

// wantOutcome checks the line that show printed of a call.
func wantOutcome(t *testing.T, name string, printed []string, begun int) {
	t.Helper()
	if len(printed) != 1 {
		t.Fatalf("printed %q", printed)
	}
	if text, hasRaised := strings.CutPrefix(printed[0], "raised\t"); hasRaised {
		wantDocumented(t, text)
		if begun != 0 {
			t.Fatal("a call raised and yet began a connection")
		}
		return
	}
	want := name + "\t1\tnil"
	if name == "Connect" {
		want = name + "\t1\tnumber"
		begun--
	}
	if printed[0] != want || begun != 0 {
		t.Fatalf("printed %q, want %q; %d connections too many", printed[0], want, begun)
	}
}

func wantDocumented(t *testing.T, text string) {
	t.Helper()
	if !strings.HasPrefix(text, "bad argument #") {
		t.Fatalf("raised %q", text)
	}
	for _, documented := range []string{
		" expected, got ", "(invalid option '", "(valid UTF-8 expected)", "(1000 or 3000 to 4999 expected)",
		"(at most 123 bytes of UTF-8 expected)", "': did you mean '", "': 'timeout' takes '", "': 'tls' takes '",
		"': 'tls.ca' takes '", "': 'compression' takes '", ` under "Options" in the manual`,
	} {
		if strings.Contains(text, documented) {
			return
		}
	}
	t.Fatalf("raised %q", text)
}

// argumentSource makes Lua expressions of a fuzzer's bytes.
type argumentSource struct{ rest []byte }

func (a *argumentSource) byte() byte {
	if len(a.rest) == 0 {
		return 0
	}
	first := a.rest[0]
	a.rest = a.rest[1:]
	return first
}

// text makes a string literal.
func (a *argumentSource) text() string {
	var literal strings.Builder
	literal.WriteByte('"')
	for length := min(int(a.byte()), len(a.rest)); length > 0; length-- {
		fmt.Fprintf(&literal, `\%03d`, a.byte())
	}
	literal.WriteByte('"')
	return literal.String()
}

func (a *argumentSource) value(depth int) string {
	numbers := []string{"0", "1", "-1", "1.5", "1000", "3000", "5000", "2^53", "1e300", "-1e300", "1/0", "-1/0", "0/0"}
	switch pick := a.byte() % 10; {
	case pick == 0:
		return "nil"
	case pick == 1:
		return []string{"false", "true"}[a.byte()%2]
	case pick <= 3:
		return numbers[int(a.byte())%len(numbers)]
	case pick == 4:
		return a.text()
	case pick == 5:
		return []string{"print", "coroutine.create(print)"}[a.byte()%2]
	case pick == 6:
		return `token ""`
	case pick <= 8 && depth > 0:
		table := "{"
		for range a.byte() % 4 {
			if key := a.key(); key != "" {
				table += "[" + key + "] = "
			}
			table += a.value(depth-1) + ", "
		}
		return table + "}"
	}
	return a.word()
}

// key makes a table's key, or "" for the next whole number.
func (a *argumentSource) key() string {
	switch a.byte() % 4 {
	case 0:
		return ""
	case 1:
		return []string{"true", "0", "1.5", "-1", "2^53"}[a.byte()%5]
	}
	return a.word()
}

func (a *argumentSource) word() string {
	words := []string{
		"headers", "protocols", "origin", "kind", "timeout", "tcp", "maxMessage", "sendQueue", "receiveQueue", "ping",
		"auto", "text", "binary", "onOpen", "OnOpen", "1", "0x1", "nan", "-inf", "ws://peer.test/",
		"tls", "ca", "compression",
	}
	return `"` + words[int(a.byte())%len(words)] + `"`
}
