package inlet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/memory"
)

// all returns the lines of an input, and its error.
func all(t *testing.T, s *inlet.Stdin, opts inlet.Options) (lines []string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		woken := make(chan struct{}, 1)
		opts.Wake = func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		}
		source, refused := s.Lines("test", opts)
		if refused != nil {
			t.Fatal(refused)
		}
		defer s.Close()
		for ended := false; !ended; {
			var line []byte
			var found bool
			if line, found, ended, err = source.Next(); found {
				lines = append(lines, string(line))
			} else if !ended {
				<-woken
			}
		}
	})
	return lines, err
}

func TestLines(t *testing.T) {
	long, longer := strings.Repeat("l", 5000), strings.Repeat("L", 300_000)
	var many []string
	for i := range 50_000 {
		many = append(many, fmt.Sprint("line ", i))
	}
	for name, c := range map[string]struct {
		input string
		want  []string
	}{
		"nothing":               {"", nil},
		"one":                   {"a\n", []string{"a"}},
		"without a newline":     {"a\nb", []string{"a", "b"}},
		"empty ones":            {"\n\n", []string{"", ""}},
		"returns stay":          {"a\r\n\r\nb\r", []string{"a\r", "\r", "b\r"}},
		"any bytes":             {"\x00\xff\n\xfe", []string{"\x00\xff", "\xfe"}},
		"longer than a buffer":  {long + "\n" + long, []string{long, long}},
		"longer than may wait":  {"a\n" + longer + "\nb\n" + longer, []string{"a", longer, "b", longer}},
		"more than may wait":    {strings.Join(many, "\n"), many},
		"exactly a buffer":      {strings.Repeat("x", 4096) + "\ny", []string{strings.Repeat("x", 4096), "y"}},
		"a buffer and its end":  {strings.Repeat("x", 4095) + "\ny", []string{strings.Repeat("x", 4095), "y"}},
		"a buffer, and no more": {strings.Repeat("x", 4096), []string{strings.Repeat("x", 4096)}},
	} {
		account := memory.New(1 << 30)
		for how, reader := range map[string]io.Reader{
			"at once": strings.NewReader(c.input), "by halves": iotest.HalfReader(strings.NewReader(c.input)),
			"with the end": iotest.DataErrReader(strings.NewReader(c.input)),
		} {
			got, err := all(t, inlet.New(reader), inlet.Options{Memory: account})
			if fmt.Sprint(got) != fmt.Sprint(c.want) || len(got) != len(c.want) || err != nil {
				t.Errorf("%s, %s: %d lines, error %v, want %d", name, how, len(got), err, len(c.want))
			}
		}
		if account.Used() != 0 {
			t.Errorf("%s: %d bytes are still charged", name, account.Used())
		}
	}
}

// Lines go on where calls that wait have stopped, and those are refused from then on.
func TestFromReadsToLines(t *testing.T) {
	s := inlet.New(strings.NewReader("one\ntwo\nthree\n"))
	if got, err := s.ReadSlice('\n'); string(got) != "one\n" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if got, err := io.ReadAll(io.LimitReader(s, 2)); string(got) != "tw" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if got, err := all(t, s, inlet.Options{}); fmt.Sprint(got) != "[o three]" || err != nil {
		t.Errorf("lines %q, %v", got, err)
	}
	const want = "standard input is read by test, and can be read in one way only"
	_, sliceErr := s.ReadSlice('\n')
	_, readErr := s.Read(make([]byte, 1))
	_, linesErr := s.Lines("another", inlet.Options{})
	for _, err := range []error{sliceErr, readErr, linesErr, s.Free()} {
		var taken *inlet.TakenError
		if !errors.As(err, &taken) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := s.Lines("test", inlet.Options{}); err != nil {
		t.Errorf("the same user again: %v", err)
	}
}

// A failing input gives the lines before, the unfinished one included, then the error.
func TestInputThatFails(t *testing.T) {
	broken := errors.New("broken")
	reader := io.MultiReader(strings.NewReader("one\ntw"), iotest.ErrReader(broken))
	if got, err := all(t, inlet.New(reader), inlet.Options{}); fmt.Sprint(got) != "[one tw]" || err != broken {
		t.Errorf("lines %q, error %v", got, err)
	}
}

// A line that is too long ends the input, and its memory is given back.
func TestLineThatIsTooLong(t *testing.T) {
	input := "one\n" + strings.Repeat("x", 5<<20) + "\ntwo\n"
	got, err := all(t, inlet.New(strings.NewReader(input)), inlet.Options{MaxLine: 5<<20 - 1})
	if len(got) != 1 || fmt.Sprint(err) != "a line of standard input is longer than 5242879 bytes" {
		t.Errorf("%d lines, error %v", len(got), err)
	}
	account := memory.New(4 << 20)
	got, err = all(t, inlet.New(strings.NewReader(input)), inlet.Options{Memory: account})
	if len(got) != 1 || !errors.Is(err, memory.ErrFull) || account.Used() != 0 {
		t.Errorf("%d lines, error %v, %d bytes charged", len(got), err, account.Used())
	}
	got, err = all(t, inlet.New(strings.NewReader(input)), inlet.Options{MaxLine: 5<<20 + 1, Memory: memory.New(6 << 20)})
	if len(got) != 3 || err != nil {
		t.Errorf("%d lines, error %v", len(got), err)
	}
}

// counted counts the bytes that were read.
type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// Without a taker the input is read no further than the bound, and one line more.
func TestInputIsReadNoFurtherThanItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		input := &counted{Reader: strings.NewReader(strings.Repeat("0123456789abcde\n", 1e6))}
		s := inlet.New(input)
		source, err := s.Lines("test", inlet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for taken := 0; taken < 3*(64<<10); taken += 16 << 10 {
			synctest.Wait()
			if ahead := input.read - taken; ahead < 64<<10 || ahead > 64<<10+4096+16 {
				t.Errorf("%d bytes ahead after %d", ahead, taken)
			}
			for range 1024 {
				if line, found, _, _ := source.Next(); !found || len(line) != 15 {
					t.Fatalf("line %q", line)
				}
			}
		}
		s.Close() // while readLoop waits for room
		synctest.Wait()
	})
}

// Close does not wait for a read that does not return; what it gives is dropped.
func TestCloseDuringARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		s := inlet.New(reader)
		wakes := 0
		source, err := s.Lines("test", inlet.Options{Wake: func() { wakes++ }})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.Close()
		s.Close()
		if _, err := writer.Write([]byte("late\n")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, found, _, _ := source.Next(); found || wakes != 0 {
			t.Errorf("found %v, %d wakes", found, wakes)
		}
	})
}

// BeforeRead's function is called before each read, of either way.
func TestBeforeRead(t *testing.T) {
	var order bytes.Buffer
	reader := io.TeeReader(iotest.OneByteReader(strings.NewReader("ab")), &order)
	s := inlet.On(reader)
	if inlet.On(s) != s {
		t.Error("a Stdin is wrapped once more")
	}
	s.BeforeRead(func() { order.WriteByte('?') })
	if _, err := s.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := all(t, s, inlet.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := order.String(); got != "?a?b?" {
		t.Errorf("%q", got)
	}
}
