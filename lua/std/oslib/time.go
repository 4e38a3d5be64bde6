package oslib

import (
	"math"
	"strings"
	"time"

	"github.com/tidewire/tidewire/lua"
)

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

// gmt is UTC by the name that C's gmtime gives it. A time zone of the system may be called UTC, too.
var gmt = time.FixedZone("GMT", 0)

// C keeps a year in 32 bits: it has no date for seconds beyond.
const (
	firstSecond = -67768040609740800
	lastSecond  = 67768036191676799
)

// date is os.date([format [, time]]): a text after strftime in the C locale, or a table.
func (l *library) date(c *lua.Call) error {
	format := c.OptString(1, "%c")
	at := time.Now()
	if !c.Arg(2).IsNil() {
		seconds := math.Trunc(c.Number(2))
		if !(seconds >= firstSecond && seconds <= lastSecond) && c.Err() == nil {
			return c.Return(lua.Nil)
		}
		at = time.Unix(int64(seconds), 0)
	}
	if err := c.Err(); err != nil {
		return err
	}
	if rest, utc := strings.CutPrefix(format, "!"); utc {
		format, at = rest, at.In(gmt)
	} else {
		at = at.Local()
	}
	if format == "*t" {
		return l.returnDate(c, at)
	}
	b := l.s.NewBuilder()
	defer b.Reset()
	if end := strings.IndexByte(format, 0); end >= 0 {
		format = format[:end]
	}
	if err := l.writeDate(b, format, at); err != nil {
		return err
	}
	text, err := b.Value()
	if err != nil {
		return err
	}
	return c.Return(text)
}

func (l *library) returnDate(c *lua.Call, at time.Time) error {
	table, err := l.s.NewTable(0, 9)
	if err != nil {
		return err
	}
	for _, field := range []struct {
		name  string
		value int
	}{
		{"year", at.Year()}, {"month", int(at.Month())}, {"day", at.Day()}, {"hour", at.Hour()}, {"min", at.Minute()},
		{"sec", at.Second()}, {"wday", int(at.Weekday()) + 1}, {"yday", at.YearDay()},
	} {
		if err := table.SetString(field.name, lua.Int(field.value)); err != nil {
			return err
		}
	}
	if err := table.SetString("isdst", lua.Bool(at.IsDST())); err != nil {
		return err
	}
	return c.Return(table.Value())
}

// time is os.time([table]): now, or the local time that a table names. Fields out of range
// carry over.
func (l *library) time(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		return c.Return(lua.Number(float64(time.Now().Unix())))
	}
	c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	const required = math.MinInt
	var values [6]int
	for i, field := range []struct {
		name     string
		fallback int
	}{{"sec", 0}, {"min", 0}, {"hour", 12}, {"day", required}, {"month", required}, {"year", required}} {
		v, err := l.s.Field(c.Arg(1), field.name)
		if err != nil {
			return err
		}
		n, isNumber := lua.ToNumber(v)
		switch {
		case isNumber:
			values[i] = toInt32(n)
		case field.fallback == required:
			return c.Errorf("field '%s' missing in date table", field.name)
		default:
			values[i] = field.fallback
		}
	}
	summer, err := l.s.Field(c.Arg(1), "isdst")
	if err != nil {
		return err
	}
	at := time.Date(values[5], time.Month(values[4]), values[3], values[2], values[1], values[0], 0, time.Local)
	seconds := at.Unix()
	switch {
	case summer.IsNil() || summer.Truth() == at.IsDST():
	case summer.Truth(): // the clock that the table speaks of is an hour ahead of the one at that time
		seconds -= 60 * 60
	default:
		seconds += 60 * 60
	}
	if seconds == -1 { // which C cannot tell from a failure
		return c.Return(lua.Nil)
	}
	return c.Return(lua.Number(float64(seconds)))
}

// toInt32 is a number as C's int, without its fraction; what 32 bits do not hold is the
// smallest one.
func toInt32(n float64) int {
	if !(n > math.MinInt32-1 && n < math.MaxInt32+1) {
		return math.MinInt32
	}
	return int(n)
}
