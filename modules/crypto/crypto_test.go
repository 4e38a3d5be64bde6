package crypto_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/crypto"
)

// prelude has the assertions of the scripts.
const prelude = `
	crypto = require "tide.crypto"
	function hex(text) return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
	local function shown(value) return type(value) == "string" and ("%q"):format(value) or tostring(value) end
	function same(got, want, what)
		if got ~= want then
			error(("%sgot %s, want %s"):format(what and what .. ": " or "", shown(got), shown(want)), 2)
		end
	end
	function refused(want, f, ...)
		local got, message = f(...)
		if got ~= nil or message ~= want then
			error(("got %s and %s, want nil and %s"):format(shown(got), shown(message), shown(want)), 2)
		end
	end
	function raises(want, f, ...)
		local ok, message = pcall(f, ...)
		if ok or message ~= want then error(("got %s, want the error %s"):format(shown(message), shown(want)), 2) end
	end`

// newState returns a state with all libraries, the prelude, and the keys of testdata in
// the global pems.
func newState(t testing.TB, opts lua.Options) *lua.State {
	t.Helper()
	s := lua.NewState(opts)
	t.Cleanup(s.Close)
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := crypto.Open(s); err != nil {
		t.Fatal(err)
	}
	run(t, s, prelude+" pems = {}")
	pems, _ := s.Global("pems").AsTable()
	for name, text := range readPEMs(t) {
		set(t, s, pems, name, text)
	}
	return s
}

func readPEMs(t testing.TB) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	files, err := filepath.Glob("testdata/*.pem")
	if err != nil || len(files) == 0 {
		t.Fatal("no keys", err)
	}
	for _, file := range append(files, "testdata/rsa-signature.txt") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		texts[name] = string(text)
	}
	return texts
}

// set sets a field to a text.
func set(t testing.TB, s *lua.State, table *lua.Table, name, text string) {
	t.Helper()
	value, err := s.String(text)
	if err == nil {
		err = table.SetString(name, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a chunk that must not fail, and returns its results.
func run(t testing.TB, s *lua.State, source string) []lua.Value {
	t.Helper()
	results, err := s.Run([]byte(source), "=test")
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return results
}

// A signed is a known answer.
type signed struct {
	private, public, message, signature string
	good                                bool
}

// setAnswers makes known answers a global list.
func setAnswers(t *testing.T, s *lua.State, name string, answers []signed) {
	t.Helper()
	run(t, s, name+" = {}")
	list, _ := s.Global(name).AsTable()
	for _, a := range answers {
		table, err := s.NewTable(0, 5)
		if err != nil {
			t.Fatal(err)
		}
		set(t, s, table, "private", a.private)
		set(t, s, table, "public", a.public)
		set(t, s, table, "message", a.message)
		set(t, s, table, "signature", a.signature)
		if err := table.SetString("good", lua.Bool(a.good)); err != nil {
			t.Fatal(err)
		}
		if err := list.Append(table.Value()); err != nil {
			t.Fatal(err)
		}
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	bytes, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func encodePEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ed25519Answers are from RFC 8032 §7.1, tests 1 to 3.
func ed25519Answers(t *testing.T) (answers []signed) {
	for _, c := range []struct{ seed, public, message, signature string }{
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
				"d25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c" +
				"387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
				"4a7c15e9716ed28dc027beceea1ec40a"},
	} {
		private, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(unhex(t, c.seed)))
		a := signed{private: encodePEM(t, "PRIVATE KEY", private, err), message: string(unhex(t, c.message)),
			signature: string(unhex(t, c.signature)), good: true}
		public, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(unhex(t, c.public)))
		a.public = encodePEM(t, "PUBLIC KEY", public, err)
		answers = append(answers, a)
	}
	return answers
}

// ecdsaAnswers are those of NIST's validation program for P-256 with SHA-256, signature
// verification of FIPS 186-4.
func ecdsaAnswers(t *testing.T) (answers []signed) {
	text, err := os.ReadFile("testdata/sigver-p256-sha256.txt")
	if err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), " = ")
		if fields[name] = value; !found || name != "Result" {
			continue
		}
		var der []byte
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unhex(t, "04"+fields["Qx"]+fields["Qy"]))
		if err == nil {
			der, err = x509.MarshalPKIXPublicKey(key)
		}
		answers = append(answers, signed{public: encodePEM(t, "PUBLIC KEY", der, err),
			message:   string(unhex(t, fields["Msg"])),
			signature: string(unhex(t, fields["R"])) + string(unhex(t, fields["S"])),
			good:      strings.HasPrefix(value, "P")})
	}
	return answers
}

