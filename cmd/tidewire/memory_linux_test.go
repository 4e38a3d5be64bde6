package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// floodServer is a loopback server that sends raw to each client, again and again, or once.
func floodServer(t *testing.T, again bool, raw []byte) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				buf := bufio.NewReader(conn)
				request, err := http.ReadRequest(buf)
				if err != nil {
					return
				}
				conn.Write(acceptance(request.Header.Get("Sec-WebSocket-Key")))
				for {
					if _, err := conn.Write(raw); err != nil {
						return
					}
					if !again {
						buf.WriteTo(bytes.NewBuffer(nil)) // until the client goes away
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String()
}

// acceptance is a server's answer to the opening handshake with that key.
func acceptance(key string) []byte {
	hash := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(hash[:]))
}

// piece is the beginning of a binary message: so many bytes of the length that its header
// announces.
func piece(length, bytes int) []byte {
	header := wire.AppendHeader(nil, wire.Header{Fin: true, Opcode: wire.Binary, Length: int64(length)})
	return append(header, make([]byte, bytes)...)
}

// runner builds the runner and returns its path.
func runner(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "tidewire")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// mostResident is how many MiB a process with so many MiB of --max-memory may have
// resident.
func mostResident(mebibytes int64) int64 { return mebibytes*5/4 + 48 }

// peakUntil returns the most bytes that a process has had resident, as Linux has counted
// them not long before it ended. The figure that comes with its exit status would include
// this process, from whose memory it was begun.
func peakUntil(t *testing.T, pid int, ended <-chan struct{}) (peak int64) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, after, found := bytes.Cut(status, []byte("VmHWM:")); found {
				var kib int64
				if _, err := fmt.Sscan(string(after), &kib); err != nil {
					t.Error(err)
				}
				peak = max(peak, kib<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-look.C:
		}
	}
}

// A process stays within 1.25 times --max-memory and 48 MiB, whatever its script and its
// servers do while Lua is idle or busy.
func TestPeakMemory(t *testing.T) {
	binary := runner(t)
	flood := floodServer(t, true, piece(60_000, 60_000))
	stalled := floodServer(t, false, piece(30_000_000, 20_000_000))
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connections
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range detector.Some([]struct {
		name, code, want string
		mebibytes        int64
	}{
		{"PEM text for eight connections", `
			local cert = "-----BEGIN CERTIFICATE-----\n" .. ("A"):rep(64) .. "\n-----END CERTIFICATE-----\n"
			local text, words = cert:rep(math.floor(15e6 / #cert)), {}
			for i = 1, 8 do
				websocket.Connect("wss://127.0.0.1:1/", {onError = function(_, info)
					words[#words + 1] = info.category
					if #words == 8 then print(table.concat(words, " ")) end
				end}, {tls = {ca = text}})
			end`, "memory memory memory memory memory memory memory memory\n", 64},
		{"a flood without a limit of the script's, while it is busy", `
			websocket.Connect("ws://` + flood + `/", {onOpen = function()
				local stop = utility.GetTickCount() + 2000
				while utility.GetTickCount() < stop do end
			end, onError = function(message, info) print(message, info.category) end},
			{maxMessage = math.huge, receiveQueue = math.huge})`, "A message was too large\tmemory\n", 64},
		{"40 messages of 30 MB that stall", `
			local failed = 0
			for i = 1, 40 do
				websocket.Connect("ws://` + stalled + `/", {onError = function()
					failed = failed + 1
					if failed == 1 then host.After(2000, function() print "refused" host.Exit(0) end) end
				end}, {maxMessage = 32e6, timeout = 30})
			end`, "refused\n", 64},
		{"3,000 requests of 100 kB that are not answered", `
			local http, refused = require "tide.http", 0
			for i = 1, 3000 do
				http.post("http://` + silent.Addr().String() + `/", ("x"):rep(1e5) .. i, function(_, _, info)
					if info.category == "memory" then refused = refused + 1 end
					if refused == 2001 then print "refused" os.exit(0) end
				end)
			end`, "refused\n", 64},
		{"requests that fail at once, as many as it can", `
			local http, made = require "tide.http", 0
			while pcall(http.get, "nonsense", function() end) do made = made + 1 end
			print(made > 10000)
			os.exit(0)`, "true\n", 64},
		{"a flood of a script that asks for nothing", `
			local n = 0
			websocket.Connect("ws://` + flood + `/", {onMessage = function()
				n = n + 1
				if n == 101 then host.After(2000, function() print "flooded" host.Exit(0) end) end
			end})`, "flooded\n", 32},
	}) {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(binary, "run", "--max-memory", fmt.Sprint(c.mebibytes, "M"), "-e", c.code)
			var out, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				cmd.Wait()
			}()
			peak := peakUntil(t, cmd.Process.Pid, ended)
			if out.String() != c.want {
				t.Errorf("%q, want %q\n%s", &out, c.want, &stderr)
			}
			t.Logf("at most %d MiB resident", peak>>20)
			if most := mostResident(c.mebibytes); peak>>20 > most {
				t.Errorf("%d MiB were resident, want at most %d", peak>>20, most)
			}
		})
	}
}
