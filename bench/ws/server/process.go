package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
)

// A Process is a server in a process of its own.
type Process struct {
	Address Address
	command *exec.Cmd
	stop    func() error
}

// Start starts a command that calls Run, and waits until it listens.
func Start(path string, args ...string) (*Process, error) {
	command := exec.Command(path, args...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &Process{command: command, stop: in.Close}
	if err := json.NewDecoder(out).Decode(&p.Address); err != nil {
		p.Stop()
		return nil, fmt.Errorf("the server's address: %w", err)
	}
	return p, nil
}

// Stop ends the process and waits for it.
func (p *Process) Stop() error {
	if err := p.stop(); err != nil {
		return err
	}
	return p.command.Wait()
}

// A Control asks a server for reports.
type Control struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to a server's control address.
func Dial(address string) (*Control, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Control{conn: conn, in: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (c *Control) Close() error { return c.conn.Close() }

// Report asks for one.
func (c *Control) Report() (r Report, err error) {
	if _, err := c.conn.Write([]byte("report\n")); err != nil {
		return r, err
	}
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(line, &r)
}
