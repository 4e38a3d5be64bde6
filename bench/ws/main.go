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
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/tidewire/tidewire/bench/ws/contestants"
	"github.com/tidewire/tidewire/bench/ws/scenario"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// The flags that make this program one of the processes that it starts.
const (
	serveFlag = "serve"
	atFlag    = "at"
)

func main() {
	var o options
	flag.StringVar(&o.scenarios, "scenario", "", "play these scenarios, separated by commas, and print the tables")
	flag.StringVar(&o.contestants, "contestants", "", "with these contestants, separated by commas")
	flag.IntVar(&o.count, "count", 5, "how often each contestant plays each scenario")
	flag.DurationVar(&o.length, "length", 400*time.Millisecond, "how long each measured part takes")
	flag.IntVar(&o.connections, "connections", 0, "the number of connections, instead of the scenario's")
	flag.BoolVar(&o.quick, "quick", false, "three rounds of short parts, some of them once")
	flag.BoolVar(&o.print, "print", false, "print the tables, change no file")
	flag.StringVar(&o.page, "page", "../docs/performance.md", "the file that holds the tables between two marks")
	flag.StringVar(&o.plot, "plot", "../docs/performance-ws.svg", "the file of the plot")
	flag.StringVar(&o.profile, "cpuprofile", "", "write a profile of the measured part here; name one contestant")
	list := flag.Bool("list", false, "list scenarios and contestants")
	serve := flag.Bool(serveFlag, false, "be the server's process")
	at := flag.String(atFlag, "", "be a contestant's process; the server's address as JSON")
	flag.Parse()
	var err error
	switch {
	case *serve:
		err = server.Run()
	case *at != "":
		err = play(o, *at)
	case *list:
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
func play(o options, address string) error {
	var at server.Address
	if err := json.Unmarshal([]byte(address), &at); err != nil {
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
