package inflate_test

import (
	"bytes"
	stdflate "compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/tidewire/tidewire/internal/modules/inflate"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

// run inflates a stream whose pieces cut gives the lengths of.
func run(s *inflate.Stream, format inflate.Format, data []byte, cut func() int) ([]byte, error) {
	s.Reset(format)
	var out []byte
	for {
		n := min(cut(), len(data))
		s.Feed(data[:n])
		data = data[n:]
		for more := true; more; {
			var part []byte
			var err error
			if part, more, err = s.Next(); err != nil {
				return out, err
			}
			out = append(out, part...)
		}
		if len(data) == 0 {
			return out, s.Finish()
		}
	}
}

func whole() int { return 1 << 30 }

func one() int { return 1 }

// random returns lengths of pieces, most of them short.
func random(seed uint64) func() int {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() int { return r.IntN(1 << r.IntN(12)) }
}

// texts are data of all sorts.
func texts() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	few := make([]byte, 100_000)
	for i := range few {
		few[i] = "abcdefgh"[min(r.IntN(8), r.IntN(8))]
	}
	words := []byte(strings.Repeat(`{"type":"trade","price":"60123.45","size":"0.00125","side":"buy"}`+"\n", 3000))
	for i := 0; i < len(words); i += 37 {
		words[i] = byte('0' + r.IntN(10))
	}
	return [][]byte{nil, []byte("a"), []byte("hello, hello, hello"), bytes.Repeat([]byte("x"), 200_000),
		bytes.Repeat([]byte("abc"), 100_000), noise, few, words, append(append([]byte(nil), noise[:40_000]...), noise...)}
}

// deflated returns a text in the forms that writers make.
func deflated(t testing.TB, text []byte) (forms [][]byte) {
	t.Helper()
	for _, level := range []int{stdflate.NoCompression, 1, 6, 9, stdflate.HuffmanOnly} {
		for _, flushed := range []bool{false, true} {
			var std, other bytes.Buffer
			a, err := stdflate.NewWriter(&std, level)
			if err != nil {
				t.Fatal(err)
			}
			b, err := flate.NewWriter(&other, level)
			if err != nil {
				t.Fatal(err)
			}
			for rest := text; ; {
				n := len(rest)
				if flushed {
					n = min(n, 10_000)
				}
				a.Write(rest[:n])
				b.Write(rest[:n])
				if rest = rest[n:]; len(rest) == 0 {
					break
				}
				a.Flush()
				b.Flush()
			}
			if err := errors.Join(a.Close(), b.Close()); err != nil {
				t.Fatal(err)
			}
			forms = append(forms, std.Bytes(), other.Bytes())
		}
	}
	return forms
}

// Streams of other people's writers come out as they went in, whatever their pieces.
func TestInflates(t *testing.T) {
	s := &inflate.Stream{}
	for i, text := range detector.Some(texts()) {
		for j, data := range deflated(t, text) {
			for name, cut := range map[string]func() int{"whole": whole, "byte by byte": one, "cut": random(uint64(j))} {
				if got, err := run(s, inflate.Raw, data, cut); err != nil || !bytes.Equal(got, text) {
					t.Errorf("text %d, form %d, %s: %d bytes, error %v; want %d", i, j, name, len(got), err, len(text))
				}
			}
		}
	}
}

// All that was flushed is there, and a stream may go on for ever.
func TestFlushed(t *testing.T) {
	var data bytes.Buffer
	w := zlib.NewWriter(&data)
	s := &inflate.Stream{}
	s.Reset(inflate.Auto)
	for i, text := range append(texts(), texts()...) {
		data.Reset()
		w.Write(text)
		w.Flush()
		s.Feed(data.Bytes())
		var got []byte
		for more := true; more; {
			var part []byte
			var err error
			if part, more, err = s.Next(); err != nil {
				t.Fatal(err)
			}
			got = append(got, part...)
		}
		if !bytes.Equal(got, text) {
			t.Fatalf("message %d: %d bytes, want %d", i, len(got), len(text))
		}
	}
	if err := s.Finish(); err == nil {
		t.Error("the stream has no end, and Finish took it")
	}
}

