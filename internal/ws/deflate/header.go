package deflate

import (
	"strings"

	"github.com/tidewire/tidewire/internal/ws/rule"
)

// An extension is one element of Sec-WebSocket-Extensions (RFC 6455 §9.1).
type extension struct {
	name       string
	parameters []parameter
}

type parameter struct {
	name     string
	value    string // a token; the quotes are gone
	hasValue bool
}

// parseExtensions reads the values of all fields of that name as one list. Empty elements
// count for nothing (RFC 9110 §5.6.1).
func parseExtensions(values []string) ([]extension, error) {
	var list []extension
	for _, value := range values {
		s := scanner{rest: value}
		for !s.atEnd() {
			if s.take(',') {
				continue
			}
			e, ok := s.extension()
			if !ok || !s.atEnd() && !s.take(',') {
				return nil, &rule.Violation{Rule: rule.ExtensionMalformed, Got: int64(len(value) - len(s.rest)),
					Value: value}
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// scanner reads a header field's value from its left. White space between its parts is
// optional (RFC 6455 §9.1, by way of the implied white space of RFC 2616 §2.1).
type scanner struct{ rest string }

func (s *scanner) skip()       { s.rest = strings.TrimLeft(s.rest, " \t") }
func (s *scanner) atEnd() bool { s.skip(); return s.rest == "" }

// take takes c if it is next.
func (s *scanner) take(c byte) bool {
	s.skip()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) extension() (e extension, ok bool) {
	e.name = s.token()
	for ok = e.name != ""; ok && s.take(';'); {
		var p parameter
		p, ok = s.parameter()
		e.parameters = append(e.parameters, p)
	}
	return e, ok
}

func (s *scanner) parameter() (p parameter, ok bool) {
	p.name = s.token()
	if p.name == "" || !s.take('=') {
		return p, p.name != ""
	}
	p.hasValue = true
	if s.take('"') {
		p.value, ok = s.quoted()
		return p, ok
	}
	p.value = s.token()
	return p, p.value != ""
}

// token takes a token (RFC 9110 §5.6.2), "" if there is none.
func (s *scanner) token() string {
	s.skip()
	n := 0
	for n < len(s.rest) && isTokenByte(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	return token
}

// quoted takes the rest of a quoted string (RFC 9110 §5.6.4). Its content must be a token
// (RFC 6455 §9.1).
func (s *scanner) quoted() (value string, ok bool) {
	var unquoted []byte
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return string(unquoted), len(unquoted) > 0
		case c == '\\' && i+1 < len(s.rest) && isTokenByte(s.rest[i+1]):
			i++
			unquoted = append(unquoted, s.rest[i])
		case isTokenByte(c):
			unquoted = append(unquoted, c)
		default:
			return "", false
		}
	}
	return "", false
}

func isTokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