// The scripts in testdata run through.
func TestScripts(t *testing.T) {
	for _, name := range []string{"hash", "sign"} {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile("testdata/" + name + ".lua")
			if err != nil {
				t.Fatal(err)
			}
			s := newState(t, lua.Options{})
			setAnswers(t, s, "ed25519", ed25519Answers(t))
			setAnswers(t, s, "ecdsa", ecdsaAnswers(t))
			if _, err := s.Run(source, "@"+name+".lua"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The work of a call counts steps, and so a limit ends one that is under way.
func TestSteps(t *testing.T) {
	s := newState(t, lua.Options{})
	run(t, s, `big = ("x"):rep(2^20)`)
	for source, want := range map[string]int64{
		`crypto.hash("md5", big)`:                                1 << 14,
		`crypto.hmac("sha512", "k", big)`:                        1 << 14,
		`crypto.hmac("sha512", big, "x")`:                        1 << 14,
		`crypto.equal(big, big)`:                                 1 << 14,
		`crypto.random(2^20)`:                                    1 << 14,
		`crypto.sign("rsa-sha256", pems["rsa-pkcs1"], "x")`:      50_000,
		`crypto.sign("ecdsa-sha256", pems["ec-sec1"], big)`:      1 << 14,
		`crypto.sign("ed25519", pems["ed-pkcs8"], big)`:          1 << 15,
		`crypto.verify("ed25519", pems["ed-pkix"], big, "")`:     1 << 15,
		`crypto.verify("rsa-sha256", pems["rsa-pkix"], big, "")`: 1 << 14,
	} {
		before := s.Steps()
		run(t, s, source)
		if steps := s.Steps() - before; steps < want || steps > 2*want+100_000 {
			t.Errorf("%s: %d steps, want %d at least", source, steps, want)
		}
	}
}

// A call within a small memory limit raises an error that Lua can catch, and leaves
// nothing reserved.
func TestMemoryLimit(t *testing.T) {
	s := newState(t, lua.Options{MaxMemory: 4 << 20})
	run(t, s, `
		keep = ("x"):rep(2^20 - 64)
		local kept = {}
		for i = 1, 20 do
			local ok, more = pcall(string.rep, "y", 2^17 + i)
			kept[#kept + 1] = ok and more or nil
		end
		local ok, message = pcall(crypto.random, 2^20)
		assert(not ok and message:find "not enough memory" or message:find "overflow", message)
		ok, message = pcall(crypto.sign, "ed25519", pems["ed-pkcs8"], keep)
		assert(not ok and message:find "not enough memory", message)`)
	before, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, `for i = 1, 5 do crypto.sign("ed25519", pems["ed-pkcs8"], keep) crypto.random(2^17) end`)
	after, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	if after > before+1<<12 {
		t.Errorf("%d bytes before the calls, %d after them", before, after)
	}
}

// Many states work at the same time.
func TestStatesAreApart(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			s := newState(t, lua.Options{})
			run(t, s, `
				local key = pems["ec-sec1"]
				for i = 1, 20 do
					assert(crypto.verify("ecdsa-sha256", pems["ec-pkix"], "x" .. i, (crypto.sign("ecdsa-sha256", key, "x" .. i))))
					same(#crypto.hash("sha1", ("x"):rep(i * 1000)), 20)
				end`)
		})
	}
}

// A hash costs no memory but its result, whatever the length of the data.
func TestAllocations(t *testing.T) {
	s := newState(t, lua.Options{})
	f := run(t, s, `local hash, data = crypto.hash, ("x"):rep(100000) return function() return hash("sha256", data) end`)[0]
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := s.Call1(f); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 2 {
		t.Errorf("%v allocations, want 2 at most", allocations)
	}
}
