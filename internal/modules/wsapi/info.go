package wsapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// openInfo is the info table of an event: unknown values have no field.
func openInfo(number float64, info *engine.Info) Fields {
	fields := make(Fields, 0, 20)
	fields.set("id", number)
	fields.setText("url", info.URL)
	fields.setText("protocol", info.Protocol)
	fields.setText("extensions", info.Extensions)
	fields.setText("remote", info.Remote)
	if info.HTTP != nil {
		fields.set("http", httpFields(info.HTTP))
	}
	if info.TLS != nil {
		fields.set("tls", tlsFields(info.TLS))
	}
	return fields
}

// endInfo is the info table of onClose and onError. It has the other arguments, too, so
// that it can be kept for the whole story.
func endInfo(number float64, end *engine.End) Fields {
	fields := openInfo(number, &end.Info)
	if end.Failed {
		fields.set("message", end.Message)
	} else {
		fields.set("code", float64(end.Code))
		fields.set("reason", end.Reason)
		fields.set("wasClean", end.Clean)
	}
	fields.setText("phase", string(end.Phase))
	fields.setText("category", string(end.Category))
	fields.setText("detail", end.Detail)
	fields.setNumber("closeCode", end.CloseCode)
	fields.set("retryable", end.Retryable)
	fields.set("unsent", tallyFields(end.Unsent))
	fields.set("dropped", tallyFields(end.Dropped))
	return fields
}

func httpFields(answer *engine.HTTPInfo) Fields {
	var fields Fields
	fields.setNumber("status", answer.Status)
	fields.set("headers", headerFields(answer.Header))
	fields.setText("body", answer.Body)
	fields.setText("location", answer.Location)
	if answer.RetryAfter != nil { // 0 means at once
		fields.set("retryAfter", float64(*answer.RetryAfter/time.Second))
	}
	return fields
}

// headerFields has lower-case names in the order of the alphabet, and joins repeated
// values (RFC 9110 §5.3).
func headerFields(header http.Header) Fields {
	fields := make(Fields, 0, len(header))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fields.set(strings.ToLower(name), strings.Join(header[name], ", "))
	}
	return fields
}

func tlsFields(info *engine.TLSInfo) Fields {
	var fields Fields
	fields.setText("version", info.Version)
	fields.setText("cipher", info.Cipher)
	fields.setText("subject", info.Subject)
	fields.setText("issuer", info.Issuer)
	if !info.Expires.IsZero() {
		fields.set("expires", info.Expires.UTC().Format(time.RFC3339))
	}
	fields.setText("error", info.Error)
	return fields
}

func tallyFields(tally engine.Tally) Fields {
	return Fields{{"messages", float64(tally.Messages)}, {"bytes", float64(tally.Bytes)}}
}

func (f *Fields) set(name string, value any) { *f = append(*f, Field{name, value}) }

func (f *Fields) setText(name, text string) {
	if text != "" {
		f.set(name, text)
	}
}

func (f *Fields) setNumber(name string, number int) {
	if number != 0 {
		f.set(name, float64(number))
	}
}
