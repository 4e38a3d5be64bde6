package dial

import (
	"net/http"
	"slices"
	"strings"
)

// originHeaders are the headers that belong to the origin that they were given for.
var originHeaders = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// ForAnotherOrigin returns the header fields of a request that may go to another origin:
// all but those with credentials. header stays as it is.
func ForAnotherOrigin(header http.Header) http.Header {
	header = header.Clone()
	for name := range header {
		if slices.ContainsFunc(originHeaders, func(of string) bool { return strings.EqualFold(name, of) }) {
			delete(header, name)
		}
	}
	return header
}

// ForAnotherOrigin returns the settings that hold for another origin, too: the client's
// certificate, and the name that the server's must have, do not.
func (o TLSOptions) ForAnotherOrigin() TLSOptions {
	o.Cert, o.Key, o.ServerName = "", "", ""
	return o
}
