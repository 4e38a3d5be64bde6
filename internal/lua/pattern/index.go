package pattern

import "strings"

const (
	// piece is how many bytes of a subject the standard library gets at once.
	piece = 1 << 20

	// maxNeedle is the greatest length of a text that the standard library looks for.
	maxNeedle = 1 << 12
)

// Index returns where a text first begins in a subject, at an index or after it, or -1.
// It calls Steps as a match does.
func (m *Matcher) Index(subject, text string, at int) (int, error) {
	switch {
	case len(text) > maxNeedle:
		return m.indexLong(subject, text, at)
	case len(text) == 1:
		return m.indexByte(subject, text[0], at)
	}
	for {
		rest := subject[at:]
		if len(rest) > piece {
			rest = rest[:piece]
		}
		if found := strings.Index(rest, text); found >= 0 {
			return at + found, m.count(found / 16)
		}
		if err := m.count(len(rest) / 16); err != nil {
			return -1, err
		}
		if at+len(rest) == len(subject) {
			return -1, nil
		}
		at += len(rest) - len(text) + 1
	}
}

func (m *Matcher) indexByte(subject string, c byte, at int) (int, error) {
	for {
		rest := subject[at:]
		if len(rest) > piece {
			rest = rest[:piece]
		}
		if found := strings.IndexByte(rest, c); found >= 0 {
			return at + found, m.count(found / 16)
		}
		if err := m.count(len(rest) / 16); err != nil {
			return -1, err
		}
		if at += len(rest); at == len(subject) {
			return -1, nil
		}
	}
}

// indexLong looks for a long text in linear time, whatever the two contain, by the
// two-way algorithm (Crochemore and Perrin, 1991): it compares the text's right part from
// left to right, then its left part from right to left, and where they meet is chosen so
// that a mismatch allows to go on by as much as has been compared.
func (m *Matcher) indexLong(subject, text string, at int) (int, error) {
	split, period, err := m.factorize(text)
	if err != nil {
		return -1, err
	}
	periodic := strings.HasPrefix(text[period:], text[:split])
	if !periodic {
		period = max(split, len(text)-split) + 1
	}
	known := 0 // how much of the text's front is known to match here
	for at+len(text) <= len(subject) {
		window := subject[at : at+len(text)]
		i := max(split, known)
		begin := i
		for i < len(text) && text[i] == window[i] {
			i++
			if i-begin == stretch {
				if err := m.count(stretch); err != nil {
					return -1, err
				}
				begin = i
			}
		}
		if err := m.count(i - begin + 1); err != nil {
			return -1, err
		}
		if i < len(text) {
			at += i - split + 1
			known = 0
			continue
		}
		i = split
		begin = i
		for i > known && text[i-1] == window[i-1] {
			i--
			if begin-i == stretch {
				if err := m.count(stretch); err != nil {
					return -1, err
				}
				begin = i
			}
		}
		if err := m.count(begin - i + 1); err != nil {
			return -1, err
		}
		if i <= known {
			return at, nil
		}
		at += period
		known = 0
		if periodic {
			known = len(text) - period
		}
	}
	return -1, nil
}

// factorize returns where the two-way algorithm splits a text, and the period of its
// right part.
func (m *Matcher) factorize(text string) (split, period int, err error) {
	split, period, err = m.maximalSuffix(text, false)
	if err != nil {
		return 0, 0, err
	}
	other, otherPeriod, err := m.maximalSuffix(text, true)
	if other > split {
		split, period = other, otherPeriod
	}
	return split, period, err
}

// maximalSuffix returns the start of the greatest suffix of a text, in the order of bytes
// or in the reverse order, and its period.
func (m *Matcher) maximalSuffix(text string, reverse bool) (begin, period int, err error) {
	period = 1
	candidate, length := 1, 0 // of the suffix that is compared, and how much is equal
	for candidate+length < len(text) {
		a, b := text[candidate+length], text[begin+length]
		switch {
		case a == b:
			if length++; length == period {
				candidate += period
				length = 0
			}
		case (a < b) != reverse:
			candidate += length + 1
			length = 0
			period = candidate - begin
		default:
			begin = candidate
			candidate++
			length, period = 0, 1
		}
		if m.work++; m.work >= quantum {
			if err := m.report(); err != nil {
				return 0, 0, err
			}
		}
	}
	return begin, period, nil
}
