package loop

// maxPosted bounds the functions that wait to be run.
const maxPosted = 4096

// Post asks for f to be called on the loop's goroutine, in the next turn. It never blocks
// and reports whether f was taken: not once 4,096 functions wait, nor after the end. A
// function that was taken is called, unless the grace ends before.
func (l *Loop) Post(f func()) bool {
	l.mu.Lock()
	taken := !l.postsClosed && len(l.posted) < maxPosted
	if taken {
		l.posted = append(l.posted, f)
	}
	l.mu.Unlock()
	l.Wake()
	return taken
}

// Wake has the loop take a turn, from any goroutine: a source has events that its Ready
// does not announce.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Loop) hasPosted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.posted) > 0
}

// runPosted calls the functions that were posted before it began.
func (l *Loop) runPosted() {
	l.mu.Lock()
	posted := l.posted
	l.posted = nil
	l.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// closePosts makes Post take no more, and reports true. While functions wait to be called
// it does nothing and reports false, unless they are to be dropped.
func (l *Loop) closePosts(drop bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.posted) > 0 && !drop {
		return false
	}
	l.posted, l.postsClosed = nil, true
	return true
}
