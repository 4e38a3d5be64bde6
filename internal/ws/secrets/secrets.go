// Package secrets hides the secrets of a request in words that came from a peer.
package secrets

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// shortest is how long a secret must be to be looked for in a peer's words. Shorter ones,
// such as the 1 of ?v=1, would hide half of every text.
const shortest = 6

// A Mask hides secrets that a peer repeats in words of its own, such as "invalid token
// eyJhb…", in any case of ASCII letters. The zero value hides nothing. A Mask may be used
// by several goroutines.
type Mask struct {
	requests []request
	finder   func() *finder // nil without requests; the work is done when a text comes
}

// request is where secrets come from.
type request struct {
	username, password, query string
	header                    http.Header
}

// With returns a Mask that hides the secrets of m and those of a request: user name and
// password, the values of the query and of header fields, whole and in words, and names in
// the query that may be tokens (failure.IsTokenName). User name and password come as they
// are meant, the query as it is written. header is not changed from now on.
func (m Mask) With(username, password, query string, header http.Header) Mask {
	requests := append(slices.Clip(m.requests), request{username, password, query, header})
	return Mask{requests, sync.OnceValue(func() *finder { return newFinder(requests) })}
}

// Hide returns the text with an ellipsis for each secret. Where the text ends in the
// beginning of one, that is hidden, too: the rest may have been cut off. Texts are hidden
// before they are shortened.
func (m Mask) Hide(text string) string {
	if m.finder == nil || len(text) < shortest {
		return text
	}
	return m.finder().hide(text)
}

// finder finds secrets.
type finder struct {
	secrets  []string // in lower case, the longest first
	replacer *strings.Replacer
}

// mark is written over each byte of a secret in a text that is in lower case.
const mark = "X"

func newFinder(requests []request) *finder {
	var c collection
	for _, r := range requests {
		c.addRequest(r)
	}
	// The longest first: a Replacer takes the first one that fits.
	slices.SortFunc(c, func(a, b string) int { return len(b) - len(a) })
	f := &finder{secrets: c}
	var pairs []string
	for _, secret := range c {
		pairs = append(pairs, secret, strings.Repeat(mark, len(secret)))
	}
	f.replacer = strings.NewReplacer(pairs...)
	return f
}

func (f *finder) hide(text string) string {
	marked := f.markEnd(f.replacer.Replace(lower(text)))
	var b strings.Builder
	for i := range len(text) {
		switch {
		case marked[i] != mark[0]:
			b.WriteByte(text[i])
		case i == 0 || marked[i-1] != mark[0]:
			b.WriteString("…")
		}
	}
	return b.String()
}

// markEnd marks the end of a text if it is the beginning of a secret.
func (f *finder) markEnd(text string) string {
	longest := 0
	for _, secret := range f.secrets {
		for n := min(len(secret), len(text)); n >= shortest && n > longest; n-- {
			if strings.HasSuffix(text, secret[:n]) {
				longest = n
			}
		}
	}
	return text[:len(text)-longest] + strings.Repeat(mark, longest)
}

// lower returns s with its ASCII letters in lower case: each byte keeps its place.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// collection has secrets in lower case, in each form in which a peer may write them.
type collection []string

func (c *collection) addRequest(r request) {
	c.add(r.username)
	c.add(r.password)
	if r.username != "" || r.password != "" {
		c.add(base64.StdEncoding.EncodeToString([]byte(r.username + ":" + r.password)))
	}
	for item := range strings.FieldsFuncSeq(r.query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, hasValue := strings.Cut(item, "=")
		if hasValue {
			c.addWritten(value)
		}
		if !hasValue || failure.IsTokenName(name) {
			c.addWritten(name)
		}
	}
	for name, values := range r.header {
		for _, value := range values {
			c.addValue(value)
			asked := http.Request{Header: http.Header{"Authorization": {value}}}
			if username, password, ok := asked.BasicAuth(); ok && strings.EqualFold(name, "Authorization") {
				c.add(username)
				c.add(password)
			}
		}
	}
}

// addWritten adds a part of a query, as it is written and as it is meant. Servers differ
// in the meaning of a "+".
func (c *collection) addWritten(part string) {
	c.addPlain(part)
	for _, unescape := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
		if meant, err := unescape(part); err == nil {
			c.addValue(meant)
		}
	}
}

// addValue adds a value, its words and, if it is JSON, the strings in it.
func (c *collection) addValue(value string) {
	c.add(value)
	for word := range strings.FieldsFuncSeq(value, separates) {
		if !strings.HasPrefix(word, "//") { // of a URL: a host, which our own texts name
			c.add(word)
		}
	}
	var data any
	if json.Unmarshal([]byte(value), &data) == nil {
		c.addStrings(data)
	}
}

// separates reports whether a character ends a word.
func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("=&;?#,:\"'`{}[]()<>|\\", r)
}

func (c *collection) addStrings(data any) {
	switch data := data.(type) {
	case string:
		c.add(data)
	case []any:
		for _, element := range data {
			c.addStrings(element)
		}
	case map[string]any:
		for _, element := range data {
			c.addStrings(element)
		}
	}
}

// add adds a secret as it is meant, and as it is written in a URL, in JSON and in Go, in
// which package net/http quotes.
func (c *collection) add(secret string) {
	if len(secret) < shortest {
		return
	}
	c.addPlain(secret)
	c.addPlain(url.QueryEscape(secret))
	c.addPlain(url.PathEscape(secret))
	c.addPlain(inside(strconv.Quote(secret)))
	c.addPlain(inside(strconv.QuoteToASCII(secret)))
	if text, err := json.Marshal(secret); err == nil {
		c.addPlain(inside(string(text)))
	}
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret)
	c.addPlain(escaped)
	c.addPlain(strings.ReplaceAll(escaped, "/", `\/`)) // as PHP does
}

// inside takes the quotes off.
func inside(quoted string) string { return quoted[1 : len(quoted)-1] }

func (c *collection) addPlain(secret string) {
	secret = lower(secret)
	if len(secret) >= shortest && !slices.Contains((*c)[max(len(*c)-8, 0):], secret) {
		*c = append(*c, secret)
	}
}
