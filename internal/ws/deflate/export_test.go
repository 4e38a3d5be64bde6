package deflate

// DecompressSource decompresses a message without context as long ones are.
func DecompressSource(payload []byte, limit int64) ([]byte, error) {
	m := message{
		limit: limit,
		alloc: func(n int) ([]byte, error) { return make([]byte, 0, n), nil },
		free:  func([]byte) {},
	}
	in := inflaters.Get().(*inflater)
	defer in.release()
	_, err := in.inflateSource(&m, payload, nil)
	return m.bytes, err
}
