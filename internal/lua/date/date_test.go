package date_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // not every system has it

	"github.com/tidewire/tidewire/internal/lua/date"
	"github.com/tidewire/tidewire/internal/testing/detector"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func format(t *testing.T, unix int64, zone *time.Location, layout string) string {
	t.Helper()
	f, ok := date.At(unix, zone)
	if !ok {
		t.Fatalf("no fields at %d", unix)
	}
	var b strings.Builder
	if err := f.Format(&b, layout); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unixOf is the time of a date in UTC.
func unixOf(year, month, day, hour, minute, second int) int64 {
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix()
}

func TestAt(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	for _, test := range []struct {
		rule string
		unix int64
		zone *time.Location
		want date.Fields
	}{
		{"the first second", 0, nil, date.Fields{Year: 1970, Month: 1, Day: 1, Weekday: 5, Yearday: 1}},
		{"the last one before", -1, nil,
			date.Fields{Year: 1969, Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 59, Weekday: 4, Yearday: 365}},
		{"a leap day", unixOf(2024, 2, 29, 1, 2, 3), nil,
			date.Fields{Year: 2024, Month: 2, Day: 29, Hour: 1, Minute: 2, Second: 3, Weekday: 5, Yearday: 60}},
		{"the end of a leap year", unixOf(2024, 12, 31, 0, 0, 0), nil,
			date.Fields{Year: 2024, Month: 12, Day: 31, Weekday: 3, Yearday: 366}},
		{"a century without a leap day", unixOf(1900, 3, 1, 0, 0, 0), nil,
			date.Fields{Year: 1900, Month: 3, Day: 1, Weekday: 5, Yearday: 60}},
		{"a century with one", unixOf(2000, 3, 1, 0, 0, 0), nil,
			date.Fields{Year: 2000, Month: 3, Day: 1, Weekday: 4, Yearday: 61}},
		{"before the first year", unixOf(-1, 6, 1, 0, 0, 0), nil,
			date.Fields{Year: -1, Month: 6, Day: 1, Weekday: 3, Yearday: 152}},
		{"winter", unixOf(2024, 1, 15, 12, 0, 0), berlin,
			date.Fields{Year: 2024, Month: 1, Day: 15, Hour: 13, Weekday: 2, Yearday: 15}},
		{"summer", unixOf(2024, 7, 15, 22, 0, 0), berlin,
			date.Fields{Year: 2024, Month: 7, Day: 16, Weekday: 3, Yearday: 198, DST: true}},
	} {
		got, ok := date.At(test.unix, test.zone)
		if !ok || got.Year != test.want.Year || got.Month != test.want.Month || got.Day != test.want.Day ||
			got.Hour != test.want.Hour || got.Minute != test.want.Minute || got.Second != test.want.Second ||
			got.Weekday != test.want.Weekday || got.Yearday != test.want.Yearday || got.DST != test.want.DST {
			t.Errorf("%s: %+v, %v; want %+v", test.rule, got, ok, test.want)
		}
	}
	for _, test := range []struct {
		rule string
		unix int64
		ok   bool
	}{
		{"the last second of C", 67768036191676799, true},
		{"one more", 67768036191676800, false},
		{"the first second of C", -67768040609740800, true},
		{"one less", -67768040609740801, false},
		{"the greatest integer", math.MaxInt64, false},
		{"the least integer", math.MinInt64, false},
	} {
		if _, ok := date.At(test.unix, nil); ok != test.ok {
			t.Errorf("%s: %v", test.rule, ok)
		}
	}
}

var conversions = []struct {
	rule   string
	unix   int64
	layout string
	want   string
}{
	{"nothing", 0, "", ""},
	{"text", 0, "abc", "abc"},
	{"text around", 0, "a%Yb", "a1970b"},
	{"a '%'", 0, "100%%", "100%"},
	{"the weekday", 0, "%a %A %u %w", "Thu Thursday 4 4"},
	{"Sunday", 3 * 86400, "%a %A %u %w", "Sun Sunday 7 0"},
	{"Saturday", 2 * 86400, "%a %A %u %w", "Sat Saturday 6 6"},
	{"Wednesday", 6 * 86400, "%a %A %u %w", "Wed Wednesday 3 3"},
	{"the month", 0, "%b %B %h %m", "Jan January Jan 01"},
	{"May", unixOf(2024, 5, 1, 0, 0, 0), "%b %B %h %m", "May May May 05"},
	{"September", unixOf(2024, 9, 1, 0, 0, 0), "%b %B %h %m", "Sep September Sep 09"},
	{"December", unixOf(2024, 12, 1, 0, 0, 0), "%b %B %h %m", "Dec December Dec 12"},
	{"the day", 0, "%d|%e|%j", "01| 1|001"},
	{"a day of two digits", unixOf(2024, 12, 30, 0, 0, 0), "%d|%e|%j", "30|30|365"},
	{"midnight", 0, "%H|%I|%k|%l|%p|%P", "00|12| 0|12|AM|am"},
	{"morning", 9 * 3600, "%H|%I|%k|%l|%p|%P", "09|09| 9| 9|AM|am"},
	{"noon", 12 * 3600, "%H|%I|%k|%l|%p|%P", "12|12|12|12|PM|pm"},
	{"evening", 21 * 3600, "%H|%I|%k|%l|%p|%P", "21|09|21| 9|PM|pm"},
	{"minutes and seconds", 5*60 + 7, "%M %S", "05 07"},
	{"all at once", unixOf(2024, 3, 5, 14, 6, 8), "%c", "Tue Mar  5 14:06:08 2024"},
	{"dates", unixOf(2024, 3, 5, 0, 0, 0), "%D %x %F", "03/05/24 03/05/24 2024-03-05"},
	{"times", unixOf(2024, 3, 5, 14, 6, 8), "%r %R %T %X", "02:06:08 PM 14:06 14:06:08 14:06:08"},
	{"white space", 0, "%n%t", "\n\t"},
	{"the year", unixOf(2024, 1, 1, 0, 0, 0), "%Y %y %C", "2024 24 20"},
	{"a year of one digit", unixOf(5, 6, 1, 0, 0, 0), "%Y %y %C %F", "5 05 0 5-06-01"},
	{"a year of five digits", unixOf(12345, 6, 1, 0, 0, 0), "%Y %y %C", "12345 45 123"},
	{"a year before the first one", unixOf(-1, 6, 1, 0, 0, 0), "%Y %y %C %g", "-1 99 -1 99"},
	{"a century before the first one", unixOf(-100, 6, 1, 0, 0, 0), "%Y %y %C", "-100 00 -1"},
	{"seconds after 1970", 1234567890, "%s", "1234567890"},
	{"seconds before 1970", -5, "%s", "-5"},
	{"the zone", 0, "%z %Z", "+0000 GMT"},
	{"weeks of a year that begins on a Monday", unixOf(2024, 1, 1, 0, 0, 0), "%U %W %V %G %g", "00 01 01 2024 24"},
	{"on a Sunday", unixOf(2023, 1, 1, 0, 0, 0), "%U %W %V %G %g", "01 00 52 2022 22"},
	{"on a Friday", unixOf(2021, 1, 1, 0, 0, 0), "%U %W %V %G %g", "00 00 53 2020 20"},
	{"on a Saturday after a leap year", unixOf(2005, 1, 1, 0, 0, 0), "%U %W %V %G %g", "00 00 53 2004 04"},
	{"a last day in the next year's week", unixOf(2024, 12, 31, 0, 0, 0), "%U %W %V %G %g", "52 53 01 2025 25"},
	{"a last day in week 53", unixOf(2020, 12, 31, 0, 0, 0), "%U %W %V %G %g", "52 52 53 2020 20"},
	{"other eras, which the C locale has not", 0, "%Ec|%EC|%Ex|%EX|%Ey|%EY",
		"Thu Jan  1 00:00:00 1970|19|01/01/70|00:00:00|70|1970"},
	{"other digits, which it has not", 0, "%Od|%Oe|%OH|%OI|%Om|%OM|%OS|%Ou|%OU|%OV|%Ow|%OW|%Oy",
		"01| 1|00|12|01|00|00|4|00|01|4|00|70"},
	{"an era of what has none", 0, "%Ed %EB %EE", "%Ed %EB %EE"},
	{"digits of what has none", 0, "%Oc %OY %OO", "%Oc %OY %OO"},
	{"an unknown conversion stays", 0, "%f|%L|%!|% |%\xff", "%f|%L|%!|% |%\xff"},
	{"flags and widths are unknown", 0, "%-d|%_d|%5Y", "%-d|%_d|%5Y"},
	{"a '%' at the end", 0, "a%", "a%"},
	{"a modifier at the end", 0, "a%E", "a%E"},
	{"a NUL ends it", 0, "%Y\x00%m", "1970"},
	{"a NUL behind a '%'", 0, "%\x00Y", "%"},
	{"a NUL behind a modifier", 0, "%O\x00Y", "%O"},
}

func TestFormat(t *testing.T) {
	for _, test := range conversions {
		if got := format(t, test.unix, nil, test.layout); got != test.want {
			t.Errorf("%s: %q is %q, want %q", test.rule, test.layout, got, test.want)
		}
	}
}

// C's localtime has the zone's own name for UTC, its gmtime says GMT.
func TestFormatNamesTheZone(t *testing.T) {
	for _, test := range []struct {
		zone *time.Location
		unix int64
		want string
	}{
		{nil, 0, "GMT +0000"},
		{time.UTC, 0, "UTC +0000"},
		{time.FixedZone("CET", 60*60), 0, "CET +0100"},
		{time.FixedZone("GMT", 0), 0, "GMT +0000"},
		{time.FixedZone("+0330", 12600), 0, "+0330 +0330"},
		{time.FixedZone("NST", -12600), 0, "NST -0330"},
		{load(t, "Europe/Berlin"), unixOf(2024, 7, 1, 0, 0, 0), "CEST +0200"},
		{load(t, "America/New_York"), unixOf(2024, 1, 1, 0, 0, 0), "EST -0500"},
	} {
		if got := format(t, test.unix, test.zone, "%Z %z"); got != test.want {
			t.Errorf("%v: %s, want %s", test.zone, got, test.want)
		}
	}
}

// Each prefix of a layout gives the beginning of the whole's text, except for a
// conversion that is cut.
func TestFormatPrefixes(t *testing.T) {
	for _, test := range conversions {
		for end := range len(test.layout) {
			prefix := test.layout[:end]
			got := format(t, test.unix, nil, prefix)
			if cut := strings.LastIndexByte(prefix, '%'); cut >= 0 && cut >= end-2 {
				got = strings.TrimSuffix(got, prefix[cut:])
			}
			if !strings.HasPrefix(test.want, got) {
				t.Errorf("%s: %q is %q, which is not how %q begins", test.rule, prefix, got, test.want)
			}
		}
	}
}

// bounded refuses to grow beyond a size, and remembers the greatest piece.
type bounded struct {
	strings.Builder
	size, greatest int
}

var errFull = errors.New("full")

func (b *bounded) Write(piece []byte) (int, error) {
	b.greatest = max(b.greatest, len(piece))
	if b.Len()+len(piece) > b.size {
		return 0, errFull
	}
	return b.Builder.Write(piece)
}

// However long the layout is, the writer gets small pieces, and can end it.
func TestFormatStopsWhereTheWriterDoes(t *testing.T) {
	f, _ := date.At(0, nil)
	for rule, layout := range detector.SomeOf(map[string]string{
		"conversions":         strings.Repeat("%c", 10_000_000),
		"text":                strings.Repeat("x", 20_000_000),
		"an escaped '%'":      strings.Repeat("%%", 10_000_000),
		"unknown conversions": strings.Repeat("%f", 10_000_000),
		"modifiers":           strings.Repeat("%E", 10_000_000),
	}) {
		b := bounded{size: 100_000}
		if err := f.Format(&b, layout); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", rule, err)
		}
		if b.Len() < 90_000 || b.greatest > 2000 {
			t.Errorf("%s: %d bytes, in pieces of up to %d", rule, b.Len(), b.greatest)
		}
	}
	for size := range 24 {
		if err := f.Format(&bounded{size: size}, "%c"); !errors.Is(err, errFull) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// The fields are those that the standard library has, as far as it has them.
func FuzzAt(f *testing.F) {
	for _, unix := range []int64{0, -1, 951782400, 1709164800, 4102444800, -2208988800, 253402300800, 1 << 40} {
		f.Add(unix)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, unix int64) {
		unix %= 1 << 45
		for _, zone := range []*time.Location{time.UTC, berlin, time.FixedZone("x", -12345)} {
			got, ok := date.At(unix, zone)
			at := time.Unix(unix, 0).In(zone)
			year, month, day := at.Date()
			hour, minute, second := at.Clock()
			isoYear, isoWeek := at.ISOWeek()
			want := date.Fields{Year: int64(year), Month: int(month), Day: day, Hour: hour, Minute: minute,
				Second:  second,
				Weekday: int(at.Weekday()) + 1, Yearday: at.YearDay(), DST: at.IsDST()}
			bare := date.Fields{Year: got.Year, Month: got.Month, Day: got.Day, Hour: got.Hour, Minute: got.Minute,
				Second: got.Second, Weekday: got.Weekday, Yearday: got.Yearday, DST: got.DST}
			if !ok || bare != want {
				t.Errorf("%d in %v: %+v, want %+v", unix, zone, bare, want)
			}
			if week, want := format(t, unix, zone, "%G-%V"), fmt.Sprintf("%d-%02d", isoYear, isoWeek); week != want {
				t.Errorf("%d in %v: week %s, want %s", unix, zone, week, want)
			}
			// The way back, where the clock shows the time once.
			c := date.Civil{Year: year, Month: int(month), Day: day, Hour: hour, Minute: minute, Second: second,
				DST: date.Standard}
			if got.DST {
				c.DST = date.Summer
			}
			if back, ok := c.Unix(zone); zone != berlin && (back != unix || ok == (unix == -1)) {
				t.Errorf("%d in %v is read as %d, %v", unix, zone, back, ok)
			} else if zone == berlin && unix > 1e9 && unix < 4e9 && back != unix {
				t.Errorf("%d in %v is read as %d, %v", unix, zone, back, ok)
			}
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		f, _ := date.At(1700000000, nil)
		var out strings.Builder
		if err := f.Format(&out, "%Y-%m-%dT%H:%M:%S"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnix(b *testing.B) {
	c := date.Civil{Year: 2024, Month: 7, Day: 1, Hour: 12}
	b.ReportAllocs()
	for b.Loop() {
		c.Unix(time.UTC)
	}
}
