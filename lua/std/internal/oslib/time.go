package oslib

import (
	"math"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/lua/date"
	"github.com/tidewire/tidewire/lua"
)

// bytesPerStep is how many bytes of a date count as a step.
const bytesPerStep = 8

// clock is os.clock(): the processor time that the process has used, in seconds.
func (l *library) clock(c *lua.Call) error {
	if err := l.s.Step(1); err != nil {
		return err
	}
	return c.Return(lua.Number(processTime(l.started).Seconds()))
}

// difftime is os.difftime(later [, earlier]), in whole seconds.
func difftime(c *lua.Call) error {
	later, earlier := math.Trunc(c.Number(1)), math.Trunc(c.OptNumber(2, 0))
	return c.Return(lua.Number(later - earlier))
}

// date is os.date([format [, time]]): a text after strftime in the C locale, or a table.
// A time without a date in C is nil.
func (l *library) date(c *lua.Call) error {
	format, seconds := c.OptString(1, "%c"), time.Now().Unix()
	if !c.Arg(2).IsNil() {
		seconds = toInt64(c.Number(2))
	}
	if err := c.Err(); err != nil {
		return err
	}
	zone := time.Local
	if rest, utc := strings.CutPrefix(format, "!"); utc {
		format, zone = rest, nil
	}
	fields, ok := date.At(seconds, zone)
	switch {
	case !ok:
		return c.Return(lua.Nil)
	case format == "*t":
		return l.returnDate(c, &fields)
	}
	b := &builder{s: l.s, Builder: l.s.NewBuilder()}
	defer b.Reset()
	if err := fields.Format(b, format); err != nil {
		return err
	}
	text, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(text)
}

// builder is a Builder as a writer, which counts the work of making a date.
type builder struct {
	s *lua.State
	*lua.Builder
}

func (b *builder) Write(p []byte) (int, error) {
	if err := b.s.Step(1 + len(p)/bytesPerStep); err != nil {
		return 0, err
	}
	if !b.WriteBytes(p) {
		return 0, b.Err()
	}
	return len(p), nil
}

func (l *library) returnDate(c *lua.Call, f *date.Fields) error {
	table, err := l.s.NewTable(0, 9)
	if err != nil {
		return err
	}
	for _, field := range []struct {
		name  string
		value lua.Value
	}{
		{"sec", lua.Int(f.Second)}, {"min", lua.Int(f.Minute)}, {"hour", lua.Int(f.Hour)},
		{"day", lua.Int(f.Day)}, {"month", lua.Int(f.Month)}, {"year", lua.Int(f.Year)},
		{"wday", lua.Int(f.Weekday)}, {"yday", lua.Int(f.Yearday)}, {"isdst", lua.Bool(f.DST)},
	} {
		if err := table.SetString(field.name, field.value); err != nil {
			return err
		}
	}
	return c.Return(table.Value())
}

// time is os.time([table]): now, or the local time that a table names. Fields out of
// range carry over.
func (l *library) time(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		return c.Return(lua.Number(float64(time.Now().Unix())))
	}
	c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	var civil date.Civil
	for _, field := range []struct {
		name     string
		value    *int
		required bool
		fallback int
	}{
		{"sec", &civil.Second, false, 0}, {"min", &civil.Minute, false, 0}, {"hour", &civil.Hour, false, 12},
		{"day", &civil.Day, true, 0}, {"month", &civil.Month, true, 0}, {"year", &civil.Year, true, 0},
	} {
		v, err := l.s.Field(c.Arg(1), field.name)
		if err != nil {
			return err
		}
		n, isNumber := lua.ToNumber(v)
		switch {
		case isNumber:
			*field.value = toInt32(n)
		case field.required:
			return c.Errorf("field '%s' missing in date table", field.name)
		default:
			*field.value = field.fallback
		}
	}
	summer, err := l.s.Field(c.Arg(1), "isdst")
	if err != nil {
		return err
	}
	switch {
	case summer.IsNil():
	case summer.Truth():
		civil.DST = date.Summer
	default:
		civil.DST = date.Standard
	}
	seconds, ok := civil.Unix(time.Local)
	if !ok {
		return c.Return(lua.Nil)
	}
	return c.Return(lua.Number(float64(seconds)))
}

// toInt32 is a number as C's int, without its fraction; one beyond 32 bits becomes the
// smallest.
func toInt32(n float64) int {
	if !(n > math.MinInt32-1 && n < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(n)
}

// toInt64 is a number as C's time_t, in the same way.
func toInt64(n float64) int64 {
	if !(n > math.MinInt64 && n < math.MaxInt64) {
		return math.MinInt64
	}
	return int64(n)
}
