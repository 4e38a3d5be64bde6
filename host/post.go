package host

// maxPosted bounds the functions that wait to be run.
const maxPosted = 4096

// Post asks for f to be called on the host's goroutine, in the next turn. It never blocks and reports whether f was
// taken: not once 4,096 functions wait, nor after the end. A function that was taken is called, unless the grace ends
// before.
func (h *Host) Post(f func()) bool {
	h.mu.Lock()
	taken := !h.over && len(h.posted) < maxPosted
	if taken {
		h.posted = append(h.posted, f)
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return taken
}

func (h *Host) hasPosted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.posted) > 0
}

// runPosted calls what was posted before it began.
func (h *Host) runPosted() {
	h.mu.Lock()
	posted := h.posted
	h.posted = nil
	h.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// closePosts refuses further posts. It reports false, and does not, if some still wait to be called.
func (h *Host) closePosts(drop bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.posted) > 0 && !drop {
		return false
	}
	h.posted, h.over = nil, true
	return true
}
