package handshake

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// shortestSecret is how long a value must be to be looked for in a peer's words. Shorter
// ones, such as the 1 of ?v=1, would hide half of every text.
const shortestSecret = 6

// A Mask hides secrets that a peer repeats in words of its own, such as "invalid token
// eyJhb…". The zero value hides nothing.
type Mask struct{ replacer *strings.Replacer }

// NewMask returns the Mask for a request: it hides user name and password, the values of
// the query as it is written and as it is meant, and the values of header fields, whole
// and in words. User name and password come as they are meant.
func NewMask(username, password, query string, header http.Header) Mask {
	secrets := []string{username, password}
	if username != "" || password != "" {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(username+":"+password)))
	}
	for item := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, hasValue := strings.Cut(item, "=")
		if !hasValue {
			value = name // a token may come without a name
		}
		meant, err := url.QueryUnescape(value)
		if err != nil {
			meant = value
		}
		secrets = append(secrets, value, meant)
	}
	for _, values := range header {
		for _, value := range values {
			secrets = append(secrets, value)
			secrets = slices.AppendSeq(secrets, strings.FieldsSeq(value))
		}
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < shortestSecret })
	if len(secrets) == 0 {
		return Mask{}
	}
	// The longest first: a Replacer takes the first one that fits.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, "…")
	}
	return Mask{strings.NewReplacer(pairs...)}
}

// Hide returns the text with an ellipsis for each secret.
func (m Mask) Hide(text string) string {
	if m.replacer == nil {
		return text
	}
	return m.replacer.Replace(text)
}
