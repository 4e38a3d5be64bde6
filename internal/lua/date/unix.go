package date

import "time"

// Civil is a time as a table of os.time spells it. Each field may be out of its range, as
// long as it fits in 32 bits, and carries over then.
type Civil struct {
	Year, Month, Day     int // January is 1
	Hour, Minute, Second int
	DST                  DST
}

// DST says whether a Civil is in summer time.
type DST int8

// The zero value of DST lets the zone decide.
const (
	ByZone DST = iota
	Summer
	Standard
)

// Unix returns how many seconds after 1970 a civil time of a zone is, as C's mktime: that
// is time.Local for os.time. A time that the zone skips counts on by the clock before the
// skip. It reports false for a time whose year C's struct tm does not hold, and for one
// second before 1970, whose result in mktime is the same as for an error.
func (c Civil) Unix(zone *time.Location) (unix int64, ok bool) {
	if zone == nil {
		zone = gmt
	}
	whole := c
	whole.Second = min(max(c.Second, 0), 59)
	// Seconds that are more than a minute are counted on, whatever happens to the zone.
	unix = toUnix(whole.seconds(), zone, c.DST) + int64(c.Second) - int64(whole.Second)
	f, ok := At(unix, zone)
	return unix, ok && unix != -1 && fitsYear(f.Year)
}

// seconds returns the time in seconds after the start of 1970, in the same zone.
func (c Civil) seconds() int64 {
	months := int64(c.Month) - 1
	year := int64(c.Year) + floorDivide(months, 12)
	days := daysTo(year, int(modulo(months, 12))+1, int64(c.Day))
	return days*secondsPerDay + int64(c.Hour)*secondsPerHour + int64(c.Minute)*secondsPerMinute + int64(c.Second)
}

func toUnix(local int64, zone *time.Location, wanted DST) int64 {
	// The offset that holds when UTC's clock shows the time leads to one that holds
	// nearby.
	first := local - offsetAt(local, zone)
	unix := local - offsetAt(first, zone)
	if offset := local - unix; offsetAt(unix, zone) != offset {
		return skipped(first, unix, zone, wanted)
	}
	if wanted == ByZone || wanted == dstAt(unix, zone) {
		return unix
	}
	return nearby(local, unix, zone, wanted)
}

func offsetAt(unix int64, zone *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}

func dstAt(unix int64, zone *time.Location) DST {
	if time.Unix(unix, 0).In(zone).IsDST() {
		return Summer
	}
	return Standard
}

// skipped chooses between the two times, by the offset before and by that after, that a
// time skipped by clocks may mean. A time given as summer or as standard time falls, by
// the offset of that, into the other: so that one is chosen. Without a wish it is the one
// in summer time. If both or neither are, it is the earlier one.
func skipped(a, b int64, zone *time.Location, wanted DST) int64 {
	avoided := wanted
	if wanted == ByZone {
		avoided = Standard
	}
	switch dstA, dstB := dstAt(a, zone), dstAt(b, zone); {
	case dstA == dstB:
		return min(a, b)
	case dstA == avoided:
		return b
	}
	return a
}

// nearby returns the time by the offset of the nearest time that is as wanted, within
// seven years, or else an hour off.
func nearby(local, unix int64, zone *time.Location, wanted DST) int64 {
	const step, most = 601200, 229222804 // in seconds; as the GNU C library
	for delta := int64(step); delta < most; delta += step {
		for _, at := range [...]int64{unix - delta, unix + delta} {
			if dstAt(at, zone) == wanted {
				return local - offsetAt(at, zone)
			}
		}
	}
	if wanted == Summer {
		return unix - secondsPerHour
	}
	return unix + secondsPerHour
}
