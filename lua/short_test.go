package lua_test

import (
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// Piece gives the string that was asked for, whatever was made before.
func TestPiece(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	base := "abcdefghijklmnopqrstuvwxyz"
	for round := range 3 {
		for n := range 20 {
			for i := range 300 {
				text := []byte(base[:n])
				if n > 0 {
					text[i%n] = byte(i)
				}
				v, err := s.Piece(string(text))
				if err != nil {
					t.Fatal(err)
				}
				if got, isString := v.AsString(); !isString || got != string(text) {
					t.Fatalf("Piece(%q) is %q", text, got)
				}
			}
		}
		if _, err := s.Collect(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// Short strings that are made again cost no memory, and those that nothing else holds are
// dropped by a walk.
func TestPieceCharges(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	keep, err := s.NewTable(1000, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetGlobal("keep", keep.Value()); err != nil {
		t.Fatal(err)
	}
	piece := func(text string) lua.Value {
		v, err := s.Piece(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	piece("first")
	empty, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := keep.SetInt(i+1, piece(fmt.Sprint("word ", i%10))); err != nil {
			t.Fatal(err)
		}
	}
	if took := s.Memory() - empty; took < 10*24 || took > 10*48 {
		t.Errorf("10 strings, 1000 times, took %d bytes", took)
	}
	if _, err := s.Collect(); err != nil {
		t.Fatal(err)
	}
	before := s.Memory()
	if piece("word 3"); s.Memory() != before {
		t.Errorf("a string that is there took %d bytes", s.Memory()-before)
	}
	keep.Clear()
	for i := range 100 {
		piece(fmt.Sprint(i))
	}
	if left, err := s.Collect(); err != nil || left != empty {
		t.Errorf("%d bytes after a walk, %v; want %d", left, err, empty)
	}
	if piece("word 3"); s.Memory() == empty {
		t.Error("a string that was let go of is there at no charge")
	}
}
