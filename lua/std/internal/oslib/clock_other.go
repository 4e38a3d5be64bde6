//go:build !unix

package oslib

import "time"

// processTime is the time since the state was made, like C's clock on Windows.
func processTime(started time.Time) time.Duration { return time.Since(started) }
