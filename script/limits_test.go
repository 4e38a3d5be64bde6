package script_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/permission"
	"github.com/tidewire/tidewire/script"
)

// Options.Limits reaches every module that connects, in the words of Options.Words.
func TestLimits(t *testing.T) {
	var out bytes.Buffer
	result, err := script.Run(t.Context(), script.Options{
		Code: `
			local http, task, ws = require "tide.http", require "tide.task", require "tide.ws"
			local function try(f, ...) print((select(2, pcall(f, ...)))) end
			try(websocket.Connect, "ws://a.test/", {}, {maxMessage = math.huge})
			try(ws.keep, "ws://a.test/", {}, {queue = 2^30})
			try(http.get, "http://a.test/", {maxBody = 2^30}, print)
			task.go(function() try(ws.open, "ws://a.test/", {tls = {insecure = true}}) end)`,
		Stdout: &out,
		Limits: permission.Limits{MaxMessage: 1 << 20, SendQueue: 1 << 20, MaxBody: 1 << 20, ForbidInsecure: true},
		Words: script.Words{Refusal: func(r permission.Refusal, form permission.Form) string {
			return permission.Plain(r, form) + " in the free plan"
		}},
	})
	if err != nil || result.ExitCode != 0 {
		t.Fatal(result, err)
	}
	const most = "at most 1048576 expected, got "
	want := []string{
		"#3 to '?' (field 'maxMessage': " + most + "9007199254740992 or more",
		"#3 to '?' (field 'queue': " + most + "1073741824",
		"#2 to '?' (field 'maxBody': " + most + "1073741824",
		"#2 to '?' (field 'tls.insecure': false expected, got true",
	}
	for i, line := range want {
		want[i] = "bad argument " + line + ": this value is not allowed in the free plan)\n"
	}
	if got := out.String(); got != strings.Join(want, "") {
		t.Errorf("printed\n%swant\n%s", got, strings.Join(want, ""))
	}
}
