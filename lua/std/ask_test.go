package std_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// arrow is between a question and the answer that is right here, where LuaJIT's is not.
const arrow = " --> "

// The answers to the questions of testdata/questions are LuaJIT's.
func TestAnswersAreLuaJITs(t *testing.T) {
	for _, name := range []string{"string", "table", "math", "bit"} {
		t.Run(name, func(t *testing.T) { ask(t, name) })
	}
}

// ask runs each line of testdata/questions/name.lua that is not empty and no comment in a
// state of its own, and compares its results, or its error, with
// testdata/questions/name.golden. A line is an expression list, or statements. A line
// that ends with an arrow has its answer there.
func ask(t *testing.T, name string) {
	t.Helper()
	var questions, answers []string
	for _, line := range strings.Split(readFile(t, "testdata/questions/"+name+".lua"), "\n") {
		if line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		question, answer, _ := strings.Cut(line, arrow)
		questions, answers = append(questions, question), append(answers, answer)
	}
	if *update {
		golden := askLuaJIT(t, questions)
		if err := os.WriteFile("testdata/questions/"+name+".golden", golden, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden := strings.Split(strings.TrimSuffix(readFile(t, "testdata/questions/"+name+".golden"), "\n"), "\n")
	if len(golden) != len(questions) {
		t.Fatalf("%d answers for %d questions: run the test with -update", len(golden), len(questions))
	}
	for i, question := range questions {
		want := golden[i]
		if answers[i] != "" {
			if want == answers[i] {
				t.Errorf("%s\nLuaJIT gives %s, too: no arrow is needed", question, want)
			}
			want = answers[i]
		}
		if got := answer(t, question); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", question, got, want)
		}
	}
}

// answer returns the answer to a question in a state of ours.
func answer(t *testing.T, question string) string {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	f, err := s.LoadString("return "+question, "=t")
	if err != nil {
		f, err = s.LoadString(question, "=t")
	}
	var results []lua.Value
	if err == nil {
		results, err = s.Call(f)
	}
	if err != nil {
		return "raises " + shown(err.(*lua.Error).Value)
	}
	texts := make([]string, len(results))
	for i, v := range results {
		texts[i] = shown(v)
	}
	return strings.Join(texts, ", ")
}

func shown(v lua.Value) string {
	if text, isString := v.AsString(); isString {
		return quote(text)
	}
	if f, isNumber := v.AsNumber(); isNumber && f != f {
		return "nan"
	}
	if text, isText := lua.ToText(v); isText {
		return text
	}
	if v.Kind() == lua.KindBool {
		return fmt.Sprint(v.Truth())
	}
	return v.TypeName()
}

func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&out, "\\%03d", c)
		} else {
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// driver shows values as shown does.
const driver = `
local function quote(c) return ("\\%03d"):format(c:byte()) end
local function show(v)
	if type(v) == "string" then return '"' .. v:gsub('[%z\1-\31\127-\255"\\]', quote) .. '"' end
	if v ~= v then return "nan" end
	if type(v) == "number" or type(v) == "boolean" or v == nil then return tostring(v) end
	return type(v)
end
local function results(ok, ...)
	if not ok then return "raises " .. show((...)) end
	local texts = {}
	for i = 1, select("#", ...) do texts[i] = show((select(i, ...))) end
	return table.concat(texts, ", ")
end
local function ask(question)
	local f, message = loadstring("return " .. question, "=t")
	if not f then f, message = loadstring(question, "=t") end
	if not f then print("raises " .. show(message)) return end
	print(results(pcall(f)))
end
`

func askLuaJIT(t *testing.T, questions []string) []byte {
	var script bytes.Buffer
	script.WriteString(driver)
	for _, question := range questions {
		fmt.Fprintf(&script, "ask [===[%s]===]\n", question)
	}
	command := exec.Command("luajit", "-")
	command.Stdin = &script
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("luajit: %v\n%s", err, out)
	}
	return out
}

// table.new and table.clear are there after require, as in LuaJIT.
func TestTableModules(t *testing.T) {
	got := run(t, `local new, clear = require "table.new", require "table.clear"
		print(new == table.new, clear == table.clear)
		local t = new(10, 20) t[1], t.x = 1, 2 setmetatable(t, {}) print(#t, t.x) clear(t) print(#t, next(t), getmetatable(t) ~= nil)
		for i = 1, 100 do t[i], t["k" .. i] = i, i end clear(t) print(next(t)) t.a = 1 t[1] = 2 print(t.a, #t, next(t, 1))
		clear(t) local sum = 0 for i = 100, 1, -1 do t["k" .. i] = i * 2 end for i = 1, 100 do sum = sum + t["k" .. i] end print(sum, t.a)
		print(next(new(-1, -5)), pcall(new), pcall(new, 1)) print(pcall(clear), pcall(clear, 1))`)
	want := `true	true
1	2
0	nil	true
nil
1	1	a	1
10100	nil
nil	false	false	bad argument #2 to '?' (number expected, got no value)
false	false	bad argument #1 to '?' (table expected, got number)
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}
