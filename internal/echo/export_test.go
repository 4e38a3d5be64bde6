package echo

// Live returns how many connections s serves.
func Live(s *Server) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
