package ws

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// ask calls the functions for the URL and the headers, in a task, and goes on with their
// answers.
func (k *keeper) ask() {
	var url, head lua.Value
	attempt := k.attempt
	f := k.m.s.NewFunction("keep", func(c *lua.Call) error {
		number := c.Arg(1)
		askHead := func(c *lua.Call) error {
			if k.asksHead.IsNil() {
				return c.Return()
			}
			return c.CallThen(func(c *lua.Call) error {
				head = c.Arg(1)
				return c.Return()
			}, false, k.asksHead, number)
		}
		if k.asksURL.IsNil() {
			return askHead(c)
		}
		return c.CallThen(func(c *lua.Call) error {
			url = c.Arg(1)
			return askHead(c)
		}, false, k.asksURL, number)
	})
	done := func(err error) {
		if k.state == asking && k.attempt == attempt && !k.closed {
			k.stop = nil
			k.answered(url, head, err)
		}
	}
	cancel, err := k.m.opts.Tasks.Go(f, done, lua.Int(attempt))
	if err != nil {
		k.failLater(err.Error(), err.Error())
		return
	}
	k.stop = cancel
}

// answered goes on with what the functions gave.
func (k *keeper) answered(url, head lua.Value, err error) {
	if err != nil {
		k.failed(firstLine(err.Error()), err.Error())
		return
	}
	if !k.asksURL.IsNil() {
		text, isText := lua.ToText(url)
		if !isText {
			story := fmt.Sprintf("the function url gave %s: string expected", url.TypeName())
			k.failed(story, story)
			return
		}
		k.url = text
	}
	if !k.asksHead.IsNil() {
		if k.opts.Connect.Header, err = k.header(head); err != nil {
			k.failed(err.Error(), err.Error())
			return
		}
	}
	k.connect()
}

func (k *keeper) header(head lua.Value) (http.Header, error) {
	table, isTable := head.AsTable()
	if !isTable {
		return nil, fmt.Errorf("the function headers gave %s: table expected", head.TypeName())
	}
	return wsapi.ReadHeaders(luavalue.Table(k.m.s, table))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
