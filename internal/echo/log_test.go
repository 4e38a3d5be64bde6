package echo_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// A client is two lines, or one if its opening handshake fails. Unless asked to, the
// server logs none.
func TestLogOfClients(t *testing.T) {
	const came, left = "a client has connected", "a client has left"
	for name, c := range map[string]struct {
		path string
		talk func(client *wstest.Peer)
		want []string
	}{
		"closed": {"/", func(client *wstest.Peer) {
			client.Send(wstest.Text("hello"), wstest.Binary("\x00\xff"), wstest.Ping("p"), wstest.Close(4001, "bye"))
			client.WantFrame(wstest.Pong("p"), wstest.Text("hello"), wstest.Binary("\x00\xff"), wstest.Close(4001, "bye"))
		}, []string{came + `" client=1 from=client path=/`,
			left + `" client=1 from=client messages=2 bytes=7 why="closed with 4001 \"bye\""`}},
		"without a code": {"/room?token=secret", func(client *wstest.Peer) {
			client.Send(wstest.Close(0, ""))
			client.WantFrame(wstest.Close(0, ""))
		}, []string{came + `" client=1 from=client path="/room?token=…"`,
			left + `" client=1 from=client messages=0 bytes=0 why="closed without a code"`}},
		"cut": {"/", func(client *wstest.Peer) { client.Hangup() }, []string{came + `" client=1 from=client path=/`,
			left + `" client=1 from=client messages=0 bytes=0 why="it ended the connection without a close frame"`}},
		"a broken rule": {"/", func(client *wstest.Peer) {
			client.SendRaw([]byte("\xc1\x80\x00\x00\x00\x00"))
			client.WantFrame(wstest.Close(1002, "Invalid use of reserved bits"))
		}, []string{came + `" client=1 from=client path=/`, left + `" client=1 from=client messages=0 bytes=0 ` +
			`why="peer set a reserved bit without an extension that defines it (RFC 6455 §5.2)"`}},
		"no handshake": {"", func(client *wstest.Peer) { client.SendRaw([]byte("SSH-2.0\r\n\r\n")) },
			[]string{`a client has failed to connect" client=1 from=client why="opening handshake: the client does not ` +
				`speak HTTP: malformed HTTP request \"SSH-2.0\""`}},
	} {
		for _, asked := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				n := &wstest.Net{}
				serve(t, n, echo.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), LogClients: asked})
				client, _ := dial(t, n)
				if c.path != "" {
					client.Upgrade(c.path, nil)
				}
				c.talk(client)
				synctest.Wait()
				client.Conn.Close()
				synctest.Wait()
				var got []string
				for line := range strings.Lines(log.String()) {
					_, message, _ := strings.Cut(line, `level=INFO msg="`)
					got = append(got, strings.TrimSpace(message))
				}
				want := c.want
				if !asked {
					want = nil
				}
				wanted := strings.ReplaceAll(strings.Join(want, "\n"), "from=client",
					"from="+client.Conn.LocalAddr().String())
				if strings.Join(got, "\n") != wanted {
					t.Errorf("%s: logged\n%s\nwant\n%s", name, strings.Join(got, "\n"), wanted)
				}
			})
		}
	}
}
