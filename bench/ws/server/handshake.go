package server

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/bench/ws/frames"
	"github.com/tidewire/tidewire/bench/ws/payload"
)

// A Task is the server's work on a connection. It travels as the URL that a contestant
// dials.
type Task struct {
	Mode     Mode
	Order    payload.Order
	Deflate  Deflate
	InFlight int // Echo: messages on their way at any time
	Burst    int // Sink: messages between two acknowledgements
	Rate     int // Pace: messages a second
	Together int // Echo: the first message leaves when so many connections of the Group are open
	Group    int
}

// A Mode is one of the server's tasks.
type Mode string

// The modes.
const (
	Flood Mode = "flood" // sends messages as fast as the client takes them
	Sink  Mode = "sink"  // takes messages, and acknowledges each burst with its checksum
	Echo  Mode = "echo"  // sends messages and expects each one back
	Ping  Mode = "ping"  // is Echo with one message, and measures how long each one takes
	Pace  Mode = "pace"  // does the same at a fixed rate, and measures from the due time
	Once  Mode = "once"  // sends one message, expects it back, and then does nothing
	Idle  Mode = "idle"  // does nothing
)

// Deflate says whether permessage-deflate is used, and with which memory at both ends.
type Deflate string

// The ways to compress.
const (
	Plain      Deflate = ""
	NoTakeover Deflate = "no-takeover" // each message on its own
	Takeover   Deflate = "takeover"    // each message may refer to those before it
)

// Extension is the server's answer to the offer.
func (d Deflate) Extension() string {
	switch d {
	case NoTakeover:
		return "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	case Takeover:
		return "permessage-deflate"
	}
	return ""
}

// Path is the path and query of a task's URL.
func (t Task) Path() string {
	return "/" + string(t.Mode) + "?" + url.Values{
		"shape":    {string(t.Order.Shape)},
		"size":     {strconv.Itoa(t.Order.Size)},
		"deflate":  {string(t.Deflate)},
		"inflight": {strconv.Itoa(t.InFlight)},
		"burst":    {strconv.Itoa(t.Burst)},
		"rate":     {strconv.Itoa(t.Rate)},
		"together": {strconv.Itoa(t.Together)},
		"group":    {strconv.Itoa(t.Group)},
	}.Encode()
}

func parseTask(u *url.URL) (t Task, err error) {
	query := u.Query()
	t = Task{
		Mode:    Mode(strings.TrimPrefix(u.Path, "/")),
		Order:   payload.Order{Shape: payload.Shape(query.Get("shape"))},
		Deflate: Deflate(query.Get("deflate")),
	}
	for name, field := range map[string]*int{
		"size": &t.Order.Size, "inflight": &t.InFlight, "burst": &t.Burst, "rate": &t.Rate,
		"together": &t.Together, "group": &t.Group,
	} {
		if *field, err = strconv.Atoi(query.Get(name)); err != nil {
			return t, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// upgrade answers the opening handshake (RFC 6455 §4.2) and returns the task that the
// client asked for. Nothing may follow the request before the answer.
func upgrade(conn net.Conn) (Task, error) {
	in := bufio.NewReaderSize(conn, 2048)
	request, err := http.ReadRequest(in)
	if err != nil {
		return Task{}, err
	}
	t, err := parseTask(request.URL)
	if err != nil {
		return t, err
	}
	if in.Buffered() > 0 {
		return t, fmt.Errorf("%d bytes before the answer to the handshake", in.Buffered())
	}
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + frames.Accept(request.Header.Get("Sec-WebSocket-Key")) + "\r\n"
	if extension := t.Deflate.Extension(); extension != "" {
		offer := request.Header.Get("Sec-WebSocket-Extensions")
		if !strings.Contains(offer, "permessage-deflate") {
			return t, fmt.Errorf("offered extensions %q, permessage-deflate expected", offer)
		}
		if t.Deflate == Takeover && strings.Contains(offer, "no_context_takeover") {
			return t, fmt.Errorf("offered %q, context takeover expected", offer)
		}
		answer += "Sec-WebSocket-Extensions: " + extension + "\r\n"
	}
	_, err = conn.Write([]byte(answer + "\r\n"))
	return t, err
}
