package wsapi

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// maxSeconds replaces every longer timeout, math.huge included: a hundred years.
	maxSeconds = 100 * 365 * 24 * 3600

	// maxBytes replaces every larger limit, math.huge included. Lua numbers count whole
	// bytes up to here.
	maxBytes = 1 << 53
)

// readString reads a string. A number passes, as it does where Lua's own functions want a
// string.
func readString(field string, value Value) (string, error) {
	switch value.Type {
	case String:
		return value.Text, nil
	case Number:
		return formatNumber(value.Number), nil
	}
	return "", wrongType(field, "string", value)
}

func readBool(field string, value Value) (bool, error) {
	if value.Type != Boolean {
		return false, wrongType(field, "boolean", value)
	}
	return value.Bool, nil
}

// readList reads a table of strings numbered from 1 without gaps.
func readList(field string, value Value) ([]string, error) {
	if value.Type != TableOf {
		return nil, wrongType(field, string(TableOf), value)
	}
	var list []string
	for {
		item, err := value.Table.Index(len(list) + 1)
		if err != nil {
			return nil, err
		}
		if item.Type == Nil {
			break
		}
		text, err := readString(fmt.Sprintf("%s[%d]", field, len(list)+1), item)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	var other *Value
	err := value.Table.Pairs(func(key, _ Value) bool {
		if key.Type != Number || !isWhole(key.Number) || key.Number < 1 || key.Number > float64(len(list)) {
			other = &key
		}
		return other == nil
	})
	if err == nil && other != nil {
		err = badValue(field, "list", "key "+quote(*other))
	}
	return list, err
}

// readHeaders reads a table of names and values. A list as value repeats the header.
func readHeaders(field string, value Value) (http.Header, error) {
	if value.Type != TableOf {
		return nil, wrongType(field, string(TableOf), value)
	}
	header := make(http.Header)
	var bad error
	err := value.Table.Pairs(func(key, value Value) bool {
		bad = addHeader(header, field, key, value)
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return header, err
}

func addHeader(header http.Header, field string, key, value Value) error {
	if key.Type != String {
		return badValue(field, "header name as key", quote(key))
	}
	field += "." + failure.Bounded(key.Text)
	if value.Type == TableOf {
		values, err := readList(field, value)
		for _, value := range values {
			header.Add(key.Text, value)
		}
		return err
	}
	text, err := readString(field, value)
	if err == nil {
		header.Add(key.Text, text)
	}
	return err
}

func readKind(field string, value Value) (engine.Kind, error) {
	if value.Type != String {
		return 0, wrongType(field, "string", value)
	}
	kind, known := kinds[value.Text]
	if !known {
		return 0, wrongValue(field, "'auto', 'text' or 'binary'", value)
	}
	return kind, nil
}

// readSeconds reads a duration. It is at least 1 ns, since the engine takes 0 for the
// default.
func readSeconds(field string, value Value) (time.Duration, error) {
	return readDuration(field, "positive number", value)
}

// readSecondsOrOff reads a duration for which 0 means never, the engine's negative.
func readSecondsOrOff(field string, value Value) (time.Duration, error) {
	if value.Type == Number && value.Number == 0 {
		return -1, nil
	}
	return readDuration(field, "positive number or 0", value)
}

func readDuration(field, expected string, value Value) (time.Duration, error) {
	seconds, err := readPositive(field, expected, value)
	return time.Duration(max(min(seconds, maxSeconds)*float64(time.Second), 1)), err
}

// readCount reads a whole number from 0 on.
func readCount(field string, value Value) (int, error) {
	const expected = "whole number from 0 on"
	if value.Type != Number {
		return 0, wrongType(field, expected, value)
	}
	if !(value.Number >= 0) || !isWhole(value.Number) {
		return 0, wrongValue(field, expected, value)
	}
	return int(min(value.Number, math.MaxInt32)), nil
}

func readBytes(field string, value Value) (int64, error) {
	const expected = "positive whole number"
	bytes, err := readPositive(field, expected, value)
	if err == nil && !isWhole(bytes) {
		err = wrongValue(field, expected, value)
	}
	return int64(min(bytes, maxBytes)), err
}

// readPositive reads a number above 0; +inf is one. A numeric string is none: elsewhere
// numbers in strings are sizes with units.
func readPositive(field, expected string, value Value) (float64, error) {
	if value.Type != Number {
		return 0, wrongType(field, expected, value)
	}
	if !(value.Number > 0) {
		return 0, wrongValue(field, expected, value)
	}
	return value.Number, nil
}

func wrongType(field, expected string, value Value) error {
	return badValue(field, expected, string(value.Type))
}

func wrongValue(field, expected string, value Value) error {
	return badValue(field, expected, quote(value))
}

func isWhole(number float64) bool { return number == math.Trunc(number) }
