package debuglib

import (
	"errors"
	"io"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/lua"
)

// A Console is where debug.debug asks for code: the script's own input, and its output
// for errors.
type Console struct {
	In  *inlet.Stdin
	Out io.Writer
}

// debug runs lines of the input as chunks of their own until one is "cont", or there are
// no more. A line longer than the reader's buffer is several, as in LuaJIT.
func (t Console) debug(c *lua.Call) error {
	for {
		if err := c.State().Step(1); err != nil {
			return err
		}
		t.say("lua_debug> ")
		if err := t.In.Free(); err != nil {
			return err
		}
		line, _ := t.In.ReadSlice('\n') // an error ends the input: the next line is empty
		if len(line) == 0 || string(line) == "cont\n" {
			return c.Return()
		}
		err := runLine(c, string(line))
		var raised *lua.Error
		switch {
		case errors.As(err, &raised) && !raised.Catchable():
			return err
		case err != nil:
			t.say(err.Error() + "\n")
		}
	}
}

func runLine(c *lua.Call, line string) error {
	s := c.State()
	f, err := s.LoadString(line, "=(debug command)")
	if err != nil {
		return err
	}
	s.SetEnv(f, s.Env(s.Thread().Value()))
	_, err = c.Call(f)
	return err
}

func (t Console) say(text string) {
	io.WriteString(t.Out, text) //nolint:errcheck // there is nowhere else to say that
}
