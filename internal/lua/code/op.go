package code

import "fmt"

// An Instruction is 32 bits wide: the operation in the lowest byte, then the operands A,
// B and C of a byte each. Some operations have one operand of 16 bits, D, in place of B
// and C; a jump has one signed operand of 24 bits, J, in place of all three.
type Instruction uint32

// Op returns the operation.
func (i Instruction) Op() Op { return Op(i) }

// A returns the first operand.
func (i Instruction) A() int { return int(uint8(i >> 8)) }

// B returns the second operand.
func (i Instruction) B() int { return int(uint8(i >> 16)) }

// C returns the third operand.
func (i Instruction) C() int { return int(i >> 24) }

// D returns the wide operand, which is in the place of B and C.
func (i Instruction) D() int { return int(i >> 16) }

// SD returns the wide operand as a signed number.
func (i Instruction) SD() int { return int(int32(i) >> 16) }

// J returns the operand of a jump: how many instructions to go, from the one after it.
func (i Instruction) J() int { return int(int32(i) >> 8) }

func abc(op Op, a, b, c int) Instruction {
	return Instruction(op) | Instruction(uint8(a))<<8 | Instruction(uint8(b))<<16 | Instruction(uint8(c))<<24
}

func ad(op Op, a, d int) Instruction {
	return Instruction(op) | Instruction(uint8(a))<<8 | Instruction(uint16(d))<<16
}

func jump(op Op, j int) Instruction { return Instruction(op) | Instruction(int32(j)<<8) }

const (
	maxD     = 1<<16 - 1
	maxSD    = 1<<15 - 1
	maxJ     = 1<<23 - 1
	maxByte  = 1<<8 - 1
	sizeLog  = 128 // a size operand of NewTable from here on is a power of two
	setBatch = 50  // how many items of a constructor wait in registers
)

// sizeOperand rounds a size up to one that an operand of NewTable can hold.
func sizeOperand(size int) int {
	if size < sizeLog {
		return size
	}
	log := 7
	for 1<<log < size && log < 24 {
		log++
	}
	return sizeLog + log
}

// Size is the size that an operand B or C of NewTable encodes.
func Size(operand int) int {
	if operand < sizeLog {
		return operand
	}
	return 1 << (operand - sizeLog)
}

// An Op is an operation. R is a register of the function that runs, K one of its
// constants, U one of its upvalues, pc the instruction after this one. "Then a jump"
// means that the next instruction is a Jmp, which is followed if the condition equals C,
// and skipped otherwise.
type Op uint8

const (
	Move     Op = iota // R[A] = R[B]
	LoadK              // R[A] = K[D]
	LoadKX             // R[A] = K[the next word]
	LoadNil            // R[A] … R[B] = nil
	LoadBool           // R[A] = B ~= 0

	GetUpval     // R[A] = U[B], a variable that is never assigned after its declaration
	GetUpvalCell // R[A] = the variable in the cell U[B]
	SetUpvalCell // the variable in the cell U[B] = R[A]
	NewCell      // R[A] = a new cell that holds R[B]
	GetCell      // R[A] = the variable in the cell R[B]
	SetCell      // the variable in the cell R[A] = R[B]
	Env          // R[A] = the function's environment
	GetGlobal    // R[A] = environment[K[D]]
	SetGlobal    // environment[K[D]] = R[A]

	GetField // R[A] = R[B][K[C]], a string
	GetTable // R[A] = R[B][R[C]]
	GetInt   // R[A] = R[B][C]
	SetField // R[A][K[B]] = R[C], a string
	SetTable // R[A][R[B]] = R[C]
	SetInt   // R[A][B] = R[C]
	Self     // R[A+1] = R[B]; R[A] = R[B][K[C]], a string
	NewTable // R[A] = a table with room for Size(B) items and Size(C) other keys
	SetList  // R[A][n + i] = R[A+i] for i up to B, or up to the top if B is 0; the next word is n

	Add   // R[A] = R[B] + R[C]
	Sub   // R[A] = R[B] - R[C]
	Mul   // R[A] = R[B] * R[C]
	Div   // R[A] = R[B] / R[C]
	Mod   // R[A] = R[B] % R[C]
	Pow   // R[A] = R[B] ^ R[C]
	AddRK // R[A] = R[B] + K[C], and so on: the second operand is a constant number
	SubRK
	MulRK
	DivRK
	ModRK
	PowRK
	AddKR // R[A] = K[B] + R[C], and so on: the first operand is a constant number
	SubKR
	MulKR
	DivKR
	ModKR
	PowKR

	Unm    // R[A] = -R[B]
	Not    // R[A] = not R[B]
	Len    // R[A] = #R[B]
	Concat // R[A] = R[B] .. … .. R[C]

	Jmp     // pc += J
	Test    // R[A] is true, then a jump
	TestSet // R[B] is true, then a jump; R[A] = R[B] before it
	Eq      // R[A] == R[B], then a jump
	EqK     // R[A] == K[B], then a jump
	Lt      // R[A] < R[B], then a jump
	Le      // R[A] <= R[B], then a jump
	LtRK    // R[A] < K[B], a number, then a jump
	LeRK    // R[A] <= K[B], then a jump
	GtRK    // R[A] > K[B], then a jump
	GeRK    // R[A] >= K[B], then a jump

	Call     // R[A] … = R[A](R[A+1] … R[A+B-1]): C-1 results, or all of them up to the top if C is 0; B likewise
	TailCall // return R[A](R[A+1] … R[A+B-1]), arguments as in Call
	Return   // return R[A] … R[A+B-2], or up to the top if B is 0
	Return0  // return nothing
	Return1  // return R[A]

	ForPrep // checks R[A], R[A+1], R[A+2] (first, limit, step); pc += SD unless the loop runs, else R[A+3] = R[A]
	ForLoop // R[A] += R[A+2]; if it is not after R[A+1] then R[A+3] = R[A] and pc += SD
	TForCall
	// R[A+3] … R[A+2+C] = R[A](R[A+1], R[A+2])
	TForLoop // if R[A+3] ~= nil then R[A+2] = R[A+3] and pc += SD
	Vararg   // R[A] … R[A+B-2] = the function's further arguments, or all of them up to the top if B is 0
	Closure  // R[A] = a function of the prototype D

	opCount
)

var opNames = [opCount]string{
	"Move", "LoadK", "LoadKX", "LoadNil", "LoadBool", "GetUpval", "GetUpvalCell", "SetUpvalCell", "NewCell", "GetCell",
	"SetCell", "Env", "GetGlobal", "SetGlobal", "GetField", "GetTable", "GetInt", "SetField", "SetTable", "SetInt",
	"Self", "NewTable", "SetList", "Add", "Sub", "Mul", "Div", "Mod", "Pow", "AddRK", "SubRK", "MulRK", "DivRK",
	"ModRK", "PowRK", "AddKR", "SubKR", "MulKR", "DivKR", "ModKR", "PowKR", "Unm", "Not", "Len", "Concat", "Jmp",
	"Test", "TestSet", "Eq", "EqK", "Lt", "Le", "LtRK", "LeRK", "GtRK", "GeRK", "Call", "TailCall", "Return",
	"Return0", "Return1", "ForPrep", "ForLoop", "TForCall", "TForLoop", "Vararg", "Closure",
}

func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// HasWord reports whether the instruction is followed by a word of data.
func (op Op) HasWord() bool { return op == LoadKX || op == SetList }

// Tests reports whether the instruction is followed by a Jmp that belongs to it.
func (op Op) Tests() bool { return op >= Test && op <= GeRK }
