package hostile

import (
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// The first arguments of onError that more than one peer leads to.
const (
	msgTransport = "Underlying Transport Error"
	msgEOF       = "End of File"
	msgParse     = "HTTP parse error"
	msgMissing   = "A required HTTP header is missing"
	msgSlow      = "The opening handshake timed out"
	msgStatus    = "Invalid HTTP status."
	msgTooBig    = "A message was too large"
	msgUTF8      = "Invalid UTF8 encoding"
	msgClosing   = "The closing handshake timed out"
)

// header is how long the header of an answer may be.
const header = 64 << 10

// patience is the client's in each phase, by default.
const patience = 5 * time.Second

// answers are peers that never agree.
func answers() []*Peer {
	const switching = "HTTP/1.1 101 Switching Protocols\r\n"
	slow := unanswered(msgSlow, "timeout", true, patience)
	unread := unanswered(msgParse, "handshake", false, 0)
	flooded := unread
	flooded.Memory = flat + 3*header
	missing := unanswered(msgMissing, "handshake", false, 0)
	return []*Peer{
		{Name: "no answer", Want: slow, play: func(*server) {}},
		{Name: "drip: a byte of the answer a second", Want: slow, play: func(s *server) {
			s.drip(string(wstest.Answer{}.Bytes(s.request)))
		}},
		{Name: "drip: a field of the answer a second", Want: slow, play: func(s *server) {
			s.send(switching)
			s.forever(time.Second, "X: y\r\n")
		}},
		{Name: "half-open before the answer", Want: slow, play: func(s *server) { s.Stall() }},
		{Name: "header flood: fields", Want: flooded, play: flood(switching, "X-Field: value\r\n")},
		{Name: "header flood: one field", Want: flooded, play: flood(switching+"X: ", "xxxxxxxxxxxxxxxx")},
		{Name: "header flood: one name", Want: flooded, play: flood(switching, "xxxxxxxxxxxxxxxx")},
		{Name: "header flood: the status line", Want: flooded, play: flood("HTTP/1.1 101 ", "xxxxxxxxxxxxxxxx")},
		{Name: "header flood: other answers first", Want: flooded, play: flood("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{Name: "no HTTP: another protocol", Want: unread, play: says("SSH-2.0-OpenSSH_9.2\r\n")},
		{Name: "no HTTP: noise", Want: unread, play: says("\x00\xff\x80\n\x00\xff\x80\n")},
		{Name: "no HTTP: a frame", Want: unread, play: func(s *server) {
			s.send(bytesOf(wstest.Text("hello")), string(wstest.Answer{}.Bytes(s.request)))
		}},
		{Name: "no HTTP: a field without colon", Want: unread, play: says(switching + "Upgrade\r\n\r\n")},
		{Name: "no HTTP: 101 in HTTP/1.0", Want: unread, play: func(s *server) {
			s.send(strings.Replace(string(wstest.Answer{}.Bytes(s.request)), "HTTP/1.1", "HTTP/1.0", 1))
		}},
		{Name: "wrong accept: another value", Want: missing,
			play: replaces("Sec-Websocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")},
		{Name: "wrong accept: none", Want: missing, play: replaces("Sec-Websocket-Accept")},
		{Name: "wrong accept: the key", Want: missing, play: func(s *server) {
			replaces("Sec-Websocket-Accept", s.request.Header.Get("Sec-Websocket-Key"))(s)
		}},
		{Name: "wrong accept: two values", Want: missing, play: func(s *server) {
			answer := string(wstest.Answer{}.Bytes(s.request))
			s.send(strings.Replace(answer, "Sec-", "Sec-Websocket-Accept: x\r\nSec-", 1))
		}},
		{Name: "no upgrade: none", Want: missing, play: replaces("Upgrade")},
		{Name: "no upgrade: another protocol", Want: missing, play: replaces("Upgrade", "h2c")},
		{Name: "no upgrade: no connection", Want: missing, play: replaces("Connection", "keep-alive")},
		{Name: "unasked: an extension", Want: unanswered("Extension negotiation failed", "handshake", false, 0),
			play: replaces("Sec-Websocket-Extensions", "permessage-deflate")},
		{Name: "unasked: a subprotocol",
			Want: unanswered("Selected subprotocol was not requested by the client", "handshake", false, 0),
			play: replaces("Sec-Websocket-Protocol", "chat")},
		{Name: "unasked: a parameter of compression", Compress: true,
			Want: unanswered("Extension negotiation failed", "handshake", false, 0),
			play: replaces("Sec-Websocket-Extensions", "permessage-deflate; client_max_window_bits=9")},
		{Name: "refusal: an endless body", Want: unanswered(msgStatus, "http_status", true, time.Second),
			play: flood("HTTP/1.1 503 Busy\r\n\r\n", "xxxxxxxxxxxxxxxx")},
		{Name: "refusal: endless chunks", Want: unanswered(msgStatus, "http_status", false, time.Second),
			play: flood("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")},
		{Name: "refusal: a body that drips", Want: unanswered(msgStatus, "http_status", true, time.Second),
			play: func(s *server) {
				s.send("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n")
				s.drip(strings.Repeat("x", 100))
			}},
		{Name: "redirect circle", Want: unanswered(msgStatus, "http_status", false, time.Second), play: func(s *server) {
			s.send("HTTP/1.1 302 Found\r\nLocation: ws://" + s.request.Host + s.request.RequestURI +
				"\r\nContent-Length: 0\r\n\r\n")
		}},
		{Name: "end before the answer: at once", Want: unanswered(msgEOF, "eof", true, 0),
			play: func(s *server) { s.Close() }},
		{Name: "end before the answer: in the middle", Want: unanswered(msgEOF, "eof", true, 0), play: func(s *server) {
			s.send(switching + "Upgr")
			s.Close()
		}},
		{Name: "reset before the answer: at once", Want: unanswered(msgTransport, "reset", true, 0),
			play: func(s *server) { s.Reset() }},
		{Name: "reset before the answer: in the middle", Want: unanswered(msgTransport, "reset", true, 0),
			play: func(s *server) {
				s.send(switching + "Upgr")
				s.Reset()
			}},
	}
}

// unanswered is the end of a connection that never opened.
func unanswered(message, category string, again bool, within time.Duration) Want {
	return Want{Message: message, Category: category, Phase: "handshake", CloseCode: 1006, Again: again, Within: within,
		Memory: flat + oneRead}
}

func says(raw string) func(*server) { return func(s *server) { s.send(raw) } }

// flood says begin, and then the same for ever, as fast as it is read.
func flood(begin, again string) func(*server) {
	return func(s *server) {
		s.send(begin)
		s.forever(0, strings.Repeat(again, 1000))
	}
}

// replaces answers with other values of a field.
func replaces(name string, values ...string) func(*server) {
	return func(s *server) {
		s.send(string(wstest.Answer{Header: http.Header{name: values}}.Bytes(s.request)))
	}
}

// drip sends a byte a second.
func (s *server) drip(raw string) {
	for i := range len(raw) {
		if !s.send(raw[i : i+1]) {
			return
		}
		time.Sleep(time.Second)
	}
}
