package failure

import "fmt"

// Explain returns an Error that shows the formatted story alone, and keeps cause for
// errors.Is and errors.As. It is for causes whose own text is written for programmers,
// such as a *net.OpError's.
func Explain(phase Phase, category Category, message string, cause error, format string, args ...any) *Error {
	story := &explained{text: fmt.Sprintf(format, args...), cause: cause}
	return &Error{Phase: phase, Category: category, Message: message, Err: story}
}

type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.cause }
