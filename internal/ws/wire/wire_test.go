package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var headers = []struct {
	name, hex string
	header    wire.Header
}{
	{"§5.7 unmasked text of 5", "81 05", wire.Header{Fin: true, Opcode: wire.Text, Length: 5}},
	{"§5.7 masked text of 5", "81 85 37 fa 21 3d",
		wire.Header{Fin: true, Opcode: wire.Text, Masked: true, Key: 0x3d21fa37, Length: 5}},
	{"§5.7 first fragment", "01 03", wire.Header{Opcode: wire.Text, Length: 3}},
	{"§5.7 last fragment", "80 02", wire.Header{Fin: true, Opcode: wire.Continuation, Length: 2}},
	{"§5.7 binary of 256", "82 7e 01 00", wire.Header{Fin: true, Opcode: wire.Binary, Length: 256}},
	{"§5.7 binary of 64 KiB", "82 7f 00 00 00 00 00 01 00 00",
		wire.Header{Fin: true, Opcode: wire.Binary, Length: 65536}},
	{"§5.2 126 bytes", "82 7e 00 7e", wire.Header{Fin: true, Opcode: wire.Binary, Length: 126}},
	{"§5.2 65535 bytes, masked", "82 fe ff ff 01 02 03 04",
		wire.Header{Fin: true, Opcode: wire.Binary, Masked: true, Key: 0x04030201, Length: 65535}},
	{"§5.2 the longest length", "82 7f 7f ff ff ff ff ff ff ff",
		wire.Header{Fin: true, Opcode: wire.Binary, Length: 1<<63 - 1}},
	{"§5.2 rsv1", "c1 00", wire.Header{Fin: true, RSV: 4, Opcode: wire.Text}},
	{"§5.2 rsv2 and rsv3", "b9 00", wire.Header{Fin: true, RSV: 3, Opcode: wire.Ping}},
}

func TestHeader(t *testing.T) {
	for _, test := range headers {
		t.Run(test.name, func(t *testing.T) {
			b := unhex(t, test.hex)
			got, n, err := wire.ParseHeader(append(b, 0xff, 0xff))
			if got != test.header || n != len(b) || err != nil {
				t.Errorf("ParseHeader = %+v, %d, %v; want %+v, %d", got, n, err, test.header, len(b))
			}
			if enc := wire.AppendHeader(nil, test.header); !bytes.Equal(enc, b) {
				t.Errorf("AppendHeader = %x, want %x", enc, b)
			}
			for cut := range b {
				if _, n, err := wire.ParseHeader(b[:cut]); n != 0 || err != nil {
					t.Errorf("ParseHeader of the first %d bytes = %d, %v; want 0, nil", cut, n, err)
				}
			}
		})
	}
}

