package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/script"
)

// freeLocalPort is the echo server's default address. No other machine can reach it.
const freeLocalPort = "127.0.0.1:0"

func newEchoCommand() *cobra.Command {
	var addr string
	var logClients bool
	cmd := &cobra.Command{
		Use:   "echo [flags]",
		Short: "Run a WebSocket server that sends back each message",
		Long: `Run a WebSocket server that sends back each message, until ctrl-C. It prints its URL once it listens.

It serves everyone who can reach its address, so by default that is this machine alone.`,
		Args:                  noArguments,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return serveEcho(cmd, addr, logClients) },
		ValidArgsFunction:     cobra.NoFileCompletions,
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().StringVar(&addr, "addr", freeLocalPort, "listen at `ADDR` (host:port); port 0 is a free one")
	defineToggle(cmd, &logClients, "log-clients", "log when a client comes, and when and why it has left",
		"it takes no value: to log clients leave the = out")
	defineLogFlags(cmd)
	completeFlags(cmd, map[string][]string{"addr": nil})
	return cmd
}

func serveEcho(cmd *cobra.Command, addr string, logClients bool) error {
	server, err := startEcho(addr, logClients)
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, stop := catchSignals(cmd.Context(), func(script.ExitCode) {}, quit)
	defer stop()
	fmt.Println(server.URL())
	<-ctx.Done()
	var code script.ExitCode
	errors.As(context.Cause(ctx), &code)
	return exitWith(int(code))
}
