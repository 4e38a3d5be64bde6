package date_test

import (
	"math"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/lua/date"
)

func TestUnix(t *testing.T) {
	for _, test := range []struct {
		rule  string
		civil date.Civil
		want  string // in UTC
	}{
		{"a date", date.Civil{Year: 2024, Month: 7, Day: 1, Hour: 12}, "2024-07-01 12:00:00"},
		{"a time", date.Civil{Year: 2024, Month: 2, Day: 29, Hour: 1, Minute: 2, Second: 3}, "2024-02-29 01:02:03"},
		{"seconds carry over", date.Civil{Year: 2024, Month: 1, Day: 1, Second: 3601}, "2024-01-01 01:00:01"},
		{"negative seconds", date.Civil{Year: 2024, Month: 1, Day: 1, Second: -1}, "2023-12-31 23:59:59"},
		{"minutes", date.Civil{Year: 2024, Month: 1, Day: 1, Minute: 1441}, "2024-01-02 00:01:00"},
		{"negative minutes", date.Civil{Year: 2024, Month: 1, Day: 1, Minute: -1}, "2023-12-31 23:59:00"},
		{"hours", date.Civil{Year: 2024, Month: 1, Day: 1, Hour: 25}, "2024-01-02 01:00:00"},
		{"negative hours", date.Civil{Year: 2024, Month: 1, Day: 1, Hour: -25}, "2023-12-30 23:00:00"},
		{"days", date.Civil{Year: 2024, Month: 2, Day: 30}, "2024-03-01 00:00:00"},
		{"day 0", date.Civil{Year: 2024, Month: 3, Day: 0}, "2024-02-29 00:00:00"},
		{"negative days", date.Civil{Year: 2024, Month: 3, Day: -365}, "2023-03-01 00:00:00"},
		{"months", date.Civil{Year: 2024, Month: 13, Day: 1}, "2025-01-01 00:00:00"},
		{"month 0", date.Civil{Year: 2024, Month: 0, Day: 1}, "2023-12-01 00:00:00"},
		{"negative months", date.Civil{Year: 2024, Month: -12, Day: 1}, "2022-12-01 00:00:00"},
		{"a day that the month has not", date.Civil{Year: 2023, Month: 2, Day: 29}, "2023-03-01 00:00:00"},
		{"year 0", date.Civil{Year: 0, Month: 1, Day: 1}, "0000-01-01 00:00:00"},
		{"all fields at once", date.Civil{Year: 2024, Month: 14, Day: 32, Hour: 24, Minute: 60, Second: 60},
			"2025-03-05 01:01:00"},
	} {
		unix, ok := test.civil.Unix(nil)
		if got := time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05"); !ok || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.rule, got, ok, test.want)
		}
	}
	for _, test := range []struct {
		rule  string
		civil date.Civil
		want  int64
		ok    bool
	}{
		{"one second before 1970", date.Civil{Year: 1969, Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 59}, -1,
			false},
		{"two seconds", date.Civil{Year: 1969, Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 58}, -2, true},
		{"the last year of C", date.Civil{Year: math.MaxInt32, Month: 12 * 1901, Day: 31}, 67768036191590400, true},
		{"one more", date.Civil{Year: math.MaxInt32, Month: 12*1901 + 1, Day: 1}, 0, false},
		{"the greatest fields", date.Civil{Year: math.MaxInt32, Month: math.MaxInt32, Day: math.MaxInt32,
			Hour: math.MaxInt32, Minute: math.MaxInt32, Second: math.MaxInt32}, 0, false},
		{"the least fields", date.Civil{Year: math.MinInt32, Month: math.MinInt32, Day: math.MinInt32,
			Hour: math.MinInt32, Minute: math.MinInt32, Second: math.MinInt32}, 0, false},
	} {
		if unix, ok := test.civil.Unix(time.UTC); ok != test.ok || ok && unix != test.want {
			t.Errorf("%s: %d, %v; want %d, %v", test.rule, unix, ok, test.want, test.ok)
		}
	}
}

