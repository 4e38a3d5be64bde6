package lualib_test

import (
	"testing"
	"time"
)

// C's localtime has the zone's own name for UTC, its gmtime says GMT.
func TestDateNamesTheZone(t *testing.T) {
	defer func(zone *time.Location) { time.Local = zone }(time.Local)
	for zone, want := range map[*time.Location]string{
		time.UTC:                       "UTC\tGMT\n",
		time.FixedZone("CET", 60*60):   "CET\tGMT\n",
		time.FixedZone("GMT", 0):       "GMT\tGMT\n",
		time.FixedZone("+0330", 12600): "+0330\tGMT\n",
	} {
		time.Local = zone
		newVM(t).wantOutput(t, `print(os.date("%Z", 0), os.date("!%Z", 0))`, want)
	}
}
