package wstest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Answer is a server's answer to the opening handshake (RFC 6455 §4.2.2). Its zero value
// agrees.
type Answer struct {
	// Status is the HTTP status. 0 means 101; with another one the handshake's own fields
	// are not sent.
	Status int

	// Header adds fields and replaces those of the zero Answer; a field without values is
	// left out.
	Header http.Header

	// Body follows the header, with its Content-Length.
	Body string

	// Then follows in the same write, such as the first frames.
	Then []byte

	// Raw, if not empty, replaces everything but Then.
	Raw string
}

// Handshake reads the client's half of the opening handshake, which must keep to RFC 6455
// §4.1, and answers.
func (p *Peer) Handshake(answer Answer) {
	p.tb.Helper()
	p.ReadRequest()
	p.SendRaw(answer.Bytes(p.Request))
}

// ReadRequest reads the client's half of the opening handshake into Request and answers
// nothing.
func (p *Peer) ReadRequest() {
	p.tb.Helper()
	p.Conn.SetReadDeadline(p.until())
	defer p.Conn.SetReadDeadline(time.Time{})
	req, err := http.ReadRequest(p.buf)
	if err != nil {
		p.tb.Fatalf("peer: waiting for the opening handshake: %v", err)
	}
	if err := checkRequest(req); err != nil {
		p.tb.Fatalf("peer: the client's opening handshake: %v", err)
	}
	p.Request = req
}

// Upgrade sends a client's opening handshake for path, with further header fields, and
// wants the server to agree.
func (p *Peer) Upgrade(path string, header http.Header) *http.Response {
	p.tb.Helper()
	nonce := make([]byte, 16)
	rand.Read(nonce) // never fails
	req := &http.Request{Method: http.MethodGet, Header: http.Header{
		"Upgrade":               {"websocket"},
		"Connection":            {"Upgrade"},
		"Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key":     {base64.StdEncoding.EncodeToString(nonce)},
	}}
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "GET %s HTTP/1.1\r\nHost: peer.test\r\n", path)
	req.Header.Write(&raw)
	raw.WriteString("\r\n")
	p.SendRaw(raw.Bytes())

	p.Conn.SetReadDeadline(p.until())
	defer p.Conn.SetReadDeadline(time.Time{})
	resp, err := http.ReadResponse(p.buf, req)
	if err != nil {
		p.tb.Fatalf("peer: waiting for the answer to the opening handshake: %v", err)
	}
	accept := acceptValue(req.Header.Get("Sec-Websocket-Key"))
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-Websocket-Accept") != accept ||
		!strings.EqualFold(resp.Header.Get("Upgrade"), "websocket") || !hasToken(resp.Header, "Connection", "upgrade") {
		p.tb.Fatalf("peer: the server does not agree: %s, header %v", resp.Status, resp.Header)
	}
	return resp
}

// Bytes is the answer to req as it looks on the wire.
func (a Answer) Bytes(req *http.Request) []byte {
	if a.Raw != "" {
		return append([]byte(a.Raw), a.Then...)
	}
	status := a.Status
	header := http.Header{}
	if status == 0 || status == http.StatusSwitchingProtocols {
		status = http.StatusSwitchingProtocols
		header.Set("Upgrade", "websocket")
		header.Set("Connection", "Upgrade")
		header.Set("Sec-Websocket-Accept", acceptValue(req.Header.Get("Sec-Websocket-Key")))
	}
	if a.Body != "" {
		header.Set("Content-Length", fmt.Sprint(len(a.Body)))
	}
	for name, values := range a.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	header.Write(&raw) // sorted; a field without values writes nothing
	raw.WriteString("\r\n")
	raw.WriteString(a.Body)
	return append(raw.Bytes(), a.Then...)
}

// checkRequest goes through the list of RFC 6455 §4.1.
func checkRequest(req *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(req.Header.Get("Sec-Websocket-Key"))
	switch {
	case req.Method != http.MethodGet:
		return fmt.Errorf("method %s, want GET", req.Method)
	case !req.ProtoAtLeast(1, 1):
		return fmt.Errorf("%s, want HTTP/1.1", req.Proto)
	case !strings.HasPrefix(req.RequestURI, "/") || strings.Contains(req.RequestURI, "#"):
		return fmt.Errorf("target %q", req.RequestURI)
	case req.Host == "":
		return fmt.Errorf("no Host")
	case !hasToken(req.Header, "Upgrade", "websocket"):
		return fmt.Errorf("header Upgrade %q, want websocket", req.Header["Upgrade"])
	case !hasToken(req.Header, "Connection", "upgrade"):
		return fmt.Errorf("header Connection %q, want Upgrade", req.Header["Connection"])
	case !slices.Equal(req.Header["Sec-Websocket-Version"], []string{"13"}):
		return fmt.Errorf("header Sec-WebSocket-Version %q, want 13", req.Header["Sec-Websocket-Version"])
	case len(req.Header["Sec-Websocket-Key"]) != 1 || err != nil || len(key) != 16:
		return fmt.Errorf("header Sec-WebSocket-Key %q, want 16 bytes in base64", req.Header["Sec-Websocket-Key"])
	case len(req.Header["Sec-Websocket-Protocol"]) > 1:
		return fmt.Errorf("header Sec-WebSocket-Protocol %q, want one field", req.Header["Sec-Websocket-Protocol"])
	}
	return nil
}

// acceptValue answers a Sec-WebSocket-Key (RFC 6455 §4.2.2, step 5.4).
func acceptValue(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken looks for a token in a field that is a list (RFC 9110 §5.6.1), letters' case
// aside.
func hasToken(header http.Header, name, token string) bool {
	for _, value := range header[name] {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}
