package wsapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/api/spelling"
	"github.com/tidewire/tidewire/permission"
)

// OptionError is a name or a value that a table of options must not have, in words for
// the script's author.
type OptionError struct{ text string }

func (e *OptionError) Error() string { return e.text }

// badValue is the error of a field's value.
func badValue(field, expected, got string) *OptionError {
	return &OptionError{fmt.Sprintf("field '%s': %s expected, got %s", field, expected, got)}
}

// optionNames are the scripts' names for the fields of engine.ConnectOptions that texts
// of the engine name.
var optionNames = map[string]string{
	"Header":             "headers",
	"Protocols":          "protocols",
	"Origin":             "origin",
	"Kind":               "kind",
	"Timeouts.TCP":       "timeout",
	"Timeouts.TLS":       "timeout",
	"Timeouts.Handshake": "timeout",
	"Timeouts.Closing":   "timeout",
	"MaxMessage":         "maxMessage",
	"SendQueue":          "sendQueue",
	"ReceiveQueue":       "receiveQueue",
	"Redirects":          "redirects",

	"Compression":                     "compression",
	"Compression.ServerMaxWindowBits": "compression.server_max_window_bits",
	"Compression.ClientMaxWindowBits": "compression.client_max_window_bits",

	"TLS.CA":         "tls.ca",
	"TLS.Cert":       "tls.cert",
	"TLS.Key":        "tls.key",
	"TLS.ServerName": "tls.serverName",
	"TLS.Insecure":   "tls.insecure",
}

// optionName is the script's name for a field of engine.ConnectOptions.
func optionName(field string) string { return cmp.Or(optionNames[field], field) }

// inScriptsWords words a value that the engine refuses. Other errors it returns
// unchanged.
func inScriptsWords(err error) error {
	var refused *engine.OptionError
	if !errors.As(err, &refused) {
		return err
	}
	return badValue(optionName(refused.Field), refused.Expected, refused.Got)
}

// ReadOptions reads Connect's options; a nil table has none. Names come from luaapi.
// Values are read through __index, so that defaults may live in a metatable; a name that
// the table itself spells wrong is refused, and so is a value beyond the limits. defaults
// are the engine's: those beyond the limits are lowered. The error is an *OptionError, or
// one that reading the table raised.
func ReadOptions(
	table Table, limits permission.Limits, defaults engine.ConnectOptions,
) (options engine.ConnectOptions, err error) {
	if table != nil {
		if err := readTable("", table, luaapi.Options, luaapi.OptionsHeading, connectReaders, &options); err != nil {
			return options, err
		}
	}
	err = limitConnect(&options, limits, defaults)
	return options, err
}

// readers read the fields of an options table into a T, by name. Their errors name the
// field.
type readers[T any] map[string]func(field string, value Value, into *T) error

// into is the reader of a field that read reads and target has a place for.
func into[T, V any](
	read func(field string, value Value) (V, error), target func(*T) *V,
) func(string, Value, *T) error {
	return func(field string, value Value, options *T) (err error) {
		*target(options), err = read(field, value)
		return err
	}
}

var connectReaders = readers[engine.ConnectOptions]{
	"headers":      into(readHeaders, func(o *engine.ConnectOptions) *http.Header { return &o.Header }),
	"protocols":    into(readList, func(o *engine.ConnectOptions) *[]string { return &o.Protocols }),
	"origin":       into(readString, func(o *engine.ConnectOptions) *string { return &o.Origin }),
	"kind":         into(readKind, func(o *engine.ConnectOptions) *engine.Kind { return &o.Kind }),
	"timeout":      into(readTimeouts, func(o *engine.ConnectOptions) *engine.Timeouts { return &o.Timeouts }),
	"maxMessage":   into(readBytes, func(o *engine.ConnectOptions) *int64 { return &o.MaxMessage }),
	"sendQueue":    into(readBytes, func(o *engine.ConnectOptions) *int64 { return &o.SendQueue }),
	"receiveQueue": into(readBytes, func(o *engine.ConnectOptions) *int64 { return &o.ReceiveQueue }),
	"ping":         into(readSecondsOrOff, func(o *engine.ConnectOptions) *time.Duration { return &o.Ping }),
	"pong":         into(readSecondsOrOff, func(o *engine.ConnectOptions) *time.Duration { return &o.Pong }),
	"compression":  into(readCompression, func(o *engine.ConnectOptions) **engine.Compression { return &o.Compression }),
	"proxy":        into(readProxy, func(o *engine.ConnectOptions) *string { return &o.Proxy }),
	"tls":          into(readTLS, func(o *engine.ConnectOptions) *engine.TLSOptions { return &o.TLS }),
	"redirects":    into(readCount, func(o *engine.ConnectOptions) *int { return &o.Redirects }),
}

var timeoutReaders = readers[engine.Timeouts]{
	"tcp":       into(readSeconds, func(t *engine.Timeouts) *time.Duration { return &t.TCP }),
	"tls":       into(readSeconds, func(t *engine.Timeouts) *time.Duration { return &t.TLS }),
	"handshake": into(readSeconds, func(t *engine.Timeouts) *time.Duration { return &t.Handshake }),
	"closing":   into(readSeconds, func(t *engine.Timeouts) *time.Duration { return &t.Closing }),
}

// readTimeouts reads a number of seconds for each phase, or a table of them by phase.
func readTimeouts(field string, value Value) (timeouts engine.Timeouts, err error) {
	if value.Type != TableOf {
		each, err := readSeconds(field, value)
		return engine.Timeouts{TCP: each, TLS: each, Handshake: each, Closing: each}, err
	}
	return timeouts, readNested(field, value, timeoutReaders, &timeouts)
}

