package wsapi

import (
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// ArgumentError is a problem with an argument of a script's call. The door raises it in
// its VM's way: bad argument #3 to 'Connect' (…).
type ArgumentError struct {
	Argument int // counted from 1
	Problem  string
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("bad argument #%d (%s)", e.Argument, e.Problem)
}

// argumentError blames an argument for err, if err is about the values in it. Other
// errors and nil it returns unchanged.
func argumentError(argument int, err error) error {
	if err == nil {
		return nil
	}
	var option *OptionError
	switch {
	case errors.As(err, &option),
		errors.Is(err, engine.ErrInvalidUTF8), errors.Is(err, engine.ErrCloseCode),
		errors.Is(err, engine.ErrCloseReason):
		return &ArgumentError{argument, err.Error()}
	}
	return err
}

// kinds are the words for engine.Kind.
var kinds = map[string]engine.Kind{"auto": engine.Auto, "text": engine.Text, "binary": engine.Binary}

// ParseKind returns the kind that Send's third argument names. The error is an
// *ArgumentError.
func ParseKind(word string) (engine.Kind, error) {
	kind, known := kinds[word]
	if !known {
		return 0, &ArgumentError{3, "invalid option '" + failure.Bounded(word) + "'"}
	}
	return kind, nil
}
