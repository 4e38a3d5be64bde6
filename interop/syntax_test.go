//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/syntax"
)

const (
	mutantsPerProgram = 400
	numerals          = 2000
)

// Our parser accepts the same sources as a real luajit and has its words for errors, the
// line included.
func TestSyntaxInLuaJIT(t *testing.T) {
	sources := append(oddSources, nestedSources()...)
	random := rand.New(rand.NewPCG(1, 2))
	for _, program := range validSources {
		sources = append(sources, program)
		for range mutantsPerProgram {
			sources = append(sources, mutant(random, program))
		}
	}
	rejected, later := 0, 0
	for i, theirs := range askLuaJIT(t, loadstringDriver, sources) {
		ours := ""
		if _, err := syntax.Parse([]byte(sources[i]), "s", syntax.Options{}); err != nil {
			ours = err.Error()
		}
		switch {
		case laterStage.MatchString(theirs):
			later++
			if ours != "" && lineOf(t, ours) < lineOf(t, theirs) {
				t.Errorf("%q\nluajit %s\nours   %s", sources[i], theirs, ours)
			}
		case ours != theirs:
			t.Errorf("%q\nluajit %s\nours   %s", sources[i], theirs, ours)
		case ours != "":
			rejected++
		}
	}
	t.Logf("%d sources, %d of them rejected alike, %d for reasons that come after the syntax", len(sources),
		rejected, later)
}

// laterStage matches errors that LuaJIT finds while it generates code, in the middle of
// parsing. Ours parses first: such a chunk is accepted, or refused for something that
// comes after.
var laterStage = regexp.MustCompile(`: (undefined label|duplicate label|no loop to break|<goto .*> jumps into|` +
	`function or expression too complex|.* has more than \d+ (local variables|upvalues|constants))`)

func lineOf(t *testing.T, message string) int {
	t.Helper()
	line, err := strconv.Atoi(strings.Split(message, ":")[1])
	if err != nil {
		t.Fatalf("%s: %v", message, err)
	}
	return line
}

// A numeral has the value that it has in luajit, or is malformed in both.
func TestNumeralsInLuaJIT(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for range numerals {
		texts = append(texts, numeral(random))
	}
	for i, theirs := range askLuaJIT(t, numberDriver, texts) {
		ours := "nil"
		if value, ok := syntax.ParseNumber(texts[i]); ok {
			ours = fmt.Sprintf("%x", value)
		}
		if theirs != "nil" {
			value, err := strconv.ParseFloat(theirs, 64)
			if err != nil {
				t.Fatal(err)
			}
			theirs = fmt.Sprintf("%x", value)
		}
		if ours != theirs {
			t.Errorf("%q: luajit %s, ours %s", texts[i], theirs, ours)
		}
	}
}

// Both drivers read texts from standard input, each after a line with its length, and
// write their answers in the same form.
const (
	loadstringDriver = `
for length in io.lines() do
  local _, message = loadstring(io.read(tonumber(length)), "=s")
  message = message or ""
  io.write(#message, "\n", message)
end`
	numberDriver = `
for length in io.lines() do
  local value = tonumber(io.read(tonumber(length)))
  local answer = value and string.format("%.17g", value) or "nil"
  io.write(#answer, "\n", answer)
end`
)

// askLuaJIT returns the answers of a driver to texts, all given by one process.
func askLuaJIT(t *testing.T, driver string, texts []string) []string {
	t.Helper()
	var questions bytes.Buffer
	for _, text := range texts {
		fmt.Fprintf(&questions, "%d\n%s", len(text), text)
	}
	cmd := exec.CommandContext(t.Context(), "luajit", "-e", driver)
	cmd.Stdin = &questions
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("luajit: %v", err)
	}
	var answers []string
	for from := bufio.NewReader(bytes.NewReader(out)); len(answers) < len(texts); {
		var length int
		if _, err := fmt.Fscanf(from, "%d\n", &length); err != nil {
			t.Fatalf("answer %d: %v", len(answers), err)
		}
		answer := make([]byte, length)
		if _, err := io.ReadFull(from, answer); err != nil {
			t.Fatalf("answer %d: %v", len(answers), err)
		}
		answers = append(answers, string(answer))
	}
	return answers
}

