package oslib

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/lua"
)

// writeDate writes what C's strftime makes of a format. An unknown conversion stays as it is.
func (l *library) writeDate(b *lua.Builder, format string, at time.Time) error {
	for b.Err() == nil {
		if err := l.s.Step(1); err != nil {
			return err
		}
		percent := strings.IndexByte(format, '%')
		if percent < 0 || percent == len(format)-1 {
			b.WriteString(format)
			break
		}
		b.WriteString(format[:percent])
		size := 2
		if c := format[percent+1]; (c == 'E' || c == 'O') && percent+2 < len(format) { // other eras, other digits: not in C
			size = 3
		}
		directive := format[percent : percent+size]
		if text, ok := dateField(directive[size-1], at); ok {
			b.WriteString(text)
		} else {
			b.WriteString(directive)
		}
		format = format[percent+size:]
	}
	return b.Err()
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
