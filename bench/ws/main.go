// Ws compares our engine with other WebSocket clients in Go and with bare TCP, and writes
// the figures into docs/performance.md and docs/performance-ws.svg. It runs on Linux, in
// the folder of this module:
//
//	go run ./ws          # all, into the manual; under an hour on two processors
//	go run ./ws -quick   # the same in under ten minutes
//	go run ./ws -scenario receive-32,send-32 -contestants raw,gobwas,engine -count 5
//
// The last one prints its tables. Each measurement is a process of its own; contestants
// take turns, and one server process is the other end of all. docs/performance.md
// describes the measurements.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
	case o.serve:
		err = server.Run()
	case o.at != "":
		err = play(o)
	case o.list:
		printLists()
	default:
		err = conduct(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/ws:", err)
		os.Exit(1)
	}
}

// play is the whole of a contestant's process.
func play(o options) error {
	var at server.Address
	if err := json.Unmarshal([]byte(o.at), &at); err != nil {
		return err
	}
	scenarios, err := scenario.Named(o.scenarios)
	if err != nil {
		return err
	}
	playing, err := contestants.Named(o.contestants)
	if err != nil {
		return err
	}
	s := scenarios[0]
	if o.connections > 0 {
		s.Connections = o.connections
	}
	r, err := scenario.Play(s, playing[0], at, o.length, o.profile)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func printLists() {
	fmt.Println("scenarios:")
	for _, s := range scenario.List {
		fmt.Printf("  %-18s %s\n", s.Name, s.Title)
	}
	fmt.Println("contestants:")
	for _, c := range contestants.List {
		fmt.Printf("  %-18s %s\n", c.Name, c.Shape)
	}
}