// words cuts Lua into pieces that are good enough to be mixed up.
var words = regexp.MustCompile(`(?s)--\[\[.*?\]\]|--[^\n]*|\[\[.*?\]\]|\[=\[.*?\]=\]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|` +
	`\d[\w.]*|\w+|\.\.\.|\.\.|[=~<>]=|::|\s+|.`)

// foreign are words that get into programs from outside.
var foreign = []string{
	"end", "do", "(", ")", "{", "}", "[", "]", "=", ",", ";", ":", "::", ".", "..", "...", "local", "function", "goto",
	"return",
	"break", "x", "1", "'s'", "\n", "\r\n", "\x00", "\xe9", "--[[", "[[", "[=", "]]", "\"", "'", "\\", "@", "~", "not",
	"#", "-", "^",
	"if", "then", "else", "elseif", "until", "repeat", "while", "for", "in", "nil", "0x", "1e", "3x",
}

// mutant returns a program with one or two faults.
func mutant(random *rand.Rand, program string) string {
	for range 1 + random.IntN(2) {
		pieces := words.FindAllString(program, -1)
		if len(pieces) < 2 {
			return program
		}
		at := random.IntN(len(pieces) - 1)
		switch random.IntN(6) {
		case 0:
			pieces = pieces[:at]
		case 1:
			return program[:random.IntN(len(program))]
		case 2:
			pieces[at] = ""
		case 3:
			pieces[at] += " " + pieces[at]
		case 4:
			other := random.IntN(len(pieces))
			pieces[at], pieces[other] = pieces[other], pieces[at]
		case 5:
			pieces[at] += " " + foreign[random.IntN(len(foreign))] + " "
		}
		program = strings.Join(pieces, "")
	}
	return program
}

// numeral returns something that begins like a number. The suffixes of C's types do not
// occur in it: LuaJIT has values for them.
func numeral(random *rand.Rand) string {
	prefix := []string{"", "", "0x", "0X", "0b", "0B", "0", "."}[random.IntN(8)]
	alphabet := []string{"0123456789", "01", "0123456789.", "0123456789abcdefABCDEF", "0123456789abcdefx.pPeE+-b_",
		"0123456789.e"}
	digits := alphabet[random.IntN(len(alphabet))]
	var text strings.Builder
	text.WriteString(prefix)
	for range random.IntN(1 << random.IntN(7)) {
		text.WriteByte(digits[random.IntN(len(digits))])
	}
	power := random.IntN(400) - 200
	if random.IntN(10) == 0 {
		power = 1<<20 - 1 + random.IntN(2) // where LuaJIT ends
	}
	switch exponent := strconv.Itoa(power); random.IntN(4) {
	case 0:
		text.WriteString("e" + exponent)
	case 1:
		text.WriteString("p" + exponent)
	}
	if text.Len() == 0 || strings.ContainsAny(text.String()[:1], "+-") {
		return "0"
	}
	return text.String()
}

// nestedSources go down to about 200 levels in each way that Lua can.
func nestedSources() []string {
	var sources []string
	for depth := 95; depth <= 202; depth++ {
		for _, part := range [][3]string{
			{"x = ", "(", ")"}, {"", "do ", "end "}, {"x = ", "function() return ", " end"},
			{"", "while x do ", "end "},
			{"", "repeat ", "until x "}, {"", "if x then ", "end "}, {"", "if x then else ", "end "},
			{"x = ", "not ", ""},
			{"x = ", "- ", ""}, {"x = ", "{", "}"}, {"x = ", "{{}, ", "}"}, {"x = ", "f {", "}"},
			{"x = ", "{[", "] = 1}"},
		} {
			inner := "1"
			if part[0] == "" {
				inner = ""
			}
			sources = append(sources, part[0]+strings.Repeat(part[1], depth)+inner+strings.Repeat(part[2], depth))
		}
		for _, operator := range []string{"..", "^", "+", "and", "<"} {
			sources = append(sources, "x = "+strings.Repeat("y "+operator+" ", depth)+"y")
		}
		targets := strings.Repeat("a, ", depth) + "a = 1"
		sources = append(sources, targets, "do "+targets+" end", "function f()\n\n"+targets+" end", labels(depth),
			"do "+labels(depth)+" end")
	}
	return append(sources, "x =\n"+strings.Repeat("(\n", 300), strings.Repeat("do\n", 300), strings.Repeat("a,\n", 300))
}

func labels(count int) string {
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, "::l%d:: ", i)
	}
	return text.String()
}
