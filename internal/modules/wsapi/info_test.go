package wsapi_test

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// internal/api/luaapi describes the names that a session reads and calls, and no others.
func TestDescription(t *testing.T) {
	for name, fields := range wsapi.OptionReaders {
		described := luaapi.Options
		if name != "" {
			described = luaapi.OptionNamed(name).Fields
		}
		if got, want := slices.Sorted(slices.Values(fields)),
			slices.Sorted(slices.Values(luaapi.Names(described))); !slices.Equal(got, want) {
			t.Errorf("options %q: read are %q, described %q", name, got, want)
		}
	}
	for _, option := range luaapi.Options {
		if _, read := wsapi.OptionReaders[option.Name]; (option.Fields != nil) != read {
			t.Errorf("option %s: described with %d fields, which are read: %v", option.Name, len(option.Fields), read)
		}
	}
	for _, key := range []string{wsapi.OnOpen, wsapi.OnMessage, wsapi.OnClose, wsapi.OnError} {
		if !slices.Contains(luaapi.CallbackNames(luaapi.Callbacks), key) {
			t.Errorf("the callback %s is not among the described %q", key, luaapi.CallbackNames(luaapi.Callbacks))
		}
	}
	if want := slices.Sorted(slices.Values(luaapi.Kinds)); !slices.Equal(wsapi.KindWords(), want) {
		t.Errorf("the kinds are %q, described %q", wsapi.KindWords(), want)
	}
}

var fullInfo = engine.Info{
	URL: "u", Protocol: "p", Extensions: "e", Remote: "r",
	HTTP: &engine.HTTPInfo{Status: 101, Header: http.Header{"Upgrade": {"websocket"}, "Set-Cookie": {"a=1", "b=2"},
		"Age": {"5"}},
		Body: "b", Location: "l", RetryAfter: new(90 * time.Second)},
	TLS: &engine.TLSInfo{Version: "v", Cipher: "c", Subject: "s", Issuer: "i",
		Expires: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), Error: "x"},
}

var fullFields = wsapi.Fields{
	{"id", 7.0}, {"url", "u"}, {"protocol", "p"}, {"extensions", "e"}, {"remote", "r"},
	{"http", wsapi.Fields{{"status", 101.0},
		{"headers", wsapi.Fields{{"age", "5"}, {"set-cookie", "a=1, b=2"}, {"upgrade", "websocket"}}},
		{"body", "b"}, {"location", "l"}, {"retryAfter", 90.0}}},
	{"tls", wsapi.Fields{{"version", "v"}, {"cipher", "c"}, {"subject", "s"}, {"issuer", "i"},
		{"expires", "2027-01-02T02:04:05Z"}, {"error", "x"}}},
}

func TestOpenArguments(t *testing.T) {
	wantArguments(t, wsapi.OpenArguments(7, &fullInfo), fullFields)
	wantArguments(t, wsapi.OpenArguments(1, &engine.Info{}), wsapi.Fields{{"id", 1.0}})
	wantArguments(t, wsapi.OpenArguments(1,
		&engine.Info{HTTP: &engine.HTTPInfo{RetryAfter: new(time.Duration(0))}, TLS: &engine.TLSInfo{}}),
		wsapi.Fields{{"id", 1.0}, {"http", wsapi.Fields{{"headers", wsapi.Fields{}}, {"retryAfter", 0.0}}},
			{"tls", wsapi.Fields(nil)}})
}

func TestArgumentsOfAFailure(t *testing.T) {
	end := &engine.End{
		Info: fullInfo, Failed: true, Message: "Invalid HTTP status.", Phase: engine.PhaseHandshake,
		Category: engine.CategoryHTTPStatus, Detail: "the server answered 503", Code: 1006, CloseCode: 1006,
		Retryable: true,
		Dropped:   engine.Tally{Messages: 1, Bytes: 5},
	}
	if got := wsapi.EndKey(end); got != "onError" {
		t.Errorf("calls %s", got)
	}
	info := slices.Concat(fullFields, wsapi.Fields{
		{"message", "Invalid HTTP status."}, {"phase", "handshake"}, {"category", "http_status"},
		{"detail", "the server answered 503"}, {"closeCode", 1006.0}, {"retryable", true},
		{"unsent", wsapi.Fields{{"messages", 0.0}, {"bytes", 0.0}}},
		{"dropped", wsapi.Fields{{"messages", 1.0}, {"bytes", 5.0}}},
	})
	wantArguments(t, wsapi.EndArguments(7, end), "Invalid HTTP status.", info)
	wantDescribed(t, "info", info, slices.Concat(luaapi.Info, luaapi.EndInfo), "code", "reason", "wasClean")
}

func TestArgumentsOfAClose(t *testing.T) {
	end := &engine.End{
		Info: fullInfo, Code: 1005, Clean: true, Phase: engine.PhaseClosing, Category: engine.CategoryClosed,
		Detail: "closed without a code", CloseCode: 1000, Unsent: engine.Tally{Messages: 2, Bytes: 1 << 40},
	}
	if got := wsapi.EndKey(end); got != "onClose" {
		t.Errorf("calls %s", got)
	}
	info := slices.Concat(fullFields, wsapi.Fields{
		{"code", 1005.0}, {"reason", ""}, {"wasClean", true}, {"phase", "closing"}, {"category", "closed"},
		{"detail", "closed without a code"}, {"closeCode", 1000.0}, {"retryable", false},
		{"unsent", wsapi.Fields{{"messages", 2.0}, {"bytes", float64(1 << 40)}}},
		{"dropped", wsapi.Fields{{"messages", 0.0}, {"bytes", 0.0}}},
	})
	wantArguments(t, wsapi.EndArguments(7, end), 1005.0, "", true, info)
	wantDescribed(t, "info", info, slices.Concat(luaapi.Info, luaapi.EndInfo), "message")
}

func wantArguments(t *testing.T, got []any, want ...any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// wantDescribed checks that the fields are those that internal/api/luaapi describes, in
// its order, except for the absent ones.
func wantDescribed(t *testing.T, name string, fields wsapi.Fields, described []luaapi.Field, absent ...string) {
	t.Helper()
	var got, want []string
	tables := make(map[string]wsapi.Fields)
	for _, field := range fields {
		got = append(got, field.Name)
		if table, ok := field.Value.(wsapi.Fields); ok {
			tables[field.Name] = table
		}
	}
	for _, field := range described {
		if !slices.Contains(absent, field.Name) {
			want = append(want, field.Name)
		}
		if field.Fields != nil {
			wantDescribed(t, name+"."+field.Name, tables[field.Name], field.Fields)
		}
		delete(tables, field.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s has %q, described are %q", name, got, want)
	}
	if len(tables) > 0 {
		t.Errorf("%s: not described are the tables %q", name, slices.Collect(maps.Keys(tables)))
	}
}
