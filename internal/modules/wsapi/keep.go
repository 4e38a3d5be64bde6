package wsapi

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/permission"
)

// Function is the Type of functions, which an option may be.
const Function Type = "function"

// KeepOptions are the options of tide.ws.keep. Functions are the door's to read.
type KeepOptions struct {
	Connect engine.ConnectOptions

	Min, Max  time.Duration // of the pause
	Steady    time.Duration
	Queue     int64 // bytes, as the send queue counts; 0 keeps nothing
	Oldest    bool  // dropOldest
	AsksRetry bool  // retry is a function
	AsksHead  bool  // headers is one
}

// The defaults of KeepOptions.
const (
	defaultMin    = time.Second
	defaultMax    = 30 * time.Second
	defaultSteady = 10 * time.Second
)

// ReadKeepOptions reads the options of keep, as ReadOptions does. The error is an
// *ArgumentError for argument 3, or one that reading the table raised.
func ReadKeepOptions(
	table Table, limits permission.Limits, defaults engine.ConnectOptions,
) (options KeepOptions, err error) {
	options.Steady = defaultSteady
	if table != nil {
		if err := readTable("", table, luaapi.KeepOptions, luaapi.KeepHeading, keepReaders, &options); err != nil {
			return options, argumentError(3, err)
		}
	}
	if err := options.bounds(); err != nil {
		return options, argumentError(3, err)
	}
	if err := limitConnect(&options.Connect, limits, defaults); err != nil {
		return options, argumentError(3, err)
	}
	if err := atMost("queue", &options.Queue, 0, limits.SendQueue, showBytes, limits.Words); err != nil {
		return options, argumentError(3, err)
	}
	return options, OptionsError(3, options.Connect.Check())
}

// bounds fills in the bounds of the pause. A max that is shorter than the default of min is
// the bound of the first pause, too.
func (o *KeepOptions) bounds() error {
	switch {
	case o.Max == 0 && o.Min > defaultMax:
		return &OptionError{fmt.Sprintf("field 'min': at most 'max' expected, which is %g by default", defaultMax.Seconds())}
	case o.Max != 0 && o.Max < o.Min:
		return &OptionError{"field 'max': at least 'min' expected"}
	}
	o.Max = cmp.Or(o.Max, defaultMax)
	o.Min = cmp.Or(o.Min, min(defaultMin, o.Max))
	return nil
}

// OptionsError is an engine's error about options as an argument's in the words of
// scripts. Other errors and nil it returns unchanged.
func OptionsError(argument int, err error) error {
	if err == nil {
		return nil
	}
	return argumentError(argument, inScriptsWords(err))
}

// ReadHeaders reads a table of header fields, as the option headers.
func ReadHeaders(table Table) (http.Header, error) {
	return readHeaders("headers", Value{Type: TableOf, Table: table})
}

var keepReaders = withConnect(readers[KeepOptions]{
	"headers": func(field string, value Value, o *KeepOptions) (err error) {
		if o.AsksHead = value.Type == Function; o.AsksHead {
			return nil
		}
		if value.Type != TableOf {
			return wrongType(field, "table or function", value)
		}
		o.Connect.Header, err = readHeaders(field, value)
		return err
	},
	"min":        into(readSeconds, func(o *KeepOptions) *time.Duration { return &o.Min }),
	"max":        into(readSeconds, func(o *KeepOptions) *time.Duration { return &o.Max }),
	"steady":     into(readSeconds, func(o *KeepOptions) *time.Duration { return &o.Steady }),
	"queue":      into(readBytesOrNone, func(o *KeepOptions) *int64 { return &o.Queue }),
	"dropOldest": into(readBool, func(o *KeepOptions) *bool { return &o.Oldest }),
	"retry": func(field string, value Value, o *KeepOptions) error {
		if o.AsksRetry = value.Type == Function; !o.AsksRetry {
			return wrongType(field, "function", value)
		}
		return nil
	},
}, func(o *KeepOptions) *engine.ConnectOptions { return &o.Connect })

// withConnect adds the readers of Connect's options, except for those that are there.
func withConnect[T any](own readers[T], connect func(*T) *engine.ConnectOptions) readers[T] {
	for name, read := range connectReaders {
		if own[name] == nil {
			own[name] = func(field string, value Value, options *T) error {
				return read(field, value, connect(options))
			}
		}
	}
	return own
}

// readBytesOrNone reads a size that may be 0.
func readBytesOrNone(field string, value Value) (int64, error) {
	if value.Type == Number && value.Number == 0 {
		return 0, nil
	}
	return readBytes(field, value)
}

// OpenInfo is info as onOpen gets it.
func OpenInfo(number float64, info *engine.Info) Fields { return openInfo(number, info) }

// EndInfo is info as onClose or onError gets it. Without a number it has no id.
func EndInfo(number float64, end *engine.End) Fields {
	fields := endInfo(number, end)
	if number == 0 {
		return fields[1:]
	}
	return fields
}

// OpenOptions are the options of tide.ws.open.
type OpenOptions struct {
	Connect   engine.ConnectOptions
	SendQueue int64 // the bound of the send queue, in bytes, also if it is the engine's default
	HighWater int64 // bytes, as the send queue counts
}

const defaultHighWater = 1 << 20

// ReadOpenOptions reads the options of open, as ReadOptions does. The error is an
// *ArgumentError for argument 2, or one that reading the table raised.
func ReadOpenOptions(
	table Table, limits permission.Limits, defaults engine.ConnectOptions,
) (options OpenOptions, err error) {
	if table != nil {
		if err := readTable("", table, luaapi.OpenOptions, luaapi.OptionsHeading, openReaders, &options); err != nil {
			return options, argumentError(2, err)
		}
	}
	if err := limitConnect(&options.Connect, limits, defaults); err != nil {
		return options, argumentError(2, err)
	}
	options.SendQueue = cmp.Or(options.Connect.SendQueue, defaults.SendQueue)
	options.HighWater = min(cmp.Or(options.HighWater, defaultHighWater), options.SendQueue/2)
	return options, OptionsError(2, options.Connect.Check())
}

var openReaders = withConnect(readers[OpenOptions]{
	"highWater": into(readBytes, func(o *OpenOptions) *int64 { return &o.HighWater }),
}, func(o *OpenOptions) *engine.ConnectOptions { return &o.Connect })
