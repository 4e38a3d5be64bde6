package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

var everyCrowd = flag.Bool("crowd.all", false, "TestPeakMemoryOfCrowds: all cases, which take minutes")

// crowdServer is a loopback server for many clients. The URL's path says how it treats
// one after the opening handshake:
//
//   - idle, it sends nothing
//   - half/n, it sends half a message of n bytes
//   - burst, it sends 16 messages of 4 kB
//   - flood, it sends such messages as fast as it can
//   - mute, it reads nothing
type crowdServer struct {
	net.Listener
	serving sync.WaitGroup
	over    chan struct{} // closed at the end of the test
}

func newCrowdServer(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &crowdServer{Listener: l, over: make(chan struct{})}
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.serving.Go(func() { s.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() { l.Close(); close(s.over); s.serving.Wait() })
	return "ws://" + l.Addr().String() + "/"
}

// message is one of 4 kB.
var message = piece(4000, 4000)

// serve treats a client until that is gone. Little of what it sends, or does not read, is
// in the kernel.
func (s *crowdServer) serve(conn *net.TCPConn) {
	defer conn.Close()
	conn.SetWriteBuffer(16 << 10)
	conn.SetReadBuffer(4 << 10)
	request, err := http.ReadRequest(bufio.NewReaderSize(conn, 1<<10))
	if err != nil {
		return
	}
	conn.Write(acceptance(request.Header.Get("Sec-WebSocket-Key")))
	kind, length, _ := strings.Cut(request.URL.Path[1:], "/")
	switch kind {
	case "half":
		n, _ := strconv.Atoi(length)
		conn.Write(piece(n, n/2))
	case "burst":
		for range 16 {
			conn.Write(message)
		}
	case "flood":
		for err == nil {
			_, err = conn.Write(message)
		}
	case "mute":
		<-s.over
		return // what it has not read would take its time
	}
	for buf := make([]byte, 512); err == nil; {
		_, err = conn.Read(buf)
	}
}

// Ends that a crowd may have whose memory does not fit.
const (
	notOpened   = "memory: Underlying Transport Error"
	notReceived = "memory: A message was too large"
	notSent     = "memory: send queue full"
)

// A process with many connections stays within 1.25 times --max-memory and 48 MiB, also
// when its values fill most of their part: connections that do not fit end, each by
// itself, and the script goes on.
func TestPeakMemoryOfCrowds(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("another process is measured, and this one is to keep up with it")
	}
	binary := runner(t)
	for _, c := range []struct {
		connections int   // at once
		mebibytes   int64 // of --max-memory
		kinds       []string
		sends       int // messages of 4 kB to each server that reads nothing
		want, mayBe []string
		only        bool // with -crowd.all
	}{
		{connections: 100, mebibytes: 64, kinds: []string{"half/100000", "flood", "mute", "idle"}, sends: 400,
			want: []string{"open", "message"}, mayBe: []string{notOpened, notReceived, notSent}},
		{connections: 5000, mebibytes: 256, sends: 8,
			kinds: []string{"idle", "half/20000", "idle", "idle", "burst", "idle", "idle", "mute", "idle"},
			want:  []string{"open", "message"}, mayBe: []string{notOpened, notReceived, notSent}},

		{connections: 100, mebibytes: 64, kinds: []string{"idle"}, want: []string{"open"}, only: true},
		{connections: 100, mebibytes: 64, kinds: []string{"half/100000"}, only: true,
			want: []string{"open"}, mayBe: []string{notReceived}},
		{connections: 100, mebibytes: 64, kinds: []string{"flood"}, only: true,
			want: []string{"open", "message", notReceived}, mayBe: []string{notOpened}},
		{connections: 100, mebibytes: 64, kinds: []string{"mute"}, sends: 1000, only: true,
			want: []string{"open", notSent}},
		{connections: 5000, mebibytes: 64, kinds: []string{"idle"}, only: true, want: []string{"open", notOpened}},
		{connections: 5000, mebibytes: 64, kinds: []string{"half/100000", "burst", "mute", "idle"}, sends: 8, only: true,
			want: []string{"open"}, mayBe: []string{"message", notOpened, notReceived, notSent}},
		{connections: 5000, mebibytes: 256, kinds: []string{"idle"}, want: []string{"open"}, only: true},
		{connections: 5000, mebibytes: 256, kinds: []string{"half/100000"}, only: true,
			want: []string{"open", notReceived}, mayBe: []string{notOpened}},
		{connections: 5000, mebibytes: 256, kinds: []string{"burst"}, only: true,
			want: []string{"open", "message"}, mayBe: []string{notOpened, notReceived}},
		{connections: 5000, mebibytes: 256, kinds: []string{"flood"}, only: true,
			want: []string{"open", "message"}, mayBe: []string{notOpened, notReceived}},
		{connections: 5000, mebibytes: 256, kinds: []string{"mute"}, sends: 100, only: true,
			want: []string{"open", notSent}, mayBe: []string{notOpened}},
	} {
		t.Run(fmt.Sprintf("%d %v at %dM", c.connections, c.kinds, c.mebibytes), func(t *testing.T) {
			if c.only && !*everyCrowd {
				t.Skip("without -crowd.all")
			}
			held := c.mebibytes*3/4 - 16
			args := []string{"run", "--max-memory", fmt.Sprint(c.mebibytes, "M"), "testdata/crowd.lua",
				newCrowdServer(t), fmt.Sprint(c.connections), fmt.Sprint(held), fmt.Sprint(c.sends)}
			counts, peak := runCrowd(t, exec.Command(binary, append(args, c.kinds...)...))
			t.Logf("at most %d MiB resident: %v", peak>>20, counts)
			if most := mostResident(c.mebibytes); peak>>20 > most {
				t.Errorf("%d MiB were resident, want at most %d", peak>>20, most)
			}
			for _, want := range c.want {
				if counts[want] == 0 {
					t.Errorf("no %q among %v", want, counts)
				}
			}
			for got := range maps.Keys(counts) {
				if !slices.Contains(c.want, got) && !slices.Contains(c.mayBe, got) {
					t.Errorf("%d of %q", counts[got], got)
				}
			}
		})
	}
}

// runCrowd runs the script until it has shown its counts, and then ends the process: a
// crowd takes its time to leave.
func runCrowd(t *testing.T, cmd *exec.Cmd) (counts map[string]int, peak int64) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	counts, shown := make(map[string]int), false
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); !shown && lines.Scan(); {
			var n int
			if shown = lines.Text() == "shown"; shown {
				break
			}
			if _, err := fmt.Sscanf(lines.Text(), "%d", &n); err != nil {
				t.Error(err)
			}
			_, what, _ := bytes.Cut(lines.Bytes(), []byte(" "))
			counts[string(what)] = n
		}
	}()
	peak = peakUntil(t, cmd.Process.Pid, ended)
	cmd.Process.Kill()
	if err := cmd.Wait(); !shown {
		t.Errorf("the script has not come to its end: %v\n%s", err, &stderr)
	}
	return counts, peak
}
