//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

const startTimeout = 30 * time.Second

// A server is a program that others' library makes a WebSocket server of.
type server struct {
	name    string
	command []string // the certificate's two files follow
	probe   []string // succeeds if the library is there
	install string   // how to get it
}

var servers = []server{
	{
		name:    "node",
		command: []string{"node", "servers/node_ws.mjs"},
		probe:   []string{"node", "--input-type=module", "--eval", "import 'ws'"},
		install: "install Node 18 or later and npm (Debian: nodejs npm), then `make interop` fetches ws",
	},
	{
		// The system's own interpreter has the packages of Debian's python3-websockets.
		name:    "python",
		command: []string{"/usr/bin/python3", "servers/python_websockets.py"},
		probe:   []string{"/usr/bin/python3", "-c", "import websockets"},
		install: "install the websockets library for /usr/bin/python3 (Debian: python3-websockets)",
	},
}

// A peer is one server under one scheme.
type peer struct {
	name   string // such as "node-wss"
	base   string // such as "wss://localhost:41111", to which a path is added
	secure bool
	plain  string // host:port of the same server without TLS
	tls    string // host:port of the same server with TLS, host an address that its certificate does not name
}

// start runs the server until stop is called, and returns when it listens, which it says
// on its standard output.
func (s server) start(certs certificate) (started []peer, stop func(), err error) {
	if out, err := exec.Command(s.probe[0], s.probe[1:]...).CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("the %s server cannot run: %w: %s\n%s", s.name, err, s.install, out)
	}
	cmd := exec.Command(s.command[0], append(s.command[1:], certs.certFile, certs.keyFile)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe() // the server ends with it, so that none outlives a crashed test
	if err != nil {
		return nil, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		stdin.Close()
		cmd.Wait()
		if stderr.Len() > 0 {
			fmt.Printf("the %s server wrote:\n%s", s.name, stderr.String())
		}
	}
	plain, tls, err := awaitPorts(stdout)
	if err != nil {
		cmd.Process.Kill()
		stop()
		return nil, nil, fmt.Errorf("the %s server did not start: %w", s.name, err)
	}
	plainAddr, tlsAddr := fmt.Sprintf("127.0.0.1:%d", plain), fmt.Sprintf("127.0.0.1:%d", tls)
	return []peer{
		{name: s.name + "-ws", base: "ws://" + plainAddr, plain: plainAddr, tls: tlsAddr},
		{name: s.name + "-wss", base: fmt.Sprintf("wss://localhost:%d", tls), secure: true, plain: plainAddr,
			tls: tlsAddr},
	}, stop, nil
}

// awaitPorts reads the line "ready PLAIN TLS".
func awaitPorts(stdout io.Reader) (plain, tls int, err error) {
	lines := make(chan string, 1)
	go func() { // ended by the end of the process
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "ready %d %d", &plain, &tls); err != nil {
			return 0, 0, fmt.Errorf("said %q: %w", line, err)
		}
		return plain, tls, nil
	case <-time.After(startTimeout):
		return 0, 0, errors.New("not ready in time")
	}
}
