package verify_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/lua/code"
	"github.com/tidewire/tidewire/internal/lua/syntax"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/luagen"
	"github.com/tidewire/tidewire/internal/testing/verify"
)

// compile returns the code of a source; nil if that is not Lua.
func compile(source []byte) *code.Prototype {
	chunk, err := syntax.Parse(syntax.SkipHead(source), "test", syntax.Options{})
	if err != nil {
		return nil
	}
	p, err := code.Compile(chunk, code.Options{Source: "=test"})
	if err != nil {
		return nil
	}
	return p
}

// All Lua files of the repository.
func TestFiles(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".lua":
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if p := compile(source); p != nil {
			files++
			if err := verify.Prototype(p); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil || files < 30 {
		t.Errorf("%d files, %v", files, err)
	}
}

// Random programs.
func TestPrograms(t *testing.T) {
	for seed := range uint64(4) {
		for i := range uint64(detector.Part(100)) {
			program := luagen.NewCrossing(seed, i).String()
			p := compile([]byte(program))
			if p == nil {
				t.Fatalf("seed %d, program %d does not compile:\n%s", seed, i, program)
			}
			if err := verify.Prototype(p); err != nil {
				t.Errorf("seed %d, program %d: %v\n%s", seed, i, err, program)
			}
		}
	}
}

// Programs at the limits of operands.
func TestLargePrograms(t *testing.T) {
	list := func(n int, item, between string) string {
		return strings.Repeat(item+between, n-1) + item
	}
	constants := func(n int, use string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(use, "N", string(rune('a'+i%26))+strings.Repeat("x", i/26)))
		}
		return b.String()
	}
	for name, source := range map[string]string{
		"items":            "local t = {" + list(1000, "1", ",") + ", f()}",
		"items, nested":    "local t = " + strings.Repeat("{1,", 150) + "..." + strings.Repeat("}", 150),
		"fields":           constants(300, "t.N = t.N + s.N "),
		"globals":          constants(300, "N = N "),
		"methods":          constants(300, "t:N(1) "),
		"strings compared": constants(300, "if t == 'N' then f() end "),
		"locals": strings.Repeat("do ", 1) + "local " + strings.TrimSuffix(constants(190, "vN,"), ",") +
			" = ... end",
		"arguments":         "f(" + list(240, "a", ",") + ", ...)",
		"results":           "local " + strings.TrimSuffix(constants(150, "vN,"), ",") + " = f()",
		"operands":          "x = " + list(150, "a", ".."),
		"a chain of sums":   "x = " + list(3000, "a", "+"),
		"a chain of or":     "x = " + list(3000, "a", " or "),
		"a chain of elseif": "if a then f() " + strings.Repeat("elseif b then g() ", 1000) + "else h() end",
		"functions":         "local t = {" + list(300, "function(a) t = a return t, ... == nil end", ",") + "}",
		"upvalues in levels": "local a, b = 1, 2 a = 3 return function() return function() return function() b, a = " +
			"a, b return a + b end end end",
	} {
		t.Run(name, func(t *testing.T) {
			source := strings.ReplaceAll(source, "..."+" == nil", "a == nil")
			p := compile([]byte(source))
			if p == nil {
				t.Fatal("does not compile")
			}
			if err := verify.Prototype(p); err != nil {
				t.Error(err)
			}
		})
	}
}

// word makes an instruction of its operands.
func word(op code.Op, a, b, c int) code.Instruction {
	return code.Instruction(op) | code.Instruction(a)<<8 | code.Instruction(b)<<16 | code.Instruction(c)<<24
}

// jump makes an instruction with one operand.
func jump(op code.Op, j int) code.Instruction {
	return code.Instruction(op) | code.Instruction(int32(j)<<8)
}

