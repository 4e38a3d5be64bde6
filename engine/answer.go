package engine

import (
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/handshake"
)

// answer is the server's answer to the opening handshake, as it is kept for Info. Most
// connections keep it for their whole life and are asked for it twice, so the header is one
// string: as a map it takes a kilobyte.
type answer struct {
	rest  HTTPInfo // without Header
	lines string   // name, line feed, value, line feed, and so on; neither has a line feed in it
}

// newAnswer returns nil if no answer came.
func newAnswer(r *handshake.Response) *answer {
	if r.Status == 0 {
		return nil
	}
	var lines strings.Builder
	size := 0
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + 2
		}
	}
	lines.Grow(size)
	for name, values := range r.Header {
		for _, value := range values {
			lines.WriteString(name)
			lines.WriteByte('\n')
			lines.WriteString(value)
			lines.WriteByte('\n')
		}
	}
	return &answer{
		rest:  HTTPInfo{Status: r.Status, Body: r.Body, Location: r.Location, RetryAfter: r.RetryAfter},
		lines: lines.String(),
	}
}

// info returns an HTTPInfo that belongs to the caller, nil for nil.
func (a *answer) info() *HTTPInfo {
	if a == nil {
		return nil
	}
	info := a.rest
	info.Header = make(http.Header)
	for lines := a.lines; lines != ""; {
		var name, value string
		name, lines, _ = strings.Cut(lines, "\n")
		value, lines, _ = strings.Cut(lines, "\n")
		info.Header[name] = append(info.Header[name], value)
	}
	return &info
}
