package deflate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/rule"
)

// configs are all legal combinations of the four parameters, with the given window bits.
func configs(bits ...int) (all []deflate.Config) {
	for flags := range 4 {
		for _, server := range bits {
			for _, client := range append([]int{deflate.ClientMaxWindowBitsAny}, bits...) {
				all = append(all, deflate.Config{
					ServerNoContextTakeover: flags&1 != 0,
					ClientNoContextTakeover: flags&2 != 0,
					ServerMaxWindowBits:     server,
					ClientMaxWindowBits:     client,
				})
			}
		}
	}
	return all
}

func TestOffer(t *testing.T) {
	for want, c := range map[string]deflate.Config{
		"permessage-deflate":                           {},
		"permessage-deflate; client_max_window_bits":   {ClientMaxWindowBits: deflate.ClientMaxWindowBitsAny},
		"permessage-deflate; client_max_window_bits=8": {ClientMaxWindowBits: 8},
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; " +
			"client_max_window_bits=15": {
			ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerMaxWindowBits: 10,
			ClientMaxWindowBits: 15},
	} {
		if got := c.Offer(); got != want {
			t.Errorf("%+v offers\n%s, want\n%s", c, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range configs(0, 8, 9, 10, 11, 12, 13, 14, 15) {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, bits := range []int{-2, 1, 7, 16} {
		for field, c := range map[string]deflate.Config{
			"ClientMaxWindowBits": {ClientMaxWindowBits: bits},
			"ServerMaxWindowBits": {ServerMaxWindowBits: bits},
		} {
			var refused *deflate.BoundsError
			want := deflate.BoundsError{Field: field, Min: 8, Max: 15, Got: bits}
			if err := c.Validate(); !errors.As(err, &refused) || *refused != want {
				t.Errorf("%+v: %#v, want %+v", c, err, want)
			}
		}
	}
	if (deflate.Config{ServerMaxWindowBits: deflate.ClientMaxWindowBitsAny}).Validate() == nil {
		t.Error("server_max_window_bits without a value passes")
	}
}

func direction(takeover bool, bits int) deflate.Direction {
	return deflate.Direction{Takeover: takeover, WindowBits: bits}
}

func params(client, server deflate.Direction) deflate.Params {
	return deflate.Params{InUse: true, Client: client, Server: server}
}

func TestAccept(t *testing.T) {
	full, anyBits := direction(true, 15), deflate.Config{ClientMaxWindowBits: deflate.ClientMaxWindowBitsAny}
	tests := []struct {
		name   string
		config deflate.Config
		answer []string
		want   deflate.Params
	}{
		{"no answer", deflate.Config{}, nil, deflate.Params{}},
		{"an empty answer", deflate.Config{}, []string{"", " , ,"}, deflate.Params{}},
		{"all defaults", deflate.Config{}, []string{"permessage-deflate"}, params(full, full)},
		{"white space and empty elements", deflate.Config{}, []string{"\t,, permessage-deflate ; " +
			"server_no_context_takeover,", ""},
			params(full, direction(false, 15))},
		{"§7.1.1.1 server_no_context_takeover without being asked", deflate.Config{},
			[]string{"permessage-deflate; server_no_context_takeover"}, params(full, direction(false, 15))},
		{"§7.1.1.2 client_no_context_takeover without being offered", deflate.Config{},
			[]string{"permessage-deflate; client_no_context_takeover"}, params(direction(false, 15), full)},
		{"§7.1.1.2 what the client said of itself holds", deflate.Config{ClientNoContextTakeover: true},
			[]string{"permessage-deflate"}, params(direction(false, 15), full)},
		{"§7.1.2.1 server_max_window_bits without being asked", deflate.Config{},
			[]string{"permessage-deflate;server_max_window_bits=9"}, params(full, direction(true, 9))},
		{"§7.1.2.1 server_max_window_bits as asked", deflate.Config{ServerMaxWindowBits: 10},
			[]string{"permessage-deflate; server_max_window_bits=10"}, params(full, direction(true, 10))},
		{"§7.1.2.1 server_max_window_bits smaller than asked", deflate.Config{ServerMaxWindowBits: 10},
			[]string{"permessage-deflate; server_max_window_bits=8"}, params(full, direction(true, 8))},
		{"§7.1.2.2 client_max_window_bits offered without a value", anyBits,
			[]string{"permessage-deflate; client_max_window_bits=12"}, params(direction(true, 12), full)},
		{"§7.1.2.2 client_max_window_bits smaller than offered", deflate.Config{ClientMaxWindowBits: 11},
			[]string{"permessage-deflate; client_max_window_bits=8"}, params(direction(true, 8), full)},
		{"§7.1.2.2 what the client said of its window holds", deflate.Config{ClientMaxWindowBits: 11},
			[]string{"permessage-deflate"}, params(direction(true, 11), full)},
		{"a quoted value", anyBits, []string{`permessage-deflate; client_max_window_bits = "1\2"`},
			params(direction(true, 12), full)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.config.Accept(test.answer)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestAcceptRefuses(t *testing.T) {
	all := deflate.Config{ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerMaxWindowBits: 10,
		ClientMaxWindowBits: 10}
	anyBits := deflate.Config{ClientMaxWindowBits: deflate.ClientMaxWindowBitsAny}
	tests := []struct {
		name   string
		config deflate.Config
		answer []string
		want   string // in the error
	}{
		{"an extension that was not offered", anyBits, []string{"x-webkit-deflate-frame"}, `"x-webkit-deflate-frame" ` +
			`was not offered`},
		{"another one beside ours", anyBits, []string{"permessage-deflate", "bbf"}, `"bbf" was not offered`},
		{"another case", anyBits, []string{"Permessage-Deflate"}, "was not offered"},
		{"twice in one field", anyBits, []string{"permessage-deflate, permessage-deflate"}, "permessage-deflate twice"},
		{"twice in two fields", anyBits, []string{"permessage-deflate", "permessage-deflate"},
			"permessage-deflate twice"},
		{"an unknown parameter", anyBits, []string{"permessage-deflate; level=9"}, `parameter "level" is unknown`},
		{"a parameter twice", anyBits, []string{"permessage-deflate; server_no_context_takeover; " +
			"server_no_context_takeover"},
			`parameter "server_no_context_takeover" twice`},
		{"a parameter with another value twice", anyBits, []string{"permessage-deflate; server_max_window_bits=10; " +
			"server_max_window_bits=11"}, "twice"},
		{"a flag with a value", anyBits, []string{"permessage-deflate; server_no_context_takeover=true"},
			`has the value "true"`},
		{"the other flag with a value", anyBits, []string{"permessage-deflate; " +
			"client_no_context_takeover=1"}, `has the value "1"`},
		{"too few bits", anyBits, []string{"permessage-deflate; server_max_window_bits=7"}, `has the value "7"`},
		{"too many bits", anyBits, []string{"permessage-deflate; client_max_window_bits=16"}, `has the value "16"`},
		{"a leading zero", anyBits, []string{"permessage-deflate; server_max_window_bits=08"}, `has the value "08"`},
		{"a sign", anyBits, []string{"permessage-deflate; server_max_window_bits=+9"}, `has the value "+9"`},
		{"no number", anyBits, []string{"permessage-deflate; server_max_window_bits=big"}, `has the value "big"`},
		{"server_max_window_bits without a value", anyBits, []string{"permessage-deflate; " +
			"server_max_window_bits"}, `has the value ""`},
		{"client_max_window_bits without a value", anyBits, []string{"permessage-deflate; " +
			"client_max_window_bits"}, "client_max_window_bits needs a value"},
		{"client_max_window_bits that was not offered", deflate.Config{}, []string{"permessage-deflate; " +
			"client_max_window_bits=15"}, "was not offered"},
		{"client_max_window_bits larger than offered", deflate.Config{ClientMaxWindowBits: 10},
			[]string{"permessage-deflate; client_max_window_bits=11"}, "more than the 10 offered"},
		{"server_no_context_takeover missing", all, []string{"permessage-deflate; " +
			"server_max_window_bits=10"}, "server_no_context_takeover was asked for"},
		{"server_max_window_bits missing", all, []string{"permessage-deflate; server_no_context_takeover"},
			"server_max_window_bits=10 was asked for"},
		{"server_max_window_bits larger than asked", all,
			[]string{"permessage-deflate; server_no_context_takeover; server_max_window_bits=11"},
			"more than the 10 asked for"},
		{"no name", anyBits, []string{"; server_no_context_takeover"}, "malformed at byte 0"},
		{"no comma", anyBits, []string{"permessage-deflate permessage-deflate"}, "malformed at byte 19"},
		{"no parameter", anyBits, []string{"permessage-deflate;"}, "malformed"},
		{"no value", anyBits, []string{"permessage-deflate; server_max_window_bits="}, "malformed"},
		{"an empty quoted value", anyBits, []string{`permessage-deflate; server_max_window_bits=""`}, "malformed"},
		{"an open quote", anyBits, []string{`permessage-deflate; server_max_window_bits="10`}, "malformed"},
		{"a quoted value that is no token", anyBits, []string{`permessage-deflate; server_max_window_bits="1 0"`},
			"malformed"},
		{"a quoted value that escapes no token", anyBits, []string{`permessage-deflate; server_max_window_bits="1\ 0"`},
			"malformed"},
		{"bytes that no token has", anyBits, []string{"permessage-deflate\x00"}, "malformed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.config.Accept(test.answer)
			if err == nil || got != (deflate.Params{}) {
				t.Fatalf("got %+v, %v", got, err)
			}
			failed := failure.From(failure.PhaseHandshake, err)
			if failed.Phase != failure.PhaseHandshake || failed.Category != failure.Handshake ||
				failed.Message != failure.MsgExtension {
				t.Errorf("failed as %s, %s, %q", failed.Phase, failed.Category, failed.Message)
			}
			if !strings.Contains(failed.Error(), test.want) {
				t.Errorf("error %q, want %q in it", failed, test.want)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	full := direction(true, 15)
	tests := []struct {
		name   string
		offers []string
		config deflate.Config
		answer string // "" for none
		want   deflate.Params
	}{
		{"no offer", nil, deflate.Config{}, "", deflate.Params{}},
		{"other extensions only", []string{"bbf", "x-webkit-deflate-frame"}, deflate.Config{}, "", deflate.Params{}},
		{"§7.1 a parameter that the extension does not know", []string{"permessage-deflate; level=9"},
			deflate.Config{}, "", deflate.Params{}},
		{"§7.1 a value that a parameter cannot have", []string{"permessage-deflate; server_max_window_bits=7"},
			deflate.Config{}, "", deflate.Params{}},
		{"§7.1 a parameter twice", []string{"permessage-deflate; client_no_context_takeover; client_no_context_takeover"},
			deflate.Config{}, "", deflate.Params{}},
		{"as browsers offer it", []string{"permessage-deflate; client_max_window_bits"}, deflate.Config{},
			"permessage-deflate", params(full, full)},
		{"§7.1.3 the first one that is legal",
			[]string{"bbf; x=1, permessage-deflate; server_max_window_bits=16", "permessage-deflate; " +
				"server_max_window_bits=10, permessage-deflate"},
			deflate.Config{}, "permessage-deflate; server_max_window_bits=10", params(full, direction(true, 10))},
		{"what the client asks for and says of itself",
			[]string{"permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; " +
				"client_no_context_takeover; server_no_context_takeover"},
			deflate.Config{},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; " +
				"client_max_window_bits=9",
			params(direction(false, 9), direction(false, 10))},
		{"what the server wants",
			[]string{"permessage-deflate; client_max_window_bits"},
			deflate.Config{ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerMaxWindowBits: 11,
				ClientMaxWindowBits: 12},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; " +
				"client_max_window_bits=12",
			params(direction(false, 12), direction(false, 11))},
		{"the smaller window", []string{"permessage-deflate; client_max_window_bits=13; server_max_window_bits=10"},
			deflate.Config{ServerMaxWindowBits: 11, ClientMaxWindowBits: 12},
			"permessage-deflate; server_max_window_bits=10; client_max_window_bits=12",
			params(direction(true, 12), direction(true, 10))},
		{"§7.1.2.2 no bound that the client did not offer", []string{"permessage-deflate"},
			deflate.Config{ClientMaxWindowBits: 12},
			"permessage-deflate", params(full, full)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, got, err := deflate.Answer(test.offers, test.config)
			if answer != test.answer || got != test.want || err != nil {
				t.Errorf("got %q, %+v, %v, want %q, %+v", answer, got, err, test.answer, test.want)
			}
		})
	}
}

// A field that is no list of extensions is no offer that could be declined (RFC 6455
// §9.1).
func TestAnswerMalformed(t *testing.T) {
	for _, offers := range [][]string{
		{"permessage-deflate, ;"}, {"permessage-deflate", "a b"}, {"x-other; a=\"b c\""}, {"permessage-deflate; ="},
	} {
		answer, got, err := deflate.Answer(offers, deflate.Config{})
		if answer != "" || got != (deflate.Params{}) || !errors.Is(err, rule.ExtensionMalformed) {
			t.Errorf("%q: got %q, %+v, %v", offers, answer, got, err)
		}
	}
}

// Every client with every server: the one takes the other's answer, and each remembers as
// much as the other refers to.
func TestEveryCombination(t *testing.T) {
	for _, client := range detector.Some(configs(0, 8, 9, 10, 11, 12, 13, 14, 15)) {
		for _, server := range configs(0, 8, 12, 15) {
			wantAgreement(t, client, server)
		}
	}
}

func wantAgreement(t *testing.T, client, server deflate.Config) (atClient, atServer deflate.Params) {
	t.Helper()
	answer, atServer, err := deflate.Answer([]string{client.Offer()}, server)
	if answer == "" {
		t.Fatalf("%q is declined: %v", client.Offer(), err)
	}
	atClient, err = client.Accept([]string{answer})
	if err != nil {
		t.Fatalf("%q answered by %q: %v", client.Offer(), answer, err)
	}
	if atClient.Server != atServer.Server || !covers(atServer.Client, atClient.Client) {
		t.Fatalf("%q answered by %q: client %+v, server %+v", client.Offer(), answer, atClient, atServer)
	}
	if client.ServerNoContextTakeover && atServer.Server.Takeover || client.ServerMaxWindowBits > 0 &&
		atServer.Server.WindowBits > client.ServerMaxWindowBits {
		t.Fatalf("%q: the server does as it likes: %+v", client.Offer(), atServer.Server)
	}
	return atClient, atServer
}

// covers reports whether a decompressor for d understands the output of a compressor for
// sent.
func covers(d, sent deflate.Direction) bool {
	return (d.Takeover || !sent.Takeover) && d.WindowBits >= sent.WindowBits
}
