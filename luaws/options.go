package luaws

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/spelling"
	"github.com/tidewire/tidewire/lualib"
)

const (
	// maxSeconds stands for every longer timeout, math.huge included: a hundred years.
	maxSeconds = 100 * 365 * 24 * 3600

	// maxBytes stands for every larger limit, math.huge included. Lua numbers count whole bytes up to here.
	maxBytes = 1 << 53
)

// option is one field of Connect's options table.
type option struct {
	name string
	read func(value lua.LValue, options *engine.ConnectOptions) error
}

// connectOptions lists every name, in the manual's order.
var connectOptions = []option{
	optionOf("headers", readHeaders, func(o *engine.ConnectOptions) *http.Header { return &o.Header }),
	optionOf("protocols", readList, func(o *engine.ConnectOptions) *[]string { return &o.Protocols }),
	optionOf("origin", readString, func(o *engine.ConnectOptions) *string { return &o.Origin }),
	optionOf("kind", readKind, func(o *engine.ConnectOptions) *engine.Kind { return &o.Kind }),
	optionOf("timeout", readTimeouts, func(o *engine.ConnectOptions) *engine.Timeouts { return &o.Timeouts }),
	optionOf("maxMessage", readBytes, func(o *engine.ConnectOptions) *int64 { return &o.MaxMessage }),
	optionOf("sendQueue", readBytes, func(o *engine.ConnectOptions) *int64 { return &o.SendQueue }),
	optionOf("receiveQueue", readBytes, func(o *engine.ConnectOptions) *int64 { return &o.ReceiveQueue }),
	optionOf("ping", readSecondsOrOff, func(o *engine.ConnectOptions) *time.Duration { return &o.Ping }),
	optionOf("pong", readSecondsOrOff, func(o *engine.ConnectOptions) *time.Duration { return &o.Pong }),
	optionOf("compression", readCompression, func(o *engine.ConnectOptions) **engine.Compression { return &o.Compression }),
	optionOf("proxy", readProxy, func(o *engine.ConnectOptions) *string { return &o.Proxy }),
	optionOf("tls", readTLS, func(o *engine.ConnectOptions) *engine.TLSOptions { return &o.TLS }),
	optionOf("redirects", readCount, func(o *engine.ConnectOptions) *int { return &o.Redirects }),
}

// optionOf is the option that read reads into the place of target. The errors of read name the field.
func optionOf[T any](
	name string,
	read func(field string, value lua.LValue) (T, error),
	target func(*engine.ConnectOptions) *T,
) option {
	return option{name, func(value lua.LValue, options *engine.ConnectOptions) (err error) {
		*target(options), err = read(name, value)
		return err
	}}
}

// optionNames are the names of connectOptions.
var optionNames = func() (names []string) {
	for _, option := range connectOptions {
		names = append(names, option.name)
	}
	return names
}()

// readOptions makes the engine's options of a script's table, which may be nil. Values are read through __index, so
// that defaults may live in a metatable; what the table itself spells wrong is refused. The error's text is for the
// script's author.
func readOptions(L *lua.LState, table *lua.LTable) (engine.ConnectOptions, error) {
	var options engine.ConnectOptions
	if table == nil {
		return options, nil
	}
	if err := checkNames("", table, optionNames); err != nil {
		return options, err
	}
	for _, option := range connectOptions {
		value := L.GetField(table, option.name)
		if value == lua.LNil {
			continue
		}
		if err := option.read(value, &options); err != nil {
			return options, err
		}
	}
	return options, nil
}

// checkNames refuses a key of table that is none of known. within is what stands before a name in the error.
func checkNames(within string, table *lua.LTable, known []string) error {
	for key := range pairs(table) {
		name := key.String()
		if _, isString := key.(lua.LString); isString && slices.Contains(known, name) {
			continue
		}
		return fmt.Errorf("unknown option '%s%s': %s", within, name, spelling.OptionHint(within, name, known))
	}
	return nil
}

// readString reads a string. A number passes, as it does where Lua's own functions want a string.
func readString(field string, value lua.LValue) (string, error) {
	switch value := value.(type) {
	case lua.LString:
		return string(value), nil
	case lua.LNumber:
		return lualib.FormatNumber(float64(value)), nil
	}
	return "", wrongType(field, "string", value)
}

