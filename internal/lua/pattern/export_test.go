package pattern

// IndexLong is Index by the algorithm for long texts.
func (m *Matcher) IndexLong(subject, text string, at int) (int, error) {
	return m.indexLong(subject, text, at)
}

// The limits on the work that is done in one go.
const (
	Quantum   = quantum
	Stretch   = stretch
	Piece     = piece
	MaxNeedle = maxNeedle
)
