package encoding_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// A caller calls functions of the module from Go.
type caller struct {
	t testing.TB
	s *lua.State
}

func newCaller(t testing.TB) caller { return caller{t, newState(t, lua.Options{MaxMemory: 64 << 20})} }

// function returns a function of the module, such as "base64.decode".
func (c caller) function(path string) lua.Value {
	value := c.s.Global("encoding")
	for name := range strings.SplitSeq(path, ".") {
		table, _ := value.AsTable()
		value = table.GetString(name)
	}
	return value
}

// call calls a function. The error is one that Lua can catch.
func (c caller) call(path string, args ...any) ([]lua.Value, error) {
	c.t.Helper()
	values := make([]lua.Value, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			text, err := c.s.String(arg)
			if err != nil {
				c.t.Fatal(err)
			}
			values[i] = text
		case int:
			values[i] = lua.Int(arg)
		case lua.Value:
			values[i] = arg
		}
	}
	results, err := c.s.Call(c.function(path), values...)
	if raised, isLua := err.(*lua.Error); err != nil && (!isLua || !raised.Catchable()) {
		c.t.Fatal(err)
	}
	return results, err
}

// decode calls a decoder, which returns a text, or nil and a message.
func (c caller) decode(path, text string) (decoded string, ok bool) {
	c.t.Helper()
	results, err := c.call(path, text)
	if err != nil {
		c.t.Fatalf("%s raised %v", path, err)
	}
	if decoded, ok = results[0].AsString(); ok {
		return decoded, true
	}
	message, _ := results[1].AsString()
	if !results[0].IsNil() || !strings.HasPrefix(message, "byte ") || strings.Contains(message, "%!") {
		c.t.Fatalf("%s(%q): %v, %q", path, text, results[0], message)
	}
	return "", false
}

func FuzzBase64(f *testing.F) {
	for _, text := range []string{"", "Zg==", "Zm8", "Zm9v\r\nZg=\n=", "-_+/", "Zg=", "Z", "Zm9vZg==Zg", "*", "\x00=\xff"} {
		f.Add(text)
	}
	c := newCaller(f)
	f.Fuzz(func(t *testing.T, text string) {
		c.t = t
		got, ok := c.decode("base64.decode", text)
		plain := strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(text)
		encoding := base64.StdEncoding
		if !strings.Contains(plain, "=") {
			encoding = base64.RawStdEncoding
		}
		want, err := encoding.DecodeString(plain)
		if ok != (err == nil) || ok && got != string(want) {
			t.Errorf("%q: %q, %t; want %q, error %v", text, got, ok, want, err)
		}
		results, err := c.call("base64.encode", text)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := results[0].AsString(); got != base64.StdEncoding.EncodeToString([]byte(text)) {
			t.Errorf("%q is encoded as %q", text, got)
		}
	})
}

func FuzzHex(f *testing.F) {
	for _, text := range []string{"", "00", "fFfE", "0", "0g", "zz", "00 "} {
		f.Add(text)
	}
	c := newCaller(f)
	f.Fuzz(func(t *testing.T, text string) {
		c.t = t
		got, ok := c.decode("hex.decode", text)
		want, err := hex.DecodeString(text)
		if ok != (err == nil) || ok && got != string(want) {
			t.Errorf("%q: %q, %t; want %q, error %v", text, got, ok, want, err)
		}
	})
}

func FuzzURL(f *testing.F) {
	for _, text := range []string{"", "a+b", "%20%41", "%", "%4", "%4g", "%%41", "\x00\xff"} {
		f.Add(text)
	}
	c := newCaller(f)
	f.Fuzz(func(t *testing.T, text string) {
		c.t = t
		if decoded, ok := c.decode("url.decode", text); ok {
			if len(text)-len(decoded) != 2*strings.Count(text, "%") {
				t.Errorf("%q is decoded as %q", text, decoded)
			}
		}
		results, err := c.call("url.encode", text)
		if err != nil {
			t.Fatal(err)
		}
		encoded, _ := results[0].AsString()
		if strings.ContainsAny(encoded, " +/?#[]@!$&'()*,;=:\x00") {
			t.Errorf("%q is encoded as %q", text, encoded)
		}
		if back, ok := c.decode("url.decode", encoded); !ok || back != text {
			t.Errorf("%q is encoded as %q, which is decoded as %q", text, encoded, back)
		}
	})
}

// Data that unpack takes is what pack makes of the values, up to the bytes that belong to
// none; and nothing is read behind its end.
func FuzzUnpack(f *testing.F) {
	for _, c := range []struct{ format, data string }{
		{"b B h H i I l L j J T f d n", strings.Repeat("\x81", 80)},
		{"<!8 i3 > z s1 s2 c3 x Xd", "abc\x00\x03xyz" + strings.Repeat("\x00", 30)},
		{">i16 I9 =j", strings.Repeat("\xff", 40)},
		{"!4 Xi3", ""}, {"s", strings.Repeat("\xff", 8)}, {"c99999999999", "x"}, {"!", ""}, {"q", "x"},
	} {
		f.Add(c.format, c.data, 1)
	}
	c := newCaller(f)
	f.Fuzz(func(t *testing.T, format, data string, position int) {
		c.t = t
		results, err := c.call("unpack", format, data, position)
		if err != nil {
			if text := err.Error(); strings.Contains(text, "panic") {
				t.Fatal(text)
			}
			return
		}
		if results[0].IsNil() {
			message, _ := results[1].AsString()
			if !strings.HasPrefix(message, "data string too short: ") &&
				!strings.HasSuffix(message, "does not fit into 64 bits") {
				t.Fatalf("message %q", message)
			}
			return
		}
		end, _ := results[len(results)-1].AsNumber()
		if end < 1 || int(end) > len(data)+1 {
			t.Fatalf("unpack(%q, %q, %d): position %v behind %d bytes", format, data, position, end, len(data))
		}
		if position != 1 {
			return // alignment counts from the beginning
		}
		values := append([]any{format}, anys(results[:len(results)-1])...)
		packed, err := c.call("pack", values...)
		if err != nil {
			t.Fatalf("unpack(%q, %q) is what pack refuses: %v", format, data, err)
		}
		text, _ := packed[0].AsString()
		if len(text) != int(end)-1 {
			t.Fatalf("unpack(%q, %q) took %v bytes, pack makes %q", format, data, end-1, text)
		}
		again, err := c.call("unpack", format, text)
		if err != nil || len(again) != len(results) {
			t.Fatalf("unpack(%q, %q): %d results, error %v", format, text, len(again), err)
		}
		for i := range again {
			a, b := shown(again[i]), shown(results[i])
			if a != b {
				t.Fatalf("unpack(%q, %q): result %d is %s, then %s", format, data, i+1, b, a)
			}
		}
	})
}

func anys(values []lua.Value) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

func shown(v lua.Value) string {
	text, _ := lua.ToText(v)
	return v.TypeName() + " " + text
}
