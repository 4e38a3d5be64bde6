package date

import (
	"io"
	"strconv"
	"strings"
)

// chunk is about how many bytes Format gives to the writer at once.
const chunk = 512

// Format writes a layout as C's strftime does, in the C locale. A conversion that is
// unknown stays as it is. The layout ends at its first NUL. The flags and widths of the
// GNU C library, as in %-d and %5Y, are unknown; %s is the time that At got, for UTC,
// too. The writer gets some hundred bytes at once; an error of its own ends the writing
// and is returned.
func (f *Fields) Format(w io.Writer, layout string) error {
	buffer := make([]byte, 0, chunk+64)
	for layout != "" && layout[0] != 0 {
		size := textSize(layout)
		if size > 0 {
			buffer = append(buffer, layout[:size]...)
		} else {
			buffer, size = f.appendConversion(buffer, layout)
		}
		layout = layout[size:]
		if len(buffer) < chunk {
			continue
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		buffer = buffer[:0]
	}
	if len(buffer) == 0 {
		return nil
	}
	_, err := w.Write(buffer)
	return err
}

// textSize returns how much of the layout is to be written as it is, up to a chunk.
func textSize(layout string) int {
	layout = layout[:min(len(layout), chunk)]
	if end := strings.IndexAny(layout, "%\x00"); end >= 0 {
		return end
	}
	return len(layout)
}

// appendConversion appends the text for the conversion at the start of a layout, and
// returns how long the conversion is.
func (f *Fields) appendConversion(dst []byte, layout string) (out []byte, size int) {
	size, allowed := 2, ""
	if len(layout) > 1 {
		switch layout[1] { // other eras and other digits: the C locale has none
		case 'E':
			size, allowed = 3, "%CPRTXYZcnprstuxyz"
		case 'O':
			size, allowed = 3, "%BCGHIMPRSTUVWZbdeghjklmnprstuwyz"
		}
	}
	if size > len(layout) {
		return append(dst, layout...), len(layout)
	}
	verb := layout[size-1]
	if size == 3 && strings.IndexByte(allowed, verb) < 0 {
		if verb == 0 { // which ends the layout
			size = 2
		}
		return append(dst, layout[:size]...), size
	}
	if out, ok := f.appendField(dst, verb); ok {
		return out, size
	}
	if verb == 0 {
		size--
	}
	return append(dst, layout[:size]...), size
}

const (
	weekdayNames = "SundayMondayTuesdayWednesdayThursdayFridaySaturday"
	monthNames   = "JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember"
)

var (
	weekdayEnds = [...]int{0, 6, 12, 19, 28, 36, 42, 50}
	monthEnds   = [...]int{0, 7, 15, 20, 25, 28, 32, 36, 42, 51, 58, 66, 74}
)

// appendField appends the text for the conversion with a letter. ok is false if there is
// none.
func (f *Fields) appendField(dst []byte, letter byte) (out []byte, ok bool) {
	weekday := f.Weekday - 1
	switch letter {
	case 'a':
		return append(dst, weekdayNames[weekdayEnds[weekday]:][:3]...), true
	case 'A':
		return append(dst, weekdayNames[weekdayEnds[weekday]:weekdayEnds[weekday+1]]...), true
	case 'b', 'h':
		return append(dst, monthNames[monthEnds[f.Month-1]:][:3]...), true
	case 'B':
		return append(dst, monthNames[monthEnds[f.Month-1]:monthEnds[f.Month]]...), true
	case 'c':
		return f.appendAll(dst, "a b e H:M:S Y"), true
	case 'C':
		return strconv.AppendInt(dst, floorDivide(f.Year, 100), 10), true
	case 'd':
		return appendTwo(dst, f.Day, '0'), true
	case 'D', 'x':
		return f.appendAll(dst, "m/d/y"), true
	case 'e':
		return appendTwo(dst, f.Day, ' '), true
	case 'F':
		return f.appendAll(dst, "Y-m-d"), true
	case 'g':
		year, _ := f.isoWeek()
		return appendTwo(dst, int(modulo(year, 100)), '0'), true
	case 'G':
		year, _ := f.isoWeek()
		return strconv.AppendInt(dst, year, 10), true
	case 'H':
		return appendTwo(dst, f.Hour, '0'), true
	case 'I':
		return appendTwo(dst, (f.Hour+11)%12+1, '0'), true
	case 'j':
		return appendTwo(append(dst, '0'+byte(f.Yearday/100)), f.Yearday%100, '0'), true
	case 'k':
		return appendTwo(dst, f.Hour, ' '), true
	case 'l':
		return appendTwo(dst, (f.Hour+11)%12+1, ' '), true
	case 'm':
		return appendTwo(dst, f.Month, '0'), true
	case 'M':
		return appendTwo(dst, f.Minute, '0'), true
	case 'n':
		return append(dst, '\n'), true
	case 'p':
		return append(dst, "AMPM"[f.Hour/12*2:][:2]...), true
	case 'P':
		return append(dst, "ampm"[f.Hour/12*2:][:2]...), true
	case 'r':
		return f.appendAll(dst, "I:M:S p"), true
	case 'R':
		return f.appendAll(dst, "H:M"), true
	case 's':
		return strconv.AppendInt(dst, f.unix, 10), true
	case 'S':
		return appendTwo(dst, f.Second, '0'), true
	case 't':
		return append(dst, '\t'), true
	case 'T', 'X':
		return f.appendAll(dst, "H:M:S"), true
	case 'u':
		return append(dst, '0'+byte((weekday+6)%7+1)), true
	case 'U': // weeks begin on Sunday, the first one in week 1
		return appendTwo(dst, (f.Yearday+6-weekday)/7, '0'), true
	case 'V':
		_, week := f.isoWeek()
		return appendTwo(dst, week, '0'), true
	case 'w':
		return append(dst, '0'+byte(weekday)), true
	case 'W': // on Monday
		return appendTwo(dst, (f.Yearday+6-(weekday+6)%7)/7, '0'), true
	case 'y':
		return appendTwo(dst, int(modulo(f.Year, 100)), '0'), true
	case 'Y':
		return strconv.AppendInt(dst, f.Year, 10), true
	case 'z':
		return f.appendOffset(dst), true
	case 'Z':
		return append(dst, f.zone...), true
	case '%':
		return append(dst, '%'), true
	}
	return dst, false
}

// appendAll appends several conversions: letters are conversions, all else is itself.
func (f *Fields) appendAll(dst []byte, letters string) []byte {
	for i := range len(letters) {
		if c := letters[i]; c >= 'A' {
			dst, _ = f.appendField(dst, c)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendTwo appends a number of up to two digits.
func appendTwo(dst []byte, number int, fill byte) []byte {
	if number >= 10 {
		fill = '0' + byte(number/10)
	}
	return append(dst, fill, '0'+byte(number%10))
}

// appendOffset appends the zone's distance from UTC, as in +0100.
func (f *Fields) appendOffset(dst []byte) []byte {
	sign, minutes := byte('+'), f.offset/60
	if f.offset < 0 {
		sign, minutes = '-', -f.offset/60
	}
	return appendTwo(appendTwo(append(dst, sign), minutes/60, '0'), minutes%60, '0')
}

// isoWeek returns the week of ISO 8601 and its year: week 1 is the one with the year's
// first Thursday.
func (f *Fields) isoWeek() (year int64, week int) {
	fromMonday := (f.Weekday + 5) % 7
	week = (f.Yearday - 1 - fromMonday + 10) / 7
	switch {
	case week == 0:
		return f.Year - 1, weeksOf(f.Year - 1)
	case week > weeksOf(f.Year):
		return f.Year + 1, 1
	}
	return f.Year, week
}

// weeksOf returns how many weeks of ISO 8601 a year has: 53 if it begins on a Thursday,
// or on a Wednesday and is a leap year.
func weeksOf(year int64) int {
	first := modulo(daysTo(year, 1, 1)+4, 7)
	if first == 4 || first == 3 && isLeap(year) {
		return 53
	}
	return 52
}
