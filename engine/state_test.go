package engine_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// steps is a slog.Handler that keeps the debug lines of the states.
type steps struct {
	mu    sync.Mutex
	taken map[string][]string // by id: "connecting → open: the opening handshake is done"
}

func (s *steps) Enabled(context.Context, slog.Level) bool { return true }
func (s *steps) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *steps) WithGroup(string) slog.Handler            { return s }

func (s *steps) Handle(_ context.Context, r slog.Record) error {
	edge, ok := strings.CutPrefix(r.Message, "connection: ")
	if !ok {
		return nil
	}
	attrs := map[string]string{}
	r.Attrs(func(a slog.Attr) bool { attrs[a.Key] = a.Value.String(); return true })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = make(map[string][]string)
	}
	s.taken[attrs["id"]] = append(s.taken[attrs["id"]], edge+": "+attrs["cause"])
	return nil
}

func (s *steps) of(id engine.ID) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken[fmt.Sprint(uint64(id))]
}

// Each way through the diagram of states is logged, one line a step, in order; together
// they walk every edge.
func TestEveryEdge(t *testing.T) {
	walked := map[string]bool{}
	way := func(name string, walk func(t *testing.T, h *enginetest.Rig) engine.ID, want ...string) {
		inBubble(t, name, func(t *testing.T) {
			log := &steps{}
			h := enginetest.New(t, engine.Options{Logger: slog.New(log)})
			id := walk(t, h)
			if got := log.of(id); !slices.Equal(got, want) {
				t.Errorf("logged %q, want %q", got, want)
			}
			for _, line := range want {
				edge, _, _ := strings.Cut(line, ":")
				walked[edge] = true
			}
		})
	}
	const (
		opens = "connecting → open: the opening handshake is done"
		line  = "dial tcp peer.test:80: connection refused: nothing listens there"
	)
	way("closed by the peer", func(t *testing.T, h *enginetest.Rig) engine.ID {
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		peer.Close(4001, "bye")
		h.End(h.ID)
		return h.ID
	}, opens, `open → closing: closed with 4001 "bye"`, `closing → closed: closed with 4001 "bye"`)
	way("closed by the script", func(t *testing.T, h *enginetest.Rig) engine.ID {
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		h.Want("open")
		h.Close(h.ID, 0, "")
		peer.Close(1000, "")
		h.End(h.ID)
		return h.ID
	}, opens, "open → closing: Close was called with code 1000", "closing → closed: closed with 1000")
	way("cut by the peer", func(t *testing.T, h *enginetest.Rig) engine.ID {
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		peer.Hangup()
		h.End(h.ID)
		return h.ID
	}, opens, "open → closing: the peer ended the connection without a close frame",
		"closing → closed: the peer ended the connection without a close frame")
	way("a rule broken by the peer", func(t *testing.T, h *enginetest.Rig) engine.ID {
		peer := h.Open(engine.ConnectOptions{}, wstest.Answer{})
		peer.SendRaw([]byte("\xc1\x00"))
		h.End(h.ID)
		return h.ID
	}, opens, "open → closing: peer set a reserved bit without an extension that defines it (RFC 6455 §5.2)",
		"closing → closed: peer set a reserved bit without an extension that defines it (RFC 6455 §5.2)")
	way("closed while connecting", func(t *testing.T, h *enginetest.Rig) engine.ID {
		h.Net.Blackhole(enginetest.Addr)
		id := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.Close(id, 0, "")
		h.End(id)
		return id
	}, "connecting → closing: closed before the connection was open",
		"closing → closed: closed before the connection was open")
	way("refused", func(t *testing.T, h *enginetest.Rig) engine.ID {
		h.Listener.Close()
		id := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.End(id)
		return id
	}, "connecting → closing: "+line, "closing → closed: "+line)
	way("withdrawn", func(t *testing.T, h *enginetest.Rig) engine.ID {
		h.Listener.Close()
		last := h.Connect(enginetest.URL, engine.ConnectOptions{})
		h.End(last)
		for range 1000 { // the dial guard's line is full
			last = h.Connect(enginetest.URL, engine.ConnectOptions{})
		}
		_, err := h.Engine.Connect(enginetest.URL, engine.ConnectOptions{})
		if !errors.Is(err, engine.ErrTooManyConnections) {
			t.Errorf("error %v", err)
		}
		return last + 1 // the id that the connection had, and that nobody has seen
	}, "connecting → closed: withdrawn: too many connections wait for their dial")

	if got := slices.Sorted(maps.Keys(walked)); !slices.Equal(got, slices.Sorted(slices.Values(engine.StateEdges()))) {
		t.Errorf("walked %q; the diagram has %q", got, engine.StateEdges())
	}
}

// A step that the diagram does not have is a bug of ours.
func TestNoOtherEdge(t *testing.T) {
	defer func() {
		if got, want := fmt.Sprint(recover()), "engine: connection 1: closed cannot become open"; got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	engine.ForceStep()
}

// No file but state.go assigns to a connection's state or outcome, or takes their
// address.
func TestStateHasOneKeeper(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, entry := range files {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		writes := stateWrites(file)
		if name == "state.go" {
			found += len(writes)
			continue
		}
		for _, at := range writes {
			t.Errorf("%s writes the state or the outcome; only state.go may", set.Position(at))
		}
	}
	if found == 0 {
		t.Error("no writer found in state.go: does the test still know the fields' names?")
	}
}

// stateWrites returns where a file may write the fields state and outcome of a
// connection.
func stateWrites(file *ast.File) (at []token.Pos) {
	kept := func(e ast.Expr) bool {
		for {
			switch x := e.(type) {
			case *ast.ParenExpr:
				e = x.X
			case *ast.SelectorExpr:
				if x.Sel.Name == "state" || x.Sel.Name == "outcome" {
					return true
				}
				e = x.X
			default:
				return false
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				if kept(to) {
					at = append(at, n.Pos())
				}
			}
		case *ast.IncDecStmt:
			if kept(n.X) {
				at = append(at, n.Pos())
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND && kept(n.X) {
				at = append(at, n.Pos())
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "state" || key.Name == "outcome") {
				at = append(at, n.Pos())
			}
		}
		return true
	})
	return at
}
