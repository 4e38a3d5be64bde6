package failure_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/rule"
)

// worded is a broken rule and the failure that a person is shown for it.
type worded struct {
	err      error
	category failure.Category
	message  string
	detail   string
}

var everyRule = map[rule.Rule]worded{
	rule.NonMinimalLength: {rule.NonMinimalLength, failure.Protocol, "Payload length was not minimally encoded",
		"peer sent a payload length that was not minimally encoded (RFC 6455 §5.2)"},
	rule.LengthHighestBit: {rule.LengthHighestBit, failure.Protocol, "Payload length was not minimally encoded",
		"peer sent a 64-bit payload length with its highest bit set (RFC 6455 §5.2)"},
	rule.ReservedBits: {rule.ReservedBits, failure.Protocol, "Invalid use of reserved bits",
		"peer set a reserved bit without an extension that defines it (RFC 6455 §5.2)"},
	rule.Opcode: {&rule.Violation{Rule: rule.Opcode, Got: 0xb}, failure.Protocol, "invalid opcode",
		"peer sent a frame with the reserved opcode 0xb (RFC 6455 §5.2)"},
	rule.MaskedFrame: {rule.MaskedFrame, failure.Protocol, "Servers may not send masked frames",
		"server sent a masked frame (RFC 6455 §5.1)"},
	rule.UnmaskedFrame: {rule.UnmaskedFrame, failure.Protocol, "Clients must mask their frames",
		"client sent a frame without a mask (RFC 6455 §5.1)"},
	rule.ControlLength: {&rule.Violation{Rule: rule.ControlLength, Name: "ping", Got: 126}, failure.Protocol,
		"Control messages are limited to fewer than 125 characters",
		"peer sent a ping frame of 126 bytes; a control frame has at most 125 (RFC 6455 §5.5)"},
	rule.ControlFragmented: {rule.ControlFragmented, failure.Protocol, "Control messages cannot be fragmented",
		"peer sent a fragmented control frame (RFC 6455 §5.5)"},
	rule.NothingToContinue: {rule.NothingToContinue, failure.Protocol, "Invalid message continuation",
		"peer sent a continuation frame with no message to continue (RFC 6455 §5.4)"},
	rule.UnfinishedMessage: {rule.UnfinishedMessage, failure.Protocol, "Invalid message continuation",
		"peer began a new message before the last one was finished (RFC 6455 §5.4)"},

	rule.MessageLength: {&rule.Violation{Rule: rule.MessageLength, Got: -1, Limit: 1000}, failure.TooBig,
		"A message was too large",
		"peer sent a message of at least 18446744073709551615 bytes; the limit is 1000"},
	rule.EmptyFragments: {&rule.Violation{Rule: rule.EmptyFragments, Limit: 1000}, failure.TooBig,
		"A message was too large",
		"peer sent more than 1000 empty fragments in one message"},
	rule.InflatedLength: {&rule.Violation{Rule: rule.InflatedLength, Got: 7, Limit: 1000}, failure.TooBig,
		"A message was too large",
		"peer sent a message of more than 1000 bytes, the limit, compressed to 7"},
	rule.Memory: {&rule.Violation{Rule: rule.Memory, Err: errCorrupt}, failure.Memory,
		"A message was too large",
		"a message that arrives does not fit: corrupt"},
	rule.Deflate: {&rule.Violation{Rule: rule.Deflate, Got: 7, Err: errCorrupt}, failure.Deflate,
		"A zlib function returned an error",
		"peer sent a compressed message of 7 bytes that does not decompress (RFC 7692 §7.2.2): corrupt"},
	rule.TextUTF8: {rule.TextUTF8, failure.UTF8, "Invalid UTF8 encoding",
		"peer sent a text message that is not valid UTF-8 (RFC 6455 §8.1)"},
	rule.CloseReasonUTF8: {rule.CloseReasonUTF8, failure.UTF8, "Invalid UTF8 encoding",
		"peer sent a close reason that is not valid UTF-8 (RFC 6455 §5.5.1)"},
	rule.CloseCodeOneByte: {rule.CloseCodeOneByte, failure.Protocol, "Invalid close code used",
		"peer sent a close frame with a payload of one byte, which is no close code (RFC 6455 §5.5.1)"},
	rule.CloseCodeForbidden: {&rule.Violation{Rule: rule.CloseCodeForbidden, Got: 1006}, failure.Protocol,
		"Invalid close code used",
		"peer sent close code 1006, which must not stand in a close frame (RFC 6455 §7.4)"},
	rule.CloseCodeReserved: {&rule.Violation{Rule: rule.CloseCodeReserved, Got: 1016}, failure.Protocol,
		"Reserved close code used",
		"peer sent close code 1016, which is reserved and not defined (RFC 6455 §7.4)"},

	rule.ExtensionMalformed: answer(`malformed at byte 3 of "bbf;"`,
		rule.Violation{Rule: rule.ExtensionMalformed, Got: 3, Value: "bbf;"}),
	rule.ExtensionNotOffered: answer(`"bbf" was not offered`,
		rule.Violation{Rule: rule.ExtensionNotOffered, Name: "bbf"}),
	rule.ExtensionTwice: answer("bbf twice", rule.Violation{Rule: rule.ExtensionTwice, Name: "bbf"}),
	rule.ParameterTwice: answer(`parameter "x" twice`, rule.Violation{Rule: rule.ParameterTwice, Name: "x"}),
	rule.ParameterUnknown: answer(`parameter "x" is unknown`,
		rule.Violation{Rule: rule.ParameterUnknown, Name: "x"}),
	rule.ParameterValue: answer(`parameter x has the value "7"`,
		rule.Violation{Rule: rule.ParameterValue, Name: "x", Value: "7"}),
	rule.ParameterNoValue: answer("x needs a value", rule.Violation{Rule: rule.ParameterNoValue, Name: "x"}),
	rule.ParameterMissing: answer("x=9 was asked for and is missing",
		rule.Violation{Rule: rule.ParameterMissing, Name: "x", Limit: 9}),
	rule.ParameterNotOffered: answer("x was not offered", rule.Violation{Rule: rule.ParameterNotOffered, Name: "x"}),
	rule.ParameterOverAsked: answer("x=11 is more than the 10 asked for",
		rule.Violation{Rule: rule.ParameterOverAsked, Name: "x", Got: 11, Limit: 10}),
	rule.ParameterOverOffered: answer("x=11 is more than the 10 offered",
		rule.Violation{Rule: rule.ParameterOverOffered, Name: "x", Got: 11, Limit: 10}),
}