func TestHeaderRefused(t *testing.T) {
	for _, test := range []struct {
		name, hex string
		want      error
	}{
		{"§5.2 16 bits for 125", "82 7e 00 7d", wire.ErrNonMinimalLength},
		{"§5.2 64 bits for 65535", "82 7f 00 00 00 00 00 00 ff ff", wire.ErrNonMinimalLength},
		{"§5.2 highest bit", "82 7f 80 00 00 00 00 00 00 00", wire.ErrLengthTooBig},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := wire.ParseHeader(unhex(t, test.hex)); err != test.want {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestHeaderAllocatesNothing(t *testing.T) {
	b := unhex(t, "82 ff 00 00 00 00 00 01 00 00 01 02 03 04")
	var out [wire.MaxHeader]byte
	if n := testing.AllocsPerRun(100, func() {
		h, _, _ := wire.ParseHeader(b)
		wire.AppendHeader(out[:0], h)
	}); n != 0 {
		t.Errorf("%v allocations a header, want 0", n)
	}
}

// Any cut of any length from any offset gives the same as one byte at a time.
func TestMask(t *testing.T) {
	const key = 0x3d21fa37
	keyBytes := []byte{0x37, 0xfa, 0x21, 0x3d}
	src := make([]byte, 300)
	for i := range src {
		src[i] = byte(i * 7)
	}
	for n := range src {
		for _, cut := range []int{0, 1, 2, 3, 5, 8, 64, 127} {
			cut = min(cut, n)
			dst := make([]byte, n)
			next := wire.Mask(dst, src[:cut], key)
			wire.Mask(dst[cut:], src[cut:n], next)
			for i := range dst {
				if dst[i] != src[i]^keyBytes[i%4] {
					t.Fatalf("%d bytes cut at %d: byte %d is %#x, want %#x", n, cut, i, dst[i], src[i]^keyBytes[i%4])
				}
			}
		}
	}
}

func TestMaskInPlace(t *testing.T) {
	b := unhex(t, "7f 9f 4d 51 58") // §5.7
	wire.Mask(b, b, 0x3d21fa37)
	if string(b) != "Hello" {
		t.Errorf("unmasked to %q, want Hello", b)
	}
}

// texts are valid or go bad at a known byte; -1 is valid, len is "ends too soon".
var texts = []struct {
	name, text string
	badAt      int
}{
	{"empty", "", -1},
	{"ASCII", "hello, world", -1},
	{"§8.1 two, three and four bytes", "κόσμε – 水 – 𝄞", -1},
	{"NUL and DEL", "\x00\x7f", -1},
	{"last character of each length", "\x7f\u07ff\uffff\U0010ffff", -1},
	{"first of each length", "\x00\u0080\u0800\U00010000", -1},
	{"around the surrogates", "\ud7ff\ue000", -1},
	{"overlong NUL", "ab\xc0\x80", 2},
	{"overlong slash", "\xe0\x80\xaf", 1},
	{"overlong in four", "\xf0\x80\x80\xaf", 1},
	{"surrogate", "abcdefgh\xed\xa0\x80", 9},
	{"above U+10FFFF", "\xf4\x90\x80\x80", 1},
	{"five bytes", "\xf8\x88\x80\x80\x80", 0},
	{"stray continuation", "a\x80", 1},
	{"third byte wrong", "\xe6\xb0a", 2},
	{"fourth byte wrong", "x\xf0\x9d\x84a", 4},
	{"0xff", "0123456789\xff", 10},
	{"cut", "水\xe6\xb0", 5},
}

func TestUTF8(t *testing.T) {
	for _, test := range texts {
		t.Run(test.name, func(t *testing.T) {
			if got, want := wire.ValidUTF8([]byte(test.text)), utf8.ValidString(test.text); got != want {
				t.Errorf("ValidUTF8 = %v, want %v", got, want)
			}
			// One byte at a time: fails at the first bad byte, neither sooner nor later.
			var u wire.UTF8
			bad := -1
			for i := range len(test.text) {
				if !u.Feed([]byte{test.text[i]}) {
					bad = i
					break
				}
			}
			if bad < 0 && !u.Done() {
				bad = len(test.text)
			}
			if bad != test.badAt {
				t.Errorf("bad at %d, want %d", bad, test.badAt)
			}
			if (bad < 0 || bad == len(test.text)) && !(u.Feed([]byte("next")) && u.Done()) {
				t.Error("after Done the next text is bad, too")
			}
			// In two pieces, cut anywhere.
			for cut := range len(test.text) + 1 {
				var u wire.UTF8
				valid := u.Feed([]byte(test.text[:cut])) && u.Feed([]byte(test.text[cut:])) && u.Done()
				if valid != (test.badAt < 0) {
					t.Errorf("cut at %d: valid %v", cut, valid)
				}
			}
		})
	}
}

// One character that is not ASCII is found at every place of texts of every length around
// the steps in which ASCII is passed over, whole and in pieces.
func TestUTF8AfterASCII(t *testing.T) {
	valid := func(text string) (whole, pieces bool) {
		var u wire.UTF8
		cut := len(text) / 2
		pieces = u.Feed([]byte(text[:cut])) && u.Feed([]byte(text[cut:])) && u.Done()
		return wire.ValidUTF8([]byte(text)), pieces
	}
	for n := range 150 {
		ascii := strings.Repeat("x", n)
		for at := range n + 1 {
			for odd, want := range map[string]bool{"": true, "é": true, "水": true, "\xff": false, "\x80": false} {
				text := ascii[:at] + odd + ascii[at:]
				if whole, pieces := valid(text); whole != want || pieces != want {
					t.Fatalf("%q: valid %v whole and %v in pieces, want %v", text, whole, pieces, want)
				}
			}
		}
	}
}

func FuzzUTF8(f *testing.F) {
	for _, test := range texts {
		f.Add(test.text, 3, 7)
	}
	f.Fuzz(func(t *testing.T, text string, a, b int) {
		a = min(max(a, 0), len(text))
		b = min(max(b, a), len(text))
		var u wire.UTF8
		got := u.Feed([]byte(text[:a])) && u.Feed([]byte(text[a:b])) && u.Feed([]byte(text[b:])) && u.Done()
		if want := utf8.ValidString(text); got != want || wire.ValidUTF8([]byte(text)) != want {
			t.Errorf("%q cut at %d and %d: %v, want %v", text, a, b, got, want)
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, test := range headers {
		f.Add(unhex(f, test.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := wire.ParseHeader(b)
		if err != nil || n == 0 {
			return
		}
		if got := wire.AppendHeader(nil, h); !bytes.Equal(got, b[:n]) {
			t.Errorf("%x read as %+v is written as %x", b[:n], h, got)
		}
	})
}

func TestClosePayload(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		code          int
		reason        string
		message       string
	}{
		{"§7.1.5 empty", "", 1005, "", ""},
		{"§5.5.1 code", "\x03\xe8", 1000, "", ""},
		{"§5.5.1 code and reason", "\x03\xe9bye", 1001, "bye", ""},
		{"§7.4.2 application's", "\x0f\xa0", 4000, "", ""},
		{"§7.4.2 last", "\x13\x87", 4999, "", ""},
		{"registered later", "\x03\xf6", 1014, "", ""},
		{"§5.5 123 bytes", "\x03\xe8" + strings.Repeat("x", 123), 1000, strings.Repeat("x", 123), ""},
		{"§5.5.1 one byte", "\x03", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.2 0", "\x00\x00", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.2 999", "\x03\xe7", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.1 1004", "\x03\xec", 0, "", failure.MsgReservedCloseCode},
		{"§7.4.1 1005", "\x03\xed", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.1 1006", "\x03\xee", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.1 1015", "\x03\xf7", 0, "", failure.MsgInvalidCloseCode},
		{"§7.4.2 1016", "\x03\xf8", 0, "", failure.MsgReservedCloseCode},
		{"§7.4.2 2999", "\x0b\xb7", 0, "", failure.MsgReservedCloseCode},
		{"§7.4.2 5000", "\x13\x88", 0, "", failure.MsgInvalidCloseCode},
		{"§5.5.1 reason is not UTF-8", "\x03\xe8\xff", 0, "", failure.MsgUTF8},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, reason, err := wire.ParseClose([]byte(test.payload))
			if test.message != "" {
				if failed := failure.From(failure.PhaseOpen, err); failed.Message != test.message {
					t.Fatalf("error %v, want %q", err, test.message)
				}
				return
			}
			if code != test.code || reason != test.reason || err != nil {
				t.Errorf("ParseClose = %d, %q, %v; want %d, %q", code, reason, err, test.code, test.reason)
			}
			if got := wire.AppendClose(nil, code, reason); string(got) != test.payload {
				t.Errorf("AppendClose = %x, want %x", got, test.payload)
			}
		})
	}
}

// Each code that two bytes can have is taken or refused as RFC 6455 §7.4 and IANA's registry
// have it.
func TestEveryCloseCode(t *testing.T) {
	for code := range 1 << 16 {
		got, reason, err := wire.ParseClose([]byte{byte(code >> 8), byte(code), 'x'})
		defined := code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014
		if free := code >= 3000 && code <= 4999; defined || free {
			if got != code || reason != "x" || err != nil {
				t.Errorf("%d: %d, %q, %v", code, got, reason, err)
			}
			continue
		}
		want := rule.CloseCodeForbidden
		if code == 1004 || code >= 1016 && code <= 2999 {
			want = rule.CloseCodeReserved
		}
		if !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", code, err, want)
		}
	}
}

func TestValidReason(t *testing.T) {
	for reason, want := range map[string]bool{
		"": true, "bye": true, strings.Repeat("x", 123): true, strings.Repeat("x", 124): false,
		strings.Repeat("é", 62): false, "\xff": false,
	} {
		if wire.ValidReason(reason) != want {
			t.Errorf("ValidReason(%q) = %v", reason, !want)
		}
	}
}

func BenchmarkMask(b *testing.B) {
	buf := make([]byte, 1<<16)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		wire.Mask(buf, buf, 0x3d21fa37)
	}
}

func BenchmarkValidUTF8(b *testing.B) {
	for _, size := range []int{5, 32, 45, 256, 1 << 16} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			text := bytes.Repeat([]byte("x"), size)
			b.SetBytes(int64(size))
			for b.Loop() {
				wire.ValidUTF8(text)
			}
		})
	}
}
