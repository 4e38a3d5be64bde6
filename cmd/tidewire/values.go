package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/api/spelling"
)

// wholeNumber is the value of a flag such as --fps. It implements pflag.Value.
type wholeNumber struct {
	number      *int
	least, most int // most 0 means no bound
}

func (w *wholeNumber) String() string {
	if w.number == nil { // pflag asks the zero value
		return "0"
	}
	return strconv.Itoa(*w.number)
}

// Type is the value's name in --help.
func (w *wholeNumber) Type() string { return "N" }

// Set implements pflag.Value.
func (w *wholeNumber) Set(text string) error {
	number, err := strconv.Atoi(text)
	switch {
	case err == nil && number >= w.least && (w.most == 0 || number <= w.most):
		*w.number = number
		return nil
	case w.most == 0:
		return fmt.Errorf("a whole number of at least %d expected", w.least)
	}
	return fmt.Errorf("a whole number from %d to %d expected", w.least, w.most)
}

// notOneOf is the error for a word that is none of a flag's.
func notOneOf(text string, known []string) error {
	last := len(known) - 1
	all := strings.Join(known[:last], ", ") + " or " + known[last]
	if meant := spelling.Near(text, known); meant != "" {
		return fmt.Errorf("%s expected: did you mean %q?", all, meant)
	}
	return fmt.Errorf("%s expected", all)
}

// noValue is the error for a value given to a toggle.
const noValue = "it takes no value: leave the = out"

// toggle is the value of a flag that is there or not. wrong is the error for a value
// given to it. It implements pflag.Value.
type toggle struct {
	on    *bool
	wrong string
}

func defineToggle(cmd *cobra.Command, on *bool, name, usage, wrong string) {
	flags := cmd.Flags()
	flags.Var(&toggle{on, wrong}, name, usage)
	flags.Lookup(name).NoOptDefVal = "true"
}

func (s *toggle) String() string { return strconv.FormatBool(s.on != nil && *s.on) }

// Type "bool" makes --help name no value.
func (s *toggle) Type() string { return "bool" }

// Set implements pflag.Value.
func (s *toggle) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New(s.wrong)
	}
	*s.on = on
	return nil
}