func framed(t *testing.T, text string) (asZlib, asGzip []byte) {
	t.Helper()
	var a, b bytes.Buffer
	z, g := zlib.NewWriter(&a), gzip.NewWriter(&b)
	g.Name, g.Comment, g.Extra = "name", "comment", []byte("extra")
	z.Write([]byte(text))
	g.Write([]byte(text))
	if err := errors.Join(z.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	return a.Bytes(), b.Bytes()
}

// changed returns a copy in which one byte is another one.
func changed(data []byte, at int, to byte) []byte {
	data = bytes.Clone(data)
	data[(at+len(data))%len(data)] = to
	return data
}

func TestFrames(t *testing.T) {
	asZlib, asGzip := framed(t, "hello")
	empty := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	checked := []byte{0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 255, 0x90, 0xc9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	raw := []byte{3, 0}
	for _, c := range []struct {
		name   string
		format inflate.Format
		data   []byte
		want   string // the text, or "! " and the error
	}{
		{"zlib", inflate.Zlib, asZlib, "hello"},
		{"zlib by itself", inflate.Auto, asZlib, "hello"},
		{"gzip with all fields", inflate.Gzip, asGzip, "hello"},
		{"gzip by itself", inflate.Auto, asGzip, "hello"},
		{"two members", inflate.Auto, append(bytes.Clone(asGzip), asGzip...), "hellohello"},
		{"empty members", inflate.Gzip, append(append(bytes.Clone(empty), asGzip...), empty...), "hello"},
		{"checked header", inflate.Gzip, checked, ""},
		{"raw", inflate.Raw, raw, ""},

		{"nothing", inflate.Auto, nil, "! byte 1: the data ends before the stream does"},
		{"nothing, raw", inflate.Raw, nil, "! byte 1: the data ends before the stream does"},
		{"one byte", inflate.Auto, asZlib[:1], "! byte 2: the data ends before the stream does"},
		{"text", inflate.Auto, []byte("hello"), "! byte 1: neither a header of zlib nor one of gzip"},
		{"zlib for gzip", inflate.Gzip, asZlib, "! byte 1: no header of gzip"},
		{"gzip for zlib", inflate.Zlib, asGzip, "! byte 1: no header of zlib"},
		{"raw for zlib", inflate.Zlib, raw, "! byte 1: no header of zlib"},
		{"dictionary", inflate.Zlib, []byte{0x78, 0xbb, 0, 0, 0, 0}, "! byte 1: the stream needs a dictionary"},
		{"wrong sum of zlib", inflate.Zlib, changed(asZlib, -1, 0), "! byte 14: the checksum is not that of the data"},
		{"wrong sum of gzip", inflate.Gzip, changed(asGzip, -5, 9), "! byte 42: the checksum is not that of the data"},
		{"wrong size of gzip", inflate.Gzip, changed(asGzip, -1, 9), "! byte 46: the size is not that of the data"},
		{"wrong sum of a header", inflate.Gzip, changed(checked, 10, 0), "! byte 11: the checksum of the header is wrong"},
		{"unknown method", inflate.Gzip, changed(empty, 2, 7), "! byte 3: gzip with an unknown way to compress"},
		{"unknown flags", inflate.Gzip, changed(empty, 3, 0x20), "! byte 4: gzip with unknown flags"},
		{"a byte behind zlib", inflate.Auto, append(bytes.Clone(asZlib), 0),
			"! byte 18: more bytes follow the end of the stream"},
		{"a byte behind raw", inflate.Raw, append(bytes.Clone(raw), 7), "! byte 3: more bytes follow the end of the stream"},
		{"a zero behind gzip", inflate.Gzip, append(bytes.Clone(empty), 0),
			"! byte 21: bytes that are no gzip member follow the end of the stream"},
		{"half a member", inflate.Gzip, append(bytes.Clone(empty), 0x1f), "! byte 22: the data ends before the stream does"},
		{"not quite a member", inflate.Gzip, append(bytes.Clone(empty), 0x1f, 0x8c),
			"! byte 21: bytes that are no gzip member follow the end of the stream"},
		{"unknown block", inflate.Raw, []byte{7}, "! byte 1: a block of unknown kind"},
		{"wrong stored length", inflate.Raw, []byte{1, 1, 0, 0, 0}, "! byte 2: the length of a stored block is wrong"},
		{"match before the beginning", inflate.Raw, []byte{0x4b, 0x04, 0x42, 0}, "! byte 3: a match reaches back behind the beginning"},
	} {
		for _, cut := range []func() int{whole, one} {
			s := &inflate.Stream{}
			got, err := run(s, c.format, c.data, cut)
			text := string(got)
			if err != nil {
				text = "! " + err.Error()
			}
			if text != c.want {
				t.Errorf("%s: %q, want %q", c.name, text, c.want)
			}
		}
	}
	for name, data := range map[string][]byte{"zlib": asZlib, "gzip": asGzip} {
		for n := range data {
			s := &inflate.Stream{}
			if _, err := run(s, inflate.Auto, data[:n], whole); err == nil || !strings.HasSuffix(err.Error(), "the data ends before the stream does") {
				t.Errorf("%s, %d bytes: error %v", name, n, err)
			}
		}
	}
}

// A stream inflates the same as the library, whatever its pieces, and fails where that
// fails.
func FuzzInflate(f *testing.F) {
	for _, text := range detector.Some(texts()) {
		for _, data := range deflated(f, text[:min(len(text), 3000)]) {
			f.Add(data, uint64(len(data)))
		}
	}
	s := &inflate.Stream{}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		r := bytes.NewReader(data)
		library := stdflate.NewReader(r)
		want, wantErr := io.ReadAll(io.LimitReader(library, 1<<22))
		if len(want) == 1<<22 {
			return
		}
		if wantErr == nil && r.Len() > 0 {
			wantErr = errors.New("bytes follow")
		}
		for _, cut := range []func() int{whole, one, random(seed)} {
			got, err := run(s, inflate.Raw, data, cut)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("error %v, want %v", err, wantErr)
			}
			if err == nil && !bytes.Equal(got, want) {
				t.Fatalf("%d bytes %.100q, want %d %.100q", len(got), got, len(want), want)
			}
			if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
				t.Fatalf("%.100q, want %.100q", got, want)
			}
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	text := texts()[7]
	data := deflated(b, text)[8]
	b.Run("stream", func(b *testing.B) {
		s := &inflate.Stream{}
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			s.Reset(inflate.Raw)
			s.Feed(data)
			for more := true; more; {
				var err error
				if _, more, err = s.Next(); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		r := flate.NewReader(nil)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			r.(flate.Resetter).Reset(bytes.NewReader(data), nil)
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
