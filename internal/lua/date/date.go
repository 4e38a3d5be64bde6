// Package date is os.date and os.time without a VM: the fields of a time, C's strftime in
// the C locale, and C's mktime, as LuaJIT has them with the GNU C library. Its functions
// may be called from several goroutines at once.
package date

import (
	"math"
	"time"
)

// Fields are the parts of a time in some zone: C's struct tm.
type Fields struct {
	Year                 int64
	Month, Day           int // from 1
	Hour, Minute, Second int
	Weekday              int // from 1, which is Sunday
	Yearday              int // from 1
	DST                  bool

	zone   string
	offset int // of the zone, in seconds east of UTC
	unix   int64
}

const (
	secondsPerMinute = 60
	secondsPerHour   = 60 * secondsPerMinute
	secondsPerDay    = 24 * secondsPerHour
)

// gmt is UTC by the name that C's gmtime gives it. A time zone of the system may be
// called UTC there, too.
var gmt = time.FixedZone("GMT", 0)

// At returns the fields of a time, so many seconds after 1970, in a zone: in time.Local
// for os.date, or in UTC, by C's name GMT, if zone is nil. It reports false for a time
// whose year C's struct tm does not hold.
func At(unix int64, zone *time.Location) (f Fields, ok bool) {
	if unix > math.MaxInt64/2 || unix < math.MinInt64/2 { // more years than there are, and no overflow
		return f, false
	}
	if zone == nil {
		zone = gmt
	}
	at := time.Unix(unix, 0).In(zone)
	f = Fields{unix: unix, DST: at.IsDST()}
	f.zone, f.offset = at.Zone()
	local := unix + int64(f.offset)
	days := floorDivide(local, secondsPerDay)
	inDay := int(local - days*secondsPerDay)
	f.Hour, f.Minute, f.Second = inDay/secondsPerHour, inDay/secondsPerMinute%60, inDay%secondsPerMinute
	f.Weekday = int(modulo(days+4, 7)) + 1 // 1970 began on a Thursday
	f.Year, f.Month, f.Day = civil(days)
	f.Yearday = int(days-daysTo(f.Year, 1, 1)) + 1
	return f, fitsYear(f.Year)
}

// fitsYear reports whether a year, less 1900, fits in 32 bits.
func fitsYear(year int64) bool {
	return year-1900 >= math.MinInt32 && year-1900 <= math.MaxInt32
}

// civil returns the date of a day, counted from the first one of 1970. It counts years
// from March on, so that a leap day is the last one, in eras of 400 years.
func civil(days int64) (year int64, month, day int) {
	const daysPerEra, toEra = 146097, 719468 // from March of year 0
	days += toEra
	era := floorDivide(days, daysPerEra)
	inEra := int(days - era*daysPerEra)
	inEraYear := (inEra - inEra/1460 + inEra/36524 - inEra/146096) / 365
	inYear := inEra - (365*inEraYear + inEraYear/4 - inEraYear/100)
	fromMarch := (5*inYear + 2) / 153
	day = inYear - (153*fromMarch+2)/5 + 1
	year = era*400 + int64(inEraYear)
	if fromMarch >= 10 {
		return year + 1, fromMarch - 9, day
	}
	return year, fromMarch + 3, day
}

// daysTo is the inverse of civil. The month must be one of the year, the day may be any.
func daysTo(year int64, month int, day int64) int64 {
	fromMarch := month - 3
	if month < 3 {
		year--
		fromMarch += 12
	}
	era := floorDivide(year, 400)
	inEraYear := year - era*400
	inYear := int64(153*fromMarch+2)/5 + day - 1
	return era*146097 + inEraYear*365 + inEraYear/4 - inEraYear/100 + inYear - 719468
}

func isLeap(year int64) bool {
	return year%4 == 0 && (year%100 != 0 || year%400 == 0)
}

func floorDivide(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}

// modulo returns a remainder that is not negative.
func modulo(a, b int64) int64 { return a - floorDivide(a, b)*b }
