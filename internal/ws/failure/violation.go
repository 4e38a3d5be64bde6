package failure

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/internal/ws/rule"
)

// violated is From for a rule that a peer has broken; nil if err is none.
func violated(err error) *Error {
	var of rule.Rule
	if !errors.As(err, &of) {
		return nil
	}
	v := &rule.Violation{Rule: of}
	errors.As(err, &v)
	category, message, story := words(v)
	phase := PhaseOpen
	if category == Handshake {
		phase = PhaseHandshake
	}
	return Explain(phase, category, message, err, "%s", story)
}

// words returns v's category, its message in the catalogue, and the whole story.
func words(v *rule.Violation) (category Category, message, story string) {
	switch v.Rule {
	case rule.NonMinimalLength:
		return Protocol, MsgNonMinimalLength, "peer sent a payload length that was not minimally encoded (RFC " +
			"6455 §5.2)"
	case rule.LengthHighestBit:
		return Protocol, MsgNonMinimalLength, "peer sent a 64-bit payload length with its highest bit set (RFC " +
			"6455 §5.2)"
	case rule.ReservedBits:
		return Protocol, MsgReservedBits, "peer set a reserved bit without an extension that defines it (RFC " +
			"6455 §5.2)"
	case rule.Opcode:
		return Protocol, MsgOpcode, fmt.Sprintf("peer sent a frame with the reserved opcode %#x (RFC 6455 §5.2)", v.Got)
	case rule.MaskedFrame:
		return Protocol, MsgMaskedFrame, "server sent a masked frame (RFC 6455 §5.1)"
	case rule.UnmaskedFrame:
		return Protocol, MsgUnmaskedClientFrame, "client sent a frame without a mask (RFC 6455 §5.1)"
	case rule.ControlLength:
		return Protocol, MsgControlTooLong,
			fmt.Sprintf("peer sent a %s frame of %d bytes; a control frame has at most 125 (RFC 6455 §5.5)",
				v.Name, v.Got)
	case rule.ControlFragmented:
		return Protocol, MsgControlFragmented, "peer sent a fragmented control frame (RFC 6455 §5.5)"
	case rule.NothingToContinue:
		return Protocol, MsgContinuation, "peer sent a continuation frame with no message to continue (RFC 6455 §5.4)"
	case rule.UnfinishedMessage:
		return Protocol, MsgContinuation, "peer began a new message before the last one was finished (RFC 6455 §5.4)"

	case rule.MessageLength:
		return TooBig, MsgTooBig,
			fmt.Sprintf("peer sent a message of at least %d bytes; the limit is %d", uint64(v.Got), v.Limit)
	case rule.EmptyFragments:
		return TooBig, MsgTooBig,
			fmt.Sprintf("peer sent more than %d empty fragments in one message", v.Limit)
	case rule.InflatedLength:
		return TooBig, MsgTooBig,
			fmt.Sprintf("peer sent a message of more than %d bytes, the limit, compressed to %d", v.Limit, v.Got)
	case rule.Memory:
		return Memory, MsgTooBig, fmt.Sprintf("a message that arrives does not fit: %v", v.Err)
	case rule.Deflate:
		return Deflate, MsgZlib,
			fmt.Sprintf("peer sent a compressed message of %d bytes that does not decompress (RFC 7692 §7.2.2): %v",
				v.Got, v.Err)
	case rule.TextUTF8:
		return UTF8, MsgUTF8, "peer sent a text message that is not valid UTF-8 (RFC 6455 §8.1)"
	case rule.CloseReasonUTF8:
		return UTF8, MsgUTF8, "peer sent a close reason that is not valid UTF-8 (RFC 6455 §5.5.1)"
	case rule.CloseCodeOneByte:
		return Protocol, MsgInvalidCloseCode,
			"peer sent a close frame with a payload of one byte, which is no close code (RFC 6455 §5.5.1)"
	case rule.CloseCodeForbidden:
		return Protocol, MsgInvalidCloseCode,
			fmt.Sprintf("peer sent close code %d, which must not stand in a close frame (RFC 6455 §7.4)", v.Got)
	case rule.CloseCodeReserved:
		return Protocol, MsgReservedCloseCode,
			fmt.Sprintf("peer sent close code %d, which is reserved and not defined (RFC 6455 §7.4)", v.Got)
	}
	return Handshake, MsgExtension, answerStory(v)
}

// answerStory is the story of a rule that an answer to an offer has broken.
func answerStory(v *rule.Violation) string {
	switch v.Rule {
	case rule.ExtensionMalformed:
		return fmt.Sprintf("malformed at byte %d of %.200q", v.Got, v.Value)
	case rule.ExtensionNotOffered:
		return fmt.Sprintf("%.100q was not offered", v.Name)
	case rule.ExtensionTwice:
		return v.Name + " twice"
	case rule.ParameterTwice:
		return fmt.Sprintf("parameter %.100q twice", v.Name)
	case rule.ParameterUnknown:
		return fmt.Sprintf("parameter %.100q is unknown", v.Name)
	case rule.ParameterValue:
		return fmt.Sprintf("parameter %s has the value %.100q", v.Name, v.Value)
	case rule.ParameterNoValue:
		return v.Name + " needs a value"
	case rule.ParameterMissing:
		if v.Limit > 0 {
			return fmt.Sprintf("%s=%d was asked for and is missing", v.Name, v.Limit)
		}
		return v.Name + " was asked for and is missing"
	case rule.ParameterNotOffered:
		return v.Name + " was not offered"
	case rule.ParameterOverAsked:
		return fmt.Sprintf("%s=%d is more than the %d asked for", v.Name, v.Got, v.Limit)
	case rule.ParameterOverOffered:
		return fmt.Sprintf("%s=%d is more than the %d offered", v.Name, v.Got, v.Limit)
	}
	return v.Error() // a rule that has no words yet: TestEveryRuleHasWords does not let it pass
}
