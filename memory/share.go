package memory

// A Share is the part of an Account that one holder is charged with, such as a queue or a
// download. Its zero value is without an account. It is not safe for concurrent use: the
// holder's lock or owner guards it, too.
type Share struct {
	account *Account
	charged int64
}

// Share returns a part of a for one holder, without bytes.
func (a *Account) Share() Share { return Share{account: a} }

// Resize makes the part as large as its holder is about to be. If the holder grows and
// that does not fit, the part stays as it was and the error is a *FullError.
func (s *Share) Resize(bytes int64) error {
	if bytes > s.charged {
		if err := s.account.Charge(bytes - s.charged); err != nil {
			return err
		}
	} else {
		s.account.Release(s.charged - bytes)
	}
	s.charged = bytes
	return nil
}

// Grow makes the part larger by so many bytes, as Resize does.
func (s *Share) Grow(bytes int64) error { return s.Resize(s.charged + bytes) }

// Set is Resize for bytes that are there already and that something else bounds: it goes
// beyond the limit.
func (s *Share) Set(bytes int64) {
	s.account.Take(bytes - s.charged)
	s.charged = bytes
}

// Charged returns how large the part is.
func (s *Share) Charged() int64 { return s.charged }

// Close gives all of the part back. The Share may be used again.
func (s *Share) Close() { _ = s.Resize(0) } // it shrinks, which is never refused
