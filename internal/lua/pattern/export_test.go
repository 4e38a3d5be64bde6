package pattern

// IndexLong is Index by the algorithm for long texts.
func (m *Matcher) IndexLong(subject, text string, at int) (int, error) {
	return m.indexLong(subject, text, at)
}

// The sizes of what is done at once.
const (
	Quantum   = quantum
	Stretch   = stretch
	Piece     = piece
	MaxNeedle = maxNeedle
)
