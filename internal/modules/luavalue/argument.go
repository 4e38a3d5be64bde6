package luavalue

import (
	"errors"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// Kind returns argument n, a kind of message, which may be absent. Its error is that of
// the first argument read so far that is wrong.
func Kind(c *lua.Call, n int) (engine.Kind, error) {
	if err := c.Err(); err != nil || c.Arg(n).IsNil() {
		return engine.DefaultKind, err
	}
	word := c.String(n)
	if err := c.Err(); err != nil {
		return engine.DefaultKind, err
	}
	kind, err := wsapi.ParseKind(word)
	if err != nil {
		return kind, Raised(c, err)
	}
	return kind, nil
}

// Raised makes an error about an argument one of Lua's, and leaves others as they are: a
// metamethod's own, or one that the VM gives its position.
func Raised(c *lua.Call, err error) error {
	var bad *wsapi.ArgumentError
	if errors.As(err, &bad) {
		return c.ArgError(bad.Argument, bad.Problem)
	}
	return err
}
