package syntax

// Node is embedded by every node of the tree.
type Node struct{ line, lastLine int32 }

// Line is where the node's own instruction reports an error (see "Lines").
func (n *Node) Line() int { return int(n.line) }

// LastLine is the line of the node's last token (see "Lines").
func (n *Node) LastLine() int { return int(n.lastLine) }

func (n *Node) node() *Node { return n }

// A Chunk is a whole source text.
type Chunk struct {
	Name string    // as Parse got it
	Main *Function // has no parameters but is variadic; its Line is 0
}

// A Local is a local variable or a parameter. There is one for each declaration.
type Local struct {
	Name     string
	Line     int       // of its name in the declaration
	Func     *Function // the function that declares it
	Captured bool      // a function within Func refers to it
	Assigned bool      // assigned to after its declaration
}

// An Expr is an expression: one of the pointer types below that say so.
type Expr interface {
	Line() int
	LastLine() int
	node() *Node
	expr()
}

// A Stmt is a statement: one of the pointer types below that say so.
type Stmt interface {
	Line() int
	LastLine() int
	node() *Node
	stmt()
}

// The expressions.
type (
	Nil   struct{ Node }
	True  struct{ Node }
	False struct{ Node }

	Number struct {
		Node
		Value float64
	}

	// String has the bytes that the literal denotes. The key of a.b is one, too.
	String struct {
		Node
		Value string
	}

	// Vararg is "...".
	Vararg struct {
		Node
		Single bool // in parentheses, which cut it to one value
	}

	// Name is a variable that is read, or assigned to.
	Name struct {
		Node
		Name  string
		Local *Local // nil for a global variable
	}

	// Index is a.b and a[b].
	Index struct {
		Node
		Object, Key Expr
	}

	// Call is a call of a function, or of a method if Receiver is not nil: then Func is
	// nil.
	Call struct {
		Node
		Func     Expr
		Receiver Expr
		Method   string
		Args     []Expr
		Single   bool // in parentheses, which cut its results to one
	}

	// Function is a function's parameters and body. Its Line and LastLine are those that
	// debug.getinfo reports as linedefined and lastlinedefined.
	Function struct {
		Node
		Params   []*Local // those of a method begin with self
		IsVararg bool
		IsMethod bool
		Body     []Stmt
		Parent   *Function // the function around it; nil for the main function

		// The text is source[Start:End], from '(' to end; '(' is on StartLine. All are 0
		// for the main function.
		Start, End, StartLine int32
	}

	// Table is a table constructor.
	Table struct {
		Node
		Fields []Field
	}

	// Arith is an arithmetic operation with two operands.
	Arith struct {
		Node
		Op          ArithOp
		Left, Right Expr
	}

	// Concat is a .. b .. c, which associates to the right: at least two operands in
	// source order. The operands of a .. (b .. c) are the same three.
	Concat struct {
		Node
		Operands []Expr
	}

	// Compare is a comparison.
	Compare struct {
		Node
		Op          CompareOp
		Left, Right Expr
	}

	And struct {
		Node
		Left, Right Expr
	}

	Or struct {
		Node
		Left, Right Expr
	}

	Not struct {
		Node
		Operand Expr
	}

	Minus struct {
		Node
		Operand Expr
	}

	Length struct {
		Node
		Operand Expr
	}
)

// A Field is one item of a table constructor.
type Field struct {
	Key   Expr // nil for a positional item
	Value Expr
}

// An ArithOp is the operator of an Arith.
type ArithOp byte

// The arithmetic operators.
const (
	Add ArithOp = iota
	Sub
	Mul
	Div
	Mod
	Pow
)

// A CompareOp is the operator of a Compare.
type CompareOp byte

// The comparison operators.
const (
	Equal CompareOp = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

// The statements.
type (
	// LocalStmt is local a, b = c, d. The values do not see the locals.
	LocalStmt struct {
		Node
		Locals []*Local
		Values []Expr
	}

	// LocalFunction is local function f() end. The function sees the local.
	LocalFunction struct {
		Node
		Local *Local
		Func  *Function
	}

	// FunctionStmt is function a.b.c() end, or function a.b:c() end, whose parameters
	// then begin with self.
	FunctionStmt struct {
		Node
		Target Expr // *Name or *Index
		Func   *Function
	}

	// Assign is a, b.c = d, e.
	Assign struct {
		Node
		Targets []Expr // each *Name or *Index
		Values  []Expr
	}

	CallStmt struct {
		Node
		Call *Call
	}

	Do struct {
		Node
		Body []Stmt
	}

	While struct {
		Node
		Cond Expr
		Body []Stmt
	}

	// Repeat is repeat … until: Cond sees the locals of Body.
	Repeat struct {
		Node
		Body []Stmt
		Cond Expr
	}

	// If is one clause: an elseif is an If, the only statement of Else.
	If struct {
		Node
		Cond       Expr
		Then, Else []Stmt
	}

	NumericFor struct {
		Node
		Local             *Local
		Init, Limit, Step Expr // Step is nil if left out
		Body              []Stmt
	}

	GenericFor struct {
		Node
		Locals []*Local
		Values []Expr
		Body   []Stmt
	}

	Return struct {
		Node
		Values []Expr
	}

	Break struct{ Node }

	Goto struct {
		Node
		Label string
	}

	// Label is ::name::.
	Label struct {
		Node
		Name string

		// AtEnd: only further labels are between it and the end of its block, so that it
		// is outside the scope of the block's locals. As in LuaJIT a ';' after it counts
		// as something, and a label before until is never AtEnd.
		AtEnd bool
	}
)

func (*Nil) expr()      {}
func (*True) expr()     {}
func (*False) expr()    {}
func (*Number) expr()   {}
func (*String) expr()   {}
func (*Vararg) expr()   {}
func (*Name) expr()     {}
func (*Index) expr()    {}
func (*Call) expr()     {}
func (*Function) expr() {}
func (*Table) expr()    {}
func (*Arith) expr()    {}
func (*Concat) expr()   {}
func (*Compare) expr()  {}
func (*And) expr()      {}
func (*Or) expr()       {}
func (*Not) expr()      {}
func (*Minus) expr()    {}
func (*Length) expr()   {}

func (*LocalStmt) stmt()     {}
func (*LocalFunction) stmt() {}
func (*FunctionStmt) stmt()  {}
func (*Assign) stmt()        {}
func (*CallStmt) stmt()      {}
func (*Do) stmt()            {}
func (*While) stmt()         {}
func (*Repeat) stmt()        {}
func (*If) stmt()            {}
func (*NumericFor) stmt()    {}
func (*GenericFor) stmt()    {}
func (*Return) stmt()        {}
func (*Break) stmt()         {}
func (*Goto) stmt()          {}
func (*Label) stmt()         {}
