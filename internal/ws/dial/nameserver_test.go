package dial_test

import (
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tidewire/tidewire/internal/ws/dial"
)

// nameserver answers on a loopback port; names maps a name without its last dot to its
// addresses. A name that has none does not exist, "broken" gets a server failure and
// "mute" gets no answer.
type nameserver struct {
	conn    net.PacketConn
	names   map[string][]string
	queries atomic.Int32
	asked   chan struct{} // has a value once a query came
}

func startNameserver(t *testing.T, names map[string][]string) *nameserver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ns := &nameserver{conn: conn, names: names, asked: make(chan struct{}, 1)}
	done := make(chan struct{})
	go func() { defer close(done); ns.serveLoop(t) }()
	t.Cleanup(func() { conn.Close(); <-done })
	dial.UseNameserver(t, conn.LocalAddr().String())
	return ns
}

func (ns *nameserver) serveLoop(t *testing.T) {
	buf := make([]byte, 1500)
	for {
		n, from, err := ns.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var query dnsmessage.Message
		if err := query.Unpack(buf[:n]); err != nil {
			t.Errorf("unpack a query: %v", err)
			return
		}
		ns.queries.Add(1)
		select {
		case ns.asked <- struct{}{}:
		default:
		}
		if answer, ok := ns.answer(query); ok {
			packed, err := answer.Pack()
			if err != nil {
				t.Errorf("pack an answer: %v", err)
				return
			}
			ns.conn.WriteTo(packed, from)
		}
	}
}

func (ns *nameserver) answer(query dnsmessage.Message) (dnsmessage.Message, bool) {
	q := query.Questions[0]
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true},
		Questions: query.Questions,
	}
	name := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	switch {
	case strings.HasPrefix(name, "mute."):
		return m, false
	case strings.HasPrefix(name, "broken."):
		m.RCode = dnsmessage.RCodeServerFailure
		return m, true
	case ns.names[name] == nil:
		m.RCode = dnsmessage.RCodeNameError
		return m, true
	}
	for _, address := range ns.names[name] {
		addr := netip.MustParseAddr(address)
		header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
		switch {
		case addr.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header,
				Body: &dnsmessage.AResource{A: addr.As4()}})
		case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header,
				Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	return m, true
}
