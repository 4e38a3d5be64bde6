package iolib

import (
	"io"
	"os/exec"
	"strings"

	"github.com/tidewire/tidewire/lua"
)

// programSteps is the number of steps that the start of a program counts.
const programSteps = 2000

// popen is io.popen(command [, mode]).
func (l *library) popen(c *lua.Call) error {
	command, mode := c.String(1), c.OptString(2, "r")
	if err := c.Err(); err != nil {
		return err
	}
	if err := l.s.Step(1 + (len(command)+len(mode))/bytesPerStep); err != nil {
		return err
	}
	cmd, err := l.box.Command(command)
	if err != nil {
		return l.fail(c, "", err)
	}
	reads := strings.Contains(mode, "r")
	if reads == strings.Contains(mode, "w") {
		return l.fail(c, command, invalidArgument)
	}
	if err := l.makeRoom(); err != nil {
		return l.fail(c, command, err)
	}
	if err := l.s.Step(programSteps); err != nil {
		return err
	}
	l.flushAll()
	l.reap()
	f, err := l.start(cmd, reads)
	if err != nil {
		return l.fail(c, command, err)
	}
	made, err := l.newFile(f)
	if err != nil {
		return err
	}
	return c.Return(made)
}

// flushAll writes the pending output of files, as C does before a program begins, but not
// of pipes, whose programs may not read. Errors stay for the next write.
func (l *library) flushAll() {
	_ = l.streams.Stdout.Flush()
	for _, f := range l.open {
		if f.quit == nil {
			_ = f.flush()
		}
	}
}

// start starts a program with one end of a pipe; its other streams are the process's.
// Closing the file waits for it. A file that is dropped leaves it alone.
func (l *library) start(cmd *exec.Cmd, reads bool) (*file, error) {
	f := &file{}
	var pipe io.Closer
	var err error
	if reads {
		cmd.Stdout = nil
		var out io.ReadCloser
		out, err = cmd.StdoutPipe()
		f.source, pipe = out, out
	} else {
		cmd.Stdin = nil
		var in io.WriteCloser
		in, err = cmd.StdinPipe()
		f.target, pipe = in, in
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	f.end = func() error {
		pipe.Close() //nolint:errcheck // the program's own end shows it
		cmd.Wait()   //nolint:errcheck // Lua 5.1 does not look at the exit code
		return nil
	}
	f.quit = func() {
		pipe.Close() //nolint:errcheck // nobody is left who could see the error
		l.orphans = append(l.orphans, &process{cmd.Process})
		l.reap()
	}
	return f, nil
}

// reap forgets the programs without a file that have ended.
func (l *library) reap() {
	running := l.orphans[:0]
	for _, p := range l.orphans {
		if !p.ended() {
			running = append(running, p)
		}
	}
	clear(l.orphans[len(running):])
	l.orphans = running
}
