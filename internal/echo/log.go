package echo

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// longestShown is how much of a client's path, subprotocol or reason the log shows, in
// bytes.
const longestShown = 200

// story is a client as the log tells of it.
type story struct {
	number          int64 // 1 for the first one that is logged
	path, protocol  string
	messages, bytes int64
	end             string // "" as long as it is unknown
}

// closed notes the client's close frame.
func (s *story) closed(code int, reason string) {
	s.end = fmt.Sprintf("closed with %d", code)
	if code == wire.CloseNoCode {
		s.end = "closed without a code"
	}
	if reason != "" {
		s.end += fmt.Sprintf(" %q", failure.Printable(reason, longestShown))
	}
}

// logRefused notes a client that has not come to the end of its opening handshake.
func (c *conn) logRefused(err error) {
	c.log("a client has failed to connect", slog.String("why", c.reason(err)))
}

// logOpened notes a client after its opening handshake.
func (c *conn) logOpened() {
	attrs := []any{slog.String("path", failure.Printable(failure.ShortURL(c.story.path), longestShown))}
	if c.story.protocol != "" {
		attrs = append(attrs, slog.String("protocol", failure.Printable(c.story.protocol, longestShown)))
	}
	c.log("a client has connected", attrs...)
}

// logLeft notes the end of a client. err is nil after a closing handshake.
func (c *conn) logLeft(err error) {
	c.log("a client has left", slog.Int64("messages", c.story.messages), slog.Int64("bytes", c.story.bytes),
		slog.String("why", c.reason(err)))
}

func (c *conn) reason(err error) string {
	switch {
	case c.story.end != "":
		return c.story.end
	case errors.Is(err, io.EOF):
		return "it ended the connection without a close frame"
	case err != nil:
		return failure.Printable(err.Error(), longestShown)
	}
	return "closed"
}

func (c *conn) log(message string, attrs ...any) {
	if !c.server.opts.LogClients {
		return
	}
	if c.story.number == 0 {
		c.story.number = c.server.clients.Add(1)
	}
	from := []any{slog.Int64("client", c.story.number), slog.String("from", c.raw.RemoteAddr().String())}
	c.server.opts.Logger.Info(message, append(from, attrs...)...)
}
