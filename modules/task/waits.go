package task

// waits is a list of waits, the longest first. A Wait is in at most one of them.
type waits struct {
	first, last *Wait
}

// push puts a wait behind the others.
func (l *waits) push(w *Wait) {
	w.in, w.before, w.after = l, l.last, nil
	if l.last == nil {
		l.first = w
	} else {
		l.last.after = w
	}
	l.last = w
}

// pop takes out the first wait, if there is one.
func (l *waits) pop() *Wait {
	w := l.first
	if w != nil {
		l.remove(w)
	}
	return w
}

func (l *waits) remove(w *Wait) {
	if w.before == nil {
		l.first = w.after
	} else {
		w.before.after = w.after
	}
	if w.after == nil {
		l.last = w.before
	} else {
		w.after.before = w.before
	}
	w.in, w.before, w.after = nil, nil, nil
}
