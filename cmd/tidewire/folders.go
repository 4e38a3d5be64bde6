package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// folders is the value of -I, which may be given several times. A folder that is not
// there would let each require fail without a word about the slip, so it is refused. It
// implements pflag.Value.
type folders []string

func (f *folders) String() string { return strings.Join(*f, ",") }

// Type is the value's name in --help.
func (f *folders) Type() string { return "DIR" }

// Set implements pflag.Value.
func (f *folders) Set(text string) error {
	if text == "" {
		return errors.New("a folder expected")
	}
	info, err := os.Stat(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such folder")
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("a folder expected, it is a file")
	}
	*f = append(*f, text)
	return nil
}
