package lua_test

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/tidewire/tidewire/lua"
)

// Run a script and read its results.
func Example() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	results, err := s.Run([]byte(`local a, b = ... return a + b, a .. b`), "=example", lua.Int(1), lua.Int(2))
	if err != nil {
		log.Fatal(err)
	}
	sum, _ := results[0].AsNumber()
	text, _ := results[1].AsString()
	fmt.Println(sum, text)
	// Output: 3 12
}

// Compile once, and run the chunk in several states.
func ExampleCompile() {
	chunk, err := lua.Compile([]byte(`count = (count or 0) + 1 return count`), "@count.lua")
	if err != nil {
		log.Fatal(err) // count.lua:1: …
	}
	for range 2 {
		s := lua.NewState(lua.Options{})
		main, err := s.Load(chunk)
		if err != nil {
			log.Fatal(err)
		}
		count, err := s.Call1(main)
		fmt.Println(count.GoString(), err)
		s.Close()
	}
	// Output:
	// lua.Value(1) <nil>
	// lua.Value(1) <nil>
}

// Call a function that a script has defined.
func ExampleState_Call() {
	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	if _, err := s.Run([]byte("function area(w, h)\n  return w * h\nend"), "@shapes.lua"); err != nil {
		log.Fatal(err)
	}
	results, err := s.Call(s.Global("area"), lua.Int(3), lua.Int(4))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results[0].GoString())

	_, err = s.Call(s.Global("area"), lua.Int(3))
	var e *lua.Error
	if errors.As(err, &e) {
		fmt.Println(e.Message)
		fmt.Println(e.Traceback)
	}
	// Output:
	// lua.Value(12)
	// shapes.lua:2: attempt to perform arithmetic on local 'h' (a nil value)
	// stack traceback:
	// 	shapes.lua:2: in function <shapes.lua:1>
}

// Give scripts a function of Go.
func ExampleState_NewFunction() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	repeat := s.NewFunction("repeat_text", func(c *lua.Call) error {
		text, n := c.String(1), c.OptInt(2, 1)
		if err := c.Err(); err != nil {
			return err // bad argument #1 to 'repeat_text' (string expected, got no value)
		}
		if n < 0 {
			return c.ArgError(2, "no negative number expected")
		}
		b := s.NewBuilder() // holds the state's limits
		for range n {
			if !b.WriteString(text) {
				break
			}
		}
		v, err := b.Value()
		if err != nil {
			return err
		}
		return c.Return(v)
	})
	if err := s.SetGlobal("repeat_text", repeat); err != nil {
		log.Fatal(err)
	}
	v, err := s.Run([]byte(`return repeat_text("ab", 3)`), "=example")
	fmt.Println(v[0].GoString(), err)
	_, err = s.Run([]byte(`repeat_text("ab", -1)`), "=example")
	fmt.Println(err)
	// Output:
	// lua.Value("ababab") <nil>
	// example:1: bad argument #2 to 'repeat_text' (no negative number expected)
}

// Give scripts a module: a table of functions, which require finds, too.
func ExampleState_NewModule() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	module, err := s.NewModule("clock",
		lua.Func{Name: "hours", Call: func(c *lua.Call) error { return c.Return(lua.Number(c.Number(1) / 3600)) }},
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := module.SetString("second", lua.Int(1)); err != nil {
		log.Fatal(err)
	}
	v, err := s.Run([]byte(`return clock.hours(7200 * clock.second)`), "=example")
	fmt.Println(v[0].GoString(), err)
	// Output: lua.Value(2) <nil>
}

// Let scripts hold a Go value, with methods.
func ExampleState_NewUserdata() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	meta, err := s.NewTable(0, 1)
	if err != nil {
		log.Fatal(err)
	}
	methods, err := s.NewTable(0, 1)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.SetFuncs(methods, lua.Func{Name: "add", Call: func(c *lua.Call) error {
		log, line := lua.UserdataAs[*strings.Builder](c, 1, "log"), c.String(2)
		if err := c.Err(); err != nil {
			return err
		}
		fmt.Fprintln(log, line)
		return c.Return()
	}}); err != nil {
		log.Fatal(err)
	}
	if err := meta.SetString("__index", methods.Value()); err != nil {
		log.Fatal(err)
	}
	var lines strings.Builder
	if err := s.SetGlobal("log", s.NewUserdata(&lines, meta)); err != nil {
		log.Fatal(err)
	}
	_, err = s.Run([]byte(`log:add "one" log:add "two"`), "=example")
	fmt.Print(lines.String(), err, "\n")
	_, err = s.Run([]byte(`log.add({}, "three")`), "=example")
	fmt.Println(err)
	// Output:
	// one
	// two
	// <nil>
	// example:1: bad argument #1 to 'add' (log expected, got table)
}

// Read and write tables.
func ExampleTable() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	config, err := s.NewTable(0, 2)
	if err != nil {
		log.Fatal(err)
	}
	if err := config.SetString("port", lua.Int(8080)); err != nil {
		log.Fatal(err)
	}
	if err := s.SetGlobal("config", config.Value()); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Run([]byte(`config.hosts = {"a", "b"} config.port = config.port + 1`), "=example"); err != nil {
		log.Fatal(err)
	}
	for key, value := range config.All { // in the order in which the keys were first set
		fmt.Println(key.GoString(), value.GoString())
	}
	hosts, _ := config.GetString("hosts").AsTable()
	for i := 1; i <= hosts.Len(); i++ {
		fmt.Println(hosts.GetInt(i).GoString())
	}
	// Output:
	// lua.Value("port") lua.Value(8081)
	// lua.Value("hosts") lua.Value(table)
	// lua.Value("a")
	// lua.Value("b")
}

// Limits of a script. Errors of MaxMemory can be caught by the script; those of MaxSteps
// cannot.
func ExampleOptions() {
	s := lua.NewState(lua.Options{MaxMemory: 1 << 20, MaxSteps: 1_000_000})
	defer s.Close()
	_, err := s.Run([]byte(`local t = {} while true do t[#t + 1] = {} end`), "=example")
	fmt.Println(err, errors.Is(err, lua.ErrMemory))
	_, err = s.Run([]byte(`while true do end`), "=example")
	fmt.Println(err, errors.Is(err, lua.ErrSteps))
	// Output:
	// not enough memory true
	// example:1: step limit exceeded true
}

// Stop a script from another goroutine.
func ExampleState_Interrupt() {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	stop := errors.New("the user pressed ctrl-C")
	time.AfterFunc(time.Millisecond, func() { s.Interrupt(stop) })
	_, err := s.Run([]byte(`while true do end`), "=example")
	fmt.Println(err, errors.Is(err, stop))
	s.ClearInterrupt()
	_, err = s.Run([]byte(`return 1`), "=example")
	fmt.Println(err)
	// Output:
	// example:1: the user pressed ctrl-C true
	// <nil>
}
