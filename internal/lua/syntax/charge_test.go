package syntax_test

import (
	"errors"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

var errNoMemory = errors.New("no memory left")

// limit returns options that grant so many bytes, and a pointer to how many were asked
// for.
func limit(bytes int) (syntax.Options, *int) {
	asked := new(int)
	return syntax.Options{Charge: func(more int) error {
		*asked += more
		if *asked > bytes {
			return errNoMemory
		}
		return nil
	}}, asked
}

// Sources of about size bytes, each a repetition of one construct.
func memorySources(size int) map[string]string {
	repeat := func(part string) string { return strings.Repeat(part, size/len(part)) }
	numbered := func(part string) string {
		var out strings.Builder
		for i := 0; out.Len() < size; i++ {
			out.WriteString(strings.ReplaceAll(part, "#", strconv.Itoa(i)))
		}
		return out.String()
	}
	return map[string]string{
		"calls":             repeat("f()"),
		"calls of strings":  repeat("f''"),
		"nested calls":      repeat("f(1)(...){}"),
		"methods":           repeat("a:b()"),
		"fields":            "x = {" + repeat("1,") + "}",
		"named fields":      "x = {" + repeat("a=1,") + "}",
		"tables":            "x = {" + repeat("{},") + "}",
		"functions":         "x = {" + repeat("function()end,") + "}",
		"variables":         "x = {" + repeat("a,") + "}",
		"globals":           numbered("a#=1 "),
		"locals":            numbered("local a# "),
		"in one list":       "local x" + repeat(",a"),
		"parameters":        "function f(a" + repeat(",a") + ") end",
		"minus":             "x = {" + repeat("-a,") + "}",
		"sums":              "x = {" + repeat("a+b,") + "}",
		"comparisons":       "x = {" + repeat("a<b,") + "}",
		"concatenations":    "x = {" + repeat("a..b..c..d,") + "}",
		"conjunctions":      "x = {" + repeat("a and b,") + "}",
		"blocks":            repeat("do end "),
		"loops":             repeat("for i=1,2 do end "),
		"generic loops":     repeat("for k in x do end "),
		"repeat":            repeat("repeat until x "),
		"clauses":           repeat("if a then end "),
		"goto":              repeat("goto a "),
		"labels":            repeat("::a::;"),
		"small strings":     "x = {" + numbered("'#',") + "}",
		"escapes":           "x = {" + repeat(`'\x41\x41\n',`) + "}",
		"one string":        "x = '" + repeat("a") + "'",
		"one with escapes":  "x = '" + repeat(`\065`) + "'",
		"one in brackets":   "x = [[" + repeat("a") + "]]",
		"one with breaks":   "x = [[" + repeat("\r\n") + "]]",
		"one name":          repeat("a") + " = 1",
		"one number":        "x = 1" + repeat("0"),
		"one comment":       "--[[" + repeat("a") + "]]",
		"unexpected string": "local [[" + repeat("a") + "]]",
		"malformed number":  "x = 1" + repeat("x"),
		"unfinished string": "x = '" + repeat("a") + "\n",
		"invalid escape":    "x = '" + repeat("a") + "\\q'",
		"unexpected name":   "x " + repeat("a"),
	}
}

// The charge covers the memory that the tree keeps, and is not a large multiple of it.
func TestChargeCoversTree(t *testing.T) {
	const size = 256 << 10
	for name, source := range detector.SomeOf(memorySources(size)) {
		options, charged := limit(math.MaxInt)
		bytes := []byte(source)
		before := heap()
		chunk, err := syntax.Parse(bytes, "s", options)
		kept := heap() - before
		if kept > *charged+slab {
			t.Errorf("%s: %d bytes are kept, %d charged", name, kept, *charged)
		}
		most := 4 * max(kept, size)
		if strconv.IntSize == 32 {
			most *= 2 // charges are the same everywhere, pointers are shorter
		}
		if err != nil {
			most = 8 * max(kept, size) // the message is put together from copies
		}
		if *charged > most {
			t.Errorf("%s: %d bytes are charged, %d kept", name, *charged, kept)
		}
		runtime.KeepAlive(chunk)
		runtime.KeepAlive(err)
		runtime.KeepAlive(bytes)
	}
}

// slab is how far Parse's charge may be from its use, above or below.
const slab = 4 << 10

func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// A refused charge ends the parse: the error comes back as it is, nothing more is asked
// for, and no more memory is taken than was granted.
func TestChargeRefused(t *testing.T) {
	const size, granted = 1 << 20, 64 << 10
	for name, source := range detector.SomeOf(memorySources(size)) {
		options, asked := limit(granted)
		calls, refused := 0, 0
		inner := options.Charge
		options.Charge = func(bytes int) error {
			calls++
			err := inner(bytes)
			if err != nil && refused == 0 {
				refused = calls
			}
			return err
		}
		var before, after runtime.MemStats
		source := []byte(source)
		runtime.ReadMemStats(&before)
		chunk, err := syntax.Parse(source, "s", options)
		runtime.ReadMemStats(&after)
		if *asked <= granted {
			continue // a comment takes nothing
		}
		if chunk != nil || err != errNoMemory {
			t.Errorf("%s: got %v, %v", name, chunk, err)
		}
		if refused != calls {
			t.Errorf("%s: asked %d times, %d of them after the refusal", name, calls, calls-refused)
		}
		if taken := int(after.TotalAlloc - before.TotalAlloc); taken > 2*granted+2*slab {
			t.Errorf("%s: %d bytes were granted, %d taken", name, granted, taken)
		}
	}
}

// A small chunk is charged at once.
func TestChargeInSlabs(t *testing.T) {
	calls := 0
	charge := func(int) error { calls++; return nil }
	source := strings.Repeat("f(x) ", 4)
	if _, err := syntax.Parse([]byte(source), "s", syntax.Options{Charge: charge}); err != nil || calls != 1 {
		t.Errorf("asked %d times, error %v", calls, err)
	}
}

// A syntax error that comes first stays.
func TestErrorBeforeCharge(t *testing.T) {
	options, _ := limit(slab)
	_, err := syntax.Parse([]byte("x = = "+strings.Repeat("f() ", 1000)), "s", options)
	if err == nil || err.Error() != "s:1: unexpected symbol near '='" {
		t.Errorf("got %v", err)
	}
}

// A source that may have more lines than a node can hold is refused unread.
func TestCheckSize(t *testing.T) {
	if err := syntax.CheckSize(math.MaxInt32, "s"); err != nil {
		t.Error(err)
	}
	err := syntax.CheckSize(math.MaxInt32+1, "s")
	if err == nil || err.Error() != "s:1: chunk has too many lines" {
		t.Errorf("got %v", err)
	}
}
