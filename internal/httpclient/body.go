package httpclient

import (
	"errors"
	"io"
	"net/http"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
)

const (
	firstPiece = 4 << 10
	maxPiece   = 1 << 20
)

// Body is an answer's body in pieces. The account is charged for it until release.
type Body struct {
	Pieces [][]byte

	account *memory.Account
	length  int64
	charged int64
}

// Len returns the number of bytes.
func (b *Body) Len() int64 { return b.length }

func (b *Body) release() {
	b.account.Release(b.charged)
	b.charged, b.Pieces = 0, nil
}

// grow adds a piece of this size to the body, without bytes.
func (b *Body) grow(size int64) error {
	if err := b.account.Charge(size); err != nil {
		return failure.Explain(failure.PhaseOpen, failure.Memory, failure.MsgTooBig, err,
			"receive the body: %v", err)
	}
	b.charged += size
	b.Pieces = append(b.Pieces, make([]byte, 0, size))
	return nil
}

// receive reads the body of an answer.
func (e *Exchange) receive(answer *http.Response) (*Response, error) {
	defer answer.Body.Close()
	body := &Body{account: e.client.opts.Memory}
	expected := answer.ContentLength
	if answer.Body == http.NoBody { // the answer to HEAD has the length of another one
		expected = 0
	}
	if err := body.read(answer.Body, expected, e.request.MaxBody); err != nil {
		body.release()
		return nil, err
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// read reads all of r, at most limit bytes. expected is their number, negative if it is not
// known.
func (b *Body) read(r io.Reader, expected, limit int64) error {
	if expected > limit {
		return tooBig(limit)
	}
	size := min(max(expected, 0), maxPiece)
	if expected < 0 {
		size = firstPiece
	}
	for {
		n, err := b.fill(r, limit)
		b.length += n
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		// One byte more shows whether the body ends here, without a piece for nothing.
		var next [1]byte
		if _, err := io.ReadFull(r, next[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if b.length == limit {
			return tooBig(limit)
		}
		if len(b.Pieces) > 0 {
			size = min(2*size, maxPiece)
		}
		if err := b.grow(max(min(size, limit-b.length), 1)); err != nil {
			return err
		}
		last := len(b.Pieces) - 1
		b.Pieces[last] = append(b.Pieces[last], next[0])
		b.length++
	}
}

// fill reads into the room of the last piece until it is full.
func (b *Body) fill(r io.Reader, limit int64) (read int64, err error) {
	if len(b.Pieces) == 0 {
		return 0, nil
	}
	last := &b.Pieces[len(b.Pieces)-1]
	for len(*last) < cap(*last) {
		n, err := r.Read((*last)[len(*last):cap(*last)])
		*last = (*last)[:len(*last)+n]
		read += int64(n)
		if err != nil {
			return read, err
		}
	}
	return read, nil
}

func tooBig(limit int64) *failure.Error {
	return failure.Explain(failure.PhaseOpen, failure.TooBig, failure.MsgTooBig, errTooBig,
		"the body is larger than the %d bytes that option maxBody allows", limit)
}

var errTooBig = errors.New("the body is too large")
