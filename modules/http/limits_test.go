package http_test

import (
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/http"
	"github.com/tidewire/tidewire/permission"
)

// An embedder's limits refuse options beyond them, in his words, and lower defaults.
func TestLimits(t *testing.T) {
	limits := permission.Limits{
		MaxBody: 1000, Timeout: 1500 * time.Millisecond, ForbidProxy: true, ForbidInsecure: true,
	}
	words := func(r permission.Refusal, form permission.Form) string {
		return permission.Plain(r, form) + ": ask the admin"
	}
	opts := http.Options{Limits: limits, Network: engine.Options{Words: words}}
	playWith(t, lua.Options{}, opts, func(t *testing.T, r *rig) {
		for _, test := range []struct{ option, want string }{
			{"maxBody = 1001", "'maxBody': at most 1000 expected, got 1001"},
			{"maxBody = math.huge", "'maxBody': at most 1000 expected, got 9007199254740992 or more"},
			{"timeout = 1.6", "'timeout': at most 1.5 expected, got 1.6"},
			{"timeout = math.huge", "'timeout': at most 1.5 expected, got 3153600000 or more"},
			{"proxy = 'http://user:secret@proxy.test'", "'proxy': nil expected, got string"},
			{"proxy = false", "'proxy': nil expected, got false"},
			{"tls = {insecure = true}", "'tls.insecure': false expected, got true"},
		} {
			r.do(`local function try(f) say((select(2, pcall(f)):gsub("^bot.lua:%d+: bad argument ", ""))) end
			try(function() http.get("http://a.test/", {` + test.option + `}, print) end)
			try(function() http.post("http://a.test/", "", {` + test.option + `}, print) end)
			try(function() http.request({url = "http://a.test/", ` + test.option + `}, print) end)`)
			want := "(field " + test.want + ": this value is not allowed: ask the admin)"
			r.want("#2 to 'get' "+want, "#3 to 'post' "+want, "#1 to 'request' "+want)
		}
		if r.http.Live() != 0 {
			t.Error("a call that raises has made a request")
		}

		r.serve("a.test:80", func(w nethttp.ResponseWriter, request *nethttp.Request) {
			switch request.URL.Path {
			case "/slow":
				<-request.Context().Done()
			case "/large":
				w.Write([]byte(strings.Repeat("x", 1001)))
			default:
				w.Write([]byte(strings.Repeat("x", 1000)))
			}
		})
		began := time.Now()
		for _, call := range []string{
			`http.get("http://a.test/", done)`, `http.get("http://a.test/", {maxBody = 1000, tls = {insecure = false}}, done)`,
			`http.get("http://a.test/large", done)`, `http.request({url = "http://a.test/large"}, done)`,
			`http.get("http://a.test/", {maxBody = 999}, done)`, `http.post("http://a.test/slow", "", done)`,
		} {
			r.do(`local function done(response, _, info) say(response and #response.body or info.category) end ` + call)
			r.pump()
		}
		r.want("1000", "1000", "too_big", "too_big", "too_big", "timeout")
		if took := time.Since(began); took != limits.Timeout {
			t.Errorf("the default timeout ended a request after %v, want %v", took, limits.Timeout)
		}
	})
}

// A limit above a default does not raise that.
func TestLimitsAboveDefaults(t *testing.T) {
	opts := http.Options{Limits: permission.Limits{Timeout: time.Hour}}
	playWith(t, lua.Options{}, opts, func(t *testing.T, r *rig) {
		r.net.Blackhole("slow.test:80")
		began := time.Now()
		r.do(`http.get("http://slow.test/", function(_, message) say(message) end)`)
		r.pump()
		r.want("timeout")
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("the default timeout ended a request after %v", took)
		}
	})
}