// Where a zone has summer time, a wish for the other time moves the clock, as mktime of
// the GNU C library does.
func TestUnixInSummer(t *testing.T) {
	at := func(month, day, hour, minute int, dst date.DST) date.Civil {
		return date.Civil{Year: 2023, Month: month, Day: day, Hour: hour, Minute: minute, DST: dst}
	}
	for _, test := range []struct {
		rule  string
		zone  string
		civil date.Civil
		want  string
	}{
		{"winter", "Europe/Berlin", at(1, 1, 12, 0, date.ByZone), "Sun Jan  1 12:00:00 2023 CET"},
		{"winter as such", "Europe/Berlin", at(1, 1, 12, 0, date.Standard), "Sun Jan  1 12:00:00 2023 CET"},
		{"winter as summer", "Europe/Berlin", at(1, 1, 12, 0, date.Summer), "Sun Jan  1 11:00:00 2023 CET"},
		{"summer", "Europe/Berlin", at(7, 1, 12, 0, date.ByZone), "Sat Jul  1 12:00:00 2023 CEST"},
		{"summer as such", "Europe/Berlin", at(7, 1, 12, 0, date.Summer), "Sat Jul  1 12:00:00 2023 CEST"},
		{"summer as winter", "Europe/Berlin", at(7, 1, 12, 0, date.Standard), "Sat Jul  1 13:00:00 2023 CEST"},
		{"a time that is skipped", "Europe/Berlin", at(3, 26, 2, 30, date.ByZone), "Sun Mar 26 03:30:00 2023 CEST"},
		{"skipped, as winter", "Europe/Berlin", at(3, 26, 2, 30, date.Standard), "Sun Mar 26 03:30:00 2023 CEST"},
		{"skipped, as summer", "Europe/Berlin", at(3, 26, 2, 30, date.Summer), "Sun Mar 26 01:30:00 2023 CET"},
		{"skipped, west of UTC", "America/New_York", at(3, 12, 2, 30, date.ByZone), "Sun Mar 12 03:30:00 2023 EDT"},
		{"skipped there, as summer", "America/New_York", at(3, 12, 2, 30, date.Summer), "Sun Mar 12 01:30:00 2023 EST"},
		{"a time that comes twice", "Europe/Berlin", at(10, 29, 2, 30, date.ByZone), "Sun Oct 29 02:30:00 2023 CET"},
		{"twice, as summer", "Europe/Berlin", at(10, 29, 2, 30, date.Summer), "Sun Oct 29 02:30:00 2023 CEST"},
		{"twice, as winter", "Europe/Berlin", at(10, 29, 2, 30, date.Standard), "Sun Oct 29 02:30:00 2023 CET"},
		{"twice, west of UTC", "America/New_York", at(11, 5, 1, 30, date.ByZone), "Sun Nov  5 01:30:00 2023 EDT"},
		{"twice there, as winter", "America/New_York", at(11, 5, 1, 30, date.Standard), "Sun Nov  5 01:30:00 2023 EST"},
		{"no summer time at all", "UTC", at(7, 1, 12, 0, date.Summer), "Sat Jul  1 11:00:00 2023 UTC"},
		{"summer time long ago", "Asia/Kolkata", at(7, 1, 12, 0, date.Summer), "Sat Jul  1 11:00:00 2023 IST"},
		{"half an hour", "Australia/Lord_Howe", at(7, 1, 12, 0, date.Summer), "Sat Jul  1 11:30:00 2023 +1030"},
		{"seconds do not change the zone", "Europe/Berlin",
			date.Civil{Year: 2023, Month: 1, Day: 1, Second: 200 * 86400}, "Thu Jul 20 01:00:00 2023 CEST"},
		{"minutes do", "Europe/Berlin",
			date.Civil{Year: 2023, Month: 1, Day: 1, Minute: 200 * 1440}, "Thu Jul 20 00:00:00 2023 CEST"},
	} {
		zone := load(t, test.zone)
		unix, ok := test.civil.Unix(zone)
		if got := format(t, unix, zone, "%c %Z"); !ok || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.rule, got, ok, test.want)
		}
	}
}
