package outlet_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/outlet"
)

func TestStdoutModes(t *testing.T) {
	var output bytes.Buffer
	s := outlet.NewStdout(&output, true)
	write := func(parts ...string) func() error { return func() error { return s.WriteStrings(parts...) } }
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{write("part"), ""},
		{write(" of a line\n", "rest"), "part of a line\nrest"},
		{func() error { return s.SetMode(outlet.Full) }, "part of a line\nrest"},
		{write("held\n"), "part of a line\nrest"},
		{s.Flush, "part of a line\nrestheld\n"},
		{write("more"), "part of a line\nrestheld\n"},
		{func() error { return s.SetMode(outlet.Unbuffered) }, "part of a line\nrestheld\nmore"},
		{write("x"), "part of a line\nrestheld\nmorex"},
		{func() error { _, err := io.WriteString(s, "y"); return err }, "part of a line\nrestheld\nmorexy"},
		{func() error { return s.SetMode(outlet.Lines) }, "part of a line\nrestheld\nmorexy"},
		{func() error { _, err := s.Write([]byte("z")); return err }, "part of a line\nrestheld\nmorexy"},
		{func() error { _, err := s.Write([]byte("\n")); return err }, "part of a line\nrestheld\nmorexyz\n"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if output.String() != step.want {
			t.Errorf("after step %d: %q, want %q", i, output.String(), step.want)
		}
	}
}

func TestStdoutFinish(t *testing.T) {
	var output bytes.Buffer
	s := outlet.NewStdout(&output, false)
	if err := errors.Join(s.WriteStrings("a\n", "b"), s.Finish(), s.WriteStrings(strings.Repeat("c", 100_000)),
		s.Flush()); err != nil {
		t.Error(err)
	}
	if n, err := s.Write([]byte("d")); n != 1 || err != nil || output.String() != "a\nb" {
		t.Errorf("%d, %v, written: %.20q", n, err, output.String())
	}
}

func TestStdoutOn(t *testing.T) {
	var output bytes.Buffer
	s := outlet.StdoutOn(&output)
	if err := s.WriteStrings("a", "b"); err != nil || output.String() != "ab" {
		t.Errorf("%v, %q", err, output.String())
	}
	if outlet.StdoutOn(s) != s {
		t.Error("a Stdout on a Stdout")
	}
	if err := outlet.StdoutOn(nil).WriteStrings("x"); err != nil {
		t.Error(err)
	}
}

func TestStdoutKeepsItsError(t *testing.T) {
	stream, full := newValve(false), errors.New("no space left")
	stream.set(false, full)
	s := outlet.NewStdout(stream, false)
	if err := s.WriteStrings("x"); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := s.Flush(); err != full {
			t.Errorf("Flush = %v, want %v", err, full)
		}
	}
	if err := s.WriteStrings("y"); err != full {
		t.Errorf("WriteStrings = %v, want %v", err, full)
	}
}
