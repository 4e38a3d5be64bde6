//go:build interop

package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var mosquittoTool = tool{names: []string{"mosquitto"}, debian: "mosquitto"}

// startMosquitto runs an MQTT broker, over TCP at tcp and over WebSocket at web.
func startMosquitto(t *testing.T) (broker *service, tcp, web string) {
	t.Helper()
	tcp, web = freeAddress(t), freeAddress(t)
	dir := publicDir(t) // started as root it goes on as another user
	// The listener for TCP comes first: 2.0.11 ends if its only listener is one for
	// WebSocket with an address.
	config := fmt.Sprintf(`per_listener_settings true
log_dest stderr
log_type all
listener %s
allow_anonymous true
listener %s
protocol websockets
password_file %s
`, listener(tcp), listener(web), writeFile(t, filepath.Join(dir, "passwords"), mosquittoPasswords))
	broker = serve(t, mosquittoTool.path(t), "-c", writeFile(t, filepath.Join(dir, "mosquitto.conf"), config))
	broker.await(t, tcp, web)
	return broker, tcp, web
}

// mosquittoPasswords has proxyPassword as mosquitto_passwd writes it.
const mosquittoPasswords = proxyUser + ":$7$101$pmYs6MtAF6hy3zby$7J+2yPWKZm8F50bs4HfqPGVbme792xLJu55WI4YJonzmnCRnCARAbR87KyKKuM/FxV0y66SlrsvIyUWokdUq6g==\n"

// listener writes an address as mosquitto wants it.
func listener(address string) string {
	host, port, _ := strings.Cut(address, ":")
	return port + " " + host
}

// The example speaks with a real broker, directly and when the bytes come cut in the
// least convenient way.
func TestMQTT(t *testing.T) {
	needPython(t, "websockets", "python3-websockets")
	broker, tcp, web := startMosquitto(t)
	_, tcpPort, _ := strings.Cut(tcp, ":")
	bridge := serve(t, "/usr/bin/python3", "servers/python_mqtt_bridge.py", tcpPort)
	bridged := "ws://127.0.0.1:" + bridge.says(t, `^listening (\d+)$`)[1]

	for name, c := range map[string]struct {
		args []string
		want string // lines, in any order
	}{
		"mosquitto":    {args: []string{"ws://" + web + "/", "some/topic", proxyUser, proxyPassword}},
		"byte by byte": {args: []string{bridged + "/bytes", "some/topic"}},
		"many at once": {args: []string{bridged + "/lumps", "some/topic"}},
		"wrong password": {args: []string{"ws://" + web + "/", "some/topic", proxyUser, "wrong"},
			want: "refused by the broker with 5"},
		"long topic": {args: []string{bridged + "/bytes", strings.Repeat("long/", 100) + "topic"}},
		// its packets' length takes two bytes
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := script{name: "../../examples/mqtt", args: c.args}.run(t)
			want := []string{c.want}
			if c.want == "" {
				want = []string{"connected", "subscribed to " + c.args[1], "received at most once from " + c.args[1],
					"received at least once from " + c.args[1], "acknowledged 2", "the broker is there",
					"closed with 1000"}
			}
			for _, line := range want {
				if !strings.Contains("\n"+stdout, "\n"+line+"\n") {
					t.Errorf("did not print %q", line)
				}
			}
			if code != 0 || stderr != "" {
				t.Errorf("exit status %d", code)
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", stdout, stderr)
			}
		})
	}
	// The broker's own view: acknowledged both ways, and a farewell.
	for _, line := range []string{`Received PUBACK from auto-`, `Sending PUBACK to auto-`, `Received DISCONNECT ` +
		`from auto-`} {
		broker.says(t, line)
	}
}
