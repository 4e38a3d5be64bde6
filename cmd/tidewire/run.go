package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/runner/collector"
	"github.com/tidewire/tidewire/internal/runner/environment"
	"github.com/tidewire/tidewire/internal/runner/words"
	"github.com/tidewire/tidewire/script"
)

// maxFPS is the highest frame rate: a tick a millisecond.
const maxFPS = 1000

// runFlags are the flags of tidewire run.
type runFlags struct {
	fps   int
	grace duration
	until duration // from the start, 0 for no limit
	echo  string
	code  []string

	allowNet, denyNet []string

	permissions permissionFlags
	moduleDirs  folders
	limits      limitFlags
}

func newRunCommand() *cobra.Command {
	flags := runFlags{fps: loop.DefaultFPS, grace: duration{loop.DefaultGrace, maxGrace}, until: duration{0, maxFor}}
	cmd := &cobra.Command{
		Use:   "run [flags] SCRIPT|- [ARGS...]",
		Short: "Run a Lua script",
		Long: `Run a Lua script until no connection, request, task, timer, OnLine or onUpdate handler is left, or it calls host.Exit.

SCRIPT is a file, or - for standard input. What follows it belongs to the script, which finds it in arg and in "...".
What the script prints goes to standard output, everything else to standard error.

` + exitCodes,
		Example: `  tidewire run --echo examples/hello.lua
  tidewire run -e 'print(utility.GetTickCount())'
  tidewire run bot.lua wss://example.org/ --loud
  tidewire run --allow-net=example.org:443 --deny-net='$private' bot.lua`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !cmd.Flags().Changed("execute") {
				return errors.New("nothing to run: name a script, - for standard input, or give code with -e")
			}
			if err := listBehindBlank(os.Args[len(os.Args)-len(args)-1], args); err != nil {
				return err
			}
			return oneDash(cmd, flags.code)
		},
		RunE:                  func(cmd *cobra.Command, args []string) error { return run(cmd, flags, args) },
		ValidArgsFunction:     completeScript,
		DisableFlagsInUseLine: true,
	}
	f := cmd.Flags()
	f.SetInterspersed(false) // flags end at SCRIPT
	f.Var(&wholeNumber{&flags.fps, 1, maxFPS}, "fps", fmt.Sprintf("onUpdate ticks a second, 1 to %d", maxFPS))
	f.Var(
		&flags.grace,
		"grace",
		"how long the ending may take before live connections are cut, such as 500ms, 1m or 2.5 (seconds)",
	)
	f.Var(
		&flags.until,
		"for",
		"end the run after this time, as if the script had nothing left to wait for; 0 for no limit",
	)
	f.StringVar(
		&flags.echo,
		"echo",
		"",
		"also run an echo server, at `ADDR` (host:port) or a free local port; its URL is host.echo",
	)
	f.Lookup("echo").NoOptDefVal = freeLocalPort
	defineLogFlags(cmd)
	f.StringArrayVarP(
		&flags.code,
		"execute",
		"e",
		nil,
		"run `CODE` first, then SCRIPT if there is one; given twice, the pieces are joined by a line break",
	)
	f.VarPF(
		&list{&flags.allowNet},
		"allow-net",
		"",
		"allow connections to HOSTS alone: host, host:port, *.example.com, [v6]:port, 10.0.0.0/8, localhost, "+
			"$private; commas between them",
	).NoOptDefVal = listMissing
	f.VarPF(
		&list{&flags.denyNet},
		"deny-net",
		"",
		"refuse connections to HOSTS, written the same way, whatever else is allowed",
	).NoOptDefVal = listMissing
	flags.permissions.define(cmd)
	flags.limits.define(cmd)
	f.VarP(&flags.moduleDirs, "include", "I", "let require find Lua files in `DIR`, too; may be given several times")
	completeFlags(cmd, map[string][]string{
		"fps": nil, "grace": nil, "for": nil, "echo": nil, "execute": nil, "allow-env": nil, "max-memory": nil,
		"callback-timeout": nil, "max-connections": nil, "dial-rate": nil,
		"allow-net": {"localhost", "$private"}, "deny-net": {"localhost", "$private"},
	})
	if err := cmd.MarkFlagDirname("include"); err != nil {
		panic(err) // no such flag: a mistake here
	}
	return cmd
}

