package loop

// Signal is a function that other goroutines can have called on the loop's. It is for
// sources that have a bound of their own: unlike Post a Signal is never refused. It does
// not keep the loop alive.
type Signal struct {
	loop *Loop
	f    func()
	set  bool // guarded by loop.mu
}

// NewSignal returns a Signal for f.
func (l *Loop) NewSignal(f func()) *Signal { return &Signal{loop: l, f: f} }

// Set has the function called in the next turn, once for all calls of Set until then. It
// may be called from any goroutine. After the end it does nothing.
func (s *Signal) Set() {
	l := s.loop
	l.mu.Lock()
	if !s.set {
		s.set = true
		l.signals = append(l.signals, s)
	}
	l.mu.Unlock()
	l.Wake()
}

// runSignals calls the functions of the signals that were set before it began.
func (l *Loop) runSignals() {
	l.mu.Lock()
	signals := l.signals
	l.signals = nil
	for _, s := range signals {
		s.set = false
	}
	l.mu.Unlock()
	for _, s := range signals {
		s.f()
	}
}

// Hold keeps the loop alive until Release is called as often.
func (l *Loop) Hold() { l.held++ }

// Release takes back a Hold.
func (l *Loop) Release() { l.held-- }
