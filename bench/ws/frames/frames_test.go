package frames

import (
	"bytes"
	"testing"
)

// A frame is read as it was written, and no prefix of its header is taken for a header.
func TestParse(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16} {
		for _, masked := range []bool{false, true} {
			payload := bytes.Repeat([]byte{'x'}, length)
			frame := Append(nil, Text, payload, masked)
			h, whole := Parse(frame)
			if !whole || !h.Fin || h.Compressed || h.Masked != masked || h.Opcode != Text || h.Length != length {
				t.Errorf("%d bytes, masked %v: %+v, whole %v", length, masked, h, whole)
			}
			if !bytes.Equal(frame[h.Size:], payload) {
				t.Errorf("%d bytes, masked %v: the payload is not at %d", length, masked, h.Size)
			}
			for n := range h.Size {
				if _, whole := Parse(frame[:n]); whole {
					t.Errorf("%d bytes, masked %v: %d bytes are taken for the header", length, masked, n)
				}
			}
		}
	}
	if h, _ := Parse(AppendHeader(nil, Binary, 1, true, false)); !h.Compressed {
		t.Errorf("%+v, want a compressed message", h)
	}
}

// The example of RFC 6455 §5.7, whole and in two pieces.
func TestUnmask(t *testing.T) {
	frame := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}
	for cut := range 6 {
		h, _ := Parse(frame)
		data := bytes.Clone(frame[h.Size:])
		Unmask(data[:cut], h.Key, 0)
		Unmask(data[cut:], h.Key, cut)
		if string(data) != "Hello" {
			t.Errorf("cut at %d: %q", cut, data)
		}
	}
	long := make([]byte, 101)
	Unmask(long, [4]byte{1, 2, 3, 4}, 3)
	for i, b := range long {
		if want := byte((i+3)%4 + 1); b != want {
			t.Fatalf("byte %d is %d, want %d", i, b, want)
		}
	}
}

// The example of RFC 6455 §1.3.
func TestAccept(t *testing.T) {
	if got := Accept("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Error(got)
	}
}