var errCorrupt = errors.New("corrupt")

func answer(detail string, v rule.Violation) worded {
	return worded{&v, failure.Handshake, "Extension negotiation failed", detail}
}

// The one place where a broken rule gets its words has some for every rule.
func TestEveryRuleHasWords(t *testing.T) {
	for _, r := range rules(t) {
		want, ok := everyRule[r]
		if !ok {
			t.Errorf("rule %q is not in the table", r)
			continue
		}
		for _, err := range []error{want.err, fmt.Errorf("read: %w", want.err)} {
			got := failure.From(failure.PhaseTLS, err)
			phase := failure.PhaseOpen
			if want.category == failure.Handshake {
				phase = failure.PhaseHandshake
			}
			if got.Phase != phase || got.Category != want.category || got.Message != want.message ||
				got.Error() != want.detail {
				t.Errorf("rule %q is %s, %s, %q: %v", r, got.Phase, got.Category, got.Message, got)
			}
			if !errors.Is(got, r) {
				t.Errorf("rule %q is lost on the way", r)
			}
		}
	}
	if !errors.Is(failure.From(failure.PhaseOpen, everyRule[rule.Deflate].err), errCorrupt) {
		t.Error("the cause is lost on the way")
	}
}

// rules reads all rules from the source of their package.
func rules(t *testing.T) (all []rule.Rule) {
	file, err := parser.ParseFile(token.NewFileSet(), "../rule/rule.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rule.Rule(value))
		return true
	})
	if len(all) != len(everyRule) {
		t.Errorf("%d rules, the table has %d", len(all), len(everyRule))
	}
	return all
}
