package lualib

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// openTime replaces the functions of os that tell the time.
func openTime(L *lua.LState, lib *lua.LTable) {
	started := time.Now()
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(processTime(started).Seconds()))
			return 1
		},
		"date":      osDate,
		"difftime":  osDifftime,
		"setlocale": osSetlocale,
		"time":      osTime,
	})
}

func osDifftime(L *lua.LState) int {
	L.Push(lua.LNumber(toInt64(CheckNumber(L, 1)) - toInt64(OptNumber(L, 2, 0))))
	return 1
}

// osSetlocale knows the one locale there is.
func osSetlocale(L *lua.LState) int {
	switch OptString(L, 1, "C") {
	case "", "C", "POSIX":
		L.Push(lua.LString("C"))
	default:
		L.Push(lua.LNil)
	}
	return 1
}

// gmt is UTC by the name that C's gmtime gives it. A time zone of the system may be called UTC there, too.
var gmt = time.FixedZone("GMT", 0)

// osDate is os.date: strftime in the C locale, or a table.
func osDate(L *lua.LState) int {
	format := OptString(L, 1, "%c")
	at := time.Now()
	if L.Get(2) != lua.LNil {
		at = time.Unix(toInt64(CheckNumber(L, 2)), 0)
	}
	if rest, utc := strings.CutPrefix(format, "!"); utc {
		format, at = rest, at.In(gmt)
	} else {
		at = at.Local()
	}
	if format == "*t" {
		L.Push(dateTable(L, at))
		return 1
	}
	format, _, _ = strings.Cut(format, "\x00")
	L.Push(lua.LString(appendDate(nil, format, at)))
	return 1
}

func dateTable(L *lua.LState, at time.Time) *lua.LTable {
	table := L.NewTable()
	for name, value := range map[string]int{
		"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "hour": at.Hour(), "min": at.Minute(),
		"sec": at.Second(), "wday": int(at.Weekday()) + 1, "yday": at.YearDay(),
	} {
		table.RawSetString(name, lua.LNumber(value))
	}
	table.RawSetString("isdst", lua.LBool(at.IsDST()))
	return table
}

// appendDate appends what strftime makes of format. An unknown conversion stays as it is.
func appendDate(out []byte, format string, at time.Time) []byte {
	for {
		percent := strings.IndexByte(format, '%')
		if percent < 0 || percent == len(format)-1 {
			return append(out, format...)
		}
		out = append(out, format[:percent]...)
		size := 2
		if c := format[percent+1]; (c == 'E' || c == 'O') && percent+2 < len(format) { // other eras, other digits: not in C
			size = 3
		}
		directive := format[percent : percent+size]
		if text, ok := dateField(directive[size-1], at); ok {
			out = append(out, text...)
		} else {
			out = append(out, directive...)
		}
		format = format[percent+size:]
	}
}

// dateLayouts are the conversions that Go's layouts can say.
var dateLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06",
	'Y': "2006", 'z': "-0700", 'Z': "MST",
}

// dateField is what one conversion gives.
func dateField(conversion byte, at time.Time) (text string, ok bool) {
	switch conversion {
	case 'l': // Go has no hour of twelve that is padded with a space
		return fmt.Sprintf("%2d", (at.Hour()+11)%12+1), true
	case 'k':
		return fmt.Sprintf("%2d", at.Hour()), true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case '%':
		return "%", true
	case 's':
		return strconv.FormatInt(at.Unix(), 10), true
	case 'C':
		return fmt.Sprintf("%02d", at.Year()/100), true
	case 'u':
		return strconv.Itoa(int(at.Weekday()+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(at.Weekday())), true
	case 'U': // weeks begin on Sunday, the first one in week 1
		return fmt.Sprintf("%02d", (at.YearDay()+6-int(at.Weekday()))/7), true
	case 'W': // on Monday
		return fmt.Sprintf("%02d", (at.YearDay()+6-int(at.Weekday()+6)%7)/7), true
	case 'G', 'g', 'V':
		year, week := at.ISOWeek()
		return map[byte]string{
			'G': strconv.Itoa(year), 'g': fmt.Sprintf("%02d", year%100), 'V': fmt.Sprintf("%02d", week),
		}[conversion], true
	}
	layout, ok := dateLayouts[conversion]
	return at.Format(layout), ok
}

// osTime is os.time: now, or the time that a table names, in local time. Fields out of range carry over.
func osTime(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(time.Now().Unix()))
		return 1
	}
	table := CheckTable(L, 1)
	field := func(name string, fallback int) int { return dateTableField(L, table, name, fallback) }
	second, minute, hour := field("sec", 0), field("min", 0), field("hour", 12)
	day, month, year := field("day", required), field("month", required), field("year", required)
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.Local)
	L.Push(lua.LNumber(at.Unix()))
	return 1
}

// required as a fallback says that there is none.
const required = math.MinInt

// dateTableField reads a field as C does, a number or a text that spells one.
func dateTableField(L *lua.LState, table *lua.LTable, name string, fallback int) int {
	switch value := L.GetField(table, name).(type) {
	case lua.LNumber:
		return toInt32(float64(value))
	case lua.LString:
		if number, ok := ParseNumber(string(value)); ok {
			return toInt32(number)
		}
	}
	if fallback == required {
		Errorf(L, "field '%s' missing in date table", name)
	}
	return fallback
}