// run is the body of tidewire run; args are the script and its arguments.
func run(cmd *cobra.Command, flags runFlags, args []string) error {
	policy, err := engine.NewPolicy(flags.allowNet, flags.denyNet)
	if err != nil {
		return words.List(err)
	}
	logger := newLogger()
	variables := environment.Environment(os.Getenv)
	opts := script.Options{
		Code:    strings.Join(flags.code, "\n"),
		Command: os.Args[:len(os.Args)-len(args)],
		FPS:     flags.fps,
		Grace:   flags.grace.option(),
		For:     flags.until.value,
		Lines:   term.IsTerminal(int(os.Stdout.Fd())),
		Stderr:  stderr,
		Logger:  logger,
		Words:   script.Words{Refusal: words.Refusal, Option: words.Option},
		Engine: engine.Options{
			Policy:         policy,
			MaxConnections: flags.limits.connections,
			DialsPerSecond: flags.limits.dialsPerSecond(),
			Proxy:          variables.Proxy,
			TLSConfig:      variables.TLSConfig(logger),
			RootsName:      environment.RootsVariable,
		},

		Permissions: flags.permissions.permissions(),
		ModuleDirs:  flags.moduleDirs,

		MaxMemory:       flags.limits.memory.option(),
		CallbackTimeout: flags.limits.timeout(),
		GiveUp:          true, // the process ends then
	}
	if len(args) > 0 {
		opts.Path, opts.Args = args[0], args[1:]
	}
	if opts.Path == script.FromStdin {
		// Before signals are caught: until the script is there, ctrl-C should simply end
		// the process.
		source, err := script.ReadSource(opts.Path, os.Stdin)
		if err != nil {
			return &startError{err}
		}
		opts.Stdin = bytes.NewReader(source.Text)
	}
	if cmd.Flags().Changed("echo") {
		server, err := startEcho(flags.echo, false)
		if err != nil {
			return err
		}
		defer server.Close()
		opts.Echo = server.URL()
	}
	if os.Getenv("GOGC") == "" {
		collector.Pace()
	}
	if opts.MaxMemory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		collector.Bound(opts.MaxMemory)
	}
	var running bystander
	ctx, stop := catchSignals(cmd.Context(), func(code script.ExitCode) {
		logger.Info(
			fmt.Sprintf("%s: the script has %v to end; ctrl-C quits at once", signalName(code),
				flags.grace.value),
		)
	}, running.quit)
	defer stop()
	started, err := script.Start(ctx, opts)
	if err != nil {
		return unreadable(err, opts)
	}
	running.script.Store(started)
	result, err := started.Wait()
	if err != nil {
		logger.Error(err.Error() + ": quitting")
	}
	return exitWith(result.ExitCode)
}

// exitWith is a command's error for an exit code; nil for 0.
func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return script.ExitCode(code)
}

// unreadable knows the slip of writing --echo ADDR for --echo=ADDR, and --allow-read PATH
// for --allow-read=PATH.
func unreadable(err error, opts script.Options) error {
	flag := opts.Command[len(opts.Command)-1]
	if isFile(opts.Path) {
		return &startError{err}
	}
	_, _, notAddr := net.SplitHostPort(opts.Path)
	switch {
	case flag == "--echo" && notAddr == nil:
		return &startError{fmt.Errorf("%w; to name the echo server's address, write --echo=%s", err, opts.Path)}
	case grants(flag) && len(opts.Args) > 0:
		return &startError{fmt.Errorf("%w; to allow this alone, write %s=%s", err, flag, opts.Path)}
	}
	return &startError{err}
}

// startEcho starts the echo server of --echo and of tidewire echo.
func startEcho(addr string, logClients bool) (*echo.Server, error) {
	if addr != "" && !strings.Contains(addr, ":") {
		if _, err := net.LookupPort("tcp", addr); err != nil {
			return nil, &startError{fmt.Errorf("start the echo server: %q has no port: write host:port, such as "+
				"127.0.0.1:8080, with port 0 for a free one", addr)}
		}
		addr = net.JoinHostPort("127.0.0.1", addr) // a port alone
	}
	server, err := echo.Start(addr, echo.Options{Logger: newLogger(), LogClients: logClients})
	if err != nil {
		return nil, &startError{fmt.Errorf("start the echo server: %w; with port 0 it takes a free one", err)}
	}
	return server, nil
}
