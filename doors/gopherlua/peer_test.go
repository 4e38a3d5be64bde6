package gopherlua_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/wstest"
)

// stage is a script before a peer that the test plays, in fake time. The script notes
// what it sees.
type stage struct {
	*rig
	eng      *engine.Engine
	listener *wstest.Listener
	noted    []string
}

// prelude defines connect(options, hooks): a connection that notes its events and calls
// the hook of the same name.
const prelude = `
function connect(options, hooks)
	hooks = hooks or {}
	local function hook(name, ...) if hooks[name] then hooks[name](...) end end
	return websocket.Connect("ws://peer.test/", {
		onOpen = function(info) note("open") hook("open", info) end,
		onMessage = function(data, isBinary, id) note(isBinary and "binary" or "text", data) hook("message", id, data) end,
		onClose = function(code, reason, wasClean, info)
			note("close", code, "'" .. reason .. "'", wasClean and "clean" or "unclean", counts(info))
			hook("close", info)
		end,
		onError = function(message, info)
			note("error", message, info.category, info.phase, info.closeCode)
			hook("error", info)
		end,
	}, options)
end
function counts(info)
	return "unsent " .. info.unsent.messages .. "/" .. info.unsent.bytes ..
		" dropped " .. info.dropped.messages .. "/" .. info.dropped.bytes
end
`

// onStage runs play in a bubble, after the script.
func onStage(t *testing.T, opts engine.Options, script string, play func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network wstest.Net
		listener, err := network.Listen("peer.test:80")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		opts.DialContext = network.DialContext
		r := newRig(t)
		s := &stage{rig: r, eng: engine.New(opts), listener: listener}
		defer s.eng.Shutdown(context.Background())
		s.module = gopherlua.Open(r.L, s.eng, gopherlua.Options{Errors: r.errors})
		r.L.SetGlobal("note", r.L.NewFunction(func(L *lua.LState) int {
			words := make([]string, L.GetTop())
			for i := range words {
				words[i] = L.CheckString(i + 1)
			}
			s.noted = append(s.noted, strings.Join(words, " "))
			return 0
		}))
		r.do(prelude)
		r.do(script)
		play(s)
		if r.errors.Count() > 0 {
			t.Error(r.log.String())
		}
	})
}

// accept plays the peer's half of the opening handshake.
func (s *stage) accept() *wstest.Peer {
	s.t.Helper()
	peer := wstest.Accept(s.t, s.listener)
	peer.Handshake(wstest.Answer{})
	return peer
}

// settle waits until nothing moves and pumps until nothing is left, so that the script
// has seen everything.
func (s *stage) settle() {
	for synctest.Wait(); s.pump() > 0; synctest.Wait() {
	}
}

// want compares what the script noted since the last call.
func (s *stage) want(lines ...string) {
	s.t.Helper()
	s.settle()
	if got, want := strings.Join(s.noted, "\n"), strings.Join(lines, "\n"); got != want {
		s.t.Errorf("the script saw\n%s\nwant\n%s", got, want)
	}
	s.noted = nil
}

const nothing = " unsent 0/0 dropped 0/0"

func TestThePeerCloses(t *testing.T) {
	onStage(t, engine.Options{}, `connect()`, func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Text("a"), wstest.Binary("b"), wstest.Close(4001, "bye"))
		s.want("open", "text a", "binary b", "close 4001 'bye' clean"+nothing)
		peer.WantFrame(wstest.Close(4001, ""))
	})
}

func TestThePeerEndsBadly(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(peer *wstest.Peer)
		want string
	}{
		"EOF": {func(p *wstest.Peer) { p.Hangup() },
			"error End of File eof open 1006"},
		"reset": {func(p *wstest.Peer) { p.Conn.(*wstest.Conn).Reset() },
			"error Underlying Transport Error reset open 1006"},
		"a fragment and EOF": {func(p *wstest.Peer) { p.Send(wstest.Text("half").Unfinished()); p.Hangup() },
			"error End of File eof open 1006"},
		"bad UTF-8": {func(p *wstest.Peer) { p.Send(wstest.Text("\xff")) },
			"error Invalid UTF8 encoding utf8 open 1007"},
		"too big": {func(p *wstest.Peer) { p.Send(wstest.Text("twelve bytes")) },
			"error A message was too large too_big open 1009"},
		"protocol": {func(p *wstest.Peer) { p.Send(wstest.Continuation("of nothing")) },
			"error Invalid message continuation protocol open 1002"},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, engine.Options{}, `connect{maxMessage = 10}`, func(s *stage) {
				peer := s.accept()
				peer.Send(wstest.Text("whole"))
				test.end(peer)
				s.want("open", "text whole", test.want)
			})
		})
	}
}

