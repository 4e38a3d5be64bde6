package failure

// The words that functions around the socket return for ends that scripts tell apart.
// Scripts compare them: no word may change by a byte.
const (
	WordTimeout = "timeout"
	WordClosed  = "closed"
	WordFull    = "full"
	WordDown    = "down"
)