// readList reads a table of strings numbered from 1 without gaps.
func readList(field string, value lua.LValue) ([]string, error) {
	table, ok := value.(*lua.LTable)
	if !ok {
		return nil, wrongType(field, "table", value)
	}
	var list []string
	for value := table.RawGetInt(1); value != lua.LNil; value = table.RawGetInt(len(list) + 1) {
		text, err := readString(fmt.Sprintf("%s[%d]", field, len(list)+1), value)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	for key := range pairs(table) {
		index, ok := key.(lua.LNumber)
		if !ok || index < 1 || index > lua.LNumber(len(list)) || float64(index) != math.Trunc(float64(index)) {
			return nil, &engine.OptionError{Field: field, Expected: "list", Got: "key " + quote(key)}
		}
	}
	return list, nil
}

// readHeaders reads a table of names and values. A list as value repeats the header.
func readHeaders(field string, value lua.LValue) (http.Header, error) {
	table, ok := value.(*lua.LTable)
	if !ok {
		return nil, wrongType(field, "table", value)
	}
	header := make(http.Header)
	for key, value := range pairs(table) {
		if err := addHeader(header, field, key, value); err != nil {
			return nil, err
		}
	}
	return header, nil
}

func addHeader(header http.Header, field string, key, value lua.LValue) error {
	name, ok := key.(lua.LString)
	if !ok {
		return &engine.OptionError{Field: field, Expected: "header name as key", Got: quote(key)}
	}
	field += "." + string(name)
	if _, ok := value.(*lua.LTable); ok {
		values, err := readList(field, value)
		for _, value := range values {
			header.Add(string(name), value)
		}
		return err
	}
	text, err := readString(field, value)
	header.Add(string(name), text)
	return err
}

func readKind(field string, value lua.LValue) (engine.Kind, error) {
	word, ok := value.(lua.LString)
	if !ok {
		return 0, wrongType(field, "string", value)
	}
	kind, ok := kinds[string(word)]
	if !ok {
		return 0, &engine.OptionError{Field: field, Expected: "'auto', 'text' or 'binary'", Got: quote(word)}
	}
	return kind, nil
}

// field is one field of a nested table of options.
type field struct {
	name string
	read func(field string, value lua.LValue) error
}

// readFields reads the fields of a nested table. The errors of read name the field.
func readFields(within string, value lua.LValue, fields ...field) error {
	table, ok := value.(*lua.LTable)
	if !ok {
		return wrongType(within, "table", value)
	}
	var names []string
	for _, field := range fields {
		names = append(names, field.name)
	}
	if err := checkNames(within+".", table, names); err != nil {
		return err
	}
	for _, field := range fields {
		if value := table.RawGetString(field.name); value != lua.LNil {
			if err := field.read(within+"."+field.name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// into is a read for readFields that puts what is read into a place.
func into[T any](target *T, read func(field string, value lua.LValue) (T, error)) func(string, lua.LValue) error {
	return func(field string, value lua.LValue) (err error) {
		*target, err = read(field, value)
		return err
	}
}

// readTimeouts reads a number of seconds for each phase, or a table of them by phase.
func readTimeouts(name string, value lua.LValue) (timeouts engine.Timeouts, err error) {
	if _, ok := value.(*lua.LTable); !ok {
		each, err := readSeconds(name, value)
		return engine.Timeouts{TCP: each, TLS: each, Handshake: each, Closing: each}, err
	}
	return timeouts, readFields(name, value,
		field{"tcp", into(&timeouts.TCP, readSeconds)},
		field{"tls", into(&timeouts.TLS, readSeconds)},
		field{"handshake", into(&timeouts.Handshake, readSeconds)},
		field{"closing", into(&timeouts.Closing, readSeconds)})
}

// readCompression reads true for what browsers offer, false, or the parameters of RFC 7692 by their own names.
func readCompression(name string, value lua.LValue) (*engine.Compression, error) {
	switch value := value.(type) {
	case lua.LBool:
		if !value {
			return nil, nil
		}
		return &engine.Compression{ClientMaxWindowBits: -1}, nil // as browsers offer it
	case *lua.LTable:
		c := &engine.Compression{}
		return c, readFields(name, value,
			field{"server_no_context_takeover", into(&c.ServerNoContextTakeover, readBool)},
			field{"client_no_context_takeover", into(&c.ClientNoContextTakeover, readBool)},
			field{"server_max_window_bits", into(&c.ServerMaxWindowBits, readWindowBits)},
			field{"client_max_window_bits", func(name string, value lua.LValue) (err error) {
				if value == lua.LTrue { // without a value
					c.ClientMaxWindowBits = -1
					return nil
				}
				c.ClientMaxWindowBits, err = readWindowBits(name, value)
				return err
			}})
	}
	return nil, wrongType(name, "boolean or table", value)
}

func readWindowBits(name string, value lua.LValue) (int, error) {
	const expected = "whole number from 8 to 15"
	bits, ok := value.(lua.LNumber)
	if !ok {
		return 0, wrongType(name, expected, value)
	}
	if !(bits >= 8 && bits <= 15) || float64(bits) != math.Trunc(float64(bits)) {
		return 0, &engine.OptionError{Field: name, Expected: expected, Got: quote(value)}
	}
	return int(bits), nil
}

// readProxy reads a proxy's URL, or false for no proxy whatever the environment says.
func readProxy(name string, value lua.LValue) (string, error) {
	switch value := value.(type) {
	case lua.LString:
		return string(value), nil
	case lua.LBool:
		if !value {
			return "direct", nil
		}
	}
	return "", wrongType(name, "string or false", value)
}

func readTLS(name string, value lua.LValue) (options engine.TLSOptions, err error) {
	return options, readFields(name, value,
		field{"ca", func(name string, value lua.LValue) (err error) {
			options.CA, options.CAExclusive, err = readCA(name, value)
			return err
		}},
		field{"cert", into(&options.Cert, readString)},
		field{"key", into(&options.Key, readString)},
		field{"serverName", into(&options.ServerName, readString)},
		field{"insecure", into(&options.Insecure, readBool)})
}

// readCA reads roots that are added to the others, or a table {ca, exclusive = true} of roots that take their place.
func readCA(name string, value lua.LValue) (ca string, exclusive bool, err error) {
	table, ok := value.(*lua.LTable)
	if !ok {
		ca, err = readString(name, value)
		return ca, false, err
	}
	for key := range pairs(table) {
		if key != lua.LNumber(1) && key != lua.LString("exclusive") {
			return "", false, fmt.Errorf("unknown option '%s.%s': %s", name, key,
				spelling.OptionHint(name+".", key.String(), []string{"exclusive"}))
		}
	}
	if value := table.RawGetInt(1); value == lua.LNil {
		return "", false, &engine.OptionError{Field: name, Expected: "{ca, exclusive = true}", Got: "a table without [1]"}
	} else if ca, err = readString(name+"[1]", value); err != nil {
		return "", false, err
	}
	if value := table.RawGetString("exclusive"); value != lua.LNil {
		exclusive, err = readBool(name+".exclusive", value)
	}
	return ca, exclusive, err
}

func readBool(name string, value lua.LValue) (bool, error) {
	b, ok := value.(lua.LBool)
	if !ok {
		return false, wrongType(name, "boolean", value)
	}
	return bool(b), nil
}

// readSeconds reads a duration. It is at least 1 ns, since the engine takes 0 for the default.
func readSeconds(field string, value lua.LValue) (time.Duration, error) {
	seconds, err := readPositive(field, "positive number", value)
	return time.Duration(max(min(seconds, maxSeconds)*float64(time.Second), 1)), err
}

// readSecondsOrOff reads a duration of which 0 means never, the engine's negative.
func readSecondsOrOff(field string, value lua.LValue) (time.Duration, error) {
	if value == lua.LNumber(0) {
		return -1, nil
	}
	duration, err := readSeconds(field, value)
	var bad *engine.OptionError
	if errors.As(err, &bad) {
		bad.Expected = "positive number or 0"
	}
	return duration, err
}

// readCount reads a whole number from 0 on.
func readCount(field string, value lua.LValue) (int, error) {
	const expected = "whole number from 0 on"
	number, ok := value.(lua.LNumber)
	if !ok {
		return 0, wrongType(field, expected, value)
	}
	if !(number >= 0) || float64(number) != math.Trunc(float64(number)) && !math.IsInf(float64(number), 1) {
		return 0, &engine.OptionError{Field: field, Expected: expected, Got: quote(value)}
	}
	return int(min(number, math.MaxInt32)), nil
}

func readBytes(field string, value lua.LValue) (int64, error) {
	const expected = "positive whole number"
	bytes, err := readPositive(field, expected, value)
	if err == nil && bytes != math.Trunc(bytes) {
		err = &engine.OptionError{Field: field, Expected: expected, Got: quote(value)}
	}
	return int64(min(bytes, maxBytes)), err
}

// readPositive reads a number above 0; +inf is one. A numeric string is none: the world's other numbers in strings are
// sizes with units.
func readPositive(field, expected string, value lua.LValue) (float64, error) {
	number, ok := value.(lua.LNumber)
	if !ok {
		return 0, wrongType(field, expected, value)
	}
	if !(number > 0) {
		return 0, &engine.OptionError{Field: field, Expected: expected, Got: quote(value)}
	}
	return float64(number), nil
}

func wrongType(field, expected string, value lua.LValue) error {
	return &engine.OptionError{Field: field, Expected: expected, Got: value.Type().String()}
}

// pairs goes through a table in the order in which its fields were set, so that of several errors it is always the same
// that is shown. LTable.ForEach knows no order.
func pairs(table *lua.LTable) iter.Seq2[lua.LValue, lua.LValue] {
	return func(yield func(key, value lua.LValue) bool) {
		for key, value := table.Next(lua.LNil); key != lua.LNil && yield(key, value); key, value = table.Next(key) {
		}
	}
}

// quote writes a value as an error shows it.
func quote(value lua.LValue) string {
	switch value := value.(type) {
	case lua.LString:
		return "'" + string(value) + "'"
	case lua.LNumber:
		return lualib.FormatNumber(float64(value))
	}
	return value.String()
}