func TestCloseWhileOpen(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect()`, func(s *stage) {
		peer := s.accept()
		s.want("open")
		s.do(`websocket.Send(id, "queued") websocket.Close(id, 3000, "bye") websocket.Send(id, "late")`)
		peer.WantFrame(wstest.Text("queued"), wstest.Close(3000, "bye"))
		peer.Send(wstest.Text("unseen"), wstest.Close(3000, "you too"))
		s.want("close 3000 'you too' clean unsent 1/4 dropped 1/6")
	})
}

func TestCloseThatThePeerIgnores(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect{timeout = {closing = 2}}`, func(s *stage) {
		peer := s.accept()
		peer.Mute()
		s.settle()
		s.do(`websocket.Close(id)`)
		time.Sleep(2*time.Second - 1)
		s.want("open")
		time.Sleep(time.Nanosecond)
		s.want("close 1006 'The closing handshake timed out' unclean" + nothing)
	})
}

func TestCloseAndThenThePeerHangsUp(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect()`, func(s *stage) {
		peer := s.accept()
		s.settle()
		s.do(`websocket.Close(id)`)
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Hangup()
		s.want("open", "close 1006 'End of File' unclean"+nothing)
	})
}

func TestCloseDropsWhatWaits(t *testing.T) {
	onStage(t, engine.Options{}, `connect(nil, {message = function(id) websocket.Close(id) end})`, func(s *stage) {
		peer := s.accept()
		peer.Send(wstest.Text("one"), wstest.Text("two"), wstest.Text("three"))
		s.settle()
		peer.Close(1000, "")
		s.want("open", "text one", "close 1000 '' clean unsent 0/0 dropped 2/8")
	})
}

func TestCloseBehindATerminalEvent(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect()`, func(s *stage) {
		peer := s.accept()
		s.settle()
		peer.Send(wstest.Text("a"), wstest.Close(4001, "bye"))
		synctest.Wait()
		s.do(`websocket.Close(id, 3000)`)
		s.want("open", "close 4001 'bye' clean unsent 0/0 dropped 1/1")
	})
}

func TestCloseBeforeOpenIsDispatched(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect()`, func(s *stage) {
		peer := s.accept()
		synctest.Wait()
		s.do(`websocket.Close(id)`)
		peer.WantFrame(wstest.Close(1000, ""))
		peer.Close(1000, "")
		s.want("close 1000 '' clean" + nothing)
	})
}

func TestCloseWhileConnecting(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect()`, func(s *stage) {
		peer := wstest.Accept(t, s.listener)
		peer.ReadRequest()
		s.do(`websocket.Send(id, "early") websocket.Close(id)`)
		s.want("close 1006 '' unclean unsent 1/5 dropped 0/0")
	})
}

func TestTheServerRefuses(t *testing.T) {
	for value, want := range map[string]string{"7": "7", "0": "0", "Sun, 06 Nov 1994 08:49:37 GMT": "0", "soon": "nil"} {
		onStage(t, engine.Options{}, `connect(nil, {error = function(info)
				note(info.http.status, info.http.body, tostring(info.http.retryAfter), tostring(info.retryable))
			end})`, func(s *stage) {
			peer := wstest.Accept(t, s.listener)
			peer.Handshake(wstest.Answer{Status: 503, Body: "later", Header: map[string][]string{"Retry-After": {value}}})
			s.want("error Invalid HTTP status. http_status handshake 1006", "503 later "+want+" true")
		})
	}
}