// Faults that the interpreter does not check are found.
func TestFaults(t *testing.T) {
	ret := word(code.Return0, 0, 0, 0)
	nilA := word(code.LoadNil, 0, 0, 0)
	for _, c := range []struct {
		name string
		code []code.Instruction
		want string
	}{
		{"nothing", nil, "no code"},
		{"no return", []code.Instruction{nilA}, "the code ends here"},
		{"an operation that is none", []code.Instruction{250, ret}, "no such operation"},
		{"a register beyond", []code.Instruction{word(code.LoadNil, 0, 9, 0), ret}, "register 9 of 4"},
		{"a register that is not set", []code.Instruction{word(code.Return1, 1, 0, 0)}, "register 1 may not be set"},
		{"a constant beyond", []code.Instruction{word(code.LoadK, 0, 9, 0), ret}, "constant 9 of 2"},
		{"a constant of another type", []code.Instruction{word(code.GetGlobal, 0, 1, 0), ret},
			"constant 1 is of another type"},
		{"a number that is a string", []code.Instruction{nilA, word(code.AddRK, 0, 0, 0), ret},
			"constant 0 is of another type"},
		{"a long constant without word", []code.Instruction{word(code.LoadKX, 0, 0, 0)}, "lacks its word"},
		{"a long constant beyond", []code.Instruction{word(code.LoadKX, 0, 0, 0), 7, ret}, "constant 7 of 2"},
		{"a test without jump", []code.Instruction{nilA, word(code.Test, 0, 0, 0), ret}, "lacks its jump"},
		{"a jump beyond", []code.Instruction{jump(code.Jmp, 5), ret}, "a jump to 6 of 2"},
		{"a jump in front of all", []code.Instruction{jump(code.Jmp, -2), ret}, "a jump to -1 of 2"},
		{"a jump to a word", []code.Instruction{jump(code.Jmp, 1), word(code.LoadKX, 0, 0, 0), 1, ret},
			"which is no instruction"},
		{"a jump into a test", []code.Instruction{nilA, jump(code.Jmp, 1), word(code.Test, 0, 0, 0), jump(code.Jmp, 0),
			ret}, "between a test and its jump"},
		{"values that nothing takes", []code.Instruction{nilA, word(code.Call, 0, 1, 0), ret},
			"leaves values that nothing takes"},
		{"values that nothing left", []code.Instruction{nilA, word(code.Return, 0, 0, 0)},
			"takes values that nothing left"},
		{"an upvalue of a chunk", []code.Instruction{word(code.GetUpval, 0, 0, 0), ret}, "upvalue 0 of 0"},
		{"a cell that is none", []code.Instruction{nilA, word(code.GetCell, 0, 0, 0), ret},
			"register 0 may be no cell"},
		{"a cell on one way only", []code.Instruction{nilA, word(code.Test, 0, 0, 0), jump(code.Jmp, 1),
			word(code.NewCell, 0, 0, 0), word(code.GetCell, 1, 0, 0), ret}, "may be no cell"},
		{"a cell that a script would see", []code.Instruction{nilA, word(code.NewCell, 0, 0, 0),
			word(code.Return1, 0, 0, 0)}, "register 0 is a cell"},
		{"items of no table", []code.Instruction{nilA, word(code.LoadNil, 1, 1, 0), word(code.SetList, 0, 1, 0),
			0, ret},
			"register 0 may be no table"},
		{"a value that a call overwrites", []code.Instruction{word(code.LoadNil, 0, 1, 0), word(code.Call, 0, 1, 1),
			word(code.Return1, 1, 0, 0)}, "register 1 may not be set"},
		{"a loop without variables", []code.Instruction{word(code.ForPrep, 0, 0, 0), ret}, "register 0 may not be set"},
		{"an iterator without loop", []code.Instruction{word(code.LoadNil, 0, 2, 0), word(code.TForCall, 0, 0, 1), ret},
			"no TForLoop behind it"},
		{"further arguments of nothing", []code.Instruction{word(code.Vararg, 0, 1, 0), ret},
			"without further arguments"},
		{"a prototype beyond", []code.Instruction{word(code.Closure, 0, 0, 0), ret}, "prototype 0 of 0"},
		{"a truth of 2", []code.Instruction{nilA, word(code.Test, 0, 0, 2), jump(code.Jmp, 0), ret}, "the truth is 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &code.Prototype{
				Code: c.code, Lines: make([]int32, len(c.code)), Registers: 4,
				Constants: []code.Constant{{Kind: code.StringConstant, Text: "x"}, {Kind: code.NumberConstant}},
			}
			for i := range p.Lines {
				p.Lines[i] = 1
			}
			if err := verify.Prototype(p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// A fault in the data around the code is found, too.
func TestFaultsOfPrototypes(t *testing.T) {
	for _, c := range []struct {
		name, source string
		spoil        func(p *code.Prototype)
		want         string
	}{
		{"a line too few", "f()", func(p *code.Prototype) { p.Lines = p.Lines[1:] }, "words"},
		{"no line", "f()", func(p *code.Prototype) { p.Lines[0] = 0 }, "no line"},
		{"too few registers", "f(1, 2, 3)", func(p *code.Prototype) { p.Registers = 2 }, "register"},
		{"an upvalue that is not set", "local a return function() return a end",
			func(p *code.Prototype) { p.Prototypes[0].Upvalues[0].Index = 5; p.Registers = 9 }, "upvalue"},
		{"an upvalue in no cell", "local a a = 1 return function() return a end",
			func(p *code.Prototype) { p.Prototypes[0].Upvalues[0].Cell = false }, "cell"},
		{"a local that lives too long", "do local a end f()", func(p *code.Prototype) { p.Locals[0].Start = 0 },
			"local 'a' is not set"},
		{"a local in a cell that is none", "local a = f() g(a)", func(p *code.Prototype) { p.Locals[0].Cell = true },
			"local 'a' in a cell"},
		{"a local beyond", "local a = f()", func(p *code.Prototype) { p.Locals[0].End = 99 }, "local 0"},
		{"a fault within", "return function() return x end",
			func(p *code.Prototype) { p.Prototypes[0].Constants = nil },
			"function at line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compile([]byte(c.source))
			c.spoil(p)
			if err := verify.Prototype(p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// FuzzCompile checks that the code of any source is as the interpreter expects it.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"local a, b = ... a = b and (a or f(a)) or {a, b, x = a, ...} return a.x, #b",
		"for i = 1, 10 do local x = i if x > 5 then goto out end g = function() return x, i end end ::out::",
		"for k, v in pairs(t) do repeat local n = k until n == v or not n break end",
		"function t.a:b(...) self.x, self[1] = ..., not (1 < ...) return self:b(...) end",
		"while a ~= b do a = a .. 1 .. -b .. c end ::a:: do local y f = function() return y end goto a end",
		"local function f() f = nil return f end local x <= 3 return f(f(...), (...))",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 4096 {
			return
		}
		if p := compile(source); p != nil {
			if err := verify.Prototype(p); err != nil {
				t.Errorf("%q: %v", source, err)
			}
		}
	})
}
