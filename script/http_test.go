package script_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/script"
)

// fetch runs code against a server whose URL is the script's first argument. /slow answers
// when the client has gone.
func fetch(t *testing.T, code string, opts script.Options) (result script.Result, stdout, log string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/away":
			http.Redirect(w, r, strings.Replace("http://"+r.Host+"/", "127.0.0.1", "localhost", 1), http.StatusFound)
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, r.Method, " ", r.URL.Path, " ", string(body))
		}
	}))
	defer server.Close()
	var out, lines bytes.Buffer
	opts.Code, opts.Stdout = strings.ReplaceAll(code, "URL", fmt.Sprintf("%q", server.URL)), &out
	opts.Logger = slog.New(slog.NewTextHandler(&lines, nil))
	result, err := script.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result, out.String(), lines.String()
}

const prelude = `local http, task = require "tide.http", require "tide.task" `

// A request waits in a task through pcall, iterators and coroutines, beside others, and
// keeps the run alive.
func TestRequestsInTasks(t *testing.T) {
	for code, want := range map[string]string{
		`task.go(function() print(http.get(URL .. "/a").body, http.post(URL .. "/b", "x").body) end)`: "GET /a \tPOST /b x\n",
		`task.go(function() print(pcall(http.get, "nonsense")) end)`:                                  "true\tnil\tinvalid uri\ttable: ",
		`task.go(function()
			local pages = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(http.get(URL .. "/" .. i).body) end end)
			for page in pages do print(page) end
		end)`: "GET /1 \nGET /2 \n",
		`local all = {}
		for i = 1, 200 do all[i] = task.go(function() return http.get(URL .. "/" .. i).body end) end
		task.go(function()
			local ok, pages = task.all(all)
			for i = 1, 200 do assert(pages[i] == "GET /" .. i .. " ") end
			print(ok, #pages)
		end)`: "true\t200\n",
		`local slow = task.go(function() return http.get(URL .. "/slow") end)
		task.go(function()
			print(slow:wait(0.05))
			slow:cancel()
			print(slow:wait())
		end)`: "nil\ttimeout\nfalse\tcancelled\n",
		`task.go(function()
			local response, message, info = http.get(URL .. "/slow", {timeout = 1}) -- most of it to connect, on a busy machine
			print(response, message, info.category, info.phase, info.retryable)
		end)`: "nil\ttimeout\ttimeout\thandshake\ttrue\n",
		`print(select(2, pcall(http.get, URL)))`: "'get' waits: call it inside tide.task.go\n",
		`local slow = http.get(URL .. "/slow", print)
		http.request({url = URL .. "/a", method = "PUT", body = "b"}, function(response)
			print(response.body)
			host.Unregister(slow)
		end)`: "PUT /a b\n",
	} {
		result, stdout, log := fetch(t, prelude+code, script.Options{})
		if result.ExitCode != 0 || log != "" || stdout != want && !(strings.HasSuffix(want, ": ") &&
			strings.HasPrefix(stdout, want)) {
			t.Errorf("%s\nexit code %d, printed %q, want %q\n%s", code, result.ExitCode, stdout, want, log)
		}
	}
}

// The ending cancels requests in tasks in its first step and calls back the others in its
// third, both at once.
func TestEndingOfRequests(t *testing.T) {
	begun := time.Now()
	result, stdout, log := fetch(t, prelude+`
		host.Register("shutdown", function()
			print("shutdown")
			http.get(URL, function() print("never") end)
		end)
		http.get(URL .. "/slow", function(_, message, info) print(message, info.category, info.detail) end)
		task.go(function() print(pcall(http.get, URL .. "/slow")) print(pcall(http.get, URL)) end)
		host.After(50, function() host.Exit(3) end)
	`, script.Options{Grace: time.Minute})
	want := []string{"shutdown", "false\tcancelled", "false\tcancelled",
		"closed\tclosed\tcancelled: the run is ending"}
	for _, line := range want {
		if !strings.Contains(stdout, line+"\n") {
			t.Errorf("the output has no line %q", line)
		}
	}
	if result.ExitCode != 3 || log != "" || strings.Count(stdout, "\n") != len(want) ||
		!strings.HasSuffix(stdout, want[3]+"\n") || time.Since(begun) > 20*time.Second {
		t.Errorf("exit code %d after %v, printed:\n%s%s", result.ExitCode, time.Since(begun), stdout, log)
	}
}

// Each hop needs the permission.
func TestPermissionsOfRequests(t *testing.T) {
	policy, err := engine.NewPolicy([]string{"127.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := fetch(t, prelude+`
		local function done(response, message, info) print(response and response.body or message, info and info.category) end
		http.get(URL .. "/a", done)
		http.get(URL .. "/away", done)
	`, script.Options{Engine: engine.Options{Policy: func(ctx context.Context, host string, addr netip.AddrPort) error {
		if host == "localhost" { // whatever its address is
			return engine.ErrNameRefused
		}
		return policy(ctx, host, addr)
	}}})
	for _, line := range []string{"GET /a \tnil\n", "Connection rejected\tdenied\n"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("no line %q in:\n%s", line, stdout)
		}
	}
}
