package deflate

// window remembers the last bytes of a direction: its LZ77 sliding window between
// messages. It takes memory as it fills.
type window struct {
	bytes []byte
	max   int
}

// add remembers b, and forgets everything that is then further back than max.
func (w *window) add(b []byte) {
	if len(b) > w.max {
		b = b[len(b)-w.max:]
	}
	kept := w.bytes
	if over := len(kept) + len(b) - w.max; over > 0 {
		kept = kept[over:]
	}
	all := len(kept) + len(b)
	if all > cap(w.bytes) {
		w.bytes = make([]byte, 0, min(w.max, max(2*all, 512)))
	}
	w.bytes = append(append(w.bytes[:0], kept...), b...)
}

// last returns the last n bytes, fewer if there are no more.
func (w *window) last(n int) []byte { return w.bytes[max(len(w.bytes)-n, 0):] }

func (w *window) forget() { w.bytes = w.bytes[:0] }
