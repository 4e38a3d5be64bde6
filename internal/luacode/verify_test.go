package luacode_test

import (
	"fmt"
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/luacode"
	"github.com/tidewire/tidewire/internal/luasyntax"
)

// verify returns what would lead the VM astray in a prototype: a register, a constant, an upvalue or an instruction that
// is not there.
func verify(p *lua.FunctionProto) error {
	if len(p.DbgSourcePositions) != len(p.Code) {
		return fmt.Errorf("%d instructions, %d lines", len(p.Code), len(p.DbgSourcePositions))
	}
	if int(p.NumUsedRegisters) <= int(p.NumParameters) {
		return fmt.Errorf("%d registers for %d parameters", p.NumUsedRegisters, p.NumParameters)
	}
	for pc := 0; pc < len(p.Code); pc++ {
		if err := verifyInstruction(p, pc); err != nil {
			return fmt.Errorf("function at line %d, instruction %d (operation %d): %w", p.LineDefined, pc, p.Code[pc]>>26, err)
		}
		pc += dataBehind(p, pc)
	}
	for _, inner := range p.FunctionPrototypes {
		if err := verify(inner); err != nil {
			return err
		}
	}
	return nil
}

// dataBehind is how many words behind an instruction belong to it.
func dataBehind(p *lua.FunctionProto, pc int) int {
	word := p.Code[pc]
	switch {
	case int(word>>26) == lua.OP_CLOSURE:
		return int(p.FunctionPrototypes[word&0x3ffff].NumUpvalues)
	case int(word>>26) == lua.OP_SETLIST && word>>9&0x1ff == 0:
		return 1
	}
	return 0
}

func verifyInstruction(p *lua.FunctionProto, pc int) error {
	word := p.Code[pc]
	op, a, b, c := int(word>>26), int(word>>18&0xff), int(word&0x1ff), int(word>>9&0x1ff)
	bx := int(word & 0x3ffff)
	operand := func(arg int) error {
		switch {
		case arg < 256 && arg >= int(p.NumUsedRegisters):
			return fmt.Errorf("register %d of %d", arg, p.NumUsedRegisters)
		case arg >= 256 && arg-256 >= len(p.Constants):
			return fmt.Errorf("constant %d of %d", arg-256, len(p.Constants))
		}
		return nil
	}
	within := func(what string, index, count int) error {
		if index < 0 || index >= count {
			return fmt.Errorf("%s %d of %d", what, index, count)
		}
		return nil
	}
	target := func() error { return within("instruction", pc+1+bx-131071, len(p.Code)) }
	register := func(index int) error { return within("register", index, int(p.NumUsedRegisters)) }
	var errs []error
	switch op {
	case lua.OP_MOVE, lua.OP_MOVEN, lua.OP_UNM, lua.OP_NOT, lua.OP_LEN, lua.OP_TESTSET:
		errs = []error{register(a), register(b)}
	case lua.OP_LOADNIL:
		errs = []error{register(a), register(b), within("difference", b-a, 256)}
	case lua.OP_LOADK:
		errs = []error{register(a), within("constant", bx, len(p.Constants))}
	case lua.OP_GETGLOBAL, lua.OP_SETGLOBAL:
		errs = []error{register(a), within("constant", bx, len(p.Constants))}
		if errs[1] == nil && p.Constants[bx].Type() != lua.LTString {
			return fmt.Errorf("a global named %v", p.Constants[bx])
		}
	case lua.OP_GETUPVAL, lua.OP_SETUPVAL:
		errs = []error{register(a), within("upvalue", b, int(p.NumUpvalues))}
	case lua.OP_LOADBOOL:
		errs = []error{register(a), within("instruction", pc+1+c, len(p.Code))}
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		errs = []error{register(a), register(b), operand(c)}
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
		errs = []error{register(a), operand(b), operand(c)}
	case lua.OP_EQ, lua.OP_LT, lua.OP_LE:
		errs = []error{within("truth", a, 2), operand(b), operand(c)}
	case lua.OP_JMP, lua.OP_FORLOOP, lua.OP_FORPREP:
		errs = []error{register(a), target()}
	case lua.OP_CALL, lua.OP_TAILCALL:
		errs = []error{register(a), register(max(a, a+b-1)), within("register", max(a, a+c-2), int(p.NumUsedRegisters)+1)}
	case lua.OP_RETURN:
		errs = []error{within("register", max(a, a+b-2), int(p.NumUsedRegisters)+1)}
	case lua.OP_TFORLOOP:
		errs = []error{register(a + 5), register(a + 2 + c)}
	case lua.OP_SETLIST:
		errs = []error{register(a + b)}
	case lua.OP_VARARG:
		errs = []error{within("register", max(a, a+b-2), int(p.NumUsedRegisters)+1)}
	case lua.OP_CLOSURE:
		errs = []error{register(a), within("function", bx, len(p.FunctionPrototypes))}
	case lua.OP_NEWTABLE, lua.OP_TEST, lua.OP_CLOSE:
		errs = []error{register(a)}
	default:
		return fmt.Errorf("no such operation")
	}
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// FuzzCompile holds the code of any source to what the VM may be given.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"local a, b = ... a = b and (a or f(a)) or {a, b, x = a, ...} return a.x, #b",
		"for i = 1, 10 do local x = i if x > 5 then goto out end g = function() return x, i end end ::out::",
		"for k, v in pairs(t) do repeat local n = k until n == v or not n break end",
		"function t.a:b(...) self.x, self[1] = ..., not (1 < ...) return self:b(...) end",
		"while a ~= b do a = a .. 1 .. -b .. c end ::a:: do local y f = function() return y end goto a end",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 4096 {
			return
		}
		chunk, err := luasyntax.Parse(source, "x")
		if err != nil {
			return
		}
		proto, err := luacode.Compile(chunk, "x", &lua.LFunction{})
		if err != nil {
			return
		}
		if err := verify(proto); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	})
}

// A VM whose prototypes are laid out in another way would run scripts with its own compiler's faults.
func TestVMIsKnown(t *testing.T) {
	if !luacode.VMIsKnown {
		t.Error("the list of a prototype's names is not where it was: see vm.go")
	}
}
