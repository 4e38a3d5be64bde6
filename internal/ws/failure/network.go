package failure

import "errors"

// Network returns the category of an operating system's network error: Refused,
// Unreachable, Reset (the peer's reset, or a broken pipe), Timeout, or Internal for
// anything else, such as no descriptors left.
func Network(err error) Category {
	for _, known := range errnos {
		if errors.Is(err, known.errno) {
			return known.category
		}
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Timeout
	}
	return Internal
}
