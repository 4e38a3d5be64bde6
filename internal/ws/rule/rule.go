// Package rule names the rules of RFC 6455 and RFC 7692 that a peer can break. The layers
// that read bytes return them as errors, with the numbers and names of the case; package
// failure has the words for a person.
package rule

// Rule is a rule that a peer has broken, in a few words for programmers. It is an error
// by itself where the rule says it all.
type Rule string

// The rules of frames (RFC 6455 §5.1, §5.2, §5.4, §5.5).
const (
	NonMinimalLength  Rule = "length not minimal"
	LengthHighestBit  Rule = "length with its highest bit set"
	ReservedBits      Rule = "reserved bit set"
	Opcode            Rule = "opcode reserved" // Got
	MaskedFrame       Rule = "masked frame of a server"
	UnmaskedFrame     Rule = "unmasked frame of a client"
	ControlLength     Rule = "control frame too long" // Name is its opcode, Got its length
	ControlFragmented Rule = "control frame fragmented"
	NothingToContinue Rule = "continuation of no message"
	UnfinishedMessage Rule = "message begun within another"
)

// The rules of messages and of close frames (RFC 6455 §5.5.1, §7.4, §8.1; RFC 7692
// §7.2.2).
const (
	MessageLength      Rule = "message too long"           // at least Got bytes; Limit is ours
	EmptyFragments     Rule = "empty fragments"            // more than Limit in one message
	InflatedLength     Rule = "message too long, inflated" // more than Limit, from Got bytes
	Memory             Rule = "no memory for the message"  // Err; no fault of the peer's
	Deflate            Rule = "deflate data corrupt"       // Got bytes; Err
	TextUTF8           Rule = "text not UTF-8"
	CloseReasonUTF8    Rule = "close reason not UTF-8"
	CloseCodeOneByte   Rule = "close frame of one byte"
	CloseCodeForbidden Rule = "close code never on the wire" // Got
	CloseCodeReserved  Rule = "close code undefined"         // Got
)

// The rules of the answer to an offer of permessage-deflate (RFC 6455 §9.1, RFC 7692
// §7.1).
const (
	ExtensionMalformed   Rule = "extensions malformed"          // Value, at byte Got
	ExtensionNotOffered  Rule = "extension not offered"         // Name
	ExtensionTwice       Rule = "extension twice"               // Name
	ParameterTwice       Rule = "parameter twice"               // Name
	ParameterUnknown     Rule = "parameter unknown"             // Name
	ParameterValue       Rule = "parameter with a wrong value"  // Name, Value
	ParameterNoValue     Rule = "parameter without a value"     // Name
	ParameterMissing     Rule = "parameter missing"             // Name; Limit is its value, 0 for none
	ParameterNotOffered  Rule = "parameter not offered"         // Name
	ParameterOverAsked   Rule = "parameter over what was asked" // Name has Got; Limit was asked for
	ParameterOverOffered Rule = "parameter over the offer"      // Name has Got; Limit was offered
)

func (r Rule) Error() string { return string(r) }

// Violation is a broken rule with the facts of the case. The rule says which fields hold.
type Violation struct {
	Rule       Rule
	Got, Limit int64
	Name       string
	Value      string
	Err        error
}

func (v *Violation) Error() string { return v.Rule.Error() }

// Unwrap gives the rule, and the cause if there is one, to errors.Is and errors.As.
func (v *Violation) Unwrap() []error {
	if v.Err == nil {
		return []error{v.Rule}
	}
	return []error{v.Rule, v.Err}
}