var compressionReaders = readers[engine.Compression]{
	"server_no_context_takeover": into(readBool,
		func(c *engine.Compression) *bool { return &c.ServerNoContextTakeover }),
	"client_no_context_takeover": into(readBool,
		func(c *engine.Compression) *bool { return &c.ClientNoContextTakeover }),
	"server_max_window_bits": into(readWindowBits,
		func(c *engine.Compression) *int { return &c.ServerMaxWindowBits }),
	"client_max_window_bits": into(readClientBits,
		func(c *engine.Compression) *int { return &c.ClientMaxWindowBits }),
}

// unboundedBits offers client_max_window_bits without a value (RFC 7692 §7.1.2.2).
const unboundedBits = -1

// readCompression reads true for a browser's offer, false, or the parameters of RFC 7692
// by their own names.
func readCompression(field string, value Value) (*engine.Compression, error) {
	switch value.Type {
	case Boolean:
		if !value.Bool {
			return nil, nil
		}
		return &engine.Compression{ClientMaxWindowBits: unboundedBits}, nil
	case TableOf:
		compression := &engine.Compression{}
		return compression, readNested(field, value, compressionReaders, compression)
	}
	return nil, wrongType(field, "boolean or table", value)
}

func readWindowBits(field string, value Value) (int, error) {
	const expected = "whole number from 8 to 15"
	if value.Type != Number {
		return 0, wrongType(field, expected, value)
	}
	if !(value.Number >= 8 && value.Number <= 15) || !isWhole(value.Number) {
		return 0, wrongValue(field, expected, value)
	}
	return int(value.Number), nil
}

// readClientBits is readWindowBits, and takes true for no bound of our own.
func readClientBits(field string, value Value) (int, error) {
	if value.Type == Boolean && value.Bool {
		return unboundedBits, nil
	}
	return readWindowBits(field, value)
}

// direct is the engine's word for no proxy.
const direct = "direct"

// readProxy reads a proxy's URL, or false for no proxy, whatever the engine would choose.
func readProxy(field string, value Value) (string, error) {
	switch {
	case value.Type == String:
		return value.Text, nil
	case value.Type == Boolean && !value.Bool:
		return direct, nil
	}
	return "", wrongType(field, "string or false", value)
}

var tlsReaders = readers[engine.TLSOptions]{
	"ca":         readCA,
	"cert":       into(readString, func(t *engine.TLSOptions) *string { return &t.Cert }),
	"key":        into(readString, func(t *engine.TLSOptions) *string { return &t.Key }),
	"serverName": into(readString, func(t *engine.TLSOptions) *string { return &t.ServerName }),
	"insecure":   into(readBool, func(t *engine.TLSOptions) *bool { return &t.Insecure }),
}

func readTLS(field string, value Value) (options engine.TLSOptions, err error) {
	return options, readNested(field, value, tlsReaders, &options)
}

// readCA reads roots that are added to the others, or a table {ca, exclusive = true} of
// roots that replace them.
func readCA(field string, value Value, options *engine.TLSOptions) (err error) {
	if value.Type != TableOf {
		options.CA, err = readString(field, value)
		return err
	}
	if err := checkNames(field+".", value.Table, []string{"exclusive"}, 1, luaapi.OptionsHeading); err != nil {
		return err
	}
	ca, err := value.Table.Index(1)
	switch {
	case err != nil:
		return err
	case ca.Type == Nil:
		return badValue(field, "{ca, exclusive = true}", "a table without [1]")
	}
	if options.CA, err = readString(field+"[1]", ca); err != nil {
		return err
	}
	exclusive, err := value.Table.Field("exclusive")
	if err != nil || exclusive.Type == Nil {
		return err
	}
	options.CAExclusive, err = readBool(field+".exclusive", exclusive)
	return err
}

// readNested reads the table of a field of Connect's options, or of a field of one of
// these.
func readNested[T any](field string, value Value, readers readers[T], options *T) error {
	if value.Type != TableOf {
		return wrongType(field, string(TableOf), value)
	}
	return readTable(field+".", value.Table, luaapi.OptionNamed(field).Fields, luaapi.OptionsHeading, readers, options)
}

// readTable reads the described fields of a table, in the order of their description.
// within is the prefix of a field's name in errors, heading the place of the description in
// the manual.
func readTable[T any](
	within string, table Table, described []luaapi.Field, heading string, readers readers[T], options *T,
) error {
	names := luaapi.Names(described)
	if err := checkNames(within, table, names, 0, heading); err != nil {
		return err
	}
	for _, name := range names {
		value, err := table.Field(name)
		if err != nil {
			return err
		}
		if value.Type == Nil {
			continue
		}
		if err := readers[name](within+name, value, options); err != nil {
			return err
		}
	}
	return nil
}

// checkNames refuses a key of a table that is neither a known name nor a number from 1 to
// listed. Of several it is always the first one in the order of pairs.
func checkNames(within string, table Table, known []string, listed float64, heading string) error {
	var unknown *Value
	err := table.Pairs(func(key, _ Value) bool {
		switch {
		case key.Type == String && slices.Contains(known, key.Text):
		case key.Type == Number && isWhole(key.Number) && key.Number >= 1 && key.Number <= listed:
		default:
			unknown = &key
		}
		return unknown == nil
	})
	if err != nil || unknown == nil {
		return err
	}
	name := bare(*unknown)
	return &OptionError{fmt.Sprintf("unknown option '%s%s': %s", within, name,
		spelling.OptionHint(within, name, known, heading))}
}
