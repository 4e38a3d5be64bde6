package crypto_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// No key and no signature from elsewhere does more than to be refused: verify returns a
// boolean, or nil and a message, and sign a signature that verify takes.
func FuzzKeys(f *testing.F) {
	for name, text := range readPEMs(f) {
		if !strings.Contains(name, "large") {
			f.Add(uint8(0), text, "data", "signature", false)
			f.Add(uint8(1), text, "", strings.Repeat("\x01", 64), true)
			f.Add(uint8(2), text, "data", "0\x06\x02\x01\x01\x02\x01\x01", false)
		}
	}
	s := newState(f, lua.Options{})
	functions := make(map[string]lua.Value)
	module, _ := s.Global("crypto").AsTable()
	for _, name := range []string{"sign", "verify"} {
		functions[name] = module.GetString(name)
	}
	f.Fuzz(func(t *testing.T, algorithm uint8, key, data, signature string, raw bool) {
		if len(data) > 1<<20 {
			return
		}
		options, err := s.NewTable(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := options.SetString("raw", lua.Bool(raw)); err != nil {
			t.Fatal(err)
		}
		call := func(name string, texts ...string) []lua.Value {
			t.Helper()
			args := make([]lua.Value, 0, 5)
			for _, text := range append([]string{[]string{"ed25519", "rsa-sha256", "ecdsa-sha256"}[algorithm%3]},
				texts...) {
				value, err := s.String(text)
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, value)
			}
			results, err := s.Call(functions[name], append(args, options.Value())...)
			if err != nil {
				t.Fatal(err)
			}
			if message, isText := results[len(results)-1].AsString(); results[0].IsNil() &&
				(!isText || !strings.HasPrefix(message, "the key ")) {
				t.Fatalf("%s: nil and %q", name, message)
			}
			return results
		}
		results := call("verify", key, data, signature)
		if kind := results[0].Kind(); kind != lua.KindBool && kind != lua.KindNil {
			t.Fatalf("verify returned a %v", kind)
		}
		if made, ok := call("sign", key, data)[0].AsString(); ok && len(made) < 8 {
			t.Fatalf("signature %q", made)
		}
	})
}