func TestTimeoutOption(t *testing.T) {
	onStage(t, engine.Options{}, `connect{timeout = 1.5}`, func(s *stage) {
		wstest.Accept(t, s.listener).ReadRequest()
		time.Sleep(1500*time.Millisecond - 1)
		s.want()
		time.Sleep(time.Nanosecond)
		s.want("error The opening handshake timed out timeout handshake 1006")
	})
}

func TestSendQueueFull(t *testing.T) {
	onStage(t, engine.Options{}, `id = connect({sendQueue = 200}, {error = function(info) note(counts(info)) end})`,
		func(s *stage) {
			wstest.Accept(t, s.listener).ReadRequest()
			s.do(`for n = 1, 3 do websocket.Send(id, "x") end websocket.Send(id, "straw")`)
			s.want("error send queue full queue_full handshake 1006", "unsent 4/8 dropped 0/0")
		})
}

func TestTooManyConnections(t *testing.T) {
	onStage(t, engine.Options{MaxConnections: 1}, `connect()
		local ok, err = pcall(function() websocket.Connect("ws://peer.test/", {}) end)
		assert(err == "bot.lua:2: too many connections", err)`, func(s *stage) {
		s.accept().Close(1000, "")
		s.want("open", "close 1000 '' clean"+nothing)
		s.do(`assert(connect() == 2)`)
	})
}

func TestHeadersTheHandshakeOwnsAreRefused(t *testing.T) {
	onStage(t, engine.Options{}, `
		for _, headers in ipairs{{Host = "x"}, {["Sec-WebSocket-Key"] = "x"}, {X = "a\r\nY: b"}, {["X Y"] = "z"}} do
			local ok, err = pcall(websocket.Connect, "ws://peer.test/", {}, {headers = headers})
			assert(not ok and err:find("bad argument #3 to '?' (field 'headers", 1, true), err)
		end
		assert(connect() == 1)`, func(s *stage) { s.accept() })
}

// The host ends: CloseAll, dispatch, Abort after the grace. Connect gives ids that come
// to nothing.
func TestTheHostEnds(t *testing.T) {
	onStage(t, engine.Options{}, `
		connect() connect()
		third = connect(nil, {close = function() assert(connect() > third) end})`, func(s *stage) {
		polite, mute, unanswered := s.accept(), s.accept(), wstest.Accept(t, s.listener)
		unanswered.ReadRequest()
		mute.Mute()
		s.want("open", "open")
		s.eng.CloseAll(1001, "")
		s.want("close 1006 '' unclean" + nothing)
		polite.WantFrame(wstest.Close(1001, ""))
		polite.Close(1001, "")
		s.want("close 1001 '' clean" + nothing)
		s.eng.Abort()
		s.want("close 1006 'The closing handshake timed out' unclean" + nothing)
		if s.eng.Live() != 0 {
			t.Errorf("%d connections live", s.eng.Live())
		}
	})
}

// Connections live, the state goes: after Shutdown the state may be closed, and no
// callback comes any more.
func TestTheStateIsClosedWhileConnectionsLive(t *testing.T) {
	onStage(t, engine.Options{}, `connect() connect()`, func(s *stage) {
		s.accept().Send(wstest.Text("never seen"))
		s.settle()
		s.accept().Send(wstest.Text("never seen"))
		s.noted = nil
		if err := s.eng.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.L.Close()
		if got := s.pump(); got != 0 {
			t.Errorf("a closed state was called back %d times", got)
		}
	})
}

func TestKindOptionIsTheDefaultOfSend(t *testing.T) {
	onStage(t, engine.Options{}, `
		text = connect{kind = "text"}
		local ok, err = pcall(websocket.Send, text, "\255")
		assert(err == "bad argument #2 to '?' (valid UTF-8 expected)", err)
		websocket.Send(text, "\255", "binary")
		websocket.Send(text, "plain")
		websocket.Send(text, "\255", "auto")`, func(s *stage) {
		s.accept().WantFrame(wstest.Binary("\xff"), wstest.Text("plain"), wstest.Binary("\xff"))
	})
}
