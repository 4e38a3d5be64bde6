package dial

import "cmp"

// Names are the words of texts for the places where something can be mended. The zero
// value has the names of Go's fields.
type Names struct {
	// Field names a field of Options, such as "TLS.CA". nil means the field's own name.
	Field func(field string) string

	// Roots is where authorities for every connection can be given. "" means
	// "TLSConfig.RootCAs".
	Roots string

	// HTTP says that the URLs are of HTTP: texts name the schemes http and https, and not
	// ws and wss.
	HTTP bool
}

func (n Names) field(field string) string {
	if n.Field == nil {
		return field
	}
	return n.Field(field)
}

func (n Names) roots() string { return cmp.Or(n.Roots, "TLSConfig.RootCAs") }
