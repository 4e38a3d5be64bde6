package engine

import "time"

// logLimit lets one line a second through for each key. It holds few keys: places that
// call Connect.
type logLimit map[string]time.Time

// maxLogKeys bounds the map against keys made up at run time.
const maxLogKeys = 1000

func (l *logLimit) allow(key string, now time.Time) bool {
	if last, ok := (*l)[key]; ok && now.Sub(last) < time.Second {
		return false
	}
	if *l == nil || len(*l) >= maxLogKeys {
		*l = make(logLimit)
	}
	(*l)[key] = now
	return true
}
