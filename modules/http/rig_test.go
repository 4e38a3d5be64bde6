package http_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	nethttp "net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/http"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http's word for bytes that nobody asked for
	wstest.Main(m)
}

// rig is a state with tide.http in fake time, and the in-memory network of its servers.
type rig struct {
	*lua.State
	t      *testing.T
	http   *http.Module
	net    *wstest.Net
	memory *memory.Account
	said   []string
	log    bytes.Buffer
}

// play runs a test in a bubble. At its end nothing may be left.
func play(t *testing.T, limits lua.Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	playWith(t, limits, http.Options{}, test)
}

// playWith is play with options of the module.
func playWith(t *testing.T, limits lua.Options, opts http.Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		limits.Tracebacks = true
		r := &rig{State: lua.NewState(limits), t: t, net: &wstest.Net{}, memory: new(memory.Account)}
		if err := std.Open(r.State, std.Options{}); err != nil {
			t.Fatal(err)
		}
		var err error
		opts.Network.DialContext, opts.Network.Memory = r.net.DialContext, r.memory
		opts.Network.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
		r.http, err = http.Open(r.State, opts)
		if err != nil {
			t.Fatal(err)
		}
		say := lua.Func{Name: "say", Call: func(c *lua.Call) error {
			var words []string
			for n := range c.Count() {
				text, err := c.State().ToString(c.Arg(n + 1))
				if err != nil {
					return err
				}
				word, _ := text.AsString()
				words = append(words, word)
			}
			r.said = append(r.said, strings.Join(words, " "))
			return nil
		}}
		cancel := lua.Func{Name: "cancel", Call: func(c *lua.Call) error {
			return c.Return(lua.Bool(http.Cancel(c.Arg(1))))
		}}
		if err := r.SetFuncs(r.Globals(), say, cancel); err != nil {
			t.Fatal(err)
		}
		r.do(`http = require "tide.http"`)
		test(t, r)
		if err := r.http.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		r.Close()
		time.Sleep(time.Second) // for servers that notice it late
		synctest.Wait()
		if open := r.net.OpenConns(); open != 0 {
			t.Errorf("%d connections are open at the end", open)
		}
	})
}

// serve runs a server.
func (r *rig) serve(addr string, handler nethttp.HandlerFunc) {
	r.t.Helper()
	l, err := r.net.Listen(addr)
	if err != nil {
		r.t.Fatal(err)
	}
	server := &nethttp.Server{Handler: handler}
	go server.Serve(l) // ended by Close
	r.t.Cleanup(func() { server.Close() })
}

// do runs a chunk.
func (r *rig) do(code string) {
	r.t.Helper()
	if _, err := r.Run([]byte(code), "@bot.lua"); err != nil {
		r.t.Fatal(err)
	}
}

// pump calls callbacks until no request is live.
func (r *rig) pump() {
	r.t.Helper()
	for r.http.Live() > 0 {
		<-r.http.Ready()
		if _, err := r.http.Pump(engine.Budget{}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// want checks the words that the script has said, and forgets them.
func (r *rig) want(want ...string) {
	r.t.Helper()
	if got := strings.Join(r.said, "\n"); got != strings.Join(want, "\n") {
		r.t.Errorf("the script said:\n%s\nwant:\n%s\nlog:\n%s", got, strings.Join(want, "\n"), &r.log)
	}
	r.said = nil
}

func echo(w nethttp.ResponseWriter, r *nethttp.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Add("Set-Cookie", "a=1; Path=/")
	w.Header().Add("Set-Cookie", "b=2")
	w.Header().Add("X-Many", "one")
	w.Header().Add("X-Many", "two")
	fmt.Fprintf(w, "%s %s %s %q", r.Method, r.RequestURI, body, r.Header["X-Key"])
}
