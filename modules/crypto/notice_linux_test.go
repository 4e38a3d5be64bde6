package crypto_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/notice"
	"github.com/tidewire/tidewire/lua"
)

// An interrupt of a call with much data, or with a large key, is noticed in time.
func TestInterruptIsNoticed(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes half a minute, and says nothing under the race detector")
	}
	s := newState(t, lua.Options{})
	run(t, s, `big, other, mib = ("x"):rep(2^26), ("x"):rep(2^26 - 1) .. "y", ("x"):rep(2^20)`)
	p := notice.New(t, s)
	for _, c := range []struct {
		name, source string
		mib          int
	}{
		{"hash", `crypto.hash("sha256", big)`, 0},
		{"hash, the slowest", `crypto.hash("md5", big)`, 0},
		{"hmac", `crypto.hmac("sha512", "k", big)`, 0},
		{"hmac with a long key", `crypto.hmac("sha1", big, "x")`, 0},
		{"equal", `crypto.equal(big, other)`, 0},
		{"random", `crypto.random(2^20)`, 1},
		{"uuid", `for i = 1, 1000 do crypto.uuid() end`, 0},
		{"sign rsa", `crypto.sign("rsa-sha256", pems["rsa-pkcs1"], big)`, 0},
		{"sign ecdsa", `crypto.sign("ecdsa-sha256", pems["ec-sec1"], big)`, 0},
		{"sign ed25519", `crypto.sign("ed25519", pems["ed-pkcs8"], mib)`, 1},
		{"sign little", `for i = 1, 1000 do crypto.sign("ed25519", pems["ed-pkcs8"], "x") end`, 0},
		{"verify rsa", `crypto.verify("rsa-sha256", pems["large-pkix"], big, ("x"):rep(640))`, 0},
		{"verify ed25519", `crypto.verify("ed25519", pems["ed-pkix"], mib, ("x"):rep(64))`, 1},
		{"keys in turn", `crypto.sign("rsa-sha256", pems["rsa-pkcs1"], "x") crypto.sign("rsa-sha256", pems["rsa-pkcs8"], "x")`, 0},
		{"a large key", `crypto.sign("rsa-sha256", pems["large-pkcs1"], "x") crypto.sign("ed25519", "", "")`, 0},
	} {
		p.Check(c.name, c.source, c.mib, 0)
	}
}
