//go:build interop

package interop

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The token, the key and the secret of the services in servers/node_services.mjs.
const (
	serviceToken  = "token-of-the-bot"
	serviceKey    = "key-of-the-account"
	serviceSecret = "secret-of-the-account"
)

// startServices runs the services that examples use, and returns their address. Whatever
// their clients do wrong fails the test at its end.
func startServices(t *testing.T) (address string) {
	t.Helper()
	services := serve(t, "node", "servers/node_services.mjs", serviceToken, serviceKey, serviceSecret)
	t.Cleanup(func() {
		if said := services.said.String(); strings.Contains(said, "wrong: ") {
			t.Errorf("the services have seen something wrong:\n%s", said)
		}
	})
	return "127.0.0.1:" + services.says(t, `^ready (\d+)$`)[1]
}

// example runs an example with more of the environment.
func example(t *testing.T, s script, environment ...string) (stdout, stderr string, code int) {
	t.Helper()
	s.name = "../../examples/" + s.name
	command := s.command(t)
	command.Env = append(os.Environ(), environment...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	code = exitCode(t, command.Run())
	return out.String(), errs.String(), code
}

// wantExample compares an example's output, lines in order, and wants a status of 0.
func wantExample(t *testing.T, stdout, stderr string, code int, want ...string) {
	t.Helper()
	if text := strings.Join(want, "\n") + "\n"; stdout != text || code != 0 {
		t.Errorf("exit status %d, printed\n%swant\n%sstderr:\n%s", code, stdout, text, stderr)
	}
}

// Each trade is printed once, although the connection is lost three times.
func TestCollectorExample(t *testing.T) {
	address := startServices(t)
	stdout, stderr, code := example(t, script{name: "collector", args: []string{"ws://" + address + "/feed", "BTC", "ETH"}})
	var want []string
	for i, symbol := range strings.Fields(strings.Repeat("BTC ETH ", 10)) {
		want = append(want, strings.Join([]string{strconv.Itoa(i + 1), symbol, strconv.Itoa(i) + ".5"}, "\t"))
	}
	wantExample(t, stdout, stderr, code, want...)
	if lost := strings.Count(stderr, "down, back in"); lost != 3 || !strings.Contains(stderr, "ended: ") {
		t.Errorf("told of %d losses, want 3\nstderr:\n%s", lost, stderr)
	}
}

// The bot answers, and resumes its session after a lost connection, and after a request to
// come again.
func TestBotExample(t *testing.T) {
	api := "http://" + startServices(t) + "/api"
	flags := []string{"--allow-env=BOT_TOKEN"}
	stdout, stderr, code := example(t, script{name: "bot", flags: flags, args: []string{api}}, "BOT_TOKEN="+serviceToken)
	lost := regexp.MustCompile(`(?m)^lost: .*\n`)
	wantExample(t, lost.ReplaceAllString(stdout, ""), stderr, code, "ready as bot", "answered in 7", "resumed", "resumed",
		"answered in 7", "the gateway is closed")
	if n := len(lost.FindAllString(stdout, -1)); n != 2 {
		t.Errorf("%d connections were lost, want 2:\n%s", n, stdout)
	}
	_, stderr, code = example(t, script{name: "bot", flags: flags, args: []string{api}}, "BOT_TOKEN=another")
	if code != 1 || !strings.Contains(stderr, "no gateway: 401") {
		t.Errorf("with another token: exit status %d\nstderr:\n%s", code, stderr)
	}
}

func TestRPCExample(t *testing.T) {
	address := startServices(t)
	stdout, stderr, code := example(t, script{name: "rpc", args: []string{"ws://" + address + "/rpc"}})
	wantExample(t, stdout, stderr, code, "1 squared is 1", "2 squared is 4", "3 squared is 9", "4 squared is 16",
		"5 squared is 25", "nonsense: no method nonsense", "a call without an answer: timeout",
		"a call when the server has gone: closed")
}

// The exchange checks both signatures.
func TestExchangeExample(t *testing.T) {
	s := script{name: "exchange", flags: []string{"--allow-env=EXCHANGE_KEY,EXCHANGE_SECRET"},
		args: []string{"http://" + startServices(t) + "/exchange"}}
	stdout, stderr, code := example(t, s, "EXCHANGE_KEY="+serviceKey, "EXCHANGE_SECRET="+serviceSecret)
	wantExample(t, stdout, stderr, code, "9007199254740993\tbuy\t0.1\t101.5", "1234567890123456789\tsell\t2\t102",
		"closed with 1000")
	stdout, _, code = example(t, s, "EXCHANGE_KEY="+serviceKey, "EXCHANGE_SECRET=another")
	if want := "no login: 403: {\"problem\":\"bad signature\"}\n"; stdout != want || code != 1 {
		t.Errorf("with another secret: exit status %d, printed %q, want %q", code, stdout, want)
	}
}

var natsTool = tool{names: []string{"nats-server"}, debian: "nats-server"}

func TestNATSExample(t *testing.T) {
	tcp, web := freeAddress(t), freeAddress(t)
	_, port, _ := strings.Cut(web, ":")
	config := writeFile(t, filepath.Join(publicDir(t), "nats.conf"),
		"listen: "+tcp+"\nwebsocket { listen: \"127.0.0.1:"+port+"\", no_tls: true }\n")
	server := serve(t, natsTool.path(t), "-c", config)
	server.await(t, tcp, web)
	stdout, stderr, code := example(t, script{name: "nats", args: []string{"ws://" + web}})
	wantExample(t, stdout, stderr, code, "connected", "weather.north: rain", "200015 bytes", "2 + 3 = 5", "timeout",
		"closed")
}

// The load test runs against a server that others wrote.
func TestLoadExample(t *testing.T) {
	stdout, stderr, code := example(t, script{name: "load", args: []string{peerNamed(t, "node-ws").base + "/echo", "20", "50"}})
	want := regexp.MustCompile(`^1000 messages over 20 connections, \d+ a second
 50 % of the answers came within \d+\.\d\d ms
 99 % of the answers came within \d+\.\d\d ms
100 % of the answers came within \d+\.\d\d ms
$`)
	if !want.MatchString(stdout) || code != 0 {
		t.Errorf("exit status %d, printed %q\nstderr:\n%s", code, stdout, stderr)
	}
}
